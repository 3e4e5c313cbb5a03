"""Endings: how each kind of thing is asked to end, and how one knows that it has."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Executor
from concurrent.futures import Future as ThreadFuture
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from inspect import getattr_static, isawaitable, iscoroutinefunction, signature
from subprocess import Popen
from threading import Timer
from typing import Any, TypeAlias

from anyio import move_on_after
from anyio.to_thread import run_sync

from isolation._compatibility import hides_failure
from isolation._deadlines import Limit
from isolation._errors import CleanupTimeoutError
from isolation._homes import Home, arrival, current_home

METHODS = ("aclose", "close", "stop", "shutdown", "disconnect", "terminate", "cancel")
"""What ends things, in order of preference."""
NOBODY_HAS = "isolation_asks_for_what_nobody_has"
"""A method that only an object has which answers every name."""

Lookup: TypeAlias = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How something is brought to its end.

    Attributes:
        method: The name of the method that is called.
        run: Calls it, and waits until the thing has ended; takes and ignores what the exit of a context is given.
        home: The loop in which that has to happen; None for the current one.
        keeps_time: Whether *run* bounds itself in time.
        is_context: Whether it leaves scopes that were entered before, so that none of ours may be open.
    """

    method: str
    run: Callable[..., object]
    home: "Home | None" = None
    keeps_time: bool = False
    is_context: bool = False


def ending_of(obj: object, limit: Limit) -> Ending:
    """Return how *obj* ends; TypeError if nothing is known that would end it."""
    __tracebackhide__ = True
    if obj is None:
        raise TypeError("cannot clean up None, which was never made")
    if isinstance(obj, type):
        raise TypeError(f"cannot clean up the class {obj.__qualname__}; pass an instance of it")
    if _is_mock(obj):  # which says that it is what it stands for
        return _by_name(obj)
    if _is_process(obj):
        return Ending(method="terminate", run=partial(_end_process, obj, limit), keeps_time=True)
    if isinstance(obj, (AsyncGenerator, AsyncExitStack)):
        run = partial(_end_context, obj.aclose, limit)
        return Ending(method="aclose", run=run, keeps_time=True, is_context=True)
    return _of_concurrency(obj) or _by_name(obj)


def _of_concurrency(obj: Any) -> Ending | None:  # noqa: ANN401 - narrowed step by step
    if isinstance(obj, asyncio.Future):
        return Ending(method="cancel", run=partial(_end_future, obj), home=obj.get_loop())
    if isinstance(obj, ThreadFuture):
        return Ending(method="cancel", run=partial(_end_thread_future, obj))
    if isinstance(obj, Timer):
        return Ending(method="cancel", run=partial(_end_timer, obj))
    if isinstance(obj, Executor):
        return Ending(method="shutdown", run=partial(_in_thread, obj.shutdown))
    pools = sys.modules.get("multiprocessing.pool")
    if pools is not None and isinstance(obj, pools.Pool):
        return Ending(method="close", run=partial(_close_and_wait, obj.close, partial(_in_thread, obj.join)))
    return None


def _by_name(obj: object) -> Ending:
    __tracebackhide__ = True
    look_up, unfit = _lookup_of(obj), ""
    for name in METHODS:
        method = look_up(name)
        if not callable(method):
            continue
        if _can_be_called(method):
            closed = look_up("wait_closed") if name in ("aclose", "close") else None
            run = partial(_close_and_wait, method, closed) if callable(closed) else method
            return Ending(method=name, run=run, home=_home_of(obj))
        unfit = unfit or f"; its {name}() needs arguments"
    is_context = hasattr(type(obj), "__exit__") or hasattr(type(obj), "__aexit__")
    hint = "; it is a context manager, enter it instead" if is_context else ""
    looked = f"it has none of {', '.join(METHODS)}"
    raise TypeError(f"cannot clean up {type(obj).__qualname__!r} object: {looked}{unfit}{hint}")


def _home_of(obj: object) -> "Home | None":
    return obj.get_loop() if isinstance(obj, asyncio.AbstractServer) else None


def _is_mock(obj: object) -> bool:
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(obj, mock.NonCallableMock)


def _lookup_of(obj: object) -> Lookup:
    # What answers a name that nobody has would answer `aclose` too, and do who knows what; only its class can tell.
    # A mock is there to be asked: it answers the first name, or those of its specification.
    if not _answers_everything(obj):
        return lambda name: getattr(obj, name, None)
    if _is_mock(obj):
        return lambda name: getattr(obj, name, None) if name in METHODS else None
    return lambda name: getattr(obj, name, None) if getattr_static(obj, name, None) is not None else None


def _answers_everything(obj: object) -> bool:
    try:
        return callable(getattr(obj, NOBODY_HAS, None))
    except Exception:  # noqa: BLE001 - whatever it says, it does not know what it has
        return True


def _can_be_called(method: Callable[..., object]) -> bool:
    try:
        signature(method).bind()
    except TypeError:
        return False
    except ValueError:  # built into the interpreter, without a signature
        return True
    return True


async def _close_and_wait(close: Callable[[], object], wait_closed: Callable[[], object]) -> None:
    for step in (close, wait_closed):
        result = step()
        if isawaitable(result):
            await result


async def _end_future(future: "asyncio.Future[object]") -> None:
    if future.done():
        if hides_failure(future):
            future.result()
        return
    if future is asyncio.current_task():
        raise ValueError("it is the task that cleans up, and would wait for itself")
    future.cancel()
    await asyncio.wait([future])
    if not future.cancelled():
        future.result()


async def _end_thread_future(future: "ThreadFuture[object]") -> None:
    if not future.done() and not future.cancel():
        # Its function has begun and cannot be stopped.
        await arrival(future)
        future.result()


async def _end_timer(timer: Timer) -> None:
    timer.cancel()
    if timer.is_alive():
        await _in_thread(timer.join)


async def _in_thread(function: Callable[[], object]) -> None:
    await run_sync(function, abandon_on_cancel=True)


async def _end_context(aclose: Callable[[], Awaitable[object]], limit: Limit, *_: object) -> None:
    # No scope of anyio may be around this: those that are left inside were entered before it.
    if isinstance(current_home(), asyncio.AbstractEventLoop):
        bound = asyncio.timeout(limit.seconds)
        try:
            async with bound:
                await aclose()
        except TimeoutError:
            if not bound.expired():
                raise
        if bound.expired():
            raise CleanupTimeoutError(f"it exceeded {limit} and was cancelled")
        return
    started = time.monotonic()
    await aclose()
    if time.monotonic() - started > limit.seconds:
        raise CleanupTimeoutError(f"it exceeded {limit} and was not interrupted")


def _is_process(obj: object) -> bool:
    kind = type(obj)
    names = ("terminate", "kill", "join" if hasattr(kind, "join") else "wait")
    return not hasattr(kind, "aclose") and all(callable(getattr(kind, name, None)) for name in names)


async def _end_process(process: Any, limit: Limit) -> None:  # noqa: ANN401 - of subprocess, asyncio, trio, ...
    # A process of multiprocessing that was never started has no pid, and nothing to terminate.
    has_ended = process.pid is None
    try:
        if not has_ended:
            with suppress(ProcessLookupError):
                process.terminate()
            has_ended = await _has_ended(process, limit)
    finally:
        if not has_ended:
            with suppress(ProcessLookupError):
                process.kill()
            await _has_ended(process, limit)
        _tidy(process)
    if not has_ended:
        raise CleanupTimeoutError(f"it exceeded {limit} and was killed")


async def _has_ended(process: Any, limit: Limit) -> bool:  # noqa: ANN401 - see above
    wait = process.join if hasattr(process, "join") else process.wait
    with move_on_after(limit.seconds, shield=True):
        await (wait() if iscoroutinefunction(wait) else _in_thread(wait))
        return True
    return False


def _tidy(process: Any) -> None:  # noqa: ANN401 - see above
    if isinstance(process, Popen):
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            with suppress(BrokenPipeError):  # what was never written is of no use to a process that is over
                pipe.close()
    elif hasattr(process, "close"):
        process.close()
