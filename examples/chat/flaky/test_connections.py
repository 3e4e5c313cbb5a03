"""What waits for whom. In random order: `assert 3 == 0`."""

from chat.connections import connection_manager
from chat.messages import Message


def said(text, *, room="lobby"):
    return Message(room=room, user="alan", text=text)


async def test_new_user_has_no_messages():
    assert connection_manager.waiting("ada") == 0


async def test_new_room_has_no_members():
    assert connection_manager.members("lobby") == set()


async def test_messages_wait_for_absent_user():
    connection_manager.subscribe("ada", "lobby")

    for text in ("hello", "anyone there?", "goodbye"):
        await connection_manager.publish(said(text))

    assert connection_manager.waiting("ada") == 3


async def test_bot_reads_until_goodbye():
    feed = connection_manager.feed("bot", "annex")
    await connection_manager.publish(said("hello", room="annex"))
    await connection_manager.publish(said("goodbye", room="annex"))

    heard = []
    async for message in feed:  # leak: async_generator
        heard.append(message.text)
        if message.text == "goodbye":
            break

    assert heard == ["hello", "goodbye"]
