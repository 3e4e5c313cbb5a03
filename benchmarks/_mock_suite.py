"""A suite of tests with mocks, run by pytest in a process of its own."""

import sys
import tempfile
from functools import partial
from pathlib import Path

from _mock_arms import AUTOSPEC, BARE, DECOY, OURS, PYTEST_MOCK, SLOW, SPEC
from _rounds import interleaved, run

SUITE = """
import asyncpg, pytest
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis
from unittest.mock import AsyncMock, create_autospec

class Fake:
    async def execute(self, query): ...
    async def send_and_wait(self, topic, value): ...
    async def execute_command(self, *args): ...

def finished(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as result:
        return result.value

@pytest.mark.parametrize("number", range({number}))
def test_it({fixtures}number):
    postgres = {postgres}
    kafka = {kafka}
    redis = {redis}
    finished(postgres.execute("select 1"))
    finished(kafka.send_and_wait("t", b"v"))
    finished(redis.execute_command("GET", "k"))
"""
CLASSES = {"postgres": "asyncpg.Connection", "kafka": "AIOKafkaProducer", "redis": "Redis"}
NO_MOCKS = "no mocks"
IN_SUITE = {
    NO_MOCKS: ("", "Fake()"),
    OURS: ("isolated_mock, ", "isolated_mock({})"),
    BARE: ("", "AsyncMock()"),
    SPEC: ("", "AsyncMock(spec={})"),
    DECOY: ("decoy, ", "decoy.mock(cls={})"),
    AUTOSPEC: ("", "create_autospec({}, instance=True)"),
    PYTEST_MOCK: ("mocker, ", "mocker.create_autospec({}, instance=True)"),
}
MANY, FEW = 1_000, 10


def suite_costs(rounds: int) -> dict[str, list[float]]:
    """Return what a run of 1,000 tests costs with each kind of mocks; of the slow kinds 10 tests are scaled."""
    few = "few tests without mocks"
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        arms = {arm: partial(seconds, directory, arm, FEW if arm in SLOW else MANY) for arm in IN_SUITE}
        arms[few] = partial(seconds, directory, NO_MOCKS, FEW)
        costs = interleaved(arms, rounds, is_quiet=True, is_warming_up=True)
    for arm in SLOW:
        triples = zip(costs[arm], costs[few], costs[NO_MOCKS], strict=True)
        costs[arm] = [plain + (cost - start) / FEW * MANY for cost, start, plain in triples]
    del costs[few]
    return costs


def seconds(directory: Path, arm: str, number: int) -> float:
    """Return the CPU time of *number* tests with the mocks of *arm*."""
    fixtures, make = IN_SUITE[arm]
    parts = {service: make.format(cls) for service, cls in CLASSES.items()}
    path = directory / f"test_{list(IN_SUITE).index(arm)}_{number}.py"
    if not path.exists():
        path.write_text(SUITE.format(number=number, fixtures=fixtures, **parts))
    options = "-p no:trio -p no:hypothesispytest -p no:random_order -p no:cacheprovider"
    cost = run([sys.executable, "-m", "pytest", "-q", "-x", path], cwd=directory, options=options)
    assert cost.status == 0, cost.output[-2000:]
    return cost.cpu
