"""Tasks and generators that look left behind, and are not."""

import asyncio

import pytest
import pytest_asyncio
from kept import KEEP, numbers


@pytest.mark.asyncio
async def test_has_a_successor():
    async def first():
        await asyncio.sleep(0.005)
        KEEP.append(asyncio.create_task(asyncio.sleep(0.02)))

    KEEP.append(asyncio.create_task(first()))


@pytest.mark.asyncio(loop_scope="module")
async def test_has_a_successor_on_a_module_loop():
    async def first():
        await asyncio.sleep(0.005)
        KEEP.append(asyncio.create_task(asyncio.sleep(0.02)))

    KEEP.append(asyncio.create_task(first()))


@pytest.mark.asyncio(loop_scope="module")
async def test_done_task():
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    KEEP.append(task)


@pytest.mark.asyncio(loop_scope="module")
async def test_exhausted_generator():
    generator = numbers()
    KEEP.append(generator)
    assert [number async for number in generator] == list(range(10))


@pytest_asyncio.fixture
async def narrow():
    yield 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wide():
    yield 2


@pytest.mark.asyncio(loop_scope="module")
async def test_async_generator_fixtures(narrow, wide):
    assert (narrow, wide) == (1, 2)


class Bus:
    """Hand each message to a task of its own, in the context of whoever published it."""

    def __init__(self) -> None:
        self.tasks = set()

    def publish(self) -> None:
        self.tasks.add(asyncio.create_task(asyncio.sleep(3600)))

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bus():
    bus = Bus()
    yield bus
    bus.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_first_to_publish(bus):
    bus.publish()


@pytest.mark.asyncio(loop_scope="module")
async def test_second_to_publish(bus):
    bus.publish()


@pytest.mark.asyncio(loop_scope="module")
async def test_last_is_not_blamed_for_a_fixture(bus):
    pass
