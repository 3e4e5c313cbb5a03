"""Health checks: sockets and an event loop from code that is not async."""

from chat.health import BlockingCaller, HealthProbe, health_probe

callers = {}


async def twice(number):
    return 2 * number


def test_neighbour_is_reachable(neighbour):
    assert health_probe.is_reachable(neighbour)  # leak: socket


def test_lost_neighbour_is_not_reachable(neighbour):
    probe = HealthProbe()
    probe.is_reachable(neighbour)  # leak: socket

    assert not probe.is_reachable(("127.0.0.1", 1))


def test_caller_waits_for_the_answer():
    callers["health"] = BlockingCaller()  # leak: loop

    assert callers["health"].call(twice(2)) == 4
