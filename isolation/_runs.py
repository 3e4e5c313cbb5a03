"""Runs: one cleanup, run from async or from sync code, in the loop where it belongs."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from functools import partial
from inspect import isawaitable, iscoroutine
from typing import TypeAlias

from anyio import move_on_after

from isolation._cleanups import Child, CleanupHandle, Details
from isolation._deadlines import Limit, shielded, uninterrupted, watched
from isolation._errors import CleanupTimeoutError, LoopGoneError
from isolation._homes import Home, Outcome, arrival, current_home, is_blocked, is_gone, is_idle, outcome_of, submit
from isolation._owner_tasks import OwnerTask

PATIENCE = 10.0
"""Seconds for a cleanup without a limit in the loop of another thread, which may be blocked for ever."""

Asked: TypeAlias = Callable[[], Awaitable[BaseException | None]]


async def run(handle: CleanupHandle, limit: Limit | None, details: Details) -> BaseException | None:
    """Run *handle* and raise what it raises; return a cancellation of the caller that was held back."""
    __tracebackhide__ = True
    if handle.terms.child is not None:
        await handle.terms.child.unwind(_bound(handle.terms.child, limit), details)
        return None
    result = _begin(handle, limit, details)
    if result is None:
        return None
    work = _work(handle, result, limit, details)
    if handle.home is None or handle.home is current_home():
        return await work()
    await _elsewhere(handle.home, work, limit, result)
    return None


def run_sync(handle: CleanupHandle, limit: Limit | None, details: Details, runner: asyncio.Runner) -> bool:
    """Run *handle* from sync code and raise what it raises; return False if that would block, with nothing lost.

    Args:
        handle: What to run.
        limit: How long it may take.
        details: The exception that ended the block, for context managers.
        runner: Makes the loop for what was registered where none ran.
    """
    __tracebackhide__ = True
    if handle.terms.child is not None:
        handle.terms.child.unwind_sync(_bound(handle.terms.child, limit), details)
        return True
    result = _begin(handle, limit, details)
    if result is None:
        return True
    if is_blocked(handle.home):
        if result is not handle:
            handle.resume_with(result)
        return False
    work = _work(handle, result, limit, details)
    failure = _outcome(handle.home, work, limit, result, runner)
    if failure is not None:
        raise failure
    return True


def _bound(child: Child, limit: Limit | None) -> float | None:
    return child.bounded(None if limit is None else limit.seconds)


def _begin(handle: CleanupHandle, limit: Limit | None, details: Details) -> object:
    """Call *handle* unless that has to happen in a task of its own; return what is left to be awaited."""
    if handle.terms.own_task:
        return handle
    if limit is None:
        result = handle.call(details)
    else:
        call = partial(handle.call, details)
        result = call() if handle.is_async else watched(call, limit)
    return result if result is not None and isawaitable(result) else None


def _work(handle: CleanupHandle, result: object, limit: Limit | None, details: Details) -> Asked:
    if not isawaitable(result):
        return partial(_own_task, handle, limit, details)
    return partial(uninterrupted if handle.terms.is_context else shielded, result, limit)


async def _own_task(handle: CleanupHandle, limit: Limit | None, details: Details) -> BaseException | None:
    if handle.terms.owned is not None:
        return await handle.terms.owned.leave(details, limit)

    async def work() -> None:
        result = handle.call(details)
        if isawaitable(result):
            await result

    return await OwnerTask(work, f"cleanup of {handle.name}").finish(limit)


async def _elsewhere(home: Home, work: Asked, limit: Limit | None, result: object) -> None:
    _require_running(home, result)
    future = submit(home, work)
    with move_on_after(_patience(limit), shield=True):
        await arrival(future)
    failure = _result(future, limit)
    if failure is not None:
        raise failure


def _outcome(home: "Home | None", work: Asked, limit: Limit | None, result: object, runner: asyncio.Runner) -> Outcome:
    if home is None:
        return runner.run(outcome_of(work))
    if isinstance(home, AbstractEventLoop) and is_idle(home):
        return home.run_until_complete(outcome_of(work))
    _require_running(home, result)
    future = submit(home, work)
    wait([future], _patience(limit))
    return _result(future, limit)


def _require_running(home: Home, result: object) -> None:
    if is_gone(home):
        problem = "is closed"
    elif is_idle(home):
        problem = "is idle while another one runs here"
    else:
        return
    if iscoroutine(result):
        result.close()
    raise LoopGoneError(f"it did not run, since the event loop in which it was registered {problem}")


def _patience(limit: Limit | None) -> float:
    # The loop of the other thread keeps the limit itself; twice that long means that it does not.
    return PATIENCE if limit is None else 2 * limit.seconds


def _result(future: "Future[Outcome]", limit: Limit | None) -> Outcome:
    if future.done():
        return future.result()
    future.cancel()
    raise CleanupTimeoutError(f"the event loop of another thread did not finish it within {_patience(limit):g} s")
