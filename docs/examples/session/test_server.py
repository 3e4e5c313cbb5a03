import asyncio

import pytest


@pytest.fixture(scope="session")
async def server():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        yield server


async def echo(reader, writer):
    writer.write(await reader.readline())
    writer.close()


async def test_echo(server):
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    await writer.wait_closed()
