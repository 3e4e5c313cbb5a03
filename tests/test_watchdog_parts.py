"""The watchdog: what keeps a run from exiting is named, and the process ended if it may be."""

import io
import multiprocessing
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import ModuleType
from typing import Any

import pytest

from isolation import _watchdog
from isolation._watchdog import Exit, Watchdog, holding_processes, holding_threads, is_debugged
from isolation.recording._recorder import Recorder
from tests.alone import said_by
from tests.guarded import leave_thread
from tests.owned import an_owner, owned_by

WAIT = Exit(status=0, may_end=False, after=0.0)


@pytest.fixture
def stream() -> io.StringIO:
    """Give what the watchdog writes to."""
    return io.StringIO()


@pytest.fixture
def watchdog(recorder: Recorder, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Watchdog:
    """Give a watchdog that does not wait."""
    monkeypatch.setattr(_watchdog, "_FIRST_LOOK", 0.0)
    return Watchdog(recorder, "", stream)


def names(things: Any) -> list[str]:
    """Return the names of threads or processes."""
    return [thing.name for thing in things]


def start_process(ends: ExitStack, *, daemon: bool) -> None:
    """Start a process that runs until *ends* is closed."""
    process = multiprocessing.get_context("fork").Process(target=threading.Event().wait, name="child", daemon=daemon)
    ends.callback(process.join)
    ends.callback(process.kill)
    process.start()


def test_a_running_thread_holds_the_interpreter(ends: ExitStack) -> None:
    """It waits for every thread that is not a daemon."""
    leave_thread(ends, an_owner())

    assert names(holding_threads()) == ["worker"]


def test_daemons_and_those_who_ask_hold_nothing() -> None:
    """Neither the main thread nor the one that looks is waited for."""
    seen: list[list[str]] = []
    stop = threading.Event()
    daemon = threading.Thread(target=stop.wait, daemon=True)
    asking = threading.Thread(target=lambda: seen.append(names(holding_threads())))
    daemon.start()
    asking.start()
    asking.join()
    stop.set()
    daemon.join()

    assert seen == [[]]


def test_an_idle_worker_of_a_pool_holds_nothing() -> None:
    """The interpreter tells it to end; a busy one it waits for."""
    stop = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="pool") as pool:
        pool.submit(int).result()
        while names(holding_threads()):
            """The worker is on its way back to its queue."""
        busy = pool.submit(stop.wait)
        while not busy.running():
            """The worker is on its way to its work."""
        while not (holding := names(holding_threads())):
            """Its frame is still that of the queue."""
        stop.set()

    assert holding == ["pool_0"]


@pytest.mark.parametrize(("daemon", "expected"), [(False, ["child"]), (True, [])])
def test_a_process_of_multiprocessing_holds_the_interpreter(daemon: bool, expected: list[str], ends: ExitStack) -> None:
    """It joins every child that is not a daemon."""
    start_process(ends, daemon=daemon)

    assert names(holding_processes()) == expected


def test_without_multiprocessing_no_process_holds_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking does not import it."""
    monkeypatch.delitem(sys.modules, "multiprocessing")

    assert holding_processes() == []


def test_if_nothing_holds_nothing_is_said(watchdog: Watchdog, stream: io.StringIO) -> None:
    """A run that can exit just does."""
    watchdog.watch(WAIT)

    assert stream.getvalue() == ""


def test_what_holds_is_named_with_its_maker(watchdog: Watchdog, stream: io.StringIO, ends: ExitStack) -> None:
    """Where it was made, by whom, and what it does now."""
    with owned_by(None):
        start_process(ends, daemon=False)
    leave_thread(ends, an_owner())

    watchdog.watch(WAIT)

    said = stream.getvalue().splitlines()
    assert said[:2] == ["", "isolation: the tests are over, but these keep the interpreter from exiting"]
    assert said[2].startswith("  thread 'worker', created at ")
    assert said[2].endswith(" in leave_thread, by test_chat.py::test_it")
    assert said[3].startswith('      File "')
    assert said[-2].startswith("  process 'child' running, pid ")
    assert said[-2].endswith(" in start_process")
    assert said[-1] == "waiting for them; --isolation-mode=restore ends the run instead"


def test_what_nobody_saw_being_made_has_a_name_only(ends: ExitStack, stream: io.StringIO) -> None:
    """It was started before anybody recorded."""
    leave_thread(ends, an_owner())

    Watchdog(Recorder(), "", stream)._say(WAIT)

    assert stream.getvalue().splitlines()[2] == "  thread 'worker'"


def test_what_was_made_without_a_stack_has_an_owner_only(recorder: Recorder, ends: ExitStack) -> None:
    """Such as a thread that C code started."""
    recorder.depth = 0
    leave_thread(ends, an_owner())
    (thread,) = holding_threads()

    assert Watchdog(recorder, "", io.StringIO())._origin_of(thread) == ", by test_chat.py::test_it"


def test_a_thread_that_has_ended_meanwhile_has_no_stack() -> None:
    """It was there a moment ago."""
    assert _watchdog._indented(None) == []


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (WAIT, "waiting for them; --isolation-mode=restore ends the run instead"),
        (
            Exit(status=0, may_end=False, after=0.0, is_wanted=True),
            "waiting for them: this process is debugged, or is not only there for this run",
        ),
        (Exit(status=1, may_end=True, after=0.0), "the run is ended now with status 1"),
        (Exit(status=1, may_end=True, after=2.5), "the run is ended in 2.5 s with status 1"),
    ],
)
def test_what_happens_next_is_told(ending: Exit, said: str) -> None:
    """Nobody has to guess whether the run hangs."""
    assert _watchdog._outlook(ending) == said


def test_a_run_whose_holders_end_in_time_is_not_ended(watchdog: Watchdog, stream: io.StringIO, ends: ExitStack) -> None:
    """It exits by itself, with its own status."""
    leave_thread(ends, an_owner())
    write = stream.write

    class Ending(io.StringIO):
        def write(self, said: str) -> int:
            ends.close()
            return write(said)

    watchdog._stream = Ending()
    watchdog.watch(Exit(status=1, may_end=True, after=30.0))

    assert stream.getvalue().endswith("the run is ended in 30 s with status 1\n")


SCRIPT = """
import atexit, multiprocessing, sys, threading
from isolation._watchdog import Exit, Watchdog
from isolation.recording._recorder import Recorder

if __name__ == "__main__":
    atexit.register(print, "saved")
    threading.Thread(target=threading.Event().wait).start()
    process = multiprocessing.get_context("fork").Process(target=threading.Event().wait)
    process.start()
    Watchdog(Recorder(), "", sys.stderr).watch(Exit(status=7, may_end=True, after=0.0))
    print("not reached")
"""


def test_a_run_that_may_be_ended_is_ended() -> None:
    """What is registered with `atexit` is run, processes are killed, and the status is the given one."""
    assert said_by(SCRIPT, status=7) == "saved\n"


def test_a_run_is_ended_although_its_last_functions_hang(
    watchdog: Watchdog, stream: io.StringIO, ends: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They get a deadline, and both streams are flushed."""
    hanging, statuses = threading.Event(), list[int]()
    ends.callback(hanging.set)
    monkeypatch.setattr(_watchdog, "_ATEXIT_DEADLINE", 0.0)
    monkeypatch.setattr("atexit._run_exitfuncs", hanging.wait)
    monkeypatch.setattr("os._exit", statuses.append)
    leave_thread(ends, an_owner())

    watchdog.watch(Exit(status=3, may_end=True, after=0.0))

    assert statuses == [3]
    assert stream.getvalue().endswith("the run is ended now with status 3\n")


@pytest.mark.parametrize(
    ("module", "expected"), [("pdb", True), ("bdb", True), ("coverage.tracer", False), (None, False)]
)
def test_a_debugger_is_told_from_a_tracer(module: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracer that measures coverage does not keep a run from being ended."""
    tracer: Callable[..., None] = lambda *_: None  # noqa: E731 - each has a module of its own
    tracer.__module__ = module  # type: ignore[assignment]
    monkeypatch.setattr(sys, "gettrace", lambda: tracer)

    assert is_debugged() is expected


def test_pydevd_is_a_debugger(monkeypatch: pytest.MonkeyPatch) -> None:
    """It uses no tracer of its own on newer Pythons."""
    monkeypatch.setitem(sys.modules, "pydevd", ModuleType("pydevd"))

    assert is_debugged()
