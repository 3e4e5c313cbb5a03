import pytest
from chat import Client


@pytest.fixture
async def client():
    client = Client()
    await client.connect()
    yield client
    await client.close()


async def test_connect(client):
    assert not client.beat.done()


async def test_not_connected():
    assert Client().beat is None
