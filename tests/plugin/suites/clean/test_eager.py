# requires-python: 3.12
"""Tasks that start before their constructor returns, and end."""

import asyncio

import pytest


@pytest.mark.asyncio
async def test_eager_tasks():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await asyncio.gather(asyncio.sleep(0), asyncio.create_task(asyncio.sleep(0.01)))
