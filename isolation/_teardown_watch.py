"""The watch over teardowns: one that hangs says what it is waiting for, while it hangs."""

import _thread
import os
import select
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from types import FrameType

from isolation._compatibility import fileno, tasks_waited_for
from isolation._fixture_state import RUNS, debug_fixture_state, manager_state, running_lines, state_lines
from isolation._live_fixtures import FRAMEWORKS, LiveFixture, LiveFixtures
from isolation._origin import Place, awaited_frames, current_frames, show
from isolation._watchdog import is_debugged

BEATS = 4
"""How often it looks within the time that a teardown may take; it counts what it sees, since tests stop clocks."""
_TASKS = 5
_TICK, _TRIES = 0.0001, 5000
_DEBUGGERS = ("bdb", "pdb", "pydevd")


class TeardownWatch:
    """Looks from a thread of its own whether the teardown of a fixture takes too long.

    A thread for each teardown would cost more than most teardowns; this one is started once, by the first fixture, and
    finds in the ledger what is being torn down.  It is none of `threading`'s, which tests count.  Before a fork it
    ends, since Python warns of forks beside threads; the next fixture starts it again.
    """

    def __init__(self, live: LiveFixtures, seconds: float, stream: int, *, is_detailed: bool = False) -> None:
        self._live = live
        self._seconds = seconds
        self._stream = stream
        self._is_detailed = is_detailed
        self._thread = _thread.get_ident()
        self._seen: LiveFixture | None = None
        self._beats = 0
        self._told: set[str] = set()
        self._stopping: _thread.LockType | None = None
        self._alive: list[TeardownWatch] = []
        live.watch = live.idle_watch = self

    def start(self) -> None:
        """Start looking."""
        self._live.idle_watch = None
        stopping, alive = self._stopping, self._alive = _thread.allocate_lock(), [self]
        stopping.acquire()
        _thread.start_new_thread(self._run, (stopping, alive))

    def stop(self) -> None:
        """Stop looking until the next fixture is set up; return when the thread has ended."""
        stopping, self._stopping = self._stopping, None
        if stopping is not None:
            with suppress(RuntimeError):  # another thread stops it, too
                stopping.release()
            for _ in range(_TRIES):
                if not self._alive:
                    break
                # Neither a lock nor a sleep: a fork may come from an event loop, and there are tools that forbid both.
                select.select((), (), (), _TICK)
        self._live.idle_watch = self

    def close(self) -> None:
        """Stop looking for good."""
        self.stop()
        self._live.watch = self._live.idle_watch = None
        os.close(self._stream)

    def _run(self, stopping: _thread.LockType, alive: "list[TeardownWatch]") -> None:  # pragma: no cover - not traced
        while not stopping.acquire(timeout=self._seconds / BEATS):
            self.look()
        alive.clear()

    def look(self) -> None:
        """See what is being torn down, and tell of it when it was the same for too long; never raise."""
        with suppress(Exception):  # whoever helps must not be what fails
            torn_down = (fixture for fixture in self._live.fixtures() if fixture.state == "tearing down")
            fixture = next(torn_down, None)
            self._beats = self._beats + 1 if fixture is not None and fixture is self._seen else 0
            self._seen = fixture
            if fixture is not None and self._beats == BEATS:
                self._tell(fixture)

    def _tell(self, fixture: LiveFixture) -> None:
        frame = current_frames().get(self._thread)
        place = fixture.where(self._live.root)
        if place in self._told or is_debugged() or _is_in_debugger(frame):
            return
        self._told.add(place)
        details = state_lines(debug_fixture_state()) if self._is_detailed else ()
        lines = ["", *self._described(fixture, frame), *details, ""]
        os.write(self._stream, "\n".join(lines).encode("utf-8", "backslashreplace"))

    def _described(self, fixture: LiveFixture, frame: FrameType | None) -> Iterator[str]:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        yield f"isolation: a teardown of {test or 'the run'} has not ended within {self._seconds:g} s"
        yield f"  fixture {fixture.name!r} ({fixture.where(self._live.root)}) is being torn down"
        for manager in fixture.managers:
            yield from running_lines(manager_state(manager))
        tasks = tasks_waited_for(frame)
        described = (
            list(self._places(f"task {task.get_name()!r} waits at", awaited_frames(task.get_coro()))) for task in tasks
        )
        # A task of which only the heading is left is machinery of a framework.
        yield from chain.from_iterable(islice((lines for lines in described if len(lines) > 1), _TASKS))
        if not tasks:
            yield from self._places("the code is at", reversed(list(_frames_below_pytest(frame))))

    def _places(self, heading: str, frames: Iterable[FrameType]) -> Iterator[str]:
        yield f"  {heading}"
        for frame in (frame for frame in frames if _package(frame) not in FRAMEWORKS):
            place = Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            yield f"    {show(place, self._live.root)}  {place.source}"


def _frames_below_pytest(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames of what pytest has called, innermost first."""
    while frame is not None and _package(frame) not in ("_pytest", "pluggy"):
        yield frame
        frame = frame.f_back


def _is_in_debugger(frame: FrameType | None) -> bool:
    while frame is not None:
        if _package(frame) in _DEBUGGERS:
            return True
        frame = frame.f_back
    return False


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def open_stderr() -> int:
    """Return a descriptor of what stderr is now, before pytest captures it; of nothing if there is none."""
    number = next((number for number in map(fileno, (sys.stderr, sys.__stderr__)) if number >= 0), None)
    return os.open(os.devnull, os.O_WRONLY) if number is None else os.dup(number)


def _before_fork() -> None:
    for run in RUNS:
        if run.watch is not None:
            run.watch.stop()


if hasattr(os, "register_at_fork"):  # pragma: no branch - everywhere but on Windows
    os.register_at_fork(before=_before_fork)
