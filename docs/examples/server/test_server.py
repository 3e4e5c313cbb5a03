import asyncio

from isolation import FixtureScope, ResourceManager, managed_fixture


async def echo(reader, writer):
    writer.write(await reader.readline())
    writer.close()


@managed_fixture(scope=FixtureScope.SESSION, cleanup_timeout=5.0)
async def server(resource_manager: ResourceManager):
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    return await resource_manager.enter_async_context(server)


@managed_fixture(cleanup_callbacks=[asyncio.StreamWriter.close])
async def writer(server):
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    return writer


async def test_first(writer):
    writer.write(b"first\n")


async def test_second(server, writer):
    writer.write(b"second\n")
    assert server.is_serving()
