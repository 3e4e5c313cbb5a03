"""Each kind of thing has ended when it is cleaned up, not only been asked to."""

import asyncio
import gc
import multiprocessing
import multiprocessing.dummy
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
import trio

from isolation import CleanupTimeoutError, LoopGoneError, safe_cleanup, safe_cleanup_sync

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])
SLEEPING = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)",
]


async def test_a_task_has_ended_when_it_was_cleaned_up() -> None:
    """It is cancelled and waited for, and its `CancelledError` is nobody's failure."""
    ended: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)

    assert await safe_cleanup(task) == "cancel"
    assert ended == [True]
    assert task.cancelled()


async def test_what_a_task_raises_when_it_is_cancelled_is_raised() -> None:
    """A failing `finally` is a failure of the cleanup."""

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            int("x")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)

    with pytest.raises(ValueError, match="invalid literal"):
        await safe_cleanup(task)


async def test_a_task_that_refuses_to_be_cancelled_is_an_error() -> None:
    """The error comes in time, the task goes on."""
    release = asyncio.Event()

    async def refuse() -> None:
        while not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()

    task = asyncio.create_task(refuse())
    await asyncio.sleep(0)
    with pytest.raises(CleanupTimeoutError):
        await safe_cleanup(task, timeout=0.02)
    release.set()

    await task


async def test_a_task_that_is_over_is_left_alone() -> None:
    """Who has its failure already is not told again."""
    task = asyncio.create_task(asyncio.sleep(0, int))
    await task

    assert await safe_cleanup(task) == "cancel"
    assert not task.cancelled()


async def test_a_failure_that_nobody_has_seen_is_raised() -> None:
    """A task that has crashed in the background is no clean end; one whose failure was handled is."""

    async def crash() -> None:
        raise ValueError("poison")

    unseen, seen = asyncio.create_task(crash()), asyncio.create_task(crash())
    await asyncio.wait([unseen, seen])
    assert isinstance(seen.exception(), ValueError)

    assert await safe_cleanup(seen) == "cancel"
    with pytest.raises(ValueError, match="poison"):
        await safe_cleanup(unseen)


async def test_a_task_cannot_clean_up_itself() -> None:
    """It would wait for itself."""
    with pytest.raises(ValueError, match="it is the task that cleans up, and would wait for itself"):
        await safe_cleanup(asyncio.current_task())


async def test_a_future_is_cancelled() -> None:
    """Nobody has to wait for it any more."""
    future = asyncio.get_running_loop().create_future()

    await safe_cleanup(future)

    assert future.cancelled()


def test_a_task_ends_in_its_own_loop() -> None:
    """Sync code runs the loop of the task, if that is idle."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(60))

    safe_cleanup_sync(task)
    loop.close()

    assert task.cancelled()


def test_a_task_of_a_closed_loop_is_an_error() -> None:
    """Nothing can end it any more."""
    loop = asyncio.new_event_loop()
    future: asyncio.Future[None] = loop.create_future()
    loop.close()

    with pytest.raises(LoopGoneError):
        safe_cleanup_sync(future)


@BACKENDS
def test_a_future_of_a_thread_is_cancelled_or_waited_for(backend: str) -> None:
    """What has begun cannot be stopped; its failure is raised."""
    running: Future[int] = Future()
    running.set_running_or_notify_cancel()
    waiting: Future[int] = Future()

    async def main() -> None:
        await safe_cleanup(waiting)
        await safe_cleanup(waiting)
        with pytest.raises(CleanupTimeoutError):
            await safe_cleanup(running, timeout=0.02)
        running.set_exception(KeyError("late"))
        await safe_cleanup(running)

    anyio.run(main, backend=backend)

    assert waiting.cancelled()


@BACKENDS
def test_what_a_running_future_of_a_thread_raises_is_raised(backend: str) -> None:
    """Whoever ends it is told."""
    running: Future[int] = Future()
    running.set_running_or_notify_cancel()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, running.set_exception, KeyError("late"))
            await safe_cleanup(running)

    with pytest.raises((KeyError, BaseExceptionGroup)):
        anyio.run(main, backend=backend)


@BACKENDS
@pytest.mark.parametrize("is_started", [False, True])
def test_the_thread_of_a_timer_has_ended(backend: str, is_started: bool) -> None:
    """A cancelled timer is a thread for a moment longer."""
    timer = threading.Timer(60, int)
    if is_started:
        timer.start()

    assert anyio.run(safe_cleanup, timer, backend=backend) == "cancel"
    assert not timer.is_alive()


@BACKENDS
def test_the_threads_of_an_executor_have_ended(backend: str) -> None:
    """The loop goes on meanwhile."""
    executor = ThreadPoolExecutor(1)
    go_on = threading.Event()
    work = executor.submit(go_on.wait)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(safe_cleanup, executor)
            await anyio.sleep(0)
            go_on.set()

    anyio.run(main, backend=backend)

    assert work.result()
    assert not any(thread.is_alive() for thread in executor._threads)


async def test_an_executor_that_does_not_end_is_an_error() -> None:
    """Its thread cannot be interrupted, but the wait for it can."""
    executor = ThreadPoolExecutor(1)
    go_on = threading.Event()
    executor.submit(go_on.wait)

    with pytest.raises(CleanupTimeoutError):
        await safe_cleanup(executor, timeout=0.02)
    go_on.set()

    await safe_cleanup(executor)


async def test_the_workers_of_a_pool_have_ended() -> None:
    """A pool that is only closed still has them."""
    pool = multiprocessing.dummy.Pool(1)

    assert await safe_cleanup(pool) == "close"
    assert pool._state == "CLOSE"
    assert not any(worker.is_alive() for worker in pool._pool)


@BACKENDS
@pytest.mark.parametrize("command", [SLEEPING, [sys.executable, "-c", ""]], ids=["running", "over"])
def test_a_process_has_ended_and_its_pipes_are_closed(backend: str, command: list[str]) -> None:
    """It is terminated and waited for."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"never read")
    if command is not SLEEPING:
        process.wait()

    assert anyio.run(safe_cleanup, process, backend=backend) == "terminate"
    assert process.returncode in (-signal.SIGTERM, 0)
    assert process.stdin.closed


@BACKENDS
def test_a_process_that_ignores_its_termination_is_killed(backend: str) -> None:
    """That is an error all the same."""
    process = subprocess.Popen(STUBBORN, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()

    async def main() -> None:
        with pytest.raises(CleanupTimeoutError, match=r"exceeded its timeout of 0\.02 s and was killed"):
            await safe_cleanup(process, timeout=0.02)

    anyio.run(main, backend=backend)

    assert process.returncode == -signal.SIGKILL


async def test_a_process_of_asyncio_has_ended() -> None:
    """Also if it is over before."""
    process = await asyncio.create_subprocess_exec(*SLEEPING)

    assert await safe_cleanup(process) == "terminate"
    assert process.returncode == -signal.SIGTERM
    assert await safe_cleanup(process) == "terminate"


def test_a_process_of_trio_has_ended() -> None:
    """Its `wait` is async."""

    async def main() -> int | None:
        process = await trio.lowlevel.open_process(SLEEPING)
        await safe_cleanup(process)
        return process.returncode

    assert trio.run(main) == -signal.SIGTERM


def test_a_process_of_psutil_has_ended() -> None:
    """Its `wait` is sync."""
    process = subprocess.Popen(SLEEPING)

    assert safe_cleanup_sync(psutil.Process(process.pid)) == "terminate"
    process.wait()


async def test_a_process_is_killed_if_the_caller_is_cancelled() -> None:
    """Who is cancelled leaves no process behind."""
    process = await asyncio.create_subprocess_exec(*STUBBORN, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()

    task = asyncio.create_task(safe_cleanup(process, timeout=5.0))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("is_started", [False, True])
def test_a_process_of_multiprocessing_has_ended(is_started: bool) -> None:
    """It refuses to be closed while it runs, so it is terminated before."""
    process = multiprocessing.get_context("spawn").Process(target=signal.pause)
    if is_started:
        process.start()

    assert safe_cleanup_sync(process) == "terminate"
    with pytest.raises(ValueError, match="process object is closed"):
        process.is_alive()


async def test_a_stream_is_closed_on_both_sides() -> None:
    """`close()` only begins it, `wait_closed()` is the end; a server has it too."""
    arrived: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: arrived.put_nowait(writer), "127.0.0.1")
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    theirs = await arrived.get()

    methods = [await safe_cleanup(thing) for thing in (writer, theirs, server)]

    assert methods == ["close", "close", "close"]
    assert writer.transport.get_extra_info("socket").fileno() == -1
    assert not server.is_serving()


def test_a_server_ends_in_its_own_loop() -> None:
    """Sync code runs the loop of the server."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(lambda *_: None, "127.0.0.1"))

    assert safe_cleanup_sync(server) == "close"
    loop.close()

    assert not server.is_serving()


def generator() -> Iterator[None]:
    """Yield once."""
    yield


async def coroutine() -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    "make",
    [
        partial(sqlite3.connect, ":memory:"),
        partial(open, __file__),
        socket.socket,
        generator,
        coroutine,
        asyncio.new_event_loop,
    ],
    ids=["sqlite", "file", "socket", "generator", "coroutine", "loop"],
)
async def test_ordinary_things_are_closed(make: Callable[[], Any]) -> None:
    """Built in or not; nothing warns about them afterwards."""
    assert await safe_cleanup(make()) == "close"
    gc.collect()


class Stream:
    """An async generator that has opened a scope around its `yield`."""

    def __init__(self, seconds: float = 0) -> None:
        self.events: list[str] = []
        self.seconds = seconds

    async def __call__(self) -> AsyncIterator[int]:
        """Yield once."""
        with anyio.CancelScope():
            try:
                yield 1
            finally:
                with anyio.CancelScope(shield=self.seconds == 0):
                    await anyio.sleep(self.seconds)
                self.events.append("ended")


@BACKENDS
def test_an_async_generator_may_leave_its_own_scopes(backend: str) -> None:
    """A scope of ours around it would be in the way."""
    stream = Stream()

    async def main() -> None:
        numbers = stream()
        await anext(numbers)
        assert await safe_cleanup(numbers) == "aclose"

    anyio.run(main, backend=backend)

    assert stream.events == ["ended"]


async def test_a_hanging_async_generator_is_cancelled() -> None:
    """On asyncio that needs no scope."""
    stream = Stream(60)
    numbers = stream()
    await anext(numbers)

    with pytest.raises(CleanupTimeoutError, match=r"exceeded its timeout of 0\.02 s and was cancelled"):
        await safe_cleanup(numbers, timeout=0.02)

    assert stream.events == []


def test_a_late_async_generator_is_told_on_trio() -> None:
    """It cannot be interrupted there."""

    async def main() -> None:
        numbers = Stream(0.02)()
        await anext(numbers)
        with pytest.raises(CleanupTimeoutError, match=r"exceeded its timeout of 0\.001 s and was not interrupted"):
            await safe_cleanup(numbers, timeout=0.001)

    anyio.run(main, backend="trio")


async def test_a_timeout_of_the_generator_itself_is_its_own_failure() -> None:
    """Only ours is ours."""
    stack = AsyncExitStack()
    stack.push_async_callback(asyncio.wait_for, asyncio.sleep(60), 0.001)

    with pytest.raises(TimeoutError) as caught:
        await safe_cleanup(stack)

    assert not isinstance(caught.value, CleanupTimeoutError)


async def test_a_stubborn_async_generator_is_late() -> None:
    """It swallows its cancellation and ends after all."""

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    generator = numbers()
    await anext(generator)

    with pytest.raises(CleanupTimeoutError):
        await safe_cleanup(generator, timeout=0.02)


def test_a_file_is_closed_in_sync_code(tmp_path: Path) -> None:
    """The twin needs no loop for it."""
    file = (tmp_path / "log").open("w")

    assert safe_cleanup_sync(file) == "close"
    assert file.closed
