import pytest
from shop.accounts import sign_up

from isolation import control


async def test_a_lost_message_is_an_error(isolated_postgres_mock, isolated_kafka_mock):
    isolated_postgres_mock.fetchval.return_value = 7
    control(isolated_kafka_mock.publish).fault(ConnectionError("no broker"), times=1)

    with pytest.raises(ConnectionError):
        await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock)
    assert await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock) == 7
