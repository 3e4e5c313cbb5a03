"""Raw tasks in a runner that a module fixture keeps open."""

import asyncio

import pytest
from kept import KEEP, forever


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def service(anyio_backend):
    task = asyncio.create_task(forever())
    KEEP.append(asyncio.create_task(forever()))  # leak: task owner=fixture:service
    yield
    task.cancel()


@pytest.mark.anyio
async def test_before(service):
    pass


@pytest.mark.anyio
async def test_raw_task(service):
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.anyio
async def test_afterwards(service):
    pass
