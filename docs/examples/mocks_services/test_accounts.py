from shop.accounts import delete, is_taken, rename, sign_up


async def test_a_new_name_is_free(isolated_postgres_mock):
    assert not await is_taken("ann", isolated_postgres_mock)


async def test_sign_up(isolated_postgres_mock, isolated_kafka_mock):
    isolated_postgres_mock.fetchval.return_value = 7

    assert await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock) == 7
    isolated_kafka_mock.publish.assert_awaited_once_with("users", b"7", key="ann")


async def test_rename(isolated_postgres_mock):
    await rename("ann", "anna", isolated_postgres_mock)

    assert isolated_postgres_mock.execute.await_count == 2


async def test_delete(isolated_postgres_mock):
    await delete("ann", isolated_postgres_mock)

    isolated_postgres_mock.execute.assert_awaited_once()
