"""Worker processes that anyio keeps until its loop ends."""

import anyio.to_process
import pytest


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_worker_process(anyio_backend):
    assert await anyio.to_process.run_sync(int) == 0
