"""Homes: the event loop in which something async was registered, and where it has to run."""

import asyncio
import sys
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from anyio import Event

if TYPE_CHECKING:
    from trio.lowlevel import TrioToken

Home: TypeAlias = "AbstractEventLoop | TrioToken"
Work: TypeAlias = Callable[[], Awaitable[object]]
Outcome: TypeAlias = BaseException | None


def current_home() -> "Home | None":
    """Return the asyncio loop or the token of the trio run that runs in this thread."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - documented, and a tenth of the price of an exception
    if loop is not None or "trio" not in sys.modules:
        return loop
    from trio.lowlevel import current_trio_token, in_trio_task  # noqa: PLC0415 - trio is optional

    return current_trio_token() if in_trio_task() else None


def is_gone(home: Home) -> bool:
    """Tell whether *home* has ended for good."""
    if isinstance(home, AbstractEventLoop):
        return home.is_closed()
    try:
        home.run_sync_soon(int)
    except _trio_error("RunFinishedError"):
        return True
    return False


def is_idle(home: Home) -> bool:
    """Tell whether *home* is a loop that nobody runs at the moment."""
    return isinstance(home, AbstractEventLoop) and not home.is_running() and not home.is_closed()


def is_blocked(home: "Home | None") -> bool:
    """Tell whether sync code here must not wait for *home*: a loop runs in this thread, and it alone could work."""
    here = current_home()
    return here is not None and (home is None or home is here or is_idle(home))


def wake(home: Home, function: Callable[[], object]) -> None:
    """Let *home* call *function* soon; do nothing if it has ended meanwhile."""
    try:
        if isinstance(home, AbstractEventLoop):
            home.call_soon_threadsafe(function)
        else:
            home.run_sync_soon(function)
    except (RuntimeError, _trio_error("RunFinishedError")):
        return


def submit(home: Home, work: Work) -> "Future[Outcome]":
    """Let the running *home* do *work*; the result is what it raised, so that no exception can end the loop."""
    if isinstance(home, AbstractEventLoop):
        return asyncio.run_coroutine_threadsafe(outcome_of(work), home)
    return _submit_to_trio(home, work)


def _submit_to_trio(home: "TrioToken", work: Work) -> "Future[Outcome]":
    from trio.lowlevel import spawn_system_task  # noqa: PLC0415 - trio is optional

    future: Future[Outcome] = Future()
    context = copy_context()

    async def run() -> None:
        future.set_result(await outcome_of(work))

    home.run_sync_soon(lambda: spawn_system_task(run, context=context))
    return future


async def outcome_of(work: Work) -> Outcome:
    """Do *work* and return what it raised."""
    try:
        await work()
    except BaseException as failure:  # noqa: BLE001 - every outcome is handed to whoever waits for it
        return failure
    return None


async def arrival(future: "Future[Any]") -> None:
    """Wait until *future*, which another thread or loop resolves, is done."""
    home, event = current_home(), Event()
    assert home is not None
    future.add_done_callback(lambda _: wake(home, event.set))
    await event.wait()


def cancellations() -> int:
    """Return how often the current asyncio task was asked to cancel; 0 where there is none."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - see above
    task = asyncio.current_task(loop) if loop is not None else None
    return task.cancelling() if task is not None else 0


def is_being_cancelled(requests: int) -> bool:
    """Tell whether the current task is to end: asked more often than *requests* times, or in a cancelled scope."""
    home = current_home()
    if home is None or isinstance(home, AbstractEventLoop):
        return home is None or cancellations() > requests
    from trio import current_effective_deadline  # noqa: PLC0415 - trio is optional

    return current_effective_deadline() == -inf


def is_trio_cancelled(failure: BaseException) -> bool:
    """Tell whether *failure* is how trio cancels, which nobody else can raise."""
    return "trio" in sys.modules and isinstance(failure, _trio_error("Cancelled"))


def _trio_error(name: str) -> type[BaseException]:
    found: type[BaseException] | None = getattr(sys.modules.get("trio"), name, None)
    return found or _NeverRaisedError


class _NeverRaisedError(BaseException):
    """Stands for an exception of trio where trio is not imported."""
