async def test_sign_up(isolated_postgres_mock):
    await isolated_postgres_mock.execute("delete from users")
