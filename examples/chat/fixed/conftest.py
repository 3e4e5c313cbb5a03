"""Fixtures that end what they began."""

import asyncio
import socket

import pytest
import pytest_asyncio
from chat.client import Client
from chat.connections import connection_manager
from chat.server import ChatServer


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server():
    async with ChatServer(connection_manager) as server:
        maintenance = asyncio.create_task(server.maintain(), name="maintenance")
        yield server
        maintenance.cancel()
        await asyncio.gather(maintenance, return_exceptions=True)


# One connection for each test: what a test did not read is nobody else's answer.
@pytest_asyncio.fixture(loop_scope="session")
async def client(server):
    async with Client(server.url, "grace") as client:
        yield client


@pytest.fixture
def neighbour():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture(autouse=True)
def fresh_connection_manager():
    yield
    connection_manager.reset()
