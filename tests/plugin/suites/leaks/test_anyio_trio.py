"""A task that escapes every nursery, in a runner of the test's own."""

import pytest
import trio
from kept import KEEP


@pytest.fixture(scope="module")
def anyio_backend():
    return "trio"


@pytest.mark.anyio
async def test_system_task():
    KEEP.append(trio.lowlevel.spawn_system_task(trio.sleep_forever))  # leak: task severity=error no-origin


@pytest.mark.anyio
async def test_afterwards():
    await trio.sleep(0)
