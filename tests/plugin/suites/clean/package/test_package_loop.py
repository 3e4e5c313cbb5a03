"""The loop and a fixture of a package."""

import asyncio

import pytest
import pytest_asyncio
from kept import forever


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def heartbeat():
    task = asyncio.create_task(forever())
    yield task
    task.cancel()


@pytest.mark.asyncio(loop_scope="package")
async def test_of_a_package_fixture(heartbeat):
    assert not heartbeat.done()


@pytest.mark.asyncio(loop_scope="package")
async def test_later_of_a_package_fixture(heartbeat):
    assert not heartbeat.done()
