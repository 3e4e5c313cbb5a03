"""Fixtures that begin well.

A comment `# leak: ...` names what a line leaves behind. The report of the plugin is compared with them.
"""

import asyncio
import socket

import pytest
import pytest_asyncio
from chat.client import Client
from chat.connections import connection_manager
from chat.server import ChatServer


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server():
    server = ChatServer(connection_manager)
    await server.start()
    asyncio.create_task(server.maintain(), name="maintenance")  # leak: task
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(server):
    client = Client(server.url, "grace")
    await client.connect()
    yield client
    await client.close()


@pytest.fixture
def neighbour():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()
