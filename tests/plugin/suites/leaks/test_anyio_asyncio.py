"""A raw task beside every task group, in a runner of the test's own."""

import asyncio

import pytest
from kept import KEEP, forever


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_raw_task():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.fixture
async def connection():
    return asyncio.create_task(forever())  # leak: task fixture=connection severity=error test=test_of_a_fixture


@pytest.mark.anyio
async def test_of_a_fixture(connection):
    KEEP.append(connection)
