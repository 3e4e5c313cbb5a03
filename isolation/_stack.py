"""The stack: pending cleanups of one manager, and how they are unwound."""

import asyncio
import os
import warnings
from asyncio import AbstractEventLoop
from collections.abc import Iterable
from concurrent.futures import Future, wait
from enum import Enum
from threading import RLock, get_ident
from weakref import ref

from isolation._cleanup_order import CleanupOrder
from isolation._cleanups import INSIDE, CleanupHandle, Details, Keeper, counted, listed
from isolation._drains import Drain
from isolation._errors import AsyncCleanupRequiredError, CleanupTimeoutError, ManagerClosedError
from isolation._homes import Outcome, arrival, current_home, is_blocked
from isolation._records import Record
from isolation._runs import Lent, Runner

_REQUIRED = "{!r} of {!r} is async and could only run in the loop of this thread: {}; await cleanup_all() there"
NO_DETAILS: Details = (None, None, None)


class ManagerState(Enum):
    """Where a manager is in its life: it goes from OPEN over CLOSING to CLOSED, and never back."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


OPEN, CLOSING, CLOSED = ManagerState.OPEN, ManagerState.CLOSING, ManagerState.CLOSED


class Stack:
    """Hold pending cleanups and unwind them once.

    Attributes:
        name: The name of the manager.
        title: How notes call it.
        state: Where it is in its life.
        loop: An idle loop in which sync code runs what was registered where none ran; None for one of its own.
        order: What is pending.
        errors: Everything that was raised.
        not_run: What was left when a drain had to stop.
    """

    # Why the drain looks as it does
    #
    # Entries are popped under the lock, before they run, and run outside of it: so each runs once, whoever asks, and a
    # cleanup may register, release, or drain.  The outermost drain alone raises and closes the manager.  A drain inside
    # a callback (found through a context variable, which own tasks and other loops inherit) runs the rest and raises
    # nothing; a drain from elsewhere waits for the outermost one.  Before it closes, the outermost one waits for what
    # other drains still run, except for those it was started from, which wait for it.
    #
    # Plain callbacks get a shielding scope each.  One scope around the loop would be simpler and is wrong: the exit of
    # a task group inside of it fails, because scopes must be left in the reverse order of entering.  For that reason
    # context managers are exited with no scope of ours open, and cannot be bounded in time unless a task is their own.

    __slots__ = (
        "__weakref__", "_drains", "_lock", "_process", "_record", "deadline", "errors", "loop", "me", "name",
        "not_run", "order", "place", "state", "timeout", "title",
    )  # fmt: skip

    def __init__(self, name: str, timeout: float | None, deadline: float | None) -> None:
        self.name = name
        self.title = repr(name)
        self.state = OPEN
        self.errors: list[BaseException] = []
        self.not_run: list[CleanupHandle] = []
        self.place: CleanupHandle | None = None  # in the parent's stack
        self.me: ref[Keeper] = ref(self)
        self.loop: AbstractEventLoop | None = None
        self.timeout = timeout
        self.deadline = deadline
        self._lock = RLock()
        self.order = CleanupOrder()
        self._drains: list[Drain] = []
        self._record: Record | None = None
        self._process = os.getpid()

    def pending(self) -> list[CleanupHandle]:
        """Return what has not run yet, oldest first."""
        with self._lock:
            return self.order.entries()

    def collected(self) -> int:
        """Return how many resources held weakly were collected before their turn."""
        with self._lock:
            self.order.entries()  # counts those that are gone by now
            return self.order.collected

    def running(self) -> list[CleanupHandle]:
        """Return what has begun and not ended, oldest drain first."""
        with self._lock:
            begun = [drain.begun for drain in self._drains]
        return [handle for handle in begun if handle is not None and handle.status == "running"]

    def require_open(self) -> None:
        """Raise ManagerClosedError if nothing can be registered any more."""
        __tracebackhide__ = True
        if self.state is CLOSED:
            raise ManagerClosedError(
                f"{self.name!r} has already cleaned up and never runs this one; register it earlier, or elsewhere"
            )

    def push(self, handle: CleanupHandle) -> None:
        """Take *handle* as the newest cleanup."""
        __tracebackhide__ = True
        with self._lock:
            if self.state is CLOSED:
                self.require_open()
            self.order.push(handle)

    def push_before(self, handle: CleanupHandle, others: Iterable[object]) -> None:
        """Take *handle* and let it run before *others*; take nothing if one of these is unknown."""
        __tracebackhide__ = True
        with self._lock:
            known = [self._find(other) for other in others]
            self.push(handle)
            self.link(handle, known)

    def link(self, handle: CleanupHandle, others: Iterable[object]) -> None:
        """Let *handle* run before *others*."""
        __tracebackhide__ = True
        with self._lock:
            for other in [self._find(other) for other in others]:
                if handle in self.order and other in self.order:
                    self.order.link(handle, other)

    def release(self, handle: CleanupHandle) -> None:
        """Forget *handle* if it is still pending."""
        with self._lock:
            if handle in self.order:
                self.order.release(handle)
                handle.end("released")

    async def run_now(self, handle: CleanupHandle) -> None:
        """Run *handle* ahead of its turn and raise what it raises."""
        __tracebackhide__ = True
        with self._lock:
            if handle.status not in ("pending", "not_run") or self.is_forked():
                return
            if handle in self.order:
                self.order.take(handle)
            drain = self._admit(Record(self.name, self.errors, self.title), None, NO_DETAILS, is_outermost=False)
            handle.status = "running"
        try:
            rest = drain.begin(handle, self.timeout)
            if rest is not None:
                await drain.finish(rest)
        finally:
            self._leave(drain)
        failure = drain.record.first()
        if failure is not None:
            raise failure

    async def unwind(self, deadline: float | None, details: Details) -> None:
        """Run all that is pending, close, and raise what went wrong; wait if that happens elsewhere already."""
        __tracebackhide__ = True
        drain = self._begin(deadline, details)
        if isinstance(drain, Future):
            await arrival(drain)
        elif drain is not None:
            try:
                await self._run_all(drain)
            finally:
                self._leave(drain)
            self._raise_outcome(drain)

    async def _run_all(self, drain: Drain) -> None:
        while (step := self._next(drain)) is not None:
            if not isinstance(step, CleanupHandle):
                await arrival(step)
            elif (rest := drain.begin(step, self.timeout)) is not None:
                await drain.finish(rest)

    def unwind_sync(self, deadline: float | None, details: Details) -> None:
        """Do the same from sync code, unless something would have to wait for the loop of this thread."""
        __tracebackhide__ = True
        self._require_no_loop()
        drain = self._begin(deadline, details)
        if isinstance(drain, Future):
            wait([drain])
        elif drain is not None:
            runner = self._runner()
            try:
                self._run_all_sync(drain, runner)
            finally:
                runner.close()
                self._leave(drain)
            self._raise_outcome(drain)

    def _run_all_sync(self, drain: Drain, runner: Runner) -> None:
        while (step := self._next(drain)) is not None:
            if not isinstance(step, CleanupHandle):
                wait([step])
            elif (rest := drain.begin(step, self.timeout)) is not None and not drain.finish_sync(rest, runner):
                self._postpone(step, drain)

    async def unwind_since(self, number: int, details: Details) -> None:
        """Run what is newer than *number* and stay open; the next unwinding raises what failed, an interrupt is now."""
        __tracebackhide__ = True
        drain = self._begin_part(details)
        try:
            while drain is not None and (handle := self._next_since(number, drain)) is not None:
                if (rest := drain.begin(handle, self.timeout)) is not None:
                    await drain.finish(rest)
        finally:
            self._leave_part(drain)

    def unwind_since_sync(self, number: int, details: Details) -> None:
        """Do the same from sync code, unless something would have to wait for the loop of this thread."""
        __tracebackhide__ = True
        drain = self._begin_part(details) if self.find_blocked() is None else None
        runner = self._runner()
        try:
            while drain is not None and (handle := self._next_since(number, drain)) is not None:
                rest = drain.begin(handle, self.timeout)
                if rest is not None and not drain.finish_sync(rest, runner):
                    self._put_back(handle)
                    break
        finally:
            runner.close()
            self._leave_part(drain)

    def bounded(self, deadline: float | None) -> float | None:
        """Return the smaller of *deadline* and its own."""
        return min((bound for bound in (deadline, self.deadline) if bound is not None), default=None)

    def find_blocked(self) -> CleanupHandle | None:
        """Return a pending cleanup that can only run in the loop of this thread, which waits for us."""
        if current_home() is None:
            return None
        for handle in self.pending():
            child = handle.terms.child
            blocked = child.find_blocked() if child else handle if handle.is_async and is_blocked(handle.home) else None
            if blocked is not None:
                return blocked
        return None

    def is_abandoned(self) -> bool:
        """Tell whether cleanups are pending that nobody in this process can ask for any more."""
        return self.state is not CLOSED and len(self.pending()) > 0 and os.getpid() == self._process

    def is_forked(self) -> bool:
        """Tell whether this is a child process, which must not delete its parent's files; warn if so."""
        if os.getpid() == self._process:
            return False
        message = f"{self.name!r} was made in another process, so this one cleans up nothing of it"
        warnings.warn(message, ResourceWarning, stacklevel=4)
        return True

    def _runner(self) -> Runner:
        if self.loop is None or self.loop.is_closed():
            return asyncio.Runner(loop_factory=asyncio.new_event_loop)
        return Lent(self.loop)

    def _find(self, other: object) -> CleanupHandle:
        handle = other if isinstance(other, CleanupHandle) else self.order.find(other)
        if handle is None or not handle.belongs_to(self.me):
            raise ValueError(f"{other!r} is neither a cleanup nor a pending resource of {self.name!r}")
        return handle

    def _require_no_loop(self) -> None:
        __tracebackhide__ = True
        blocked = self.find_blocked()
        if blocked is not None:
            raise AsyncCleanupRequiredError(_REQUIRED.format(blocked, self.name, "nothing was run"))
        elsewhere = (drain for drain in self._drains if drain.is_outermost and drain not in INSIDE.get())
        if any(drain.thread == get_ident() for drain in elsewhere):
            raise AsyncCleanupRequiredError(
                f"{self.name!r} is being cleaned up in another task of this thread; await cleanup_all()"
            )

    def _postpone(self, handle: CleanupHandle, drain: Drain) -> None:
        __tracebackhide__ = True
        with self._lock:
            self._put_back(handle)
            if drain.is_outermost:
                self.state = OPEN
                self._record = drain.record
        raise AsyncCleanupRequiredError(_REQUIRED.format(handle, self.name, "what is left is still pending"))

    def _put_back(self, handle: CleanupHandle) -> None:
        with self._lock:
            handle.status = "pending"
            self.order.put_back(handle)

    def _begin_part(self, details: Details) -> Drain | None:
        with self._lock:
            if self.state is not OPEN or self.is_forked():
                return None
            self._record = self._record or Record(self.name, self.errors, self.title)
            self._record.begin_after(details[1])
            return self._admit(self._record, self.deadline, details, is_outermost=False)

    def _next_since(self, number: int, drain: Drain) -> CleanupHandle | None:
        with self._lock:
            handle = None if drain.stopped_by(self.order.newest) else self.order.pop_since(number)
            if handle is not None:
                handle.status = "running"
            return handle

    def _leave_part(self, drain: Drain | None) -> None:
        __tracebackhide__ = True
        if drain is None:
            return
        self._leave(drain)
        interrupt = drain.record.take_interrupt()
        if interrupt is not None:
            raise interrupt

    def _begin(self, deadline: float | None, details: Details) -> "Drain | Future[Outcome] | None":
        with self._lock:
            if self.state is CLOSED or self.is_forked():
                return None
            outermost = next((drain for drain in self._drains if drain.is_outermost), None)
            if outermost is not None and not any(drain in self._drains for drain in INSIDE.get()):
                return outermost.future()
            record = outermost.record if outermost else self._record or Record(self.name, self.errors, self.title)
            self.state = CLOSING
            record.begin_with(details[1])
            return self._admit(record, deadline, details, is_outermost=outermost is None)

    def _admit(self, record: Record, deadline: float | None, details: Details, *, is_outermost: bool) -> Drain:
        drain = Drain(record, deadline, self.order.newest, details, is_outermost=is_outermost)
        self._drains.append(drain)
        INSIDE.set((*drain.ancestors, drain))
        return drain

    def _leave(self, drain: Drain) -> None:
        INSIDE.set(drain.ancestors)
        with self._lock:
            self._drains.remove(drain)
            if drain.is_outermost and self.state is CLOSING:
                self._close(drain, None)
        drain.end()
        if self.place is not None and self.state is CLOSED:
            self.place.release()

    def _next(self, drain: Drain) -> "CleanupHandle | Future[Outcome] | None":
        """Return the next cleanup to run, or another drain to wait for; close and return None if there is neither."""
        with self._lock:
            reason = drain.stopped_by(self.order.newest)
            handle = None if reason else self.order.pop()
            if handle is not None:
                handle.status = "running"
                return handle
            if not drain.is_outermost:
                return None
            for other in self._drains:
                if other is not drain and other not in drain.ancestors:
                    return other.future()
            self._close(drain, reason)
            return None

    def _close(self, drain: Drain, reason: str | None) -> None:
        self.state = CLOSED
        while (handle := self.order.pop()) is not None:
            handle.status = "not_run"
            self.not_run.append(handle)
        if reason and self.not_run and not drain.record.is_interrupted_twice:
            message = f"{reason} before {counted(self.not_run)} of {self.name!r} could run{listed(self.not_run)}"
            drain.record.leave(len(self.not_run), CleanupTimeoutError(message))

    def _raise_outcome(self, drain: Drain) -> None:
        __tracebackhide__ = True
        outcome = drain.record.outcome() if drain.is_outermost else None
        if outcome is not None:
            raise outcome
