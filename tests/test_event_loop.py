"""Idle event loops can be run for a moment, and brought to an end."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from isolation._event_loop import cancel, close_generator, drain, is_idle, spin, spin_until


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that nobody runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@contextmanager
def running_elsewhere(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let another thread run *loop*."""
    runs = threading.Event()
    loop.call_soon(runs.set)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runs.wait()
    yield
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


async def refuse(released: asyncio.Event) -> None:
    """Refuse to be cancelled until *released*."""
    while not released.is_set():
        try:
            await released.wait()
        except asyncio.CancelledError:
            continue


def begun(loop: asyncio.AbstractEventLoop, released: asyncio.Event) -> asyncio.Task[None]:
    """Return a task of *loop* that has begun to refuse to be cancelled."""
    task = loop.create_task(refuse(released))
    spin(loop, 0)
    return task


def test_an_open_loop_that_nobody_runs_is_idle(loop: asyncio.AbstractEventLoop) -> None:
    """It can be run from here."""
    assert is_idle(loop)


def test_a_closed_loop_is_not_idle(loop: asyncio.AbstractEventLoop) -> None:
    """It can never be run again."""
    loop.close()

    assert not is_idle(loop)


def test_a_loop_that_another_thread_runs_is_not_idle(loop: asyncio.AbstractEventLoop) -> None:
    """Its thread would be in the way."""
    with running_elsewhere(loop):
        assert not is_idle(loop)


async def test_no_loop_is_idle_inside_of_a_running_one() -> None:
    """A second loop cannot be run in the same thread."""
    loop = asyncio.new_event_loop()

    assert not is_idle(loop)

    loop.close()


def test_spinning_makes_no_task(loop: asyncio.AbstractEventLoop) -> None:
    """Whoever looks for tasks must not find the guard's own."""
    seen: list[set[asyncio.Task[object]]] = []
    loop.call_soon(lambda: seen.append(asyncio.all_tasks(loop)))

    spin(loop, 0)

    assert seen == [set()]


def test_spinning_until_done_stops_when_it_is(loop: asyncio.AbstractEventLoop) -> None:
    """No more time is spent than is needed."""
    task = loop.create_task(asyncio.sleep(0.002))

    assert spin_until(loop, task.done, 30)


def test_spinning_ends_when_the_time_is_over(loop: asyncio.AbstractEventLoop) -> None:
    """What does not get done is told."""
    assert not spin_until(loop, lambda: False, 0.001)


def test_a_task_in_an_idle_loop_is_cancelled(loop: asyncio.AbstractEventLoop) -> None:
    """The loop runs until the task has ended."""
    task = loop.create_task(asyncio.sleep(3600))

    assert cancel(task, 30) is None
    assert task.cancelled()


def test_a_task_that_refuses_to_be_cancelled_is_told(loop: asyncio.AbstractEventLoop) -> None:
    """The grace period bounds the wait."""
    released = asyncio.Event()
    task = begun(loop, released)

    assert cancel(task, 0.001) == "it refuses to be cancelled for 0.001 s"

    released.set()
    loop.run_until_complete(task)


def test_a_task_of_a_loop_in_another_thread_is_cancelled_there(loop: asyncio.AbstractEventLoop) -> None:
    """A running loop is only asked to cancel; nobody waits for it."""
    ended = threading.Event()
    task = loop.create_task(asyncio.sleep(3600))
    task.add_done_callback(lambda _: ended.set())

    with running_elsewhere(loop):
        assert cancel(task, 0) is None
        assert ended.wait(30)


async def test_a_task_of_a_loop_that_cannot_run_now_is_cancelled_later() -> None:
    """Inside of a running loop, an idle one cannot be spun; its task ends when it runs again."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(3600))

    assert cancel(task, 0) is None
    assert not task.done()

    await asyncio.to_thread(drain, loop, 1.0)


def test_a_task_of_a_closed_loop_cannot_be_cancelled(loop: asyncio.AbstractEventLoop) -> None:
    """Nobody will ever run it again."""
    task = loop.create_task(asyncio.sleep(0))
    loop.run_until_complete(task)
    loop.close()

    assert cancel(task, 0) == "its loop is closed"


def test_a_generator_is_closed_in_its_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Its ``finally`` runs."""
    closed: list[bool] = []

    async def count() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            closed.append(True)

    counting = count()
    loop.run_until_complete(anext(counting))

    assert close_generator(counting, loop, 1) is None
    assert closed == [True]


def test_what_a_generator_raises_when_it_is_closed_is_told(loop: asyncio.AbstractEventLoop) -> None:
    """A failing ``finally`` is part of the report."""

    async def count() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            raise ValueError("broken")

    counting = count()
    loop.run_until_complete(anext(counting))

    assert close_generator(counting, loop, 1) == "aclose() raised ValueError: broken"


def test_a_generator_cannot_be_closed_without_its_loop(loop: asyncio.AbstractEventLoop) -> None:
    """A closed loop runs no ``finally``."""

    async def count() -> AsyncGenerator[int, None]:
        yield 1

    counting = count()
    loop.run_until_complete(anext(counting))
    loop.run_until_complete(counting.aclose())
    loop.close()

    assert close_generator(counting, loop, 1) == "its loop is running or closed"


def test_draining_ends_what_is_in_a_loop_and_closes_it(loop: asyncio.AbstractEventLoop) -> None:
    """Tasks are cancelled, and the default executor is shut down."""
    pool = ThreadPoolExecutor(1)
    loop.set_default_executor(pool)
    loop.run_until_complete(loop.run_in_executor(None, int))
    task = loop.create_task(asyncio.sleep(3600))

    assert drain(loop, 30) is None
    assert (loop.is_closed(), task.cancelled()) == (True, True)
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_draining_spares_the_tasks_of_a_framework(loop: asyncio.AbstractEventLoop) -> None:
    """Who runs the loop keeps its own tasks."""
    task = loop.create_task(asyncio.sleep(0))

    assert drain(loop, 30, [task]) is None
    assert not task.cancelled()


@pytest.mark.isolation_allow("tasks", reason="nothing can end a task that refuses")
def test_draining_tells_how_many_tasks_refuse(loop: asyncio.AbstractEventLoop) -> None:
    """The loop is closed all the same."""
    released = asyncio.Event()
    task = begun(loop, released)

    assert drain(loop, 0.001) == "1 of its tasks refuse to be cancelled"
    assert loop.is_closed()

    task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_draining_a_closed_loop_does_nothing(loop: asyncio.AbstractEventLoop) -> None:
    """It has nothing left."""
    loop.close()

    assert drain(loop, 1) is None


def test_a_loop_that_runs_elsewhere_is_not_drained(loop: asyncio.AbstractEventLoop) -> None:
    """Its thread has to end it."""
    with running_elsewhere(loop):
        assert drain(loop, 1) == "it is running"


def test_a_loop_whose_clock_stands_still_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may have frozen time for good; no timer would ever be due."""
    loop = asyncio.new_event_loop()
    ran: list[int] = []
    loop.call_soon(ran.append, 1)
    monkeypatch.setattr(loop, "time", lambda: 7.0)

    spin(loop, 0.001)

    loop.close()
    assert ran == [1]
