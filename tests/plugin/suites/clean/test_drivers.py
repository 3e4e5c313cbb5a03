"""Every scope of a loop, more than once, and runners by hand."""

import asyncio

import pytest


@pytest.mark.asyncio(loop_scope="function")
async def test_function():
    await asyncio.sleep(0)


@pytest.mark.asyncio(loop_scope="class")
class TestClass:
    async def test_class(self):
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.01))

    async def test_class_later(self):
        await asyncio.to_thread(int)


@pytest.mark.asyncio(loop_scope="module")
async def test_module():
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.01))


@pytest.mark.asyncio(loop_scope="package")
async def test_package():
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.01))


@pytest.mark.asyncio(loop_scope="session")
async def test_session():
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.01))


def test_runner_by_hand():
    with asyncio.Runner() as runner:
        assert runner.run(asyncio.sleep(0, "result")) == "result"
