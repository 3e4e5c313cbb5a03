"""Tables of origins: by identity, and weak."""

import gc

import pytest

from isolation._origin import Origin
from isolation.recording import _tables
from isolation.recording._tables import OriginTable
from tests.owned import an_owner

ORIGIN = Origin(None)
FIRST_GUARD, SECOND_GUARD = 1, 2


class Thing:
    """Something that is equal to all of its kind and can be referenced weakly."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    def __hash__(self) -> int:
        return 0


@pytest.fixture
def table() -> OriginTable[object]:
    """Give an empty table."""
    return OriginTable()


def over() -> Origin:
    """Return the origin of something whose owner is over."""
    owner = an_owner()
    owner.is_alive = False
    return Origin(owner)


def test_a_thing_is_known_by_identity(table: OriginTable[object]) -> None:
    """Another thing that is equal has another origin, or none."""
    thing, other = Thing(), Thing()
    table.add(thing, ORIGIN)

    assert (table.get(thing), table.get(other), len(table)) == (ORIGIN, None, 1)


def test_a_thing_that_cannot_be_referenced_weakly_is_left_out(table: OriginTable[object]) -> None:
    """A table keeps nothing alive, so it cannot know such things."""
    table.add("text", ORIGIN)

    assert (table.get("text"), len(table)) == (None, 0)


def test_a_table_keeps_nothing_alive(table: OriginTable[object]) -> None:
    """What dies leaves the table."""
    thing = Thing()
    table.add(thing, ORIGIN)

    del thing

    assert (table.living(), len(table)) == ([], 0)


def test_living_things_come_oldest_first(table: OriginTable[object]) -> None:
    """The order of making is the order of telling."""
    first, second = Thing(), Thing()
    table.add(first, ORIGIN)
    table.add(second, ORIGIN)

    found = [id(thing) for thing, _ in table.living()]

    assert found == [id(first), id(second)]


def test_the_recently_dead_are_remembered_by_id(table: OriginTable[object]) -> None:
    """A warning about a socket in a collected ring comes when its weak references are cleared already."""
    thing, living = Thing(), Thing()
    table.add(thing, ORIGIN)
    table.add(living, ORIGIN)
    seen: list[Origin | None] = [table.of_dying(living)]
    ring: list[object] = [thing, Messenger(table, thing, seen)]
    ring.append(ring)

    del thing, ring
    gc.collect()

    assert seen == [ORIGIN, ORIGIN]


class Messenger:
    """Asks for the origin of a thing when both are being collected."""

    def __init__(self, table: OriginTable[object], thing: object, seen: list[Origin | None]) -> None:
        self.table, self.thing, self.seen = table, thing, seen

    def __del__(self) -> None:
        self.seen.append(self.table.of_dying(self.thing))


def test_only_the_most_recent_dead_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is bounded."""
    monkeypatch.setattr(_tables, "REMEMBERED", 2)
    table: OriginTable[object] = OriginTable()
    things = [Thing() for _ in range(5)]
    for thing in things:
        table.add(thing, ORIGIN)

    del thing
    things.clear()

    assert len(table._dead) == 2


def test_a_thing_in_place_of_a_dead_one_is_not_buried_with_it(table: OriginTable[object]) -> None:
    """A thing that was given to somebody else has one entry, the new one."""
    thing, newer = Thing(), Origin(an_owner())
    table.add(thing, ORIGIN)
    former = table._entries[id(thing)]
    table.add(thing, newer)

    table._bury(former)

    assert table.get(thing) is newer


def test_what_is_left_is_what_outlives_its_owner(table: OriginTable[object]) -> None:
    """A thing is no leak while its owner lives."""
    early, late = Thing(), Thing()
    table.add(early, Origin(an_owner()))
    table.add(late, over())

    assert [id(thing) for thing, _ in table.left(FIRST_GUARD)] == [id(late)]


def test_each_guard_is_told_once(table: OriginTable[object]) -> None:
    """No later test is blamed for what was reported; another guard has its own say."""
    thing, origin = Thing(), over()
    table.add(thing, origin)

    table.tell(thing, origin, FIRST_GUARD)

    assert (table.left(FIRST_GUARD), len(table.left(SECOND_GUARD))) == ([], 1)
    assert (table.is_told(thing, FIRST_GUARD), table.is_told(thing, SECOND_GUARD)) == (True, False)


def test_a_thing_may_be_told_that_nobody_saw_being_made(table: OriginTable[object]) -> None:
    """It is added then, so that it is not told again."""
    thing = Thing()
    before = table.is_told(thing, FIRST_GUARD)

    table.tell(thing, over(), FIRST_GUARD)

    assert (before, table.is_told(thing, FIRST_GUARD)) == (False, True)


def test_telling_of_what_cannot_be_referenced_weakly_is_forgotten(table: OriginTable[object]) -> None:
    """There is nothing to remember it by."""
    table.tell("text", over(), FIRST_GUARD)

    assert not table.is_told("text", FIRST_GUARD)


def test_what_has_ended_can_be_forgotten(table: OriginTable[object]) -> None:
    """A thread that is over is of no interest, although its object lives on."""
    thing = Thing()
    table.add(thing, over())

    table.forget(thing)
    table.forget(thing)

    assert table.get(thing) is None


def test_a_dead_thing_is_not_left(table: OriginTable[object]) -> None:
    """A cleared reference that is not buried yet is skipped."""
    thing = Thing()
    table.add(thing, over())
    table._entries[0] = table._entries[id(thing)]
    kept = dict(table._entries)

    del thing

    assert kept
    assert table.left(FIRST_GUARD) == []


def test_reports_name_things_in_the_order_of_their_making(table: OriginTable[object]) -> None:
    """A set of live things has another order in each run; a report has the same."""
    things = [Thing() for _ in range(3)]
    for thing in things:
        table.add(thing, ORIGIN)

    assert list(map(id, [thing for thing, _ in table.oldest_first([(each, ORIGIN) for each in reversed(things)])])) == (
        list(map(id, things))
    )
    assert table.oldest_first([(things[0], ORIGIN)]) == [(things[0], ORIGIN)]
