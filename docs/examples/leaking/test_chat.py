from chat import Client


async def test_connect():
    client = Client()
    await client.connect()
    assert not client.beat.done()


async def test_not_connected():
    assert Client().beat is None
