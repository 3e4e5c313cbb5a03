import asyncio

import pytest


@pytest.fixture
async def worker():
    task = asyncio.create_task(asyncio.sleep(3600))
    yield task
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()  # raises what the task has raised


async def test_worker(worker):
    assert not worker.done()
