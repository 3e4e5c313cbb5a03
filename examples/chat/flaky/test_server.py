"""Conversations with a server of the whole session. In random order: `assert 'pong' == 'joined'`."""

import pytest
from chat.client import Client
from chat.messages import Frame
from websockets.asyncio.client import connect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_join_is_confirmed(client):
    await client.join("garden")

    assert (await client.receive()).type == "joined"


async def test_ping_is_accepted(client):
    await client.send(Frame(type="ping"))


async def test_message_reaches_members(server):
    barbara = await connect(f"{server.url}?user=barbara")  # leak: socket, task
    await barbara.send(Frame(type="join", room="library", user="barbara").encode())
    await barbara.recv()

    async with Client(server.url, "alan") as alan:
        await alan.say("library", "hush")

    assert Frame.decode(await barbara.recv()).text == "hush"


async def test_client_reconnects(server):
    client = Client(server.url, "edsger")
    await client.connect()  # leak: task
    await client.websocket.close()

    await client.connect()
    await client.join("kitchen")
    frame = await client.receive()
    await client.close()

    assert frame.type == "joined"


async def test_server_is_maintained(server):
    assert server.rounds == 1
