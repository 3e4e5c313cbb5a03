"""Sync code never waits for the loop of its own thread; several threads may use one manager."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio
import pytest

from isolation import (
    AsyncCleanupRequiredError,
    CleanupError,
    ManagerState,
    ResourceManager,
)

CLOSED = "it did not run, since the event loop in which it was registered is closed"
IDLE = "it did not run, since the event loop in which it was registered is idle while another one runs here"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that nobody runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@contextmanager
def running(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Run *loop* in another thread."""

    def run() -> None:
        loop.run_forever()
        loop.run_until_complete(asyncio.wait([*asyncio.all_tasks(loop), loop.create_task(asyncio.sleep(0))]))

    thread = threading.Thread(target=run)
    thread.start()
    yield
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def noting_loops(loops: list[object]) -> Callable[[], Awaitable[None]]:
    """Return an async cleanup that notes in which loop it runs."""

    async def close() -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())

    return close


def hidden(cleanup: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return a sync function around *cleanup*, as a lambda is."""
    return lambda: cleanup()  # noqa: PLW0108 - hiding is the point


def registered_in(loop: asyncio.AbstractEventLoop, cleanup: Callable[[], object], **terms: bool) -> ResourceManager:
    """Return a manager with *cleanup*, registered while *loop* ran."""

    async def register() -> ResourceManager:
        manager = ResourceManager("orders")
        manager.add(None, lambda _: cleanup(), **terms)  # type: ignore[arg-type] # only own_task is passed
        return manager

    return loop.run_until_complete(register())


@pytest.mark.parametrize("own_task", [False, True])
async def test_async_code_asks_the_loop_of_another_thread(own_task: bool) -> None:
    """The same while a loop runs here."""
    loops: list[object] = []
    loop = asyncio.new_event_loop()
    manager = await asyncio.to_thread(registered_in, loop, noting_loops(loops), own_task=own_task)

    with running(loop):
        await manager.cleanup_all()

    assert loops == [loop]
    loop.close()


async def test_async_code_does_not_wait_for_a_blocked_loop() -> None:
    """Twice the timeout is enough: once for the loop to notice, once for us."""
    release = threading.Event()
    loop = asyncio.new_event_loop()
    manager = ResourceManager(cleanup_timeout=0.02)
    loop.call_soon(manager.register, noting_loops([]))
    await asyncio.to_thread(lambda: loop.run_until_complete(asyncio.sleep(0)))

    with running(loop):
        loop.call_soon_threadsafe(release.wait)
        with pytest.raises(CleanupError) as caught:
            await manager.cleanup_all()
        release.set()

    assert str(caught.value.exceptions[0]) == "the event loop of another thread did not finish it within 0.04 s"
    loop.close()


async def test_the_loop_of_this_thread_is_never_waited_for() -> None:
    """Sync code inside of a loop is told what to await; nothing was run, nothing is lost."""
    calls: list[object] = []
    manager = ResourceManager("orders")
    manager.register(calls.append, "sync")
    handle = manager.register(noting_loops(calls))

    with pytest.raises(AsyncCleanupRequiredError) as caught:
        manager.cleanup_all_sync()

    assert str(caught.value) == (
        f"{handle!r} of 'orders' is async and could only run in the loop of this thread: nothing was run; "
        "await cleanup_all() there"
    )
    assert (calls, manager.state) == ([], ManagerState.OPEN)
    await manager.cleanup_all()
    assert len(calls) == 2


async def test_an_async_cleanup_of_a_child_is_found() -> None:
    """A parent looks into its children before it runs anything."""
    manager = ResourceManager()
    manager.child("empty")
    child = manager.child("child")
    child.add(0.0, asyncio.sleep, name="nap", own_task=True)

    with pytest.raises(AsyncCleanupRequiredError, match="'nap' pending"):
        manager.cleanup_all_sync()

    await manager.cleanup_all()
    assert child.state is ManagerState.CLOSED


async def test_a_coroutine_behind_a_lambda_is_kept_for_later() -> None:
    """Nobody can see it coming; it does not hang, and is awaited once somebody can."""
    calls: list[object] = []
    manager = ResourceManager("orders")
    manager.register(calls.append, "rest")
    manager.register(hidden(noting_loops(calls)))
    manager.register(int, "x")

    with pytest.raises(AsyncCleanupRequiredError, match="what is left is still pending"):
        manager.cleanup_all_sync()
    assert (calls, len(manager.pending), manager.state) == ([], 2, ManagerState.OPEN)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert calls == [asyncio.get_running_loop(), "rest"]
    assert [type(failure) for failure in caught.value.exceptions] == [ValueError]


async def test_what_was_kept_for_later_can_run_early() -> None:
    """It is pending like anything else, and runs once."""
    calls: list[object] = []
    manager = ResourceManager()
    handle = manager.register(hidden(noting_loops(calls)))
    with pytest.raises(AsyncCleanupRequiredError):
        manager.cleanup_all_sync()

    await handle.run_now()
    await manager.cleanup_all()

    assert (len(calls), handle.status) == (1, "done")


async def test_an_own_task_that_comes_late_is_kept_for_later() -> None:
    """What a sync cleanup registers may need the loop; it is not run in sync code either."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(lambda: manager.add("late", calls.append, own_task=True) and None)

    with pytest.raises(AsyncCleanupRequiredError):
        manager.cleanup_all_sync()
    await manager.cleanup_all()

    assert calls == ["late"]


async def test_sync_code_in_a_cleanup_cannot_wait_either() -> None:
    """A nested sync call fails as the cleanup that made it; what is left runs in the outer drain."""
    calls: list[object] = []
    manager = ResourceManager()
    manager.register(hidden(noting_loops(calls)))
    manager.register(manager.cleanup_all_sync)

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [type(failure) for failure in caught.value.exceptions] == [AsyncCleanupRequiredError]
    assert len(calls) == 1


async def test_a_sync_call_does_not_wait_for_a_task_of_its_own_loop() -> None:
    """That would be a deadlock."""
    manager = ResourceManager("orders")
    release = asyncio.Event()
    manager.register(release.wait)
    task = asyncio.create_task(manager.cleanup_all())
    await asyncio.sleep(0)

    with pytest.raises(AsyncCleanupRequiredError) as caught:
        manager.cleanup_all_sync()
    release.set()
    await task

    assert str(caught.value) == "'orders' is being cleaned up in another task of this thread; await cleanup_all()"


async def test_a_sync_call_waits_for_a_task_of_another_thread() -> None:
    """A worker thread that comes second returns when everything is closed."""
    manager = ResourceManager()
    release = asyncio.Event()
    manager.register(release.wait)
    task = asyncio.create_task(manager.cleanup_all())
    await asyncio.sleep(0)

    second = asyncio.create_task(asyncio.to_thread(manager.cleanup_all_sync))
    asyncio.get_running_loop().call_later(0.01, release.set)
    await second

    assert manager.state is ManagerState.CLOSED
    await task


def test_a_sync_drain_waits_for_what_a_thread_still_cleans_up() -> None:
    """The outermost call closes when the last cleanup is over, wherever it runs."""
    manager = ResourceManager()
    has_begun, release = threading.Event(), threading.Event()
    calls: list[str] = []

    def early() -> None:
        has_begun.set()
        release.wait(5)
        calls.append("early")

    handle = manager.register(early)
    thread = threading.Thread(target=lambda: asyncio.run(handle.run_now()))
    thread.start()
    has_begun.wait(5)
    threading.Timer(0.01, release.set).start()

    manager.cleanup_all_sync()

    assert calls == ["early"]
    thread.join()


def test_any_thread_may_register() -> None:
    """Eight threads register at once, and nothing is lost."""
    calls: list[int] = []
    manager = ResourceManager()

    def register() -> None:
        for number in range(500):
            manager.register(calls.append, number)

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    manager.cleanup_all_sync()

    assert sorted(calls) == sorted(list(range(500)) * 8)


def test_a_trio_run_that_ends_meanwhile_is_not_woken() -> None:
    """Whoever waits from a loop that has ended is not waited for."""
    manager = ResourceManager()
    has_begun, release = threading.Event(), threading.Event()

    def close() -> None:
        has_begun.set()
        release.wait(5)

    async def main() -> None:
        with anyio.move_on_after(0.01):
            await manager.cleanup_all()

    manager.register(close)
    thread = threading.Thread(target=manager.cleanup_all_sync)
    thread.start()
    has_begun.wait(5)
    anyio.run(main, backend="trio")
    anyio.run(main, backend="asyncio")
    release.set()
    thread.join()

    assert manager.state is ManagerState.CLOSED
