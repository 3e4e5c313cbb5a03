"""Health checks: each probe and each event loop is closed by who made it."""

from contextlib import closing

import pytest
from chat.health import BlockingCaller, HealthProbe, health_probe


@pytest.fixture(autouse=True)
def fresh_health_probe():
    yield
    health_probe.close()


async def twice(number):
    return 2 * number


def test_neighbour_is_reachable(neighbour):
    assert health_probe.is_reachable(neighbour)


def test_lost_neighbour_is_not_reachable(neighbour):
    with closing(HealthProbe()) as probe:
        probe.is_reachable(neighbour)

        assert not probe.is_reachable(("127.0.0.1", 1))


def test_caller_waits_for_the_answer():
    with closing(BlockingCaller()) as caller:
        assert caller.call(twice(2)) == 4
