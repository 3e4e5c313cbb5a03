import pytest
from chat import Client, Room


@pytest.fixture
async def pair():
    room = Room()
    await room.open()
    ann, ben = Client(room, "Ann"), Client(room, "")
    await ann.join()
    await ben.join()
    yield ann, ben
    await ben.leave()
    await ann.leave()
    await room.close()


async def test_pair(pair):
    ann, ben = pair
    assert ann.room is ben.room
