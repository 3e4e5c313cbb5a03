"""Loops that outlive the test; the count of tasks after a leak is in the suite of leaks."""

import asyncio

import pytest
import pytest_asyncio
from kept import forever


@pytest.mark.asyncio(loop_scope="class")
class TestEmptyClassLoop:
    async def test_nothing(self):
        pass

    async def test_nothing_again(self):
        assert len(asyncio.all_tasks()) == 1


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server():
    writers = []

    async def echo(reader, writer):
        writers.append(writer)
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()
    server.close()
    for writer in writers:
        writer.close()
    await server.wait_closed()
    await asyncio.sleep(0)


@pytest.mark.asyncio(loop_scope="session")
async def test_client_of_a_session_server(server):
    reader, writer = await asyncio.open_connection(*server)
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    await writer.wait_closed()


class Pool:
    def __init__(self, address) -> None:
        self.address = address
        self.connection = None
        self.keepalive = None

    async def ask(self, line: bytes) -> bytes:
        if self.connection is None:
            self.connection = await asyncio.open_connection(*self.address)
            self.keepalive = asyncio.create_task(forever())
        reader, writer = self.connection
        writer.write(line)
        return await reader.readline()

    async def close(self) -> None:
        if self.connection is not None:
            self.keepalive.cancel()
            self.connection[1].close()
            await self.connection[1].wait_closed()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(server):
    pool = Pool(server)
    yield pool
    await pool.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_lazy_session_pool_opened(pool):
    assert await pool.ask(b"open\n") == b"open\n"


@pytest.mark.asyncio(loop_scope="session")
async def test_lazy_session_pool_reused(pool):
    assert await pool.ask(b"again\n") == b"again\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heartbeat():
    task = asyncio.create_task(forever())
    yield task
    task.cancel()


@pytest.mark.asyncio(loop_scope="module")
async def test_before_its_module_fixture_ends(heartbeat):
    assert not heartbeat.done()


@pytest.mark.asyncio(loop_scope="module")
async def test_last_before_its_module_fixture_ends(heartbeat):
    assert not heartbeat.done()
