"""Managed fixtures of an isolation group: what their set-up registers belongs to the group while they live."""

from collections.abc import AsyncIterator, Iterator
from unittest.mock import MagicMock

import pytest

from isolation import isolate, isolation_barrier, managed_fixture, resettable, sync_isolation_barrier
from isolation._groups import GROUPS
from isolation._resettables import registered
from tests.barred import Box


@pytest.fixture(scope="module", autouse=True)
def nothing_stays() -> Iterator[None]:
    """Make sure that the fixtures below take everything out of their groups again."""
    yield
    groups = ("fixture_sync", "fixture_async", "fixture_value")
    assert [target for group in groups for target in GROUPS.members(group)] == []


@managed_fixture(isolation_group="fixture_sync")
def orders() -> Iterator[dict[str, int]]:
    """Give orders that belong to a group."""
    items = {"a": 1}
    resettable(items)
    isolate("fixture_sync", Box("box"))
    yield items
    assert len(GROUPS.members("fixture_sync")) == 2


@managed_fixture(isolation_group="fixture_async")
async def pool() -> AsyncIterator[list[int]]:
    """Give a pool that belongs to a group."""
    items = [1]
    resettable(items)
    yield items


@managed_fixture(isolation_group="fixture_value")
def box() -> Box:
    """Give something that is a target itself."""
    return Box("value")


@managed_fixture(isolation_group="fixture_value")
def mock() -> MagicMock:
    """Give something that answers to every name."""
    return MagicMock()


def test_what_a_fixture_registers_belongs_to_its_group(orders: dict[str, int]) -> None:
    """Without being told which."""
    with sync_isolation_barrier("fixture_sync"):
        orders.clear()

    assert orders == {"a": 1}
    assert [each.group for each in registered("fixture_sync")] == ["fixture_sync"]


async def test_an_async_fixture_does_the_same(pool: list[int]) -> None:
    """Though its set-up waits."""
    async with isolation_barrier("fixture_async"):
        pool.append(2)

    assert pool == [1]


def test_a_value_that_is_a_target_belongs_to_the_group(box: Box) -> None:
    """Nobody has to register it."""
    with sync_isolation_barrier("fixture_value"):
        box.value = "inside"

    assert box.value == "before"


def test_a_value_that_answers_to_every_name_is_no_target(mock: MagicMock) -> None:
    """And is not asked, which a mock would note."""
    assert GROUPS.members("fixture_value") == []
    assert mock.mock_calls == []
    assert "snapshot" not in mock._mock_children


def test_another_group_can_be_named(orders: dict[str, int]) -> None:
    """After the set-up nothing is the fixture's any more."""
    mine = {"b": 2}
    target = resettable(mine, group="mine")
    target.forget()

    assert target.group == "mine"
    assert resettable(mine).group == "default"
    resettable(mine).forget()
