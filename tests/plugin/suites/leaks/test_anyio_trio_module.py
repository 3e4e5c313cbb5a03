"""A task that escapes every nursery, in a runner that a module fixture keeps open."""

import pytest
import trio
from kept import KEEP


@pytest.fixture(scope="module")
def anyio_backend():
    return "trio"


@pytest.fixture(scope="module")
async def service(anyio_backend):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        yield
        nursery.cancel_scope.cancel()


@pytest.mark.anyio
async def test_system_task(service):
    KEEP.append(trio.lowlevel.spawn_system_task(trio.sleep_forever))  # leak: task severity=error no-origin


@pytest.mark.anyio
async def test_afterwards(service):
    await trio.sleep(0)
