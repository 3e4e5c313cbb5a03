"""Who is typing. In random order: `RuntimeError: Event loop is closed`."""

import pytest
from chat.presence import Presence, presence


@pytest.mark.asyncio(loop_scope="session")
async def test_typing_is_shown():
    presence.typing("grace")  # leak: timer

    assert presence.is_typing("grace")


async def test_typing_ends_with_the_message():
    presence.typing("alan")

    presence.stopped("alan")

    assert not presence.is_typing("alan")


async def test_two_type_at_once():
    room = Presence()

    room.typing("ada")  # leak: timer
    room.typing("alan")
    room.stopped("alan")

    assert room.is_typing("ada")
