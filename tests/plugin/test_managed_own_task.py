"""A fixture with a task of its own: scopes around yield work, and a crash in its background fails the test at once."""

import pytest

from tests.plugin.logs import errors, said, write

ASYNCIO = {
    "asyncio_auto": ("", ["-p", "no:trio", "--asyncio-mode=auto"]),
    "asyncio_strict": ("@pytest.mark.asyncio", ["-p", "no:trio", "--asyncio-mode=strict"]),
    "anyio_asyncio": (
        "@pytest.mark.anyio\n@pytest.mark.parametrize('anyio_backend', ['asyncio'])",
        ["-p", "no:trio", "--asyncio-mode=strict"],
    ),
}
TRIO = {
    "anyio_trio": (
        "@pytest.mark.anyio\n@pytest.mark.parametrize('anyio_backend', ['trio'])",
        ["-p", "no:trio", "--asyncio-mode=strict"],
    ),
    "pytest_trio": ("@pytest.mark.trio", ["-p", "trio", "--asyncio-mode=strict"]),
}
DRIVERS = ASYNCIO | TRIO
SCOPES_OF_ASYNCIO = """
@managed_fixture(own_task=True)
async def native(resource_manager):
    resource_manager.register(say, "-native")
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        yield tasks
        say("native ends")
"""
SCOPES_OF_TRIO = """
import trio

@managed_fixture(own_task=True)
async def native(resource_manager):
    resource_manager.register(say, "-native")
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            yield nursery
            say("native ends")
"""
SCOPES = """
@managed_fixture(own_task=True)
async def tasks(resource_manager):
    resource_manager.register(say, "-tasks")
    with anyio.fail_after(60), anyio.CancelScope():
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
            say("tasks end")

{mark}
async def test_it(tasks, native):
    tasks.start_soon(anyio.sleep_forever)
    say("test")
"""


@pytest.mark.parametrize("driver", DRIVERS)
def test_scopes_around_yield_work(pytester: pytest.Pytester, driver: str) -> None:
    """Task groups, cancel scopes and timeouts, of anyio and of the driver's own library."""
    mark, options = DRIVERS[driver]
    write(pytester, (SCOPES_OF_TRIO if driver in TRIO else SCOPES_OF_ASYNCIO) + SCOPES.format(mark=mark))

    result = pytester.runpytest_subprocess("-W", "error", *options)

    result.assert_outcomes(passed=1)
    assert sorted(said(pytester)) == sorted(["test", "native ends", "-native", "tasks end", "-tasks"])


CRASHING = """
@managed_fixture(own_task=True, scope="{scope}")
async def server(resource_manager):
    resource_manager.register(say, "released")
    async with anyio.create_task_group() as tasks:
        yield lambda: tasks.start_soon(crash)

async def crash(): raise ValueError("port in use")

{mark}
async def test_1(server):
    server()
    await anyio.sleep(60)
    say("unreachable")
"""
CRASHED = (
    "FixtureTaskCrashedError: fixture 'server' (test_it.py:10) crashed while it was in use: ValueError('port in use')"
)


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_crash_fails_the_test_at_once(pytester: pytest.Pytester, driver: str) -> None:
    """It is cancelled wherever it waits; the crash is said once, at call, and everything is released."""
    mark, options = DRIVERS[driver]
    write(pytester, CRASHING.format(scope="function", mark=mark))

    result = pytester.runpytest_subprocess(*options)

    result.assert_outcomes(failed=1)
    assert f"isolation.{CRASHED}" in result.stdout.str()
    assert said(pytester) == ["released"]


def test_a_crash_is_remembered_for_the_next_test(pytester: pytest.Pytester) -> None:
    """One that uses the same instance fails before it begins; what has crashed is not torn down again."""
    source = CRASHING.format(scope="module", mark="@pytest.mark.asyncio(loop_scope='module')")
    write(
        pytester,
        source + "\n@pytest.mark.asyncio(loop_scope='module')\nasync def test_2(server): say('unreachable')\n"
        "def test_3(): say('test_3')\n"
        "def test_4(server): say('unreachable, too')",
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=3, passed=1)
    messages = [line for line in errors(result) if line.startswith("isolation.FixtureTask")]
    before = CRASHED.replace("crashed while it was in use", "has crashed before this test")
    assert messages == [f"isolation.{CRASHED}", f"isolation.{before}", f"isolation.{before}"]
    assert said(pytester) == ["released", "test_3"]


def test_a_fixture_that_handles_its_crash_has_ended(pytester: pytest.Pytester) -> None:
    """The test fails all the same, since what it uses is gone; nobody makes up a reason."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server():
            async def crash(): raise ValueError("handled")
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(crash())
                    yield
            except* ValueError:
                say("handled")

        async def test_it(server):
            await asyncio.Event().wait()
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    assert any(line.endswith("ended while it was in use, and has handled the reason itself") for line in errors(result))
    assert said(pytester) == ["handled"]


def test_another_fixture_of_the_same_name_is_innocent(pytester: pytest.Pytester) -> None:
    """A test is failed by the instances that it uses."""
    pytester.makeconftest(
        "from isolation import managed_fixture\n"
        "@managed_fixture(own_task=True, scope='session', loop_scope='session', name='server')\n"
        "async def crashed():\n    import asyncio\n    async with asyncio.TaskGroup() as tasks:\n"
        "        async def crash(): raise ValueError\n        tasks.create_task(crash())\n        yield\n"
    )
    write(
        pytester,
        """
        pytestmark = pytest.mark.asyncio(loop_scope="session")
        async def test_it(server): await asyncio.sleep(60)
        """,
        "test_1",
    )
    write(
        pytester,
        """
        pytestmark = pytest.mark.asyncio(loop_scope="session")
        @managed_fixture(own_task=True, loop_scope="session")
        async def server(): yield
        async def test_it(server): say("innocent")
        """,
        "test_2",
    )

    result = pytester.runpytest_inprocess("--import-mode=importlib")

    result.assert_outcomes(failed=1, passed=1)
    assert said(pytester) == ["innocent"]


def test_a_crash_under_a_sync_test_is_said_at_its_teardown(pytester: pytest.Pytester) -> None:
    """Nothing can cancel sync code."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(crash())
                yield

        async def crash(): raise ValueError("port in use")

        def test_it(server): say("test")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    assert errors(result)[-1] == f"isolation.{CRASHED}"


def test_a_crash_after_the_test_is_said_at_its_teardown(pytester: pytest.Pytester) -> None:
    """For example while another fixture is torn down."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server():
            async with asyncio.TaskGroup() as tasks:
                yield lambda: tasks.create_task(crash())

        async def crash(): raise ValueError("port in use")

        @managed_fixture
        async def client(server):
            yield
            await asyncio.wait([server()])
            await asyncio.sleep(0)

        async def test_it(client): say("test")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    assert errors(result)[-1] == f"isolation.{CRASHED}"


def test_a_test_that_fails_on_its_own_is_not_masked(pytester: pytest.Pytester) -> None:
    """Its error is the test's, and the crash that came of it is one of the teardown."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server():
            async with asyncio.TaskGroup() as tasks:
                yield lambda: tasks.create_task(crash())

        async def crash(): raise ValueError("port in use")

        async def test_it(server):
            server()
            await asyncio.sleep(0)
            raise KeyError("mine")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1, errors=1)
    assert {"KeyError: 'mine'", f"isolation.{CRASHED}"} <= set(errors(result))


def test_a_test_that_fails_while_it_is_cancelled_is_not_masked(pytester: pytest.Pytester) -> None:
    """What it raises instead of the cancellation is seen, and the crash as well."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server():
            async with asyncio.TaskGroup() as tasks:
                yield lambda: tasks.create_task(crash())

        async def crash(): raise ValueError("port in use")

        async def test_it(server):
            server()
            try:
                await asyncio.sleep(60)
            finally:
                raise KeyError("mine")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1, errors=1)
    assert {"KeyError: 'mine'", f"isolation.{CRASHED}"} <= set(errors(result))


def test_what_fails_in_a_crashed_fixture_is_seen(pytester: pytest.Pytester) -> None:
    """The crash and what its release has met are in one group, the cause of the error."""
    write(
        pytester,
        """
        def close(): raise OSError("cannot close")

        @managed_fixture(own_task=True)
        async def server(resource_manager):
            resource_manager.register(close)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(crash())
                yield

        async def crash(): raise ValueError("port in use")

        async def test_it(server): await asyncio.sleep(60)
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    output = result.stdout.str()
    assert (
        output.index("ValueError: port in use") < output.index("OSError: cannot close") < output.index("crashed while")
    )


def test_context_variables_of_the_set_up_reach_the_test(pytester: pytest.Pytester) -> None:
    """Though it runs in another task."""
    write(
        pytester,
        """
        variable = contextvars.ContextVar("variable", default="unset")

        @managed_fixture(own_task=True)
        async def server():
            token = variable.set("set")
            yield
            variable.reset(token)
            say("reset")

        @pytest.mark.parametrize("number", [1, 2])
        async def test_it(server, number, request): say(variable.get())
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=2)
    assert said(pytester) == ["set", "reset"] * 2


def test_it_may_return(pytester: pytest.Pytester) -> None:
    """The task waits for the end all the same, and runs callbacks and resources."""
    write(
        pytester,
        """
        async def same_task(task): say(asyncio.current_task() is task)

        @managed_fixture(own_task=True, cleanup_callbacks=[same_task])
        async def server(): return asyncio.current_task()

        async def test_it(server): assert server is not asyncio.current_task()
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert said(pytester) == ["True"]


def test_a_set_up_that_fails_is_like_any_other(pytester: pytest.Pytester) -> None:
    """It is undone in the task; the error leaves alone."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server(resource_manager):
            resource_manager.register(lambda: say(asyncio.current_task().get_name()))
            raise ValueError("no database")

        async def test_it(server): pass
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    assert errors(result) == ["ValueError: no database"]
    assert said(pytester) == ["server"]


@pytest.mark.parametrize("raised", ["asyncio.CancelledError", "SystemExit"])
def test_a_set_up_that_is_cancelled_is_an_error(pytester: pytest.Pytester, raised: str) -> None:
    """As for other fixtures."""
    write(
        pytester,
        f"@managed_fixture(own_task=True)\nasync def server(): raise {raised}\nasync def test_it(server): pass",
    )

    result = pytester.runpytest_inprocess("-o", "isolation_repair=false")

    result.assert_outcomes(errors=1)
    name = raised.rpartition(".")[2]
    said = f"fixture 'server' raised {name}, which is no Exception, in its set-up"
    assert errors(result)[-1] == f"isolation.SetupCancelledError: {said}"


def test_a_skip_is_a_skip(pytester: pytest.Pytester) -> None:
    """Also from a task of its own."""
    write(
        pytester,
        "@managed_fixture(own_task=True)\nasync def server(): pytest.skip('no database')\n"
        "async def test_it(server): pass",
    )

    pytester.runpytest_inprocess().assert_outcomes(skipped=1)


def test_a_teardown_that_fails_is_like_any_other(pytester: pytest.Pytester) -> None:
    """The error leaves with its note."""
    write(
        pytester,
        """
        @managed_fixture(own_task=True)
        async def server():
            yield
            raise ValueError("gone")

        async def test_it(server): pass
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    assert errors(result) == [
        "ValueError: gone",
        "while cleaning up 'the code after yield' of fixture 'server' (registered at test_it.py:10)",
    ]


def test_a_teardown_that_refuses_to_end_is_abandoned_and_named(pytester: pytest.Pytester) -> None:
    """After its timeout it is cancelled, after another one left alone; the guard finds its task."""
    write(
        pytester,
        """
        released = asyncio.Event()

        @managed_fixture(own_task=True, cleanup_timeout=0.05)
        async def server():
            yield
            while not released.is_set():
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    say("refused")

        @pytest.mark.asyncio(loop_scope="module")
        async def test_1(server): pass

        @pytest.mark.asyncio(loop_scope="module")
        async def test_2(): released.set()
        """,
    )

    result = pytester.runpytest_subprocess("-o", "asyncio_default_fixture_loop_scope=module", "--isolation-mode=off")

    result.assert_outcomes(passed=2, errors=1)
    assert (
        "isolation.CleanupTimeoutError: it exceeded its timeout of 0.05 s and goes on, "
        "since it refuses to be cancelled" in errors(result)
    )
    assert said(pytester) == ["refused"]
