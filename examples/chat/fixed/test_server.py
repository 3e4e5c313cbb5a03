"""Conversations with a server of the whole session, each over connections of its own."""

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
    async with connect(f"{server.url}?user=barbara") as barbara, Client(server.url, "alan") as alan:
        await barbara.send(Frame(type="join", room="library", user="barbara").encode())
        await barbara.recv()

        await alan.say("library", "hush")

        assert Frame.decode(await barbara.recv()).text == "hush"


async def test_client_reconnects(server):
    async with Client(server.url, "edsger") as client:
        await client.websocket.close()

    async with client:
        await client.join("kitchen")
        frame = await client.receive()

    assert frame.type == "joined"


async def test_server_is_maintained(server):
    assert server.rounds == 1
