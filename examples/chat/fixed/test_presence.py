"""Who is typing: timers are cancelled, and the event loop forgotten, while the loop is there."""

import pytest
from chat.presence import Presence, presence


# An async fixture ends before its event loop does, a plain one after it.
@pytest.fixture(autouse=True)
async def fresh_presence():
    yield
    presence.reset()


async def test_typing_is_shown():
    presence.typing("grace")

    assert presence.is_typing("grace")


async def test_typing_ends_with_the_message():
    presence.typing("alan")

    presence.stopped("alan")

    assert not presence.is_typing("alan")


async def test_two_type_at_once():
    room = Presence()

    room.typing("ada")
    room.typing("alan")
    room.stopped("alan")

    assert room.is_typing("ada")
    room.reset()
