"""Clients and servers that pool connections and set timers."""

import pytest
import pytest_asyncio
import web


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address():
    server = web.Server()
    yield await server.start()
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(address):
    client = web.Client(address)
    yield client
    await client.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_session_client_connects(client):
    assert b"200 OK" in await client.get()


@pytest.mark.asyncio(loop_scope="session")
async def test_session_client_reuses(client):
    assert b"200 OK" in await client.get()
    assert len(client.idle) == 1


@pytest_asyncio.fixture
async def own_address():
    server = web.Server()
    yield await server.start()
    await server.stop()


@pytest_asyncio.fixture
async def own_client(own_address):
    client = web.Client(own_address)
    yield client
    await client.close()


@pytest.mark.asyncio
async def test_own_client(own_client):
    assert b"200 OK" in await own_client.get()


@pytest.mark.asyncio(loop_scope="session")
async def test_last_is_not_blamed_for_a_fixture(client):
    pass
