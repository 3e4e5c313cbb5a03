"""Safe cleanup: close anything by the method that it has, wait for its end, and say what went wrong."""

from inspect import iscoroutine

from isolation._cleanups import NO_KEYWORDS, CleanupHandle, Frames, Terms, is_async_callable
from isolation._deadlines import Limit
from isolation._endings import ending_of
from isolation._errors import AsyncCleanupRequiredError, CleanupError
from isolation._origin import capture
from isolation._stack import NO_DETAILS, Stack

DEPTH = 6
"""Frames that are noted where the cleanup is asked for, to find the user's line behind a wrapper."""
REQUIRED = "is async and could only run in the loop of this thread"


async def safe_cleanup(obj: object, *, timeout: float = 5.0) -> str:  # noqa: ASYNC109 - what is cancelled is not the caller
    """Close *obj* by the method that it has, wait until it has ended, and raise what went wrong.

    The method is the first of ``aclose``, ``close``, ``stop``, ``shutdown``, ``disconnect``, ``terminate`` and
    ``cancel`` that *obj* has and that needs no arguments; it may be sync or async.  Ended means more than asked to end:
    ``wait_closed()`` of servers and streams is awaited, a cancelled task is waited for, a process that ignores
    ``terminate()`` is killed, the threads of an executor are joined.

    A task or a future that is over is left alone, but if it has failed and nobody has seen that, its failure is raised.
    Other things that are over are asked again, which most of them allow.
    An object that answers every name is closed by a method of its class; mocks are asked as their specification says.

    Args:
        obj: What to close: an instance, not a class.
        timeout: Seconds until it is cancelled, or killed if it is a process.  Sync methods cannot be interrupted; their
            overrun is raised when they return.

    Returns:
        The name of the method that was called.

    Raises:
        Exception: What the method raised, with a note that names it and the line that asked for it.
        CleanupTimeoutError: If it took longer than *timeout*.
        CleanupCancelledError: If it raised ``CancelledError`` though nobody had cancelled it.
        TypeError: If nothing is known that would close *obj*.
    """
    __tracebackhide__ = True
    stack, handle, method = _prepared(obj, timeout, capture(1, DEPTH))
    await stack.run_now(handle)
    return method


def safe_cleanup_sync(obj: object, *, timeout: float = 5.0) -> str:
    """Do the same from sync code; what is async runs in the loop that *obj* names, or in one of its own.

    Args:
        obj: What to close: an instance, not a class.
        timeout: Seconds until it is cancelled, or killed if it is a process.

    Returns:
        The name of the method that was called.

    Raises:
        Exception: As :func:`safe_cleanup`.
        AsyncCleanupRequiredError: If it would have to wait for the loop of this thread; await :func:`safe_cleanup`.
    """
    __tracebackhide__ = True
    stack, handle, method = _prepared(obj, timeout, capture(1, DEPTH))
    if stack.find_blocked() is not None:
        handle.release()
        raise AsyncCleanupRequiredError(f"{handle.name!r} {REQUIRED}; nothing was run, await safe_cleanup() there")
    try:
        stack.unwind_sync(None, NO_DETAILS)
    except AsyncCleanupRequiredError:
        given = handle.call(NO_DETAILS)  # what the method has returned
        if iscoroutine(given):
            given.close()
        handle.release()
        raise AsyncCleanupRequiredError(
            f"{handle.name!r} {REQUIRED}; it was called, but what it returned was not awaited: use safe_cleanup() there"
        ) from None
    except CleanupError:
        raise stack.errors[0] from stack.errors[0].__cause__
    return method


def _prepared(obj: object, timeout: float, frames: Frames) -> tuple[Stack, CleanupHandle, str]:
    __tracebackhide__ = True
    ending = ending_of(obj, Limit(timeout, f"its timeout of {timeout:g} s"))
    stack = Stack("safe_cleanup()", None, None)
    terms = Terms(
        label=f"{type(obj).__qualname__}.{ending.method}",
        timeout=None if ending.keeps_time else timeout,
        is_context=ending.is_context,
        is_async=is_async_callable(ending.run),
    )
    handle = CleanupHandle(stack.me, ending.run, (), NO_KEYWORDS, frames, terms=terms)
    if ending.home is not None:
        handle.move_to(ending.home)
    stack.push(handle)
    return stack, handle, ending.method
