"""The servers and clients of real libraries."""

import asyncio

import pytest
import pytest_asyncio
import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from web import Client


async def hello(request):
    return PlainTextResponse("")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def uvicorn_address():
    app = Starlette(routes=[Route("/", hello)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(uvicorn_address):
    client = Client(uvicorn_address)
    yield client
    await client.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_uvicorn_is_asked(client):
    assert b"200 OK" in await client.get()


@pytest.mark.asyncio(loop_scope="module")
async def test_uvicorn_stays(uvicorn_address):
    other = Client(uvicorn_address)
    assert b"200 OK" in await other.get()
    await other.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def websocket_address():
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with websockets.serve(echo, "127.0.0.1", 0) as server:
        yield "ws://{}:{}".format(*server.sockets[0].getsockname())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def websocket(websocket_address):
    async with websockets.connect(websocket_address) as connection:
        yield connection


@pytest.mark.asyncio(loop_scope="module")
async def test_websocket_of_a_module(websocket):
    await websocket.send("hello")
    assert await websocket.recv() == "hello"


@pytest.mark.asyncio(loop_scope="module")
async def test_websocket_of_a_test(websocket_address):
    async with websockets.connect(websocket_address) as connection:
        await connection.send("hello")
        assert await connection.recv() == "hello"
