"""What uvloop keeps to itself is nobody's leak."""

import asyncio
import contextlib

import pytest
from kept import KEEP, forever


async def test_streams():
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()


async def test_threads_and_names():
    await asyncio.to_thread(int)
    await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)


async def test_subprocess():
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    assert (await child.communicate(b"hello"))[0] == b"hello"
    assert await child.wait() == 0


async def test_timeouts():
    async with asyncio.timeout(3600):
        await asyncio.sleep(0)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(forever(), 0.001)


async def test_cancelled_but_not_awaited():
    task = asyncio.create_task(forever())
    task.cancel()
    KEEP.append(task)


@pytest.mark.asyncio(loop_scope="module")
class TestModuleLoop:
    async def test_streams(self):
        await test_streams()

    async def test_threads_and_names(self):
        await test_threads_and_names()

    async def test_later(self):
        assert len(asyncio.all_tasks()) == 1
