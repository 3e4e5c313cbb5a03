"""Fixtures that end what they began."""

import asyncio
import socket

import pytest
from chat.client import Client
from chat.connections import connection_manager
from chat.server import ChatServer

from isolation import FixtureScope, managed_fixture


# In a task of its own, so that a server that crashes fails the test that talks to it, at once.
@managed_fixture(scope=FixtureScope.SESSION, loop_scope="session", own_task=True)
async def server():
    async with ChatServer(connection_manager) as server, asyncio.TaskGroup() as background:
        maintenance = background.create_task(server.maintain(), name="maintenance")
        yield server
        maintenance.cancel()


# One connection for each test: what a test did not read is nobody else's answer.
@managed_fixture(loop_scope="session", cleanup_timeout=5.0)
async def client(server, resource_manager):
    return await resource_manager.enter_async_context(Client(server.url, "grace"))


@pytest.fixture
def neighbour():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture(autouse=True)
def fresh_connection_manager():
    yield
    connection_manager.reset()
