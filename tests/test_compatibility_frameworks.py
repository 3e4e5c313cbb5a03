"""Every private name of pytest, anyio, trio and pytest-asyncio that the package reads still means the same."""

import asyncio
import gc
import inspect
import signal
import sys
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from unittest import IsolatedAsyncioTestCase

import anyio.pytest_plugin
import pytest
import pytest_asyncio
import trio

from isolation import _compatibility as names
from isolation._adoption import adopters
from isolation._owners import Owner
from isolation.recording._recorder import ClosedBy, Recorder


@pytest.fixture
def closings() -> Iterator[list[ClosedBy]]:
    """Give the list of who has closed loops since."""
    closed_by: list[ClosedBy] = []
    recorder = Recorder().acquire()
    recorder.closing_listeners.append(lambda _, by: closed_by.append(by))
    yield closed_by
    recorder.release()


def get_async_backend(name: str) -> type:
    """Return anyio's backend of that name, as its plugin does."""
    plugin: Any = anyio.pytest_plugin
    backend: type = plugin.get_async_backend(name)
    return backend


def runner_of(backend: str) -> Any:
    """Return a test runner of anyio's *backend*."""
    runner_class = names.test_runner_of(get_async_backend(backend))
    assert runner_class is not None
    return runner_class()


def test_anyio_has_its_plugin_and_its_runners_where_we_look() -> None:
    """The plugin asks for its backend by a name that can be wrapped; each backend has a class of test runners."""
    backends = [get_async_backend(name) for name in ("asyncio", "trio")]

    assert names.anyio_plugin() is anyio.pytest_plugin
    assert [hasattr(names.test_runner_of(backend), "_call_in_runner_task") for backend in backends] == [True, True]


def test_anyios_runner_is_known_as_a_frameworks(closings: list[ClosedBy]) -> None:
    """What is pending when anyio's plugin closes its runner is an error."""
    with runner_of("asyncio") as runner:
        runner.run_test(asyncio.sleep, {"delay": 0})

    assert closings == ["framework"]


def test_anyios_run_is_known_as_the_users(closings: list[ClosedBy]) -> None:
    """What is pending when `anyio.run` closes its runner is the user's own decision."""
    anyio.run(anyio.sleep, 0)

    assert closings == ["user"]


def test_unittests_runner_is_known_as_a_frameworks(closings: list[ClosedBy]) -> None:
    """What is pending when unittest closes its runner is an error."""

    class Case(IsolatedAsyncioTestCase):
        async def test(self) -> None:
            """Do nothing."""

    Case("test").run()

    assert closings == ["framework"]


def test_pytest_asyncios_runner_is_known_as_a_frameworks(
    closings: list[ClosedBy], request: pytest.FixtureRequest
) -> None:
    """What is pending when pytest-asyncio closes its runner is an error."""
    request.getfixturevalue("_function_scoped_runner")
    make = request._get_active_fixturedef("_function_scoped_runner").func
    runners: Any = make(**{name: request.getfixturevalue(name) for name in inspect.signature(make).parameters})

    next(runners).run(asyncio.sleep(0))
    next(runners, None)

    assert closings == ["framework"]


def frames(*names: str) -> Sequence[tuple[str, str]]:
    """Return pairs of module and function as `names` writes them: ``module:function``."""
    return [(module, function) for module, _, function in (name.partition(":") for name in names)]


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        (["asyncio.runners:Runner.__exit__", "pytest_asyncio.plugin:_scoped_runner"], True),
        (["contextlib:ExitStack.close", "anyio._backends._asyncio:TestRunner.__exit__"], True),
        (["asyncio.runners:Runner.__exit__", "anyio._backends._asyncio:AsyncIOBackend.run"], False),
        (["isolation.recording.event_loops:run", "app.main:main", "pytest_asyncio.plugin:inner"], False),
        (["asyncio.runners:run"], False),
    ],
)
def test_the_innermost_caller_decides_who_closes(callers: list[str], expected: bool) -> None:
    """A user who calls `asyncio.run` in a test closes that loop, not the framework further up."""
    assert names.closed_by_framework(frames(*callers)) is expected


def test_a_fixture_definition_tells_its_value(request: pytest.FixtureRequest, tmp_path: object) -> None:
    """A fixture that is set up has its value in `cached_result`."""
    definition: Any = request._get_active_fixturedef("tmp_path")

    assert names.fixture_value(definition) is tmp_path


class Held:
    """Something that only a local variable of a fixture holds."""


@pytest.fixture
def held() -> Iterator[int]:
    """Give the id of something that is held in here."""
    thing = Held()
    yield id(thing)
    del thing


def test_a_fixture_definition_holds_its_suspended_generator(held: int, request: pytest.FixtureRequest) -> None:
    """What the local variables of a fixture hold is reached through its finalizers."""
    definition: Any = request._get_active_fixturedef("held")
    (thing,) = [each for each in gc.get_objects() if type(each) is Held]
    owner = Owner("fixture", "held")

    assert id(thing) == held
    assert adopters([thing], [(owner, names.fixture_finalizers(definition))]) == {held: owner}


@pytest.mark.parametrize("cached", [None, (None, "key", (ValueError("broken"), None))], ids=["not set up", "failed"])
def test_a_fixture_without_value_has_none(cached: object) -> None:
    """Neither a fixture that is not set up nor one that failed holds anything."""
    assert names.fixture_value(SimpleNamespace(cached_result=cached)) is None


def test_an_item_tells_which_fixtures_stand_where(held: int, request: pytest.FixtureRequest) -> None:
    """Of a test we know the arguments, and of each fixture in its closure what that asks for."""
    arguments, definitions = names.fixture_graph(request.node)

    assert arguments == ("held", "request")
    assert "held" in definitions
    assert definitions["held"][-1].argnames == ()


def test_what_has_no_fixtures_has_an_empty_graph() -> None:
    """An item that is no function of Python asks for nothing."""
    assert names.fixture_graph(object()) == ((), {})


def test_a_fixture_of_pytest_asyncio_knows_its_loop_scope() -> None:
    """The decorator notes the scope on the function."""

    async def asked() -> None: ...

    async def not_asked() -> None: ...

    pytest_asyncio.fixture(asked, loop_scope="module")
    pytest_asyncio.fixture(not_asked)

    assert [names.fixture_loop_scope(function) for function in (asked, not_asked, print)] == ["module", None, None]


def test_a_trio_runner_is_open_between_first_use_and_end() -> None:
    """The runner for trio has a stream to its main task while there is one."""
    runner = runner_of("trio")
    before = names.trio_runner_is_open(runner)

    with runner:
        runner.run_test(trio.sleep, {"seconds": 0})
        during = names.trio_runner_is_open(runner)

    assert (before, during, names.trio_runner_is_open(runner)) == (False, True, False)


def test_a_run_of_trio_is_known_from_inside() -> None:
    """Asking does not import trio."""

    async def ask() -> bool:
        return names.is_in_trio()

    assert (names.is_in_trio(), trio.run(ask)) == (False, True)


async def test_anyio_tells_whether_a_scope_is_around_a_task() -> None:
    """Before it, in it, after it, and in a task that a task group has started; a task of asyncio has none."""

    async def ask() -> bool:
        return names.is_in_scope()

    seen = [names.is_in_scope()]
    with anyio.CancelScope():
        seen.append(names.is_in_scope())
        seen.append(await asyncio.create_task(ask()))
    seen.append(names.is_in_scope())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: _note(seen))

    assert seen == [False, True, False, False, True]


async def _note(seen: list[bool]) -> None:
    seen.append(names.is_in_scope())


async def test_scopes_are_assumed_where_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """On trio there are always some; an anyio that has changed may have any."""
    monkeypatch.delattr("anyio._backends._asyncio._task_states")

    async def ask() -> bool:
        return names.is_in_scope()

    assert names.is_in_scope()
    assert await asyncio.to_thread(trio.run, ask)


@pytest.mark.parametrize("is_claimed", [True, False])
def test_pytest_asyncio_takes_what_is_claimed_for_it(pytester: pytest.Pytester, is_claimed: bool) -> None:
    """In strict mode it runs a fixture of `pytest.fixture` if that has ``_force_asyncio_fixture``."""
    pytester.makeini("[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        f"""
        import asyncio, inspect, pytest
        from isolation._compatibility import claim_for_asyncio

        @pytest.fixture(scope="module")
        async def loop(): return asyncio.get_running_loop()

        def pytest_generate_tests(metafunc):
            for fixturedef in metafunc._arg2fixturedefs.get("loop", ()):
                claim_for_asyncio(fixturedef.func, is_claimed={is_claimed}, loop_scope="module")

        @pytest.mark.asyncio(loop_scope="module")
        async def test_it(loop):
            is_run = loop is asyncio.get_running_loop()
            if inspect.iscoroutine(loop): loop.close()
            assert is_run
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:random_order", "-Wignore")

    assert (result.parseoutcomes().get("passed", 0) == 1) is is_claimed


def test_pytest_tells_which_fixtures_are_visible(request: pytest.FixtureRequest, tmp_path: object) -> None:
    """Its own, those of plugins, and those of the module; none of other modules."""
    visible = names.visible_fixtures(request.node)

    assert {"tmp_path", "closings", "pytester"} <= visible
    assert "loop" not in visible
    assert names.visible_fixtures(SimpleNamespace(session=None)) == set()


def test_a_runner_tells_that_it_was_interrupted() -> None:
    """The handler of SIGINT is a partial of a method of the runner, which counts interrupts."""
    seen: list[bool] = []

    async def interrupted() -> None:
        seen.append(names.is_interrupted())
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            seen.append(names.is_interrupted())

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(interrupted())
        assert not names.is_interrupted()
    finally:
        signal.signal(signal.SIGINT, before)

    assert seen == [False, True]


def test_a_runner_that_is_interrupted_twice_says_so() -> None:
    """The first interrupt cancels, the second one is raised by the runner's own handler, out of a known loop."""
    futures: list[object] = []

    async def interrupted() -> None:
        futures.append(asyncio.current_task())
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
            await asyncio.sleep(60)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt) as twice, asyncio.Runner() as runner:
            runner.run(interrupted())
        with pytest.raises(KeyboardInterrupt) as once:
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert (names.is_second_interrupt(twice.value), names.is_second_interrupt(once.value)) == (True, False)
    assert set(names.waited_for_in(twice.value)) == set(futures)
    assert names.waited_for_in(once.value) == []


def test_a_loop_that_is_run_for_a_group_of_tasks_is_known() -> None:
    """A runner waits like that for all tasks when it closes: then each of them is one that is waited for."""
    seen: list[str] = []

    async def look() -> None:
        seen.extend(task.get_name() for task in names.tasks_waited_for(sys._getframe()))

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        tasks = [loop.create_task(look(), name=name) for name in ("B", "A")]
        loop.run_until_complete(asyncio.gather(*tasks))

    assert seen == ["A", "B", "A"]


def test_tasks_can_be_abandoned() -> None:
    """A runner that closes does not find them, and so does not wait for them."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(0))

    names.abandon_tasks(loop)
    found = asyncio.all_tasks(loop)
    loop.run_until_complete(task)
    loop.close()

    assert found == set()


def test_anyios_runner_is_stuck_when_something_is_raised_out_of_its_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its task still runs what it was told to, and so nothing else; a runner is used again when that has ended."""
    states: list[object] = []

    async def hang() -> None:
        asyncio.get_running_loop().call_soon(fail)
        states.append(names.stuck_anyio_runner())
        await asyncio.sleep(60)

    async def answer() -> int:
        return 42

    def fail() -> None:
        raise SystemExit

    with runner_of("asyncio") as runner:
        monkeypatch.setattr(anyio.pytest_plugin, "_current_runner", runner)
        states.append(names.stuck_anyio_runner())
        runner.run_fixture(answer, {})
        states.append(names.stuck_anyio_runner())
        with pytest.raises(SystemExit):
            runner.run_fixture(hang, {})
        states.append(names.stuck_anyio_runner())
        task = names.cancel_anyio_runner(runner)
        with pytest.raises(asyncio.CancelledError):
            runner.get_loop().run_until_complete(task)
        states.append(names.stuck_anyio_runner())
        assert runner.run_fixture(answer, {}) == 42

    assert states == [None, None, None, runner, None]


def test_anyios_runner_can_be_told_to_refuse() -> None:
    """Everything that is to run in its task goes through one method."""
    with runner_of("asyncio") as runner:
        names.replace_anyio_calls(runner, lambda _: asyncio.sleep(0, "refused"))

        assert runner.run_fixture(asyncio.sleep, {}) == "refused"
