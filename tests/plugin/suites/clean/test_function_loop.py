"""Nine ways to use the loop of one test and leave nothing."""

import asyncio
import contextlib

import pytest
import pytest_asyncio
from kept import KEEP, forever, numbers


@pytest.mark.asyncio
async def test_cancelled_at_once():
    task = asyncio.create_task(forever())
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.asyncio
async def test_awaited():
    await asyncio.create_task(asyncio.sleep(0))


@pytest.mark.asyncio
async def test_cancelled_but_not_awaited():
    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()
    KEEP.append(task)


@pytest.mark.asyncio
async def test_ends_in_10_ms():
    KEEP.append(asyncio.create_task(asyncio.sleep(0.01)))


@pytest_asyncio.fixture
async def heartbeat():
    task = asyncio.create_task(forever())
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.asyncio
async def test_async_fixture(heartbeat):
    assert not heartbeat.done()


@pytest.mark.asyncio
async def test_async_generator():
    exhausted = numbers()
    assert [number async for number in exhausted] == list(range(10))
    closed = numbers()
    await anext(closed)
    await closed.aclose()
    KEEP.extend([exhausted, closed])


@pytest.mark.asyncio
async def test_to_thread_and_getaddrinfo():
    await asyncio.to_thread(int)
    await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)


@pytest.mark.isolation_allow("tasks", reason="the heartbeat of this client is never stopped")
@pytest.mark.asyncio
async def test_allowed():
    KEEP.append(asyncio.create_task(forever()))


@pytest.mark.asyncio
async def test_timeout():
    async with asyncio.timeout(3600):
        await asyncio.sleep(0)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.001):
            await forever()
