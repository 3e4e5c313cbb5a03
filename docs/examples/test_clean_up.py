import asyncio
from unittest.mock import AsyncMock

import pytest

from isolation import CleanupError, CleanupTimeoutError, ResourceManager, safe_cleanup


class Connection:
    """What the application opens for each user."""

    def __init__(self, user):
        self.user = user
        self.is_open = True

    async def close(self):
        await asyncio.sleep(0)
        self.is_open = False


# task-begin
async def stop(task):
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()  # raises what the task has raised
    # task-end


# test-begin
async def test_a_user_receives_heartbeats(resource_manager):
    connection = resource_manager.add(Connection("ada"), Connection.close)
    heartbeat = resource_manager.add(asyncio.create_task(asyncio.sleep(60)), stop, depends_on=[connection])
    push = AsyncMock()
    resource_manager.register(push.reset_mock)

    await push(connection.user)

    assert not heartbeat.done()
    assert connection.is_open
    # test-end


# failures-begin
async def test_every_failure_is_visible():
    manager = ResourceManager("chat")
    manager.register(AsyncMock(side_effect=ConnectionError("already gone")))
    manager.register({}.pop, "ada")

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert str(caught.value) == "2 of 2 cleanups failed in 'chat' (2 sub-exceptions)"
    assert [repr(failure) for failure in caught.value.exceptions] == [
        "KeyError('ada')",
        "ConnectionError('already gone')",
    ]
    # failures-end


# session-begin
async def test_each_user_has_a_child():
    session = ResourceManager("session")
    for user in ("ada", "bob"):
        child = session.child(user)
        child.add(Connection(user), Connection.close)
        await child.cleanup_all()

    assert list(session.pending) == []
    await session.cleanup_all()
    # session-end


# early-begin
async def test_a_connection_that_is_handed_over():
    async with ResourceManager("chat") as manager:
        connection = Connection("ada")
        handle = manager.register(connection.close)
        handle.release()

    assert connection.is_open
    # early-end


# survivors-begin
async def test_nobody_holds_a_closed_connection():
    async with ResourceManager("chat") as manager:
        connections = [manager.add(Connection("ada"), Connection.close)]

    assert [survivor.name for survivor in manager.survivors()] == ["Connection"]
    connections.clear()
    assert list(manager.survivors()) == []
    # survivors-end


# safe-begin
async def test_anything_is_closed():
    connection = Connection("ada")
    heartbeat = asyncio.create_task(asyncio.sleep(60))

    assert await safe_cleanup(heartbeat) == "cancel"
    assert await safe_cleanup(connection, timeout=2.0) == "close"

    hanging = AsyncMock(spec=Connection, **{"close.side_effect": asyncio.Event().wait})
    with pytest.raises(CleanupTimeoutError, match="exceeded its timeout"):
        await safe_cleanup(hanging, timeout=0.1)
    # safe-end
