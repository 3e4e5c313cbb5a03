"""A task on the loop of a package."""

import asyncio

import pytest
from kept import KEEP, forever


@pytest.mark.asyncio(loop_scope="package")
async def test_package_loop():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio(loop_scope="package")
async def test_package_loop_afterwards():
    pass
