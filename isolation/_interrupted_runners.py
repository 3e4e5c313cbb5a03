"""Interrupted runners: what Ctrl-C has left running in anyio's runner ends before other fixtures need it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Never

from isolation._causes import causes
from isolation._compatibility import (
    CANCELLED_FOR_INTERRUPT,
    abandon_tasks,
    cancel_anyio_runner,
    replace_anyio_calls,
    stuck_anyio_runner,
    waited_for_in,
)
from isolation._errors import CleanupError, RunnerStuckError

GRACE = 5.0
"""The seconds in which a teardown that was cancelled has to end."""


Future = asyncio.Future[Any]


def release_runner(failure: BaseException | None) -> Sequence[BaseException]:
    """Let anyio's runner for asyncio run fixtures again after *failure*; return what the end of its task raised.

    An interrupt is raised out of the loop, past the fixture that hangs; asyncio's own runner would have cancelled
    it.  What does not end within the grace is left alone, and every fixture that needs the runner fails from then on.
    """
    runner = stuck_anyio_runner()
    if runner is None:
        return ()
    loop: asyncio.AbstractEventLoop = runner.get_loop()
    waited_for = waited_for_in(failure) if failure is not None else ()
    tasks = [cancel_anyio_runner(runner), *(future for future in waited_for if future.get_loop() is loop)]
    CANCELLED_FOR_INTERRUPT.append(runner)
    try:
        _wait(loop, tasks, failure)
    finally:
        CANCELLED_FOR_INTERRUPT.remove(runner)
        if not all(task.done() for task in tasks):
            replace_anyio_calls(runner, _refuse)
            abandon_tasks(loop)  # else the end of the runner waits for them
    return [error for task in tasks if task.done() for error in _errors_of(task)]


def _wait(loop: asyncio.AbstractEventLoop, tasks: Sequence[Future], failure: BaseException | None) -> None:
    """Run *loop* until *tasks* have ended, at most for the grace; make no task, which an interrupt would leave."""
    is_over = False

    def stop() -> None:
        nonlocal is_over
        is_over = True
        loop.stop()

    def look(_: Future) -> None:
        # What is scheduled already is called when the loop runs for somebody else.
        if not is_over and all(task.done() for task in tasks):
            stop()

    for task in tasks:
        task.add_done_callback(look)
    timer = loop.call_later(GRACE, stop)
    try:
        while not is_over:
            _run(loop, failure)
    finally:
        is_over = True
        timer.cancel()


def _run(loop: asyncio.AbstractEventLoop, failure: BaseException | None) -> None:
    try:
        loop.run_forever()
    except KeyboardInterrupt as again:
        if again is not failure:  # else it is of a task that has waited for what was interrupted
            raise


def _errors_of(task: Future) -> Sequence[BaseException]:
    """Return what *task* has raised; of a cancellation only what a manager has met meanwhile."""
    try:
        failure = task.exception()
    except asyncio.CancelledError as cancelled:
        return [cause for cause in causes(cancelled) if isinstance(cause, CleanupError)]
    is_error = isinstance(failure, Exception) and not isinstance(failure, StopAsyncIteration)
    return [failure] if failure is not None and is_error else []


async def _refuse(call: Any, *_: object, **_named: object) -> Never:  # noqa: ANN401 - any function
    fixture = getattr(getattr(call, "__self__", call), "__name__", "a fixture")
    said = f"{fixture!r} was not torn down: the task of anyio's runner does not end, though it was cancelled"
    raise RunnerStuckError(said)
