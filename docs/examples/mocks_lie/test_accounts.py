from unittest.mock import AsyncMock, MagicMock

from shop.accounts import delete, is_taken, rename, sign_up


async def test_a_new_name_is_free():
    database = AsyncMock()
    database.fetch.return_value = []

    assert not await is_taken("ann", database)


async def test_sign_up():
    database, bus = AsyncMock(), AsyncMock()
    database.fetchval.return_value = 7

    assert await sign_up("ann", database, bus) == 7
    bus.publish.assert_awaited_once()


async def test_rename():
    database = AsyncMock()
    database.transaction = MagicMock()

    await rename("ann", "anna", database)

    assert database.execute.call_count == 2


async def test_delete():
    database = AsyncMock()

    await delete("ann", database)

    database.excute.assert_awaited_once()
