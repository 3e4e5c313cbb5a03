"""Drains: one unwinding of a manager, what it has met, and how it ends."""

import time
from concurrent.futures import Future
from threading import get_ident

from isolation._cleanups import INSIDE, PLAIN, CleanupHandle, Details
from isolation._deadlines import Limit
from isolation._homes import current_home, is_blocked
from isolation._records import Record
from isolation._runs import Rest, Runner, begin, finish, finish_sync

LATE = 10_000
"""How many cleanups may be registered while cleanups run; more mean that they register each other for ever."""


class Drain:
    """One call that runs cleanups of a manager: all of them, or one ahead of its turn.

    A drain inside another one, in a callback, shares its record, so that only the outermost call raises.

    Attributes:
        record: What it has met.
        ancestors: The drains inside of which it was started, innermost last.
        details: The exception that ended the block, for context managers.
        is_outermost: Whether it raises, and closes the manager.
        begun: The cleanup that it has begun last.
    """

    __slots__ = (
        "_deadline",
        "_ends_at",
        "_future",
        "_last",
        "ancestors",
        "begun",
        "details",
        "is_outermost",
        "record",
        "thread",
    )

    record: Record
    ancestors: tuple[object, ...]
    details: Details
    is_outermost: bool
    begun: CleanupHandle | None

    def __init__(
        self, record: Record, deadline: float | None, newest: int, details: Details, *, is_outermost: bool
    ) -> None:
        self.record = record
        self.ancestors = INSIDE.get()
        self.details = details
        self.is_outermost = is_outermost
        self.begun = None
        self.thread = get_ident()
        self._deadline = deadline
        self._ends_at = None if deadline is None else time.monotonic() + deadline
        self._last = newest + LATE
        self._future: Future[BaseException | None] | None = None

    def limit_of(self, handle: CleanupHandle, default: float | None) -> Limit | None:
        """Return how long *handle* may take: its timeout, or what is left until the deadline if that is less."""
        timeout = default if handle.terms.timeout is None else handle.terms.timeout
        if handle.terms.child is not None:
            timeout = None
        left = None if self._ends_at is None else max(self._ends_at - time.monotonic(), 0.0)
        if left is not None and (timeout is None or left < timeout):
            return Limit(left, f"the deadline of {self._deadline:.3g} s")
        return None if timeout is None else Limit(timeout, f"its timeout of {timeout:g} s")

    def stopped_by(self, newest: int) -> str | None:
        """Return why nothing more may be run, None if more may; *newest* is the number of the newest cleanup."""
        if self.record.is_interrupted_twice:
            return "a second interrupt came"
        if newest > self._last:
            return f"{LATE} cleanups were registered by cleanups"
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            return f"the deadline of {self._deadline:.3g} s passed"
        return None

    def begin(self, handle: CleanupHandle, default: float | None) -> Rest | None:
        """Call *handle* and note what becomes of it, or return what is left to be awaited."""
        self.record.count += 1
        self.begun = handle
        is_unbounded = default is None and self._ends_at is None and handle.terms is PLAIN
        try:
            rest = begin(handle, None if is_unbounded else self.limit_of(handle, default), self.details)
        except BaseException as failure:  # noqa: BLE001 - every cleanup must run
            self.record.fail(handle, failure)
            return None
        if rest is None:
            handle.end("done")
        return rest

    async def finish(self, rest: Rest) -> None:
        """Await the *rest* and note what becomes of it."""
        try:
            held_back = await finish(rest)
        except GeneratorExit as failure:
            if current_home() is None:  # We are being closed ourselves: our loop is gone, nothing can be awaited.
                rest.handle.end("not_run")
                raise
            self.record.fail(rest.handle, failure)
        except BaseException as failure:  # noqa: BLE001 - every cleanup must run
            self.record.fail(rest.handle, failure)
        else:
            rest.handle.end("done")
            if held_back is not None:
                self.record.hold_back(held_back)

    def finish_sync(self, rest: Rest, runner: Runner) -> bool:
        """Wait for the *rest* and note what becomes of it; return False if that blocks this thread for ever."""
        if rest.work_sync is None and is_blocked(rest.handle.home):
            rest.take_back()
            self.record.count -= 1
            return False
        try:
            finish_sync(rest, runner)
        except BaseException as failure:  # noqa: BLE001 - every cleanup must run
            self.record.fail(rest.handle, failure)
        else:
            rest.handle.end("done")
        return True

    def future(self) -> "Future[BaseException | None]":
        """Return what is resolved when the drain is over; the manager's lock is held."""
        if self._future is None:
            self._future = Future()
        return self._future

    def end(self) -> None:
        """Let those who wait go on."""
        if self._future is not None:
            self._future.set_result(None)
