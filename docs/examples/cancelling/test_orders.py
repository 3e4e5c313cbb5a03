import asyncio

import pytest


@pytest.fixture
async def transaction():
    orders = []
    yield orders
    print("rolled back", orders)


async def deliver(orders):
    while True:
        await asyncio.sleep(1)
        print("delivering", orders)


@pytest.fixture
async def worker(transaction):
    task = asyncio.create_task(deliver(transaction))
    await asyncio.sleep(0)
    yield task
    task.cancel()
    await task


async def test_order(transaction, worker):
    transaction.append("book")
    assert not worker.done()


async def test_no_order(transaction):
    assert transaction == []
