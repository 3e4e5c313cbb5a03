"""Deadlines: what bounds a cleanup in time, and what protects it from being cancelled."""

import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from types import CodeType, FrameType, TracebackType
from typing import Self

from anyio import CancelScope, current_time

from isolation._compatibility import is_in_scope
from isolation._errors import CleanupTimeoutError
from isolation._origin import Origin, innermost, show


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take, and on whose authority.

    >>> str(Limit(0.5, "its timeout of 0.5 s"))
    'its timeout of 0.5 s'
    """

    seconds: float
    source: str

    def __str__(self) -> str:
        return self.source


class Watch:
    """Watch sync code, which nobody can interrupt: note where it is when its time is up.

    Attributes:
        complaint: What to say if it took too long, else None; known when the block has ended.
    """

    __slots__ = ("_ends_at", "_frames", "_has_looked", "_limit", "_thread", "_timer", "complaint")

    complaint: str | None

    def __init__(self, limit: Limit) -> None:
        self.complaint = None
        self._limit = limit
        self._ends_at = 0.0
        self._has_looked = False
        self._frames: list[tuple[CodeType, int]] = []
        self._thread = threading.get_ident()
        self._timer = threading.Timer(limit.seconds, self._look)
        self._timer.daemon = True

    def _look(self) -> None:
        self._has_looked = True
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented
        while frame is not None and frame.f_code is not WATCHED:
            if not is_ours(frame):
                self._frames.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back

    def __enter__(self) -> Self:
        self._timer.start()
        self._ends_at = time.monotonic() + self._limit.seconds
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_late = self._has_looked or time.monotonic() >= self._ends_at
        self._timer.cancel()
        self._timer.join()
        if is_late:
            self.complaint = f"it exceeded {self._limit} and cannot be interrupted; it was at{self._stack()}"
            if isinstance(failure, Exception):
                failure.add_note(self.complaint)

    def _stack(self) -> str:
        root = working_directory()
        places = list(Origin(None, self._frames).places()) or filter(None, [innermost(self._frames)])
        return "".join(f"\n  {show(place, root)}" for place in places) or " an unknown place"


def watched(call: Callable[[], object], limit: Limit) -> object:
    """Return the result of *call*; complain if that took longer than *limit*, unless the result has to be awaited."""
    with Watch(limit) as watch:
        result = call()
    if watch.complaint and not isawaitable(result):
        raise CleanupTimeoutError(watch.complaint)
    return result


WATCHED = watched.__code__


async def shielded(work: Awaitable[object], limit: Limit | None) -> None:
    """Await *work* in a scope that no outer scope can cancel; cancel it after *limit*."""
    if limit is None and not is_in_scope():
        # No scope is around us that could be cancelled, and a scope of ours costs more than most cleanups.
        await work
        return
    with CancelScope(shield=True) as scope:
        if limit is not None:
            scope.deadline = current_time() + limit.seconds
        try:
            await work
        except Exception as failure:
            if scope.cancel_called:
                failure.add_note(f"it had been cancelled because it exceeded {limit}")
            raise
    # A callback that swallows the cancellation leaves no trace in the scope but this one.
    if scope.cancel_called:
        raise CleanupTimeoutError(f"it exceeded {limit} and was cancelled")


async def uninterrupted(work: Awaitable[object], limit: Limit | None) -> None:
    """Await *work* with no scope around it, as the exit of a context manager needs; complain beyond *limit*."""
    started = time.monotonic()
    await work
    if limit is not None and time.monotonic() - started > limit.seconds:
        raise CleanupTimeoutError(f"it exceeded {limit} and was not interrupted; own_task=True would have bounded it")


def is_ours(frame: FrameType) -> bool:
    """Tell whether *frame* runs code of this package, which nobody wants to read about."""
    return str(frame.f_globals.get("__name__")).startswith("isolation.")


def working_directory() -> str:
    """Return where relative paths start; nothing if a test has deleted that directory."""
    try:
        return os.getcwd()  # noqa: PTH109 - a string is wanted
    except FileNotFoundError:
        return ""
