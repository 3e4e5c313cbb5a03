"""Owner tasks: a task of its own for what must begin and end in the same task, or must not be interrupted."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from typing import Generic, TypeVar

from anyio import CancelScope, Event, current_time

from isolation._cleanups import INSIDE, Details
from isolation._compatibility import is_interrupted
from isolation._deadlines import Limit
from isolation._errors import CleanupTimeoutError, SetupCancelledError
from isolation._homes import Work, current_home, outcome_of

T = TypeVar("T")


class OwnerTask:
    """Do some work in a new task, and keep what it raised.

    On asyncio the task is cancelled natively, once: a scope would cancel a task that refuses to end for ever,
    and burn the processor doing so.  On trio it is a system task, since no nursery is ours.

    Attributes:
        failure: What the work raised, None if nothing; CancelledError until it has ended.
        held_back: The cancellation of whoever waited, which he has to raise when he is done.
    """

    failure: BaseException | None
    held_back: BaseException | None

    def __init__(self, work: Work, name: str) -> None:
        self.failure = asyncio.CancelledError("it was cancelled before it began")
        self.held_back = None
        self._work = work
        self._ended = Event()
        self._context = copy_context()
        self._cancel = self._start(name)

    def _start(self, name: str) -> Callable[[], object]:
        home = current_home()
        if isinstance(home, AbstractEventLoop):
            task = home.create_task(self._run(), name=name, context=self._context)
            # A task that is cancelled before its first step never runs: nothing in it could say that it has ended.
            task.add_done_callback(lambda _: self._ended.set())
            return task.cancel
        from trio.lowlevel import spawn_system_task  # noqa: PLC0415 - trio is optional

        scope = CancelScope()
        spawn_system_task(self._run_in, scope, name=name, context=self._context)
        return scope.cancel

    async def _run_in(self, scope: CancelScope) -> None:
        with scope:
            await self._run()
        self._ended.set()

    async def _run(self) -> None:
        self.failure = await outcome_of(self._work)

    def copy_changes(self, context: Context) -> None:
        """Set each context variable here that the task has set differently from *context*."""
        for variable, value in self._context.items():
            if context.get(variable, self) is not value:
                variable.set(value)

    def _is_interrupted(self) -> bool:
        """Tell whether it was Ctrl-C that stopped whoever waits: that is for what hangs."""
        return isinstance(self.held_back, KeyboardInterrupt) or is_interrupted()

    async def wait(self, event: Event, limit: Limit | None) -> bool:
        """Wait at most *limit* for *event*, whoever cancels us meanwhile; return whether it is set."""
        scope = CancelScope(shield=True)
        if limit is not None:
            scope.deadline = current_time() + limit.seconds
        while not event.is_set() and not scope.cancel_called:
            try:
                with scope:
                    await event.wait()
            except (asyncio.CancelledError, KeyboardInterrupt) as cancellation:
                self.held_back = cancellation
                if self._is_interrupted():
                    self._cancel()
                scope = CancelScope(shield=True, deadline=scope.deadline)
        return event.is_set()

    async def finish(self, limit: Limit | None) -> BaseException | None:
        """Wait for the end, cancel the task after *limit*, abandon it after another; raise what it raised.

        Returns:
            The cancellation of the caller that was held back.
        """
        if not await self.wait(self._ended, limit):
            self._cancel()
            has_ended = await self.wait(self._ended, limit)
            fate = "was cancelled" if has_ended else "goes on, since it refuses to be cancelled"
            raise CleanupTimeoutError(f"it exceeded {limit} and {fate}") from (self.failure if has_ended else None)
        if self.failure is None:
            return self.held_back
        if self.held_back is not None and self._is_interrupted():
            raise self.held_back from self.failure
        raise self.failure

    async def ended_within(self, limit: Limit | None) -> bool:
        """Wait at most *limit* for the end; return whether it has come."""
        return await self.wait(self._ended, limit)

    async def stop(self) -> None:
        """Cancel the task and wait for its end, however long that takes."""
        self._cancel()
        await self.wait(self._ended, None)


class OwnedContext(Generic[T]):
    """Enter an async context manager, live in it, and exit it, all in one task.

    A crash in its background (of a task group, say) cancels that task and so ends the context early;
    :meth:`leave` then raises what came of it.
    """

    def __init__(self, context_manager: AbstractAsyncContextManager[T, bool | None], name: str) -> None:
        self._context_manager = context_manager
        self._name = name
        self._is_settled = Event()
        self._is_left = Event()
        self._details: Details = (None, None, None)
        self._inside = INSIDE.get()
        self._values: list[T] = []

    async def enter(self) -> T:
        """Enter it, with the changes that it makes to context variables, and return its value.

        Raises:
            SetupCancelledError: If the entering was cancelled though the caller was not.
        """
        __tracebackhide__ = True
        before = copy_context()
        self._task = OwnerTask(self._live, self._name)
        try:
            await self._is_settled.wait()
        except BaseException:
            await self._task.stop()
            raise
        if not self._values:
            await self._explain()
        self._task.copy_changes(before)
        return self._values[0]

    async def _explain(self) -> None:
        __tracebackhide__ = True
        try:
            await self._task.finish(None)
        except (asyncio.CancelledError, GeneratorExit) as failure:
            raise SetupCancelledError(f"{self._name} was cancelled while it was entered") from failure

    async def leave(self, details: Details, limit: Limit | None) -> BaseException | None:
        """Exit it within *limit* and raise what that raised; return a cancellation of the caller that was held back."""
        self._details = details
        self._inside = INSIDE.get()
        self._is_left.set()
        return await self._task.finish(limit)

    @property
    def failure(self) -> BaseException | None:
        """Return what was raised in the task so far."""
        return self._task.failure

    async def failure_within(self, limit: Limit) -> BaseException | None:
        """Wait at most *limit* for the end, and return what was raised; None if it has not ended."""
        return self._task.failure if await self._task.ended_within(limit) else None

    def notice(self) -> None:
        """Be told that a crash has ended it before its time."""

    async def _live(self) -> None:
        try:
            self._values.append(await self._context_manager.__aenter__())
        finally:
            self._is_settled.set()
        try:
            await self._is_left.wait()
        except BaseException as crash:
            self.notice()
            if not await self._context_manager.__aexit__(type(crash), crash, crash.__traceback__):
                raise
        else:
            INSIDE.set(self._inside)  # else an exit that cleans up would wait for whoever waits for it
            await self._context_manager.__aexit__(*self._details)
