from shop.accounts import delete, is_taken, rename, sign_up
from shop.clients import Bus, Database


async def test_a_new_name_is_free(isolated_mock):
    assert not await is_taken("ann", isolated_mock(Database))


async def test_sign_up(isolated_mock):
    database, bus = isolated_mock(Database), isolated_mock(Bus)
    database.fetchval.return_value = 7

    assert await sign_up("ann", database, bus) == 7
    bus.publish.assert_awaited_once_with("users", b"7", key="ann")


async def test_rename(isolated_mock):
    database = isolated_mock(Database)

    await rename("ann", "anna", database)

    assert database.execute.call_count == 2


async def test_delete(isolated_mock):
    database = isolated_mock(Database)

    await delete("ann", database)

    database.execute.assert_awaited_once()
