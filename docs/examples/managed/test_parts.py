from chat import Client, Room

from isolation import managed_fixture


@managed_fixture(cleanup_callbacks=[Room.close])
async def room():
    room = Room()
    await room.open()
    return room


@managed_fixture(dependencies=["curfew"], cleanup_callbacks=[Client.leave])
async def ann(room):
    ann = Client(room, "Ann")
    await ann.join()
    return ann


@managed_fixture
def curfew(room):
    yield
    assert room.clients == [], "everybody has to leave before the curfew"


async def test_alone(ann, room):
    assert room.clients == [ann]


async def test_two(ann, room, resource_manager):
    ben = resource_manager.add(Client(room, "Ben"), Client.leave, timeout=2.0)
    await ben.join()
    assert room.clients == [ann, ben]
