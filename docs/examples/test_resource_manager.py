import asyncio

import pytest

from isolation import ResourceManager

pytestmark = pytest.mark.isolation_allow("singletons", reason="one test looks at what the one before it has closed")
closed = []


class Connection:
    def __init__(self, name):
        self.name = name

    async def close(self):
        await asyncio.sleep(0)
        closed.append(self.name)


# order-begin
@pytest.fixture
async def database(resource_manager: ResourceManager):
    connection = resource_manager.add(Connection("the fixture's connection"), Connection.close)
    yield connection
    closed.append("the fixture itself")


async def test_closes_in_order(database, resource_manager: ResourceManager):
    resource_manager.add(Connection("the test's connection"), Connection.close)
    assert database.name == "the fixture's connection"


def test_was_closed_in_order():
    assert closed == ["the test's connection", "the fixture itself", "the fixture's connection"]
    # order-end


# make-begin
@pytest.fixture
def connect(resource_manager: ResourceManager):
    return lambda name: resource_manager.add(Connection(name), Connection.close)


async def test_makes_what_it_needs(connect):
    ada, bob = connect("ada"), connect("bob")

    assert ada is not bob
    # make-end


# group-begin
async def test_runs_something_beside(resource_manager: ResourceManager):
    group = await resource_manager.enter_async_context(asyncio.TaskGroup())
    heartbeat = group.create_task(asyncio.sleep(0.01))

    assert not heartbeat.done()
    # group-end
