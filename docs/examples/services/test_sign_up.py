import pytest
from shop import sign_up


async def test_sign_up(isolated_postgres_mock, isolated_kafka_mock):
    isolated_postgres_mock.fetchval.return_value = 7

    assert await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock) == 7

    isolated_kafka_mock.publish.assert_awaited_once_with("users", b"7")


async def test_names_and_arguments_are_checked(isolated_postgres_mock, isolated_billing_mock):
    with pytest.raises(AttributeError):
        await isolated_postgres_mock.fetch_value("select 1")
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'cents'"):
        await isolated_billing_mock.charge(7)


async def test_an_unbound_service_checks_nothing(isolated_redis_mock):
    await isolated_redis_mock.gte("anything", goes=True)
