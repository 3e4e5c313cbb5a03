import pytest
from shop import sign_up


@pytest.fixture
def pool(isolated_postgres_mock):
    isolated_postgres_mock.fetchval.return_value = 7
    isolated_postgres_mock.execute.return_value = "INSERT 0 1"
    return isolated_postgres_mock


async def test_sign_up(pool, isolated_kafka_mock):
    isolated_kafka_mock.publish.side_effect = ConnectionError("broker is down")

    assert await sign_up("ann", pool, isolated_kafka_mock) == 7
