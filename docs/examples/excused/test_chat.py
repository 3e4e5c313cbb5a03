import pytest
from chat import Client


@pytest.mark.isolation_allow("tasks", reason="the client of version 1 cannot be closed; it goes with version 2")
async def test_connect():
    client = Client()
    await client.connect()
    assert not client.beat.done()
