import pytest
from shop.accounts import sign_up


@pytest.mark.mock_strictness("strict")
async def test_sign_up(isolated_postgres_mock, isolated_kafka_mock):
    isolated_postgres_mock.fetch.return_value = []
    isolated_postgres_mock.fetchval.return_value = 7

    assert await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock) == 7
