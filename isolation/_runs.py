"""Runs: one cleanup, run from async or from sync code, in the loop where it belongs."""

from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable, iscoroutine
from typing import Any, Protocol

from anyio import move_on_after

from isolation._cleanups import Child, CleanupHandle, Details
from isolation._deadlines import Limit, shielded, uninterrupted, watched
from isolation._errors import CleanupTimeoutError, LoopGoneError
from isolation._homes import Home, Outcome, arrival, current_home, is_gone, is_idle, outcome_of, submit
from isolation._owner_tasks import OwnerTask

PATIENCE = 10.0
"""Seconds for a cleanup without a limit in the loop of another thread, which may be blocked for ever."""


class Runner(Protocol):
    """Has a loop for what was registered where none ran."""

    def run(self, work: Coroutine[Any, Any, Outcome], /) -> Outcome:
        """Run *work* in the loop and return its result."""

    def close(self) -> None:
        """Give the loop back."""


class Lent:
    """Runs work in an idle loop that belongs to somebody else."""

    __slots__ = ("_loop",)

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, Outcome], /) -> Outcome:
        """Run *work* in the loop and return its result."""
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        """Leave the loop to its owner."""


@dataclass(slots=True)  # not frozen, which would cost a microsecond for each async cleanup
class Rest:
    """What is left of a cleanup when it has been called: something to await.

    Attributes:
        handle: The cleanup.
        limit: How long it may take.
        work: Does the rest, and returns a cancellation of the caller that was held back.
        result: What the call returned, None if there was no call yet.
        work_sync: Does the same from sync code, for what has a way of its own.
    """

    handle: CleanupHandle
    limit: Limit | None
    work: Callable[[], Awaitable[BaseException | None]]
    result: Awaitable[object] | None = None
    work_sync: Callable[[], None] | None = None

    def take_back(self) -> None:
        """Let the cleanup begin with this rest when it runs again."""
        if self.result is not None:
            self.handle.resume_with(self.result)

    def give_up(self) -> None:
        """Let nobody complain that it was never awaited."""
        if iscoroutine(self.result):
            self.result.close()


def begin(handle: CleanupHandle, limit: Limit | None, details: Details) -> Rest | None:
    """Call *handle*, unless that has to happen in a task of its own; return what is left to be awaited."""
    terms = handle.terms
    if terms.own_task:
        return Rest(handle, limit, partial(_own_task, handle, limit, details))
    if terms.child is not None:
        bound = terms.child.bounded(None if limit is None else limit.seconds)
        work = partial(_unwind, terms.child, bound, details)
        return Rest(handle, limit, work, work_sync=partial(terms.child.unwind_sync, bound, details))
    if limit is None:
        result = handle.call(details)
    else:
        call = partial(handle.call, details)
        result = call() if handle.is_async else watched(call, limit)
    if result is None or not isawaitable(result):
        return None
    return Rest(handle, limit, partial(uninterrupted if terms.is_context else shielded, result, limit), result)


async def finish(rest: Rest) -> BaseException | None:
    """Do the *rest* here or in its own loop, and raise what it raises."""
    home = rest.handle.home
    if home is None or home is current_home():
        return await rest.work()
    _require_running(home, rest)
    future = submit(home, rest.work)
    with move_on_after(_patience(rest.limit), shield=True):
        await arrival(future)
    failure = _result(future, rest.limit)
    if failure is not None:
        raise failure
    return None


def finish_sync(rest: Rest, runner: Runner) -> None:
    """Do the *rest* from sync code, where the loop of this thread need not be waited for, and raise what it raises.

    Args:
        rest: What to do.
        runner: Has the loop for what was registered where none ran.
    """
    if rest.work_sync is not None:
        return rest.work_sync()
    failure = _outcome(rest, runner)
    if failure is not None:
        raise failure
    return None


async def _unwind(child: Child, deadline: float | None, details: Details) -> None:
    await child.unwind(deadline, details)


async def _own_task(handle: CleanupHandle, limit: Limit | None, details: Details) -> BaseException | None:
    if handle.terms.owned is not None:
        return await handle.terms.owned.leave(details, limit)

    async def work() -> None:
        result = handle.call(details)
        if isawaitable(result):
            await result

    return await OwnerTask(work, f"cleanup of {handle.name}").finish(limit)


def _outcome(rest: Rest, runner: Runner) -> Outcome:
    home = rest.handle.home
    if home is None:
        return runner.run(outcome_of(rest.work))
    if isinstance(home, AbstractEventLoop) and is_idle(home):
        return home.run_until_complete(outcome_of(rest.work))
    _require_running(home, rest)
    future = submit(home, rest.work)
    wait([future], _patience(rest.limit))
    return _result(future, rest.limit)


def _require_running(home: Home, rest: Rest) -> None:
    if is_gone(home):
        problem = "is closed"
    elif is_idle(home):
        problem = "is idle while another one runs here"
    else:
        return
    rest.give_up()
    raise LoopGoneError(f"it did not run, since the event loop in which it was registered {problem}")


def _patience(limit: Limit | None) -> float:
    # The loop of the other thread keeps the limit itself; twice that long means that it does not.
    return PATIENCE if limit is None else 2 * limit.seconds


def _result(future: "Future[Outcome]", limit: Limit | None) -> Outcome:
    if future.done():
        return future.result()
    future.cancel()
    raise CleanupTimeoutError(f"the event loop of another thread did not finish it within {_patience(limit):g} s")
