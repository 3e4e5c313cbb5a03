from chat import Client, Room

from isolation import managed_fixture


@managed_fixture
async def pair(resource_manager):
    room = Room()
    await room.open()
    resource_manager.add(room, Room.close)
    ann, ben = Client(room, "Ann"), Client(room, "")
    await ann.join()
    resource_manager.add(ann, Client.leave)
    await ben.join()
    resource_manager.add(ben, Client.leave)
    return ann, ben


async def test_pair(pair):
    ann, ben = pair
    assert ann.room is ben.room
