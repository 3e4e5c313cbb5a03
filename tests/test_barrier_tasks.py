"""Tasks that outlive the barrier inside of which it was started."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import copy_context
from typing import Any

import anyio
import pytest
import trio

from isolation import TaskEscapedError, isolation_barrier
from tests.barred import Box

Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the plugin from making an error of what these tests do on purpose."""
    monkeypatch.setattr("isolation._barriers.LISTENERS", [])


def shown(text: object) -> str:
    """Return *text* without the numbers of the lines."""
    return re.sub(r"\.py:\d+", ".py:LINE", str(text))


async def heartbeat() -> None:
    """Beat for ever."""
    await asyncio.sleep(100)


async def stubborn(may_end: asyncio.Event) -> None:
    """Refuse to be cancelled."""
    while not may_end.is_set():
        with suppress(asyncio.CancelledError):
            await may_end.wait()


async def test_an_escaped_task_is_cancelled_and_named() -> None:
    """And the state is restored."""
    box = Box("box")

    with pytest.raises(TaskEscapedError) as caught:  # noqa: PT012 - the block is what raises
        async with isolation_barrier("orders", box) as barrier:
            box.value = "inside"
            task = asyncio.create_task(heartbeat())

    assert shown(caught.value) == (
        "1 task has outlived barrier 'orders' (tests/test_barrier_tasks.py:LINE), inside of which it was started\n"
        "  task 'heartbeat' pending at tests/test_barrier_tasks.py:LINE in heartbeat\n"
        'await or cancel it inside the barrier, or choose tasks="cancel", "wait" or "ignore"'
    )
    assert task.cancelled()
    assert barrier.escaped_tasks == ["heartbeat"]
    assert box.value == "before"


async def test_several_escaped_tasks_are_named() -> None:
    """By the names that somebody gave them."""
    with pytest.raises(TaskEscapedError, match=r"^2 tasks have outlived") as caught:  # noqa: PT012 - the block is what raises
        async with isolation_barrier("orders"):
            tasks = [asyncio.create_task(heartbeat(), name=name) for name in "ba"]
            await asyncio.sleep(0)

    lines = str(caught.value).splitlines()
    assert [line.split()[1] for line in lines[1:3]] == ["'a'", "'b'"]
    assert all(task.cancelled() for task in tasks)


async def test_tasks_can_be_cancelled_silently() -> None:
    """They are named on the barrier all the same."""
    async with isolation_barrier("orders", tasks="cancel") as barrier:
        task = asyncio.create_task(heartbeat())

    assert task.cancelled()
    assert barrier.escaped_tasks == ["heartbeat"]


async def test_tasks_can_be_waited_for() -> None:
    """Nothing has escaped then, and what they change is put back."""
    box = Box("box")

    async def change() -> None:
        await asyncio.sleep(0.001)
        box.value = "late"

    async with isolation_barrier("orders", box, tasks="wait") as barrier:
        task = asyncio.create_task(change())

    assert task.done()
    assert box.value == "before"
    assert barrier.escaped_tasks == []


async def test_tasks_are_not_waited_for_for_ever() -> None:
    """After the time has passed it is as if nobody had waited."""
    with pytest.raises(TaskEscapedError):
        async with isolation_barrier("orders", tasks="wait", timeout=0.01):
            task = asyncio.create_task(heartbeat())

    assert task.cancelled()


async def test_tasks_can_be_ignored() -> None:
    """They go on, and are named."""
    async with isolation_barrier("orders", tasks="ignore") as barrier:
        task = asyncio.create_task(heartbeat())
    is_done = task.done()
    task.cancel()

    assert not is_done
    assert barrier.escaped_tasks == ["heartbeat"]


async def test_a_task_that_is_about_to_end_has_not_escaped() -> None:
    """It was cancelled, and nobody has let it go on yet."""
    async with isolation_barrier("orders") as barrier:
        task = asyncio.create_task(heartbeat())
        await asyncio.sleep(0)
        task.cancel()

    assert task.cancelled()
    assert barrier.escaped_tasks == []


async def test_a_task_that_refuses_to_be_cancelled_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if tasks are only to be cancelled."""
    monkeypatch.setattr("isolation._escaped_tasks.PATIENCE", 0.01)
    may_end = asyncio.Event()

    with pytest.raises(TaskEscapedError, match="in stubborn and refuses to be cancelled\n"):  # noqa: PT012 - the block is what raises
        async with isolation_barrier("orders", tasks="cancel"):
            task = asyncio.create_task(stubborn(may_end))
            await asyncio.sleep(0)
    may_end.set()
    await task


async def test_tasks_of_others_are_left_alone() -> None:
    """Those that were there before, and those that somebody else starts meanwhile."""
    started = asyncio.Event()

    async def start_another() -> asyncio.Task[None]:
        await started.wait()
        return asyncio.create_task(heartbeat())

    before = asyncio.create_task(start_another())
    async with isolation_barrier("orders") as barrier:
        started.set()
        await asyncio.sleep(0.001)
    other = await before
    is_done = other.done()
    other.cancel()

    assert not is_done
    assert barrier.escaped_tasks == []


async def test_a_task_of_an_inner_barrier_has_escaped_the_outer_one() -> None:
    """If the inner one has ignored it."""
    with pytest.raises(TaskEscapedError, match="outlived barrier 'outer'"):  # noqa: PT012 - the block is what raises
        async with isolation_barrier("outer"):
            async with isolation_barrier("inner", tasks="ignore"):
                task = asyncio.create_task(heartbeat())

    assert task.cancelled()


async def test_the_failure_of_the_block_goes_first() -> None:
    """The escaped task is a note on it."""
    failure = RuntimeError("the block")

    with pytest.raises(RuntimeError) as caught:  # noqa: PT012 - the block is what raises
        async with isolation_barrier("orders"):
            task = asyncio.create_task(heartbeat())
            raise failure

    assert caught.value is failure
    assert failure.__notes__[0].startswith("TaskEscapedError: 1 task has outlived barrier 'orders'")
    assert task.cancelled()


async def test_a_cancelled_block_ends_clean() -> None:
    """The cancellation goes on when everything is restored."""
    box = Box("box")
    is_in = asyncio.Event()

    async def block() -> None:
        async with isolation_barrier("orders", box):
            box.value = "inside"
            tasks.append(asyncio.create_task(heartbeat()))
            is_in.set()
            await asyncio.sleep(10)

    tasks: list[asyncio.Task[None]] = []
    task = asyncio.create_task(block())
    await is_in.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert tasks[0].cancelled()
    assert box.value == "before"


async def test_a_cancellation_at_the_end_cannot_cut_the_restoring(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the end is only told."""
    box = Box("box")
    may_end, is_ending = asyncio.Event(), asyncio.Event()

    async def block() -> None:
        async with isolation_barrier("orders", box, tasks="wait"):
            box.value = "inside"
            tasks.append(asyncio.create_task(stubborn(may_end)))
            asyncio.get_running_loop().call_later(0.001, is_ending.set)

    tasks: list[asyncio.Task[None]] = []
    task = asyncio.create_task(block())
    await is_ending.wait()
    task.cancel()
    await asyncio.wait([task])
    may_end.set()
    await tasks[0]

    assert task.cancelled()
    assert box.value == "before"


async def test_a_task_that_shares_the_context_is_left_alone() -> None:
    """It may have been there before; nobody can tell."""
    context = copy_context()
    may_begin = asyncio.Event()

    async def wait() -> None:
        may_begin.set()
        await asyncio.sleep(100)

    async def block() -> None:
        async with isolation_barrier("orders"):
            await may_begin.wait()

    background = asyncio.create_task(wait(), context=context)
    await asyncio.create_task(block(), context=context)
    is_done = background.done()
    background.cancel()

    assert not is_done


def test_a_destroyed_block_cancels_its_tasks() -> None:
    """It cannot wait for them."""
    tasks: list[asyncio.Task[None]] = []

    async def block() -> None:
        async with isolation_barrier("orders"):
            tasks.append(asyncio.create_task(heartbeat()))
            await forever()

    async def main() -> None:
        coroutine = block()
        coroutine.send(None)
        coroutine.close()
        await asyncio.wait(tasks)

    asyncio.run(main())

    assert tasks[0].cancelled()


class forever:  # noqa: N801 - it is awaited like a function
    """What never comes."""

    def __await__(self) -> Generator[None]:
        """Wait."""
        yield


def test_an_escaped_task_of_trio_is_named() -> None:
    """Nobody can cancel it, since its nursery is somebody else's: it goes on."""
    box = Box("box")
    seen: list[str] = []

    async def sleep() -> None:
        await trio.sleep_forever()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            with pytest.raises(TaskEscapedError) as caught:  # noqa: PT012 - the block is what raises
                async with isolation_barrier("orders", box):
                    box.value = "inside"
                    nursery.start_soon(sleep)
            seen.append(shown(caught.value).splitlines()[1])
            nursery.cancel_scope.cancel()

    trio.run(main)

    assert seen == ["  task 'sleep' pending at tests/test_barrier_tasks.py:LINE in sleep"]
    assert box.value == "before"


def test_tasks_of_trio_can_be_waited_for() -> None:
    """Those of a nursery inside of the block have ended anyway."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            async with isolation_barrier("orders", tasks="wait") as barrier, trio.open_nursery() as inner:
                inner.start_soon(trio.lowlevel.checkpoint)
                nursery.start_soon(trio.sleep, 0.001)
            nursery.cancel_scope.cancel()
        assert barrier.escaped_tasks == []

    trio.run(main)


def test_tasks_of_trio_can_be_ignored() -> None:
    """They are named."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            async with isolation_barrier("orders", tasks="ignore") as barrier:
                nursery.start_soon(trio.sleep_forever, name="heartbeat")
            nursery.cancel_scope.cancel()
        assert barrier.escaped_tasks == ["heartbeat"]

    trio.run(main)


def test_trio_cannot_cancel_tasks() -> None:
    """Whoever asks for that is told what works."""

    async def main() -> None:
        with pytest.raises(ValueError, match=r'^trio cannot cancel the task of another nursery; choose tasks="fail", '):
            async with isolation_barrier("orders", tasks="cancel"):
                pass

    trio.run(main)


async def test_a_task_of_an_outer_task_group_of_anyio_has_escaped() -> None:
    """It ends alone, and the group goes on."""
    async with anyio.create_task_group() as group:
        with pytest.raises(TaskEscapedError):
            async with isolation_barrier("orders"):
                group.start_soon(heartbeat)
        async with isolation_barrier("orders"), anyio.create_task_group() as inner:
            inner.start_soon(asyncio.sleep, 0)


async def test_a_task_that_is_written_in_python_is_found() -> None:
    """As others make them."""
    from asyncio.tasks import _PyTask  # type: ignore[attr-defined]

    with pytest.raises(TaskEscapedError):
        async with isolation_barrier("orders"):
            _PyTask(heartbeat(), loop=asyncio.get_running_loop())
