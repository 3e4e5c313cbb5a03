"""Cancellation interrupts as little as it can, and is never lost or invented."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, suppress

import anyio
import pytest

from isolation import CleanupCancelledError, CleanupError, CleanupTimeoutError, ResourceManager

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def slow(calls: list[str], name: str) -> Callable[[], Awaitable[None]]:
    """Return a cleanup that is done only after an await."""

    async def close() -> None:
        await anyio.sleep(0.01)
        calls.append(name)

    return close


@BACKENDS
def test_a_cancelled_scope_interrupts_no_cleanup(backend: str) -> None:
    """Every callback ends, where an exit stack cuts each at its first await."""
    calls: list[str] = []

    async def main() -> None:
        manager = ResourceManager()
        for name in "abc":
            manager.register(slow(calls, name))
        with anyio.CancelScope() as scope:
            scope.cancel()
            await manager.cleanup_all()

    anyio.run(main, backend=backend)

    assert calls == ["c", "b", "a"]


@BACKENDS
def test_a_cancelled_exit_does_not_stop_the_rest(backend: str) -> None:
    """A context manager is exited without a shield; the rest runs, and the cancellation reaches its scope."""
    calls: list[str] = []

    @asynccontextmanager
    async def leaving_slowly() -> AsyncIterator[None]:
        yield
        await anyio.sleep(1)

    async def main() -> None:
        manager = ResourceManager()
        manager.register(slow(calls, "rest"))
        await manager.enter_async_context(leaving_slowly())
        with anyio.CancelScope() as scope:
            scope.cancel()
            await manager.cleanup_all()
        assert scope.cancelled_caught
        assert [type(failure) for failure in manager.errors] == [CleanupCancelledError]

    anyio.run(main, backend=backend)

    assert calls == ["rest"]


@BACKENDS
def test_timeouts_inside_of_a_cleanup_work(backend: str) -> None:
    """Scopes nest in our shield as in any other."""
    calls: list[str] = []

    async def close() -> None:
        with anyio.move_on_after(0.01):
            await anyio.sleep(10)
        calls.append("closed")

    async def main() -> None:
        async with ResourceManager(cleanup_timeout=5.0) as manager:
            manager.register(close)

    anyio.run(main, backend=backend)

    assert calls == ["closed"]


async def cancelled_while_cleaning_up(manager: ResourceManager, has_begun: asyncio.Event) -> asyncio.Task[None]:
    """Cancel a task in the middle of `cleanup_all`, and return it when it is over."""
    task = asyncio.create_task(manager.cleanup_all())
    await has_begun.wait()
    task.cancel()
    await asyncio.wait([task])
    return task


async def test_a_cancelled_task_loses_one_cleanup_and_runs_the_rest() -> None:
    """The interrupted callback is recorded, the others run, the task ends cancelled."""
    calls: list[str] = []
    manager = ResourceManager("orders")
    has_begun = asyncio.Event()

    async def close() -> None:
        has_begun.set()
        await asyncio.sleep(10)

    manager.register(slow(calls, "rest"))
    handle = manager.register(close)
    task = await cancelled_while_cleaning_up(manager, has_begun)

    assert (task.cancelled(), calls, handle.status) == (True, ["rest"], "failed")
    assert [str(failure) for failure in manager.errors] == [
        "it was interrupted, since the task that cleans up was cancelled; own_task=True would have protected it"
    ]


async def test_an_own_task_is_not_interrupted() -> None:
    """The cleanup ends, the rest runs, the task ends cancelled, and nothing has failed."""
    calls: list[str] = []
    manager = ResourceManager()
    has_begun = asyncio.Event()

    async def close(name: str) -> None:
        has_begun.set()
        await asyncio.sleep(0.02)
        calls.append(name)

    manager.register(slow(calls, "rest"))
    manager.add("own", close, own_task=True)
    task = await cancelled_while_cleaning_up(manager, has_begun)

    assert (task.cancelled(), calls, manager.errors) == (True, ["own", "rest"], ())


async def test_a_cancellation_that_a_cleanup_makes_is_a_failure() -> None:
    """Awaiting a cancelled task raises CancelledError, which cancels nobody else."""
    calls: list[str] = []
    manager = ResourceManager()
    worker = asyncio.create_task(asyncio.sleep(10))

    async def stop() -> None:
        worker.cancel()
        await worker

    manager.register(slow(calls, "rest"))
    manager.register(stop)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert calls == ["rest"]
    said = "it raised CancelledError, though nobody cancelled it; to end a task, cancel it and use asyncio.wait([task])"
    assert [(type(failure), str(failure)) for failure in caught.value.exceptions] == [(CleanupCancelledError, said)]


async def test_a_cancelled_block_stays_cancelled() -> None:
    """A failing cleanup does not turn a cancelled task into a failed one."""
    manager = ResourceManager()

    async def use() -> None:
        async with manager:
            manager.register(int, "x")
            await asyncio.sleep(10)

    task = asyncio.create_task(use())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert [type(failure) for failure in manager.errors] == [ValueError]


async def test_running_early_can_be_cancelled() -> None:
    """Whoever is cancelled in `run_now` is cancelled."""
    manager = ResourceManager()
    handle = manager.register(asyncio.sleep, 10)

    task = asyncio.create_task(handle.run_now())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert (task.cancelled(), handle.status) == (True, "failed")
    await manager.cleanup_all()


class Suspension:
    """Hand control to whoever drives the coroutine, with no loop at all."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def suspending() -> AsyncIterator[None]:
    """Suspend when it is left."""
    yield
    await Suspension()


def test_a_closed_coroutine_leaves_the_rest_undone() -> None:
    """Where the loop is gone nothing can be awaited; what was left is known, and nothing hangs."""
    manager = ResourceManager()
    rest = manager.register(pytest.fail)
    with suppress(StopIteration):
        manager.enter_async_context(suspending()).send(None)
    coroutine = manager.cleanup_all()
    coroutine.send(None)

    coroutine.close()

    assert (manager.not_run, manager.errors, rest.status) == ((rest,), (), "not_run")


async def test_a_concurrent_call_waits_for_the_first() -> None:
    """Whoever comes second finds everything closed, and sees no error twice."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(slow(calls, "closed"))
    manager.register(int, "x")
    first = asyncio.create_task(manager.cleanup_all())
    await asyncio.sleep(0)

    await manager.cleanup_all()

    assert calls == ["closed"]
    with pytest.raises(CleanupError):
        await first


async def test_a_call_from_a_cleanup_runs_the_rest_and_raises_nothing() -> None:
    """The outermost call raises, once, for all."""
    calls: list[str] = []
    manager = ResourceManager("orders")
    manager.register(int, "oldest")

    async def close() -> None:
        await manager.cleanup_all()
        calls.append("nested")
        manager.register(calls.append, "late")

    manager.register(close)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert calls == ["nested", "late"]
    assert str(caught.value) == "1 of 3 cleanups failed in 'orders' (1 sub-exception)"


async def test_the_outermost_call_waits_for_what_a_task_still_cleans_up() -> None:
    """A cleanup may leave the rest to a task; the manager closes when that is done."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(slow(calls, "rest"))
    tasks: list[asyncio.Task[None]] = []

    async def close() -> None:
        tasks.append(asyncio.create_task(manager.cleanup_all()))
        await asyncio.sleep(0)

    manager.register(close)
    await manager.cleanup_all()

    assert calls == ["rest"]
    await tasks[0]


async def test_a_cleanup_that_runs_early_may_clean_up_the_rest() -> None:
    """`cleanup_all` inside of `run_now` waits for nobody who waits for it."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(calls.append, "rest")
    handle = manager.register(manager.cleanup_all)

    await handle.run_now()

    assert (calls, handle.status) == (["rest"], "done")


@BACKENDS
def test_a_cleanup_that_runs_the_others_and_is_late_cancels_nobody_else(backend: str) -> None:
    """Its timeout interrupts whom it was waiting for, and is over with it: the caller was never cancelled."""
    calls: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        yield
        await anyio.sleep(10)

    async def main() -> None:
        manager = ResourceManager()
        manager.register(calls.append, "rest")
        await manager.enter_async_context(slow())
        manager.add("all", lambda _: manager.cleanup_all(), timeout=0.02)
        with pytest.raises(CleanupError) as caught:
            await manager.cleanup_all()
        assert [type(failure) for failure in caught.value.exceptions] == [CleanupCancelledError, CleanupTimeoutError]

    anyio.run(main, backend=backend)

    assert calls == ["rest"]
