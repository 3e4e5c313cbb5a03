"""Watches code of the user while it runs: which code that is, and which line changes a place."""

import threading
from collections.abc import Callable, Collection
from types import CodeType, FrameType

from isolation._code_events import IsOwn, call_events, line_events
from isolation._origin import Place, is_library
from isolation._reads import Reads, keys_among, names_in


def is_no_library(file: str) -> bool:
    """Tell whether *file* is neither of the standard library nor of an installed package."""
    return not is_library(file)


class CodeWatch:
    """Notes what all the code uses that runs between `start` and `stop`, and whose file *is_own*, the user's."""

    def __init__(self, is_own: IsOwn = is_no_library) -> None:
        self._seen: set[CodeType] = set()
        self._names: set[str] = set()
        self._modules: set[str] = set()
        events = call_events(is_own, called=self.called)
        self.start, self.stop = events.start, events.stop

    @property
    def reads(self) -> Reads:
        """What that code uses."""
        return Reads(names=frozenset(self._names), modules=frozenset(self._modules))

    def called(self, frame: FrameType) -> None:
        """Take note of the code of *frame*."""
        code = frame.f_code
        if code not in self._seen:
            self._seen.add(code)
            self._names.update(names_in(code))
            self._names.update(keys_among(frame.f_locals.values()))  # the arguments, since nothing has run yet
            self._modules.add(str(frame.f_globals.get("__name__", "")))


class LineWatch:
    """Asks after each line of the user's code whether something has changed, and keeps the line that did it last.

    What a line makes a library do belongs to that line.  What happens while no line of the user runs belongs to none.

    Attributes:
        place: The line; None if nothing has changed, or nobody knows.
        passed: Code that changes things for others, such as that of fixtures of wider scope.
    """

    def __init__(self, has_changed: Callable[[], bool], is_own: IsOwn = is_no_library) -> None:
        self._is_own = is_own
        self.place: Place | None = None
        self.passed: Collection[CodeType] = ()
        self._has_changed = has_changed
        self._running: dict[int, Place | None] = {}
        self._is_looking = False
        self._events = line_events(is_own, entered=self.entered, left=self.left)

    def start(self) -> None:
        """Begin to look."""
        self._events.start()

    def stop(self) -> None:  # pragma: no cover - while this traces, coverage does not
        """Look a last time."""
        self._events.stop()
        self._look()

    def entered(self, frame: FrameType) -> None:
        """Look at what the line before has done; the line of *frame* comes next."""
        self._look()
        self._running[threading.get_ident()] = self._place_of(frame)

    def left(self, frame: FrameType) -> None:
        """Look at what the last line of *frame* has done; the line goes on that had called it."""
        self._look()
        caller = frame.f_back
        while caller is not None and not self._is_own(caller.f_code.co_filename):
            caller = caller.f_back
        self._running[threading.get_ident()] = self._place_of(caller) if caller is not None else None

    def _look(self) -> None:
        if self._is_looking:
            return  # looking may run code of the user, or another thread's
        self._is_looking = True
        try:
            if self._has_changed():
                self.place = self._running.get(threading.get_ident()) or self.place
        finally:
            self._is_looking = False

    def _place_of(self, frame: FrameType) -> Place | None:
        code = frame.f_code
        return Place(code.co_filename, frame.f_lineno, code.co_name) if code not in self.passed else None
