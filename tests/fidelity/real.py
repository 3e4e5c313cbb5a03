"""Real clients, each connected to a server of its own kind, for one line."""

import importlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

Open = Callable[[str], AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def _pool(dsn: str) -> AsyncIterator[Any]:
    import asyncpg

    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        yield pool


@asynccontextmanager
async def _connection(dsn: str) -> AsyncIterator[Any]:
    import asyncpg

    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _psycopg(dsn: str) -> AsyncIterator[Any]:
    import psycopg

    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        yield connection


@asynccontextmanager
async def _sqlalchemy_connection(_: str) -> AsyncIterator[Any]:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@asynccontextmanager
async def _sqlalchemy_session(address: str) -> AsyncIterator[Any]:
    from sqlalchemy.ext.asyncio import AsyncSession

    async with _sqlalchemy_connection(address) as connection, AsyncSession(connection) as session:
        yield session


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Any]:
    import redis.asyncio

    async with redis.asyncio.Redis.from_url(url) as client:
        await client.flushall()
        yield client


@asynccontextmanager
async def _websocket(_: str) -> AsyncIterator[Any]:
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import ServerConnection, serve

    async def answer(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)
            if message == "bye":
                break

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}") as connection:
            yield connection


async def _nothing(_: Any) -> Any:
    from aiohttp import web

    return web.Response()


@asynccontextmanager
async def _http() -> AsyncIterator[str]:
    """Serve nothing on everything, and give the address."""
    from aiohttp import web

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", _nothing)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _aiohttp(_: str) -> AsyncIterator[Any]:
    import aiohttp

    async with _http() as address, aiohttp.ClientSession(address) as session:
        yield session


@asynccontextmanager
async def _httpx(_: str) -> AsyncIterator[Any]:
    import httpx

    async with _http() as address:
        client = httpx.AsyncClient(base_url=address)
        yield client
        await client.aclose()


@asynccontextmanager
async def _alone(cls: type, *args: object) -> AsyncIterator[Any]:
    """Make a client that is connected to nothing."""
    yield cls(*args)


@asynccontextmanager
async def _kafka(name: str) -> AsyncIterator[Any]:
    import aiokafka

    client = getattr(aiokafka, name)()
    yield client
    await client.stop()


def _nats(_: str) -> AbstractAsyncContextManager[Any]:
    from nats.aio.client import Client

    return _alone(Client)


def _aio_pika(_: str) -> AbstractAsyncContextManager[Any]:
    import aio_pika
    from yarl import URL

    return _alone(aio_pika.RobustConnection, URL("amqp://127.0.0.1:1"))


@asynccontextmanager
async def _pymongo(_: str) -> AsyncIterator[Any]:
    import pymongo

    client: Any = pymongo.AsyncMongoClient("mongodb://127.0.0.1:1", connect=False, serverSelectionTimeoutMS=1)
    yield client
    await client.close()


CLIENTS: Mapping[str, tuple[str, Open]] = {
    "asyncpg:Pool": ("postgres", _pool),
    "asyncpg:Connection": ("postgres", _connection),
    "psycopg:AsyncConnection": ("postgres", _psycopg),
    "redis.asyncio:Redis": ("redis", _redis),
    "websockets.asyncio.client:ClientConnection": ("", _websocket),
    "aiohttp:ClientSession": ("", _aiohttp),
    "sqlalchemy.ext.asyncio:AsyncConnection": ("", _sqlalchemy_connection),
    "sqlalchemy.ext.asyncio:AsyncSession": ("", _sqlalchemy_session),
    "httpx:AsyncClient": ("", _httpx),
}
"""The server that a class needs, and how an object of it is opened."""


WITHOUT_SERVER: Mapping[str, Open] = {
    "aio_pika:RobustConnection": _aio_pika,
    "aiokafka:AIOKafkaConsumer": lambda _: _kafka("AIOKafkaConsumer"),
    "aiokafka:AIOKafkaProducer": lambda _: _kafka("AIOKafkaProducer"),
    "nats.aio.client:Client": _nats,
    "pymongo:AsyncMongoClient": _pymongo,
}
"""How an object of a class is made for the lines that need no server."""


def class_of(subject: str) -> type:
    """Return the class that *subject* names, as ``module:Class``."""
    module, _, name = subject.partition(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, type)
    return found
