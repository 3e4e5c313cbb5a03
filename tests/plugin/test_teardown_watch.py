"""A teardown that hangs says what it is waiting for, while it hangs; one that fails says so on request."""

import _thread
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from isolation import ResourceManager, _teardown_watch
from isolation._compatibility import fixture_of
from isolation._fixture_state import RUNS
from isolation._live_fixtures import LiveFixture, LiveFixtures
from isolation._teardown_watch import BEATS, TeardownWatch, _before_fork, open_stderr
from tests.alone import said_by

# Ends as soon as somebody opens the pipe from the other side.
CONFTEST = """
    import os
    import pytest
    from isolation._live_fixtures import LIVE

    def wait():
        os.close(os.open("release", os.O_RDONLY))

    def pytest_sessionstart(session):
        session.config.stash[LIVE].watch._seconds = 0.04
"""
HEADING = "isolation: a teardown of test_it.py::test_it has not ended within 0.04 s"


def hang(pytester: pytest.Pytester, test: str, lines: int, *options: str) -> Sequence[str]:
    """Return so many lines that are said on stderr while the teardown of *test* hangs; then let it end."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_it=test)
    os.mkfifo(pytester.path / "release")
    command = [sys.executable, "-m", "pytest", *options]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=pytester.path, text=True, **streams) as run:  # type: ignore[call-overload]
        said: list[str] = []
        while not said or len(said) < lines:
            line = run.stderr.readline()
            assert line, said
            said += [line.rstrip("\n")] if said or line.startswith(HEADING) else []
        os.close(os.open(pytester.path / "release", os.O_WRONLY))
    assert run.returncode == 0
    return [re.sub(r"'Task-\d+'", "'Task-N'", line) for line in said]


@pytest.mark.parametrize("options", [(), ("-n1",), ("--isolation-mode=off",)], ids=" ".join)
def test_sync_code_that_hangs(pytester: pytest.Pytester, options: Sequence[str]) -> None:
    """The fixture is named, and where its code is now, in every mode and in the workers of pytest-xdist."""
    test = """
        import pytest
        from conftest import wait

        @pytest.fixture
        def server():
            yield
            stop()

        def stop():
            wait()

        def test_it(server): pass
    """

    assert hang(pytester, test, 6, *options) == [
        HEADING,
        "  fixture 'server' (test_it.py:4) is being torn down",
        "  the code is at",
        "    test_it.py:7 in server  stop()",
        "    test_it.py:10 in stop  wait()",
        '    conftest.py:6 in wait  os.close(os.open("release", os.O_RDONLY))',
    ]


ASYNC = """
    import asyncio
    import pytest
    from conftest import wait
    from isolation import managed_fixture

    async def close():
        await asyncio.to_thread(wait)

    @managed_fixture
    async def pool(resource_manager):
        resource_manager.register(print)
        resource_manager.child("inner").register(close)

    async def test_it(pool): pass
"""
WAITING = [
    HEADING,
    "  fixture 'pool' (test_it.py:9) is being torn down",
    "    'inner' (registered at test_it.py:12) is running",
    "    'close' (registered at test_it.py:12) is running",
    "  task 'Task-N' waits at",
    "    test_it.py:7 in close  await asyncio.to_thread(wait)",
    "    asyncio/threads.py:25 in to_thread  return await loop.run_in_executor(None, func_call)",
]


def test_an_async_cleanup_that_hangs(pytester: pytest.Pytester) -> None:
    """The cleanup is named that runs, with where it was registered, and where the task waits that runs it."""
    assert hang(pytester, ASYNC, len(WAITING)) == WAITING


def test_everything_is_shown_on_request(pytester: pytest.Pytester) -> None:
    """With `--isolation-debug-teardown` the live fixtures follow, and what is still to be cleaned up."""
    test = """
        import pytest
        from conftest import wait
        from isolation import managed_fixture

        @pytest.fixture(scope="session")
        def server(): yield

        @managed_fixture
        def pool(server, resource_manager):
            resource_manager.register(print)
            resource_manager.register(wait)

        def test_it(pool): pass
    """

    assert hang(pytester, test, 10, "--isolation-debug-teardown", "-p", "no:asyncio", "-p", "no:anyio") == [
        HEADING,
        "  fixture 'pool' (test_it.py:8) is being torn down",
        "    'wait' (registered at test_it.py:11) is running",
        "  the code is at",
        '    conftest.py:6 in wait  os.close(os.open("release", os.O_RDONLY))',
        "  fixture 'server' (session, test_it.py:5) live",
        "  fixture 'pool' (function of test_it.py::test_it, test_it.py:8) tearing down",
        "    manager 'pool' closing",
        "      'wait' (registered at test_it.py:11) is running",
        "      'print' (registered at test_it.py:10) is pending",
    ]


FAILING = """
    import pytest
    from isolation import ResourceManager, _teardown_watch

    @pytest.fixture(scope="session")
    def server(): yield

    @pytest.fixture
    def pool(server):
        yield
        1 / 0

    def test_it(pool):
        pass
"""


def section(result: pytest.RunResult) -> Sequence[str]:
    """Return what was added to the report of the teardown."""
    lines = result.outlines
    start = next((number for number, line in enumerate(lines) if "Captured isolation teardown" in line), len(lines))
    return list(takewhile(lambda line: line.startswith(("set up", "  ")), lines[start + 1 :]))


def test_a_teardown_that_fails_shows_what_was_set_up(pytester: pytest.Pytester) -> None:
    """On request the report of a failed teardown lists the fixtures, oldest first, as they were before it."""
    pytester.makepyfile(test_it=FAILING)
    options = ("-p", "no:asyncio", "-p", "no:anyio")

    asked = pytester.runpytest_inprocess("--isolation-debug-teardown", *options)
    silent = pytester.runpytest_inprocess(*options)

    assert section(asked) == [
        "set up before this teardown, oldest first:",
        "  fixture 'server' (session, test_it.py:4) live",
        "  fixture 'pool' (function of test_it.py::test_it, test_it.py:7) live",
    ]
    assert section(silent) == []


Hanging = tuple[TeardownWatch, LiveFixtures, Callable[[], str]]


@pytest.fixture
def hanging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hanging]:
    """Give a watch over a fixture that is being torn down, and what it says."""
    live = LiveFixtures(str(Path(__file__).parent))
    fixture = LiveFixture(fixture_of(request), request)
    fixture.begin_teardown()
    live._live[fixture.fixturedef] = fixture
    said = tmp_path / "said"
    watch = TeardownWatch(live, 60.0, os.open(said, os.O_WRONLY | os.O_CREAT))
    yield watch, live, said.read_text
    watch.close()


def look(watch: TeardownWatch, times: int = BEATS + 1) -> None:
    """Let *watch* look so often."""
    for _ in range(times):
        watch.look()


def test_it_is_told_once(hanging: Hanging) -> None:
    """Nothing is said before the time is over, and a fixture that is slow in each test is told once."""
    watch, live, said = hanging
    (fixture,) = live.fixtures()

    look(watch, BEATS)
    before = said()
    look(watch, 2 * BEATS)
    first = said()
    live._live[fixture.fixturedef] = again = LiveFixture(fixture.fixturedef, fixture.request)
    again.begin_teardown()
    look(watch)

    assert before == ""
    assert first.splitlines()[2] == f"  fixture 'hanging' ({fixture.where(live.root)}) is being torn down"
    assert said() == first


def test_tasks_are_told(hanging: Hanging) -> None:
    """Where the task waits for which the loop runs is said first, then where other tasks of the loop wait."""
    watch, live, said = hanging
    live.fixtures()[0].managers = (ResourceManager(),)

    def look_at(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()  # everybody waits by then
        look(watch)

    async def main() -> None:
        other = asyncio.create_task(asyncio.Event().wait(), name="A")
        await asyncio.to_thread(look_at, asyncio.get_running_loop())
        other.cancel()
        await asyncio.wait([other])

    asyncio.run(main())

    lines = [re.sub(r"'Task-\d+'|(?<=:)\d+", "N", line) for line in said().splitlines()]
    assert lines[3:] == [
        "  task N waits at",
        "    test_teardown_watch.py:N in main  await asyncio.to_thread(look_at, asyncio.get_running_loop())",
        "    asyncio/threads.py:N in to_thread  return await loop.run_in_executor(None, func_call)",
        "  task 'A' waits at",
        "    asyncio/locks.py:N in wait  await fut",
    ]


def test_tasks_that_hold_a_loop_are_told(hanging: Hanging) -> None:
    """A loop that is closed waits for all its tasks; those in which no code of the user waits are left out."""
    watch, _, said = hanging
    released = asyncio.Event()

    async def refuse() -> None:
        await released.wait()

    async def look_at() -> None:
        await asyncio.to_thread(look, watch)
        released.set()

    loop = asyncio.new_event_loop()
    future = loop.create_future()
    names: dict[str, Any] = {"__name__": "anyio", "future": future}
    exec("async def machinery(): await future", names)
    tasks = [
        loop.create_task(names["machinery"](), name="A"),
        loop.create_task(refuse(), name="B"),
        loop.create_task(look_at(), name="C"),
    ]
    tasks[-1].add_done_callback(lambda _: future.set_result(None))
    loop.run_until_complete(asyncio.gather(*tasks))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()

    headings = [line for line in said().splitlines() if line.startswith("  task")]
    assert headings == ["  task 'B' waits at", "  task 'C' waits at"]


def test_a_watch_can_be_stopped_by_two_threads(hanging: Hanging) -> None:
    """Two forks at once end it once."""
    watch, _, _ = hanging
    watch.start()
    assert watch._stopping is not None
    watch._stopping.release()

    watch.stop()
    watch.stop()

    assert not watch._alive


def test_a_fork_from_an_event_loop_blocks_nothing(hanging: Hanging) -> None:
    """Tools that forbid locks and sleeping in a loop see neither before a fork."""
    watch, _, _ = hanging
    called: list[str] = []

    def note(frame: object, event: str, function: Any) -> None:
        if event == "c_call":
            called.append(function.__name__)

    watch.start()
    sys.setprofile(note)
    watch.stop()
    sys.setprofile(None)

    assert not watch._alive
    assert "release" in called
    assert not {"acquire", "sleep", "join"} & set(called)


def test_a_thread_that_does_not_end_is_not_waited_for(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork is never held up for good."""
    watch, _, _ = hanging
    monkeypatch.setattr(_teardown_watch, "_TRIES", 2)
    watch._stopping = _thread.allocate_lock()
    watch._alive = [watch]

    watch.stop()

    assert watch._live.idle_watch is watch


def test_a_run_that_is_over_needs_no_watch() -> None:
    """A fork stops the watches of the runs that have one."""
    run = LiveFixtures("")
    RUNS.append(run)

    _before_fork()

    RUNS.remove(run)
    assert run.idle_watch is None
    assert RUNS[0].idle_watch is RUNS[0].watch


def test_a_fixture_that_lives_does_not_hang(hanging: Hanging) -> None:
    """Only what is being torn down is watched."""
    watch, live, said = hanging
    live.fixtures()[0].state = "live"

    look(watch)

    assert said() == ""


def test_a_debugger_is_left_alone(hanging: Hanging) -> None:
    """Who stands in a debugger is slow on purpose."""
    watch, _, said = hanging
    names = {"__name__": "pdb", "look": look, "watch": watch}

    exec("look(watch)", names)

    assert said() == ""


def test_it_never_raises(hanging: Hanging) -> None:
    """Whoever wants to help is not what fails: nothing is said if that is not possible."""
    watch, live, said = hanging
    live._live = None  # type: ignore[assignment]

    look(watch)

    assert said() == ""


def test_nothing_can_be_said_without_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without streams runs as ever."""
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "__stderr__", None)

    stream = open_stderr()

    assert os.write(stream, b"nobody reads this") == 17
    os.close(stream)


def test_a_fork_is_not_beside_a_thread() -> None:
    """Python 3.12 and later warn of forks beside threads: the watch ends before, and starts again with a fixture."""
    script = """
import os, warnings
from isolation._fixture_state import RUNS
from isolation._live_fixtures import LiveFixtures
from isolation._teardown_watch import TeardownWatch

warnings.simplefilter("error")
live = LiveFixtures("")
watch = TeardownWatch(live, 60.0, os.dup(2))
RUNS.append(live)
for _ in range(3):
    watch.start()
    assert live.idle_watch is None
    pid = os.fork()
    if pid == 0:
        os._exit(0 if live.idle_watch is watch else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert live.idle_watch is watch
watch.close()
print("forked")
"""

    assert "forked" in said_by(script)
