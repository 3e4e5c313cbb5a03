"""Tasks and timers on the loop of one test, by pytest-asyncio."""

import asyncio

import pytest
import pytest_asyncio
from kept import KEEP, forever


class Connection:
    def __init__(self) -> None:
        self.beat = asyncio.create_task(forever())  # leak: task fixture=connection test=test_by_an_async_fixture


@pytest.mark.asyncio
async def test_by_the_test():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest_asyncio.fixture
async def connection():
    return Connection()


@pytest.mark.asyncio
async def test_by_an_async_fixture(connection):
    KEEP.append(connection.beat)


@pytest_asyncio.fixture
async def closing():
    task = asyncio.create_task(forever())
    yield
    task.cancel()


@pytest.mark.asyncio
async def test_beside_a_fixture_that_closes(closing):
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio
async def test_by_a_childs_child():
    async def child():
        KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error

    async def parent():
        await asyncio.create_task(child())

    await asyncio.create_task(parent())


@pytest.mark.asyncio
async def test_by_the_constructor():
    loop = asyncio.get_running_loop()
    KEEP.append(asyncio.Task(forever(), loop=loop))  # leak: task severity=error no-origin


@pytest.mark.asyncio
async def test_refuses_to_be_cancelled():
    async def stubborn():
        try:
            await forever()
        except asyncio.CancelledError:
            await asyncio.sleep(0.3)

    KEEP.append(asyncio.create_task(stubborn()))  # leak: task severity=error
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_timer():
    loop = asyncio.get_running_loop()
    KEEP.append(loop.call_later(3600, print))  # leak: timer severity=warning origin=trace


@pytest.mark.asyncio
class TestClass:
    async def test_method(self):
        KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [1, 2])
async def test_parameters(number):
    if number == 2:
        return
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error test=test_parameters[1]
