"""The marker `isolation_barrier`: around the body of a test and its function-scoped fixtures, under every driver."""

import pytest

from tests.plugin.said import SETTINGS

CONFTEST = """
    import os
    from contextvars import ContextVar
    import pytest
    from isolation import isolate, environment

    TENANT = ContextVar("tenant")
    isolate("orders", environment(), TENANT)

    @pytest.fixture(scope="module", autouse=True)
    def of_module():
        os.environ["ISOLATION_MODULE"] = "module"
        yield
        del os.environ["ISOLATION_MODULE"]

    @pytest.fixture
    def of_function():
        os.environ["ISOLATION_FIXTURE"] = "fixture"
        yield
        assert os.environ["ISOLATION_FIXTURE"] == "fixture"
        os.environ["ISOLATION_LATE"] = "late"
"""
CHECK = """
    def test_is_clean():
        assert [name for name in os.environ if name.startswith("ISOLATION_")] == ["ISOLATION_MODULE"]
        assert TENANT.get(None) is None
"""
HEAD = "    import asyncio, os, pytest\n    from conftest import TENANT\n"


def run(pytester: pytest.Pytester, body: str, *options: str, check: str = CHECK) -> pytest.RunResult:
    """Run *body* and *check* after it."""
    pytester.syspathinsert()
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_it=HEAD + body + check)
    return pytester.runpytest_inprocess("-p", "no:isolation_nothing", *options)


def test_a_sync_test_is_put_back(pytester: pytest.Pytester) -> None:
    """With its fixtures, and without those that live longer."""
    result = run(
        pytester,
        """
    @pytest.mark.isolation_barrier("orders")
    def test_sync(of_function):
        os.environ["ISOLATION_BODY"] = "body"
        TENANT.set("ada")
""",
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("marks", ["", "@pytest.mark.anyio\n    ", '@pytest.mark.parametrize("n", [1, 2])\n    '])
def test_an_async_test_is_put_back(pytester: pytest.Pytester, marks: str) -> None:
    """Under pytest-asyncio and anyio."""
    result = run(
        pytester,
        f"""
    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    {marks}@pytest.mark.isolation_barrier("orders")
    async def test_async(of_function, {"n" if "parametrize" in marks else "tmp_path"}):
        await asyncio.sleep(0)
        os.environ["ISOLATION_BODY"] = "body"
        TENANT.set("ada")
""",
        *(["-o", "asyncio_mode=strict"] if "anyio" in marks else []),
    )

    result.assert_outcomes(passed=3 if "parametrize" in marks else 2)


def test_a_test_of_trio_is_put_back(pytester: pytest.Pytester) -> None:
    """Under anyio, whose runner keeps the context of one test for the next."""
    result = run(
        pytester,
        """
    import trio

    @pytest.fixture
    def anyio_backend():
        return "trio"

    @pytest.mark.anyio
    @pytest.mark.isolation_barrier("orders")
    async def test_trio(of_function):
        await trio.lowlevel.checkpoint()
        os.environ["ISOLATION_BODY"] = "body"
        TENANT.set("ada")

    @pytest.mark.anyio
    async def test_trio_again():
        assert TENANT.get(None) is None
""",
        "-o",
        "asyncio_mode=strict",
    )

    result.assert_outcomes(passed=3)


def test_a_test_of_pytest_trio_is_put_back(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose fixtures run while pytest believes that the test runs."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cacheprovider -p no:random_order -p no:randomly -p no:rerunfailures")
    result = run(
        pytester,
        """
    import trio

    @pytest.mark.trio
    @pytest.mark.isolation_barrier("orders")
    async def test_trio(of_function):
        await trio.lowlevel.checkpoint()
        os.environ["ISOLATION_BODY"] = "body"
""",
        "-o",
        "asyncio_mode=strict",
    )

    result.assert_outcomes(passed=2)


def test_a_test_of_unittest_is_put_back(pytester: pytest.Pytester) -> None:
    """Sync and async, with its setUp and tearDown, and without setUpClass."""
    result = run(
        pytester,
        """
    import unittest

    @pytest.mark.isolation_barrier("orders")
    class TestSync(unittest.TestCase):
        def setUp(self):
            os.environ["ISOLATION_SETUP"] = "set up"

        def tearDown(self):
            assert os.environ["ISOLATION_BODY"] == "body"

        def test_sync(self):
            os.environ["ISOLATION_BODY"] = "body"

    @pytest.mark.isolation_barrier("orders")
    class TestAsync(unittest.IsolatedAsyncioTestCase):
        async def test_async(self):
            os.environ["ISOLATION_BODY"] = "body"
            TENANT.set("ada")
            await asyncio.sleep(0)

        async def test_with_manager(self):
            os.environ["ISOLATION_BODY"] = "body"
""",
    )

    result.assert_outcomes(passed=4)


def test_a_class_and_a_test_may_be_marked(pytester: pytest.Pytester) -> None:
    """The barrier of the test is inside of that of its class."""
    result = run(
        pytester,
        """
    from isolation import isolate, sync_isolation_barrier, attributes

    class Settings:
        debug = False

    isolate("settings", attributes(Settings))

    @pytest.mark.isolation_barrier("orders")
    class TestBoth:
        @pytest.mark.isolation_barrier("settings")
        async def test_async(self):
            os.environ["ISOLATION_BODY"] = "body"
            Settings.debug = True

    def test_settings():
        assert not Settings.debug
""",
    )

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("scope", ["function", "module"])
def test_a_barrier_inside_is_nested(pytester: pytest.Pytester, scope: str) -> None:
    """Whatever loop the test runs in, and whenever the context of that was made."""
    result = run(
        pytester,
        f"""
    from isolation import isolation_barrier

    pytestmark = pytest.mark.asyncio(loop_scope="{scope}")

    async def test_first():
        pass

    @pytest.mark.isolation_barrier("orders")
    async def test_async():
        os.environ["ISOLATION_BODY"] = "body"
        async with isolation_barrier("orders", on_conflict="fail") as barrier:
            os.environ["ISOLATION_BODY"] = "inside"
        assert os.environ["ISOLATION_BODY"] == "body"
        assert barrier.parent is not None
""",
        "-W",
        "ignore::pytest.PytestWarning",
    )

    result.assert_outcomes(passed=3)


def test_a_task_that_escapes_fails_the_test(pytester: pytest.Pytester) -> None:
    """It is named, with the line of the test."""
    result = run(
        pytester,
        """
    @pytest.mark.isolation_barrier("orders")
    async def test_async():
        asyncio.create_task(asyncio.sleep(60), name="heartbeat")
        await asyncio.sleep(0)
""",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_async _*",
            "1 task has outlived barrier 'orders' (test_it.py:4), inside of which it was started",
            "  task 'heartbeat' pending at asyncio/tasks.py:* in sleep",
            'await or cancel it inside the barrier, or choose tasks="cancel", "wait" or "ignore"',
            "FAILED test_it.py::test_async - isolation.TaskEscapedError: 1 task has outliv...",
        ]
    )


def test_a_task_that_escapes_a_barrier_inside_is_shown_there(pytester: pytest.Pytester) -> None:
    """With the line of that barrier."""
    result = run(
        pytester,
        """
    from isolation import isolation_barrier

    @pytest.mark.isolation_barrier("orders")
    async def test_async():
        async with isolation_barrier("inside"):
            task = asyncio.create_task(asyncio.sleep(60), name="heartbeat")
""",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *TaskEscapedError: 1 task has outlived barrier 'inside' (test_it.py:8), *"])


def test_a_task_of_the_resource_manager_has_not_escaped(pytester: pytest.Pytester) -> None:
    """It is ended when the body ends, before anybody looks."""
    result = run(
        pytester,
        """
    @pytest.mark.isolation_barrier("orders")
    async def test_async(resource_manager):
        resource_manager.add(asyncio.create_task(asyncio.sleep(60)), asyncio.Task.cancel)
        await asyncio.sleep(0)
""",
    )

    result.assert_outcomes(passed=2)


def test_the_policy_can_be_chosen(pytester: pytest.Pytester) -> None:
    """As for any barrier."""
    result = run(
        pytester,
        """
    @pytest.mark.isolation_barrier("orders", tasks="cancel", timeout=1, on_conflict="fail")
    async def test_async():
        asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
""",
    )

    result.assert_outcomes(passed=2)


FAILING = """
    from isolation import isolate, isolation_barrier

    class Stubborn:
        name = "stubborn"
        def __init__(self, failure=KeyError):
            self.failure = failure
        def snapshot(self):
            pass
        def restore(self, state):
            raise self.failure("cannot")

    isolate("stubborn", Stubborn())
"""


def test_what_cannot_be_restored_is_an_error_of_the_teardown(pytester: pytest.Pytester) -> None:
    """Whatever becomes of the test."""
    result = run(
        pytester,
        f"""{FAILING}
    @pytest.mark.isolation_barrier("stubborn")
    def test_passes():
        pass

    @pytest.mark.isolation_barrier("stubborn")
    def test_fails():
        assert False
""",
    )

    result.assert_outcomes(passed=2, failed=1, errors=2)
    result.stdout.fnmatch_lines(
        ["E *KeyError: 'cannot'", "E *while restoring 'stubborn' at the end of barrier 'stubborn' (test_it.py:*)"]
    )


def test_what_a_failing_block_hides_is_an_error_of_the_teardown(pytester: pytest.Pytester) -> None:
    """Though the test expects the failure of the block."""
    result = run(
        pytester,
        f"""{FAILING}
    async def fail():
        async with isolation_barrier("stubborn"):
            raise ValueError

    async def test_expects():
        with pytest.raises(ValueError):
            await fail()

    async def test_expects_two():
        for _ in range(2):
            with pytest.raises(ValueError):
                await fail()

    async def test_fails_in_its_teardown(request):
        request.addfinalizer(lambda: 1 / 0)
        with pytest.raises(ValueError):
            await fail()

    async def test_exits():
        with pytest.raises(ValueError):
            async with isolation_barrier("other", Stubborn(BaseException)):
                raise ValueError
""",
    )

    result.assert_outcomes(passed=5, errors=4)
    result.stdout.fnmatch_lines(
        [
            "E *KeyError: 'cannot'",
            "*CleanupError: 2 problems at the ends of barriers (2 sub-exceptions)",
            "E *ZeroDivisionError: division by zero",
            "E *CleanupError: 1 problem at the end of barrier 'stubborn' (test_it.py:18) (1 sub-exception)",
            "E *isolation.CleanupCancelledError: the teardown raised BaseException, which is no Exception: cannot",
        ]
    )


def test_the_barrier_is_seen_in_the_plan(pytester: pytest.Pytester) -> None:
    """Before the function-scoped fixtures."""
    result = run(
        pytester,
        """
    @pytest.mark.isolation_barrier("orders")
    @pytest.mark.parametrize("number", [1, 2])
    def test_sync(of_function, number):
        pass
""",
        "--setup-plan",
    )

    shown = [line.strip() for line in result.outlines if "SETUP" in line]
    assert [line.split()[2] for line in shown if "SETUP    F" in line][:2] == ["_isolation_barrier", "of_function"]


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("isolation_barrier", "one group is needed in @pytest.mark.isolation_barrier of test_it.py::test_it, got 0"),
        (
            "isolation_barrier(5)",
            "a group is named by a string, got 5, in @pytest.mark.isolation_barrier of test_it.py::test_it",
        ),
        (
            "isolation_barrier('a', tasks='cansel')",
            (
                "unknown policy for tasks 'cansel' in @pytest.mark.isolation_barrier of test_it.py::test_it; "
                "did you mean 'cancel'?"
            ),
        ),
        (
            "isolation_barrier('a', timeout=-1)",
            "timeout must not be negative, got -1, in @pytest.mark.isolation_barrier of test_it.py::test_it",
        ),
        (
            "isolation_barrier('a', task='fail')",
            (
                "unknown keyword 'task' in @pytest.mark.isolation_barrier of test_it.py::test_it; "
                "it takes on_conflict and timeout and tasks"
            ),
        ),
    ],
)
@pytest.mark.parametrize("mode", ["report", "off"])
def test_a_marker_that_means_nothing_is_refused(
    pytester: pytest.Pytester, marker: str, message: str, mode: str
) -> None:
    """At collection, whether the guard is on or not."""
    pytester.makeini(SETTINGS)
    pytester.makepyfile(test_it=f"import pytest\n@pytest.mark.{marker}\ndef test_it(): pass\n")

    result = pytester.runpytest_inprocess(f"--isolation-mode={mode}")

    assert f"ERROR: {message}" in result.errlines


def test_a_doctest_is_left_alone(pytester: pytest.Pytester) -> None:
    """It can have no marker of its own."""
    pytester.makepyfile(
        test_it='''
        """
        >>> 1 + 1
        2
        """
        import pytest

        @pytest.mark.isolation_barrier("nobody")
        def test_it():
            pass
        '''
    )

    result = pytester.runpytest_inprocess("--doctest-modules")

    result.assert_outcomes(passed=2)
