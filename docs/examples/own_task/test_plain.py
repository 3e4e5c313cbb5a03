import anyio
import pytest


@pytest.fixture
async def group():
    async with anyio.create_task_group() as group:
        yield group
        group.cancel_scope.cancel()


async def test_group(group):
    group.start_soon(anyio.sleep, 30)
