"""Resource managers: own what must be released, unwind it once and in order, and report every failure."""

import warnings
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from operator import methodcaller
from types import TracebackType
from typing import Literal, ParamSpec, Self, TypeVar

from isolation._arguments import check_cleanup, check_seconds, one_of_two
from isolation._cleanups import (
    NO_KEYWORDS,
    Cleanup,
    CleanupHandle,
    Terms,
    context_name,
    context_terms,
    counted,
    is_async_callable,
    listed,
)
from isolation._errors import ManagerClosedError
from isolation._origin import caller_frame, capture
from isolation._owner_tasks import OwnedContext
from isolation._stack import NO_DETAILS, ManagerState, Stack
from isolation._survivors import Survivor, Tracker

T = TypeVar("T")
P = ParamSpec("P")
DEPTH = 6
"""Frames that are noted where a resource is added, to find the user's line behind a wrapper."""


class ResourceManager:
    """Own resources until they are cleaned up: each once, newest first, with every failure reported.

    Use it as a sync or async context manager, or call :meth:`cleanup_all`.  Any thread may register.

    >>> with ResourceManager("kitchen") as manager:
    ...     handle = manager.register(print, "lights out")
    ...     handle = manager.register(print, "stove off")
    stove off
    lights out

    Args:
        name: How messages call it.
        cleanup_timeout: Seconds that each cleanup may take, unless it has a timeout of its own.
        deadline: Seconds that all cleanups together may take; the rest is then not run, and named.
    """

    name: str

    def __init__(
        self, name: str = "resources", *, cleanup_timeout: float | None = None, deadline: float | None = None
    ) -> None:
        check_seconds(cleanup_timeout, "cleanup_timeout")
        check_seconds(deadline, "deadline")
        self.name = name
        self._stack = Stack(name, cleanup_timeout, deadline)
        self._tracker = Tracker()

    def __repr__(self) -> str:
        return f"<ResourceManager {self.name!r} {self.state.value}, {len(self.pending)} pending>"

    def register(
        self, cleanup: Callable[P, object | Awaitable[object]], /, *args: P.args, **kwargs: P.kwargs
    ) -> CleanupHandle:
        """Call *cleanup* with these arguments when it is time to clean up; await its result if it can be awaited.

        Returns:
            A handle to order it, run it early, or give it away.

        Raises:
            ManagerClosedError: If :meth:`cleanup_all` is over.
            TypeError: If *cleanup* cannot be called, for example because it is the result of a call.
        """
        __tracebackhide__ = True
        check_cleanup(cleanup)
        frame = caller_frame(1)
        handle = CleanupHandle(self._stack.me, cleanup, args, kwargs, ((frame.f_code, frame.f_lasti),))
        self._stack.push(handle)
        return handle

    def add(
        self,
        resource: T,
        cleanup: Cleanup[T] | str | None = None,
        *,
        name: str | None = None,
        depends_on: Iterable[object] = (),
        priority: int = 0,
        timeout: float | None = None,
        own_task: bool = False,
        hold: Literal["strong", "weak"] = "strong",
        track: bool = True,
    ) -> T:
        """Take charge of *resource* and return it unchanged.

        Args:
            resource: What to own.
            cleanup: Called with *resource*, or the name of a method of it; may be async. None only tracks it.
            name: How messages call the cleanup; by default as the function.
            depends_on: Resources and handles that this one needs, and that are therefore cleaned up after it.
            priority: Lower ones are cleaned up first, among those that nothing pending depends on.
            timeout: Seconds that *cleanup* may take, instead of the manager's *cleanup_timeout*.
            own_task: Run *cleanup* in a task of its own, which nobody's cancellation interrupts and which is abandoned
                if it refuses to end; context variables that it sets are lost.
            hold: ``"weak"`` drops *cleanup* if *resource* is collected first, and counts it in :attr:`collected`.
            track: Let :meth:`survivors` watch *resource*.

        Raises:
            ManagerClosedError: If :meth:`cleanup_all` is over.
            ValueError: If one of *depends_on* is unknown, an option is given for a cleanup that is None, or *timeout*
                or *hold* have a value that means nothing.
            TypeError: If *cleanup* cannot be called, or *timeout* is no number of seconds.
            AttributeError: If *resource* has no method of the name *cleanup*.
        """
        __tracebackhide__ = True
        frames = capture(1, DEPTH)
        self._stack.require_open()
        handle = None
        if cleanup is not None:
            if not isinstance(cleanup, str):
                check_cleanup(cleanup)
            check_seconds(timeout, "timeout")
            one_of_two(hold, "strong", "weak", "hold")
            terms = _terms(resource, cleanup, name, priority, timeout, own_task=own_task)
            call = methodcaller(cleanup) if isinstance(cleanup, str) else cleanup
            handle = CleanupHandle(
                self._stack.me, call, (resource,), NO_KEYWORDS, frames, terms=terms, resource=resource
            )
            if hold == "weak":
                handle.weaken(self._stack.order.gone)
            self._stack.push_before(handle, depends_on)
        elif depends_on or priority or timeout is not None or own_task:
            raise ValueError(f"{resource!r} has no cleanup to order or to bound; name one, or drop the options")
        if track:
            self._tracker.add(resource, name, frames, handle)
        return resource

    def enter_context(self, cm: AbstractContextManager[T, bool | None]) -> T:
        """Enter *cm*, return its value, and exit it when it is time to clean up.

        Raises:
            ManagerClosedError: If :meth:`cleanup_all` is over; *cm* is not entered then.
        """
        __tracebackhide__ = True
        frames = capture(1, DEPTH)
        self._stack.require_open()
        terms = context_terms(cm)
        value = cm.__enter__()
        handle = CleanupHandle(self._stack.me, cm.__exit__, (), NO_KEYWORDS, frames, terms=terms, resource=value)
        try:
            self._stack.push(handle)
        except ManagerClosedError as failure:
            cm.__exit__(type(failure), failure, failure.__traceback__)
            raise
        return value

    async def enter_async_context(
        self, cm: AbstractAsyncContextManager[T, bool | None], *, own_task: bool = False
    ) -> T:
        """Enter *cm*, return its value, and exit it when it is time to clean up.

        Args:
            cm: What to enter.
            own_task: Enter and exit it in one task of its own, so that a task group or a timeout in it survives a test
                framework that runs setup and teardown in different tasks, and so that its exit can be bounded in time.

        Raises:
            ManagerClosedError: If :meth:`cleanup_all` is over; *cm* is not entered then.
            SetupCancelledError: If *own_task* was cancelled while it entered *cm*, though the caller was not.
        """
        __tracebackhide__ = True
        frames = capture(1, DEPTH)
        self._stack.require_open()
        owned = OwnedContext(cm, context_name(cm)) if own_task else None
        terms = context_terms(cm, owned, is_async=True)
        value = await (owned.enter() if owned else cm.__aenter__())
        handle = CleanupHandle(self._stack.me, cm.__aexit__, (), NO_KEYWORDS, frames, terms=terms, resource=value)
        try:
            self._stack.push(handle)
        except ManagerClosedError as failure:
            details = (type(failure), failure, failure.__traceback__)
            await (owned.leave(details, None) if owned else cm.__aexit__(*details))
            raise
        return value

    def child(self, name: str) -> "ResourceManager":
        """Return a new manager that is one entry of this one: cleaned up in its place, unless before."""
        __tracebackhide__ = True
        frames = capture(1, DEPTH)
        child = ResourceManager(name, cleanup_timeout=self._stack.timeout)
        terms = Terms(label=name, is_context=True, child=child._stack)
        place = CleanupHandle(self._stack.me, child.cleanup_all, (), NO_KEYWORDS, frames, terms=terms, resource=child)
        self._stack.push(place)
        child._stack.place = place
        return child

    def track(self, obj: T, name: str | None = None) -> T:
        """Let :meth:`survivors` watch *obj*, and return it; what cannot be referenced weakly is only counted."""
        self._tracker.add(obj, name, capture(1, DEPTH), None)
        return obj

    def survivors(self, *, explain: bool = False) -> Sequence[Survivor]:
        """Return what was tracked, is cleaned up, and is still referenced by somebody; collect garbage first.

        An object without a cleanup counts as cleaned up when the manager is closed.

        Args:
            explain: Find out who holds each of them, which takes milliseconds for each.
        """
        return self._tracker.survivors(is_closed=self.state is ManagerState.CLOSED, explain=explain)

    async def cleanup_all(self, *, deadline: float | None = None) -> None:
        """Run every pending cleanup once, then close; do nothing if that has happened.

        Called while another task or thread does it, it waits for that one and raises nothing.
        Called by a cleanup, it runs the rest at once; what fails is raised by the outermost call.

        Args:
            deadline: Seconds for all of them, instead of the manager's *deadline*.

        Raises:
            CleanupError: If any failed; it holds the failure of each.
            KeyboardInterrupt: If a cleanup raised it; the rest has run, unless there was a second one.
            asyncio.CancelledError: If the caller was cancelled meanwhile; the rest has run.
        """
        __tracebackhide__ = True
        await self._stack.unwind(self._stack.deadline if deadline is None else deadline, NO_DETAILS)

    def cleanup_all_sync(self, *, deadline: float | None = None) -> None:
        """Do the same from sync code; async cleanups run in the loop in which they were registered.

        A loop that is idle is run here, a loop of another thread is asked to run them, and what was registered where no
        loop ran gets one of its own.

        Args:
            deadline: Seconds for all of them, instead of the manager's *deadline*.

        Raises:
            CleanupError: As :meth:`cleanup_all`.
            AsyncCleanupRequiredError: If a cleanup needs the loop of this thread.  Nothing was run then, or, if it
                showed only when the cleanup was called, everything that is not done is still pending.
        """
        __tracebackhide__ = True
        self._stack.unwind_sync(self._stack.deadline if deadline is None else deadline, NO_DETAILS)

    @property
    def state(self) -> ManagerState:
        """Return where it is in its life."""
        return self._stack.state

    @property
    def pending(self) -> Sequence[CleanupHandle]:
        """Return the cleanups that have not begun, oldest first."""
        return self._stack.pending()

    @property
    def running(self) -> Sequence[CleanupHandle]:
        """Return the cleanups that have begun and not ended: what a clean-up that hangs is waiting for."""
        return self._stack.running()

    @property
    def errors(self) -> Sequence[BaseException]:
        """Return everything that cleanups have raised so far, in order."""
        return tuple(self._stack.errors)

    @property
    def not_run(self) -> Sequence[CleanupHandle]:
        """Return what a deadline or a second interrupt has left; :meth:`CleanupHandle.run_now` still runs it."""
        return tuple(handle for handle in self._stack.not_run if handle.status == "not_run")

    @property
    def collected(self) -> int:
        """Return how many resources held weakly were collected before their cleanup."""
        return self._stack.collected()

    @property
    def tracked(self) -> int:
        """Return how many objects were tracked, with those that cannot be referenced weakly."""
        return self._tracker.count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        self._stack.unwind_sync(self._stack.deadline, (kind, failure, trace))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        await self._stack.unwind(self._stack.deadline, (kind, failure, trace))

    def __del__(self) -> None:
        stack: Stack | None = getattr(self, "_stack", None)  # None if the arguments were wrong
        if stack is not None and stack.is_abandoned():
            pending = stack.pending()
            message = f"{self.name!r} was collected with {counted(pending)} that never ran{listed(pending)}"
            warnings.warn(message, ResourceWarning, source=self, stacklevel=2)


def tracker_of(manager: ResourceManager) -> Tracker:
    """Return what watches the resources of *manager* and keeps neither these nor the manager alive."""
    return manager._tracker  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it is no part of the interface


def _terms(
    resource: T, cleanup: Cleanup[T] | str, name: str | None, priority: int, timeout: float | None, *, own_task: bool
) -> Terms:
    if not isinstance(cleanup, str):
        return Terms(label=name, priority=priority, timeout=timeout, own_task=own_task, is_async=own_task)
    is_async = own_task or is_async_callable(getattr(resource, cleanup))
    label = name or f"{type(resource).__qualname__}.{cleanup}"
    return Terms(label=label, priority=priority, timeout=timeout, own_task=own_task, is_async=is_async)


def stack_of(manager: ResourceManager) -> Stack:
    """Return what *manager* keeps its cleanups in, for a fixture that adds some in its own name."""
    return manager._stack  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - not for users
