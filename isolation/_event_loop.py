"""Idle event loops: let them run for a moment, and bring them to an end."""

import asyncio
import time
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from isolation._compatibility import running_loop

_TICK = 0.0002


def is_idle(loop: AbstractEventLoop) -> bool:
    """Tell whether *loop* can be run from here: open, not running, and no other loop runs in this thread."""
    return not loop.is_closed() and not loop.is_running() and running_loop() is None


def spin(loop: AbstractEventLoop, seconds: float) -> None:
    """Run the idle *loop* for *seconds*, without making a task."""
    if _clock_stands_still(loop):
        handle: asyncio.Handle = loop.call_soon(loop.stop)
        time.sleep(seconds)
    else:
        handle = loop.call_later(seconds, loop.stop)
    try:
        loop.run_forever()
    finally:
        handle.cancel()


def _clock_stands_still(loop: AbstractEventLoop) -> bool:
    # A test may have frozen time for good; a timer would never be due then.
    before = loop.time()
    time.sleep(_TICK)
    return loop.time() == before


def spin_until(loop: AbstractEventLoop, is_done: Callable[[], bool], seconds: float) -> bool:
    """Run the idle *loop* until *is_done*, at most *seconds*; return whether it is done."""
    step = 0.0005
    while not is_done():
        if seconds <= 0:
            return False
        spin(loop, min(step, seconds))
        seconds -= step
        step = min(step * 2, 0.02)
    return True


def cancel(task: asyncio.Task[Any], seconds: float) -> str | None:
    """Cancel *task* and wait *seconds* for it; return None or why it goes on."""
    loop = task.get_loop()
    if loop.is_closed():
        return "its loop is closed"
    if loop.is_running():
        loop.call_soon_threadsafe(task.cancel)
        return None
    task.cancel()
    if not is_idle(loop):
        return None
    return None if spin_until(loop, task.done, seconds) else f"it refuses to be cancelled for {seconds:g} s"


def close_generator(generator: AsyncGenerator[Any, Any], loop: AbstractEventLoop, seconds: float) -> str | None:
    """Close *generator* on its idle *loop*; return None or why it stays open."""
    if not is_idle(loop):
        return "its loop is running or closed"
    try:
        loop.run_until_complete(asyncio.wait_for(generator.aclose(), seconds))
    except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001 - what its finally raises is part of the report
        return f"aclose() raised {type(failure).__name__}: {failure}"
    return None


def drain(loop: AbstractEventLoop, seconds: float, framework_tasks: Iterable[object] = ()) -> str | None:
    """Cancel the tasks of the idle *loop*, end its generators and its executor, close it; return what refused."""
    if loop.is_closed():
        return None
    if not is_idle(loop):
        return "it is running"
    spared = set(map(id, framework_tasks))
    tasks = [task for task in asyncio.all_tasks(loop) if id(task) not in spared]
    for task in tasks:
        task.cancel()
    done = spin_until(loop, lambda: all(task.done() for task in tasks), seconds)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(_within(loop.shutdown_default_executor(), seconds))
    loop.close()
    return None if done else f"{sum(not task.done() for task in tasks)} of its tasks refuse to be cancelled"


async def _within(shutdown: Any, seconds: float) -> None:  # noqa: ANN401 - a coroutine
    await asyncio.wait([asyncio.ensure_future(shutdown)], timeout=seconds)
