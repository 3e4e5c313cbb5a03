"""Tests and fixtures that pytest-trio runs."""

import pytest
import pytest_trio
import trio

pytestmark = pytest.mark.trio


async def test_nursery():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 0)


async def test_worker_thread():
    await trio.to_thread.run_sync(int)


@pytest_trio.trio_fixture
async def server(nursery):
    listeners = await nursery.start(trio.serve_tcp, echo, 0)
    return listeners[0].socket.getsockname()


async def echo(stream):
    async for data in stream:
        await stream.send_all(data)


async def test_fixture(server):
    async with await trio.open_tcp_stream("127.0.0.1", server[1]) as stream:
        await stream.send_all(b"hello")
        assert await stream.receive_some() == b"hello"
