"""anyio on both of its backends."""

import anyio
import anyio.to_thread
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


async def test_task_group():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)


async def test_worker_thread():
    await anyio.to_thread.run_sync(int)


@pytest.fixture(scope="module")
async def service(anyio_backend):
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        yield group
        group.cancel_scope.cancel()


async def test_first_of_a_service(service):
    service.start_soon(anyio.sleep, 0)


async def test_later_of_a_service(service):
    await anyio.to_thread.run_sync(int)
