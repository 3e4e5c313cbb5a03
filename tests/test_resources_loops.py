"""An async cleanup runs in the loop in which it was registered, or says why it did not."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
import trio

from isolation import (
    CleanupError,
    CleanupTimeoutError,
    LoopGoneError,
    ResourceManager,
    _runs,
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


def registered_in(loop: asyncio.AbstractEventLoop, cleanup: Callable[[], object], **terms: bool) -> ResourceManager:
    """Return a manager with *cleanup*, registered while *loop* ran."""

    async def register() -> ResourceManager:
        manager = ResourceManager("orders")
        manager.add(None, lambda _: cleanup(), **terms)  # type: ignore[arg-type] # only own_task is passed
        return manager

    return loop.run_until_complete(register())


@pytest.mark.parametrize("own_task", [False, True])
def test_an_idle_loop_is_run(loop: asyncio.AbstractEventLoop, own_task: bool) -> None:
    """Sync code may clean up what was opened in a loop that is not running."""
    loops: list[object] = []
    manager = registered_in(loop, noting_loops(loops), own_task=own_task)

    manager.cleanup_all_sync()

    assert loops == [loop]


def test_what_an_idle_loop_raised_is_reported(loop: asyncio.AbstractEventLoop) -> None:
    """A failure in a loop that was run for it is a failure like any other."""

    async def fail() -> None:
        int("x")

    manager = registered_in(loop, fail)
    with pytest.raises(CleanupError) as caught:
        manager.cleanup_all_sync()

    assert [type(failure) for failure in caught.value.exceptions] == [ValueError]


@pytest.mark.parametrize("own_task", [False, True])
def test_the_loop_of_another_thread_is_asked(loop: asyncio.AbstractEventLoop, own_task: bool) -> None:
    """What was opened in a loop that runs elsewhere is closed there."""
    loops: list[object] = []
    manager = registered_in(loop, noting_loops(loops), own_task=own_task)

    with running(loop):
        manager.cleanup_all_sync()

    assert loops == [loop]


async def test_what_another_loop_raised_is_reported_here() -> None:
    """A failure crosses threads, and so does an interrupt, without ending the other loop."""

    async def fail() -> None:
        raise KeyboardInterrupt

    loop = asyncio.new_event_loop()
    manager = await asyncio.to_thread(registered_in, loop, fail)

    with running(loop), pytest.raises(KeyboardInterrupt):
        await manager.cleanup_all()

    loop.close()


def test_a_blocked_loop_is_not_waited_for(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of another thread that does nothing must not hang the caller."""
    monkeypatch.setattr(_runs, "PATIENCE", 0.02)
    release = threading.Event()
    manager = registered_in(loop, noting_loops([]))

    with running(loop):
        loop.call_soon_threadsafe(release.wait)
        with pytest.raises(CleanupError) as caught:
            manager.cleanup_all_sync()
        release.set()

    assert [(type(failure), str(failure)) for failure in caught.value.exceptions] == [
        (CleanupTimeoutError, "the event loop of another thread did not finish it within 0.02 s")
    ]


@pytest.mark.parametrize("own_task", [False, True])
def test_of_a_closed_loop_nothing_is_run(loop: asyncio.AbstractEventLoop, own_task: bool) -> None:
    """That one fails with a reason, the rest runs."""
    calls: list[str] = []
    manager = registered_in(loop, noting_loops([]), own_task=own_task)
    manager.register(calls.append, "rest")
    loop.close()

    with pytest.raises(CleanupError) as caught:
        manager.cleanup_all_sync()

    assert calls == ["rest"]
    assert [(type(failure), str(failure)) for failure in caught.value.exceptions] == [(LoopGoneError, CLOSED)]


async def test_an_idle_loop_cannot_be_run_inside_of_another_one() -> None:
    """Objects of one loop must not be closed in another one, silently."""
    loop = asyncio.new_event_loop()
    manager = await asyncio.to_thread(registered_in, loop, noting_loops([]))

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [(type(failure), str(failure)) for failure in caught.value.exceptions] == [(LoopGoneError, IDLE)]
    loop.close()


def test_what_was_registered_without_a_loop_gets_one() -> None:
    """One loop serves all of them, and is closed."""
    loops: list[object] = []
    manager = ResourceManager()
    manager.register(noting_loops(loops))
    manager.register(noting_loops(loops))

    manager.cleanup_all_sync()

    assert len(set(loops)) == 1
    assert isinstance(loops[0], asyncio.AbstractEventLoop)
    assert loops[0].is_closed()


def test_a_cleanup_of_trio_runs_in_its_run() -> None:
    """From a worker thread, the trio run is asked."""
    seen: list[object] = []

    async def close() -> None:
        await trio.lowlevel.checkpoint()
        seen.append(trio.lowlevel.current_trio_token())

    async def main() -> None:
        manager = ResourceManager()
        manager.register(close)
        await trio.to_thread.run_sync(manager.cleanup_all_sync)
        assert seen == [trio.lowlevel.current_trio_token()]

    trio.run(main)


def test_of_a_trio_run_that_is_over_nothing_is_run() -> None:
    """A trio run cannot be continued."""
    manager = ResourceManager()

    async def main() -> None:
        manager.register(trio.lowlevel.checkpoint)

    trio.run(main)
    with pytest.raises(CleanupError) as caught:
        manager.cleanup_all_sync()

    assert [(type(failure), str(failure)) for failure in caught.value.exceptions] == [(LoopGoneError, CLOSED)]
