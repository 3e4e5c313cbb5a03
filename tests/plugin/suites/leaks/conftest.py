import asyncio
import sys

import kept
import pytest_asyncio

collect_ignore = ["test_eager.py"] if sys.version_info < (3, 12) else []


def pytest_unconfigure() -> None:
    kept.conclude()


class LazyPool:
    """Start its keepalive task when it is first used, as connection pools do."""

    def __init__(self) -> None:
        self.keepalive = None

    async def use(self) -> None:
        if self.keepalive is None:
            self.keepalive = asyncio.create_task(kept.forever())

    async def close(self) -> None:
        if self.keepalive is not None:
            self.keepalive.cancel()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool():
    pool = LazyPool()
    yield pool
    await pool.close()
