# requires-python: 3.12
"""Tasks that start before their constructor returns."""

import asyncio

import pytest
from kept import KEEP, forever


@pytest.mark.asyncio
async def test_eager_task_factory():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio
async def test_eager_start():
    loop = asyncio.get_running_loop()
    KEEP.append(asyncio.Task(forever(), loop=loop, eager_start=True))  # leak: task severity=error no-origin


@pytest.mark.asyncio(loop_scope="module")
async def test_eager_start_on_a_module_loop():
    loop = asyncio.get_running_loop()
    KEEP.append(asyncio.Task(forever(), loop=loop, eager_start=True))  # leak: task severity=error no-origin


@pytest.mark.asyncio
async def test_eager_and_over_at_once():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    KEEP.append(asyncio.create_task(asyncio.sleep(0.01)))
