"""`no_leaks` in ``async with``: under any runner, whoever started it, and in several tasks at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest
import trio
import trio.testing
import uvloop

from isolation import LeakError, no_leaks
from tests.alone import said_by

Main = Callable[[], Coroutine[Any, Any, None]]


def run_asyncio(main: Main) -> None:
    """Run *main* in a loop of asyncio."""
    asyncio.run(main())


def run_uvloop(main: Main) -> None:
    """Run *main* in a loop of uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


@pytest.fixture
async def ends() -> AsyncIterator[AsyncExitStack]:
    """Give a stack that ends what a test leaks on purpose."""
    async with AsyncExitStack() as stack:
        yield stack


@asynccontextmanager
async def meeting(barrier: asyncio.Barrier) -> AsyncIterator[None]:
    """Wait for the other task before and after what happens inside."""
    await barrier.wait()
    yield
    await barrier.wait()


def start_task(ends: AsyncExitStack, name: str = "forgotten") -> None:
    """Start a task that goes on until *ends* is closed."""
    stop = asyncio.Event()
    task = asyncio.create_task(stop.wait(), name=name)
    ends.push_async_callback(asyncio.wait, [task])
    ends.callback(stop.set)


@pytest.mark.parametrize("run", [run_asyncio, run_uvloop, anyio.run])
def test_a_task_is_found_under_any_loop(run: Callable[[Main], None]) -> None:
    """A task that is pending when the block ends is found, whatever loop it is in."""
    names: list[str] = []

    async def main() -> None:
        async with AsyncExitStack() as ends:
            with pytest.raises(LeakError) as leak:
                async with no_leaks(grace=0.01):
                    start_task(ends)
            names.extend(finding.name for finding in leak.value.findings)

    run(main)

    assert names == ["forgotten"]


@pytest.mark.parametrize("run", [run_asyncio, run_uvloop, anyio.run, trio.run])
def test_a_block_that_leaves_nothing_is_silent(run: Callable[[Main], None]) -> None:
    """Tasks that a task group has ended are no findings, under no runner."""

    async def main() -> None:
        async with no_leaks(), anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)

    run(main)


@pytest.mark.parametrize("run", [run_asyncio, run_uvloop])
def test_a_timer_is_found_under_any_loop(run: Callable[[Main], None]) -> None:
    """A timer that the block has set and that is far away is found."""
    kinds: list[str] = []

    async def main() -> None:
        with pytest.raises(LeakError) as leak:
            async with no_leaks(grace=0.01):
                handle = asyncio.get_running_loop().call_later(3600, print)
        handle.cancel()
        kinds.extend(finding.kind for finding in leak.value.findings)

    run(main)

    assert kinds == ["timer"]


async def test_a_suspended_generator_is_found() -> None:
    """An async generator that waits at a yield is found."""

    async def count() -> AsyncGenerator[int, None]:
        for number in range(3):
            yield number

    counting = count()
    with pytest.raises(LeakError) as leak:
        async with no_leaks(grace=0.01):
            await anext(counting)
    await counting.aclose()

    (finding,) = leak.value.findings
    assert (finding.kind, finding.severity) == ("async_generator", "warning")


async def test_the_grace_lets_the_loop_run() -> None:
    """A task that ends by itself soon after the block was slow, not leaked."""
    async with no_leaks(grace=30):
        task = asyncio.create_task(asyncio.sleep(0.001))

    assert task.done()


async def test_the_grace_is_given_to_timers_too() -> None:
    """A timer that fires soon after the block was late, not left."""
    fired = asyncio.Event()

    async with no_leaks(grace=30):
        asyncio.get_running_loop().call_later(0.001, fired.set)

    assert fired.is_set()


async def test_a_sync_block_sees_the_loop_around_it(ends: AsyncExitStack) -> None:
    """``with`` inside a running loop finds a task as ``async with`` does, without letting it run."""
    with pytest.raises(LeakError) as leak, no_leaks(grace=0):
        start_task(ends)

    assert [finding.name for finding in leak.value.findings] == ["forgotten"]


async def test_blocks_in_two_tasks_find_what_is_theirs(ends: AsyncExitStack) -> None:
    """Blocks that run at the same time do not blame each other."""
    barrier = asyncio.Barrier(2)

    async def leak(name: str) -> list[str]:
        with pytest.raises(LeakError) as leak:
            async with no_leaks(grace=0.01), meeting(barrier):
                start_task(ends, name)
        return [finding.name for finding in leak.value.findings]

    a, b = await asyncio.gather(leak("a"), leak("b"))

    assert (a, b) == (["a"], ["b"])


async def test_what_another_task_starts_meanwhile_is_not_of_the_block(ends: AsyncExitStack) -> None:
    """A task that was there before the block belongs to somebody else, and so does what it starts."""
    begun, started = asyncio.Event(), asyncio.Event()

    async def around() -> None:
        await begun.wait()
        start_task(ends)
        started.set()

    other = asyncio.create_task(around())
    await asyncio.sleep(0)

    async with no_leaks(grace=0):
        begun.set()
        await started.wait()

    await other


async def test_what_a_task_of_the_block_starts_is_of_the_block(ends: AsyncExitStack) -> None:
    """Ownership follows the cause: a task started by a task of the block is the block's."""

    async def start() -> None:
        start_task(ends, "second")

    with pytest.raises(LeakError) as leak:
        async with no_leaks(grace=0.01):
            await asyncio.create_task(start())

    assert [finding.name for finding in leak.value.findings] == ["second"]


async def test_a_block_that_is_cancelled_while_it_waits_tells_in_a_note(ends: AsyncExitStack) -> None:
    """Cancelling during the grace period is passed on at once, with what was left as a note."""
    left = asyncio.Event()

    async def block() -> list[str]:
        try:
            async with no_leaks(grace=30):
                start_task(ends)
                left.set()
        except asyncio.CancelledError as cancelled:
            return cancelled.__notes__
        return []

    task = asyncio.create_task(block())
    await left.wait()
    task.cancel()

    assert "task 'forgotten' pending" in (await task)[0]


async def test_a_block_in_a_cancelled_scope_still_waits() -> None:
    """What a cancelled scope cancels in turn gets its moment to end, so that it is no finding."""
    with anyio.CancelScope() as scope:
        async with no_leaks(grace=30):
            task = asyncio.create_task(asyncio.sleep(3600))
            scope.cancel()
            try:
                await anyio.sleep(3600)
            finally:
                task.cancel()

    assert scope.cancelled_caught
    assert task.cancelled()


def test_a_system_task_of_trio_is_found() -> None:
    """Under trio a block leaks what none of its own nurseries ends."""
    names: list[str] = []

    async def main() -> None:
        stop = trio.Event()
        with pytest.raises(LeakError) as leak:
            async with no_leaks(grace=0.01):
                trio.lowlevel.spawn_system_task(stop.wait)
        stop.set()
        await trio.testing.wait_all_tasks_blocked()
        names.extend(finding.name for finding in leak.value.findings)

    trio.run(main)

    assert names == ["wait"]


def test_a_task_in_a_nursery_around_the_block_is_found() -> None:
    """A task that the block starts in somebody else's nursery goes on after the block."""
    names: list[str] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            with pytest.raises(LeakError) as leak, no_leaks(grace=0.01):
                nursery.start_soon(trio.sleep_forever)
            nursery.cancel_scope.cancel()
            names.extend(finding.name for finding in leak.value.findings)

    trio.run(main)

    assert names == ["sleep_forever"]


SCRIPT = """
import asyncio, trio, uvloop
from isolation import LeakError, no_leaks

async def on_loop():
    kept.append(asyncio.create_task(asyncio.sleep(60)))

async def on_trio():
    trio.lowlevel.spawn_system_task(trio.sleep, 60)

async def main(leak):
    for _ in range(2):
        try:
            async with no_leaks(grace=0.01):
                await leak()
        except LeakError as leaks:
            print(*[finding.name for finding in leaks.findings])

kept = []
{run}
"""


@pytest.mark.parametrize("run", ["asyncio.run(main(on_loop))", "uvloop.run(main(on_loop))", "trio.run(main, on_trio)"])
def test_a_loop_that_began_before_the_first_block_is_looked_into(run: str) -> None:
    """Without the plugin nobody has seen how the loop was made; each block sees what it left itself."""
    assert said_by(SCRIPT.format(run=run)).split() == ["sleep", "sleep"]
