"""Structural snapshots: what is found, by which path, and what is put back."""

import gc
import weakref
from typing import Any, ClassVar

import pytest

from isolation._changes import ABSENT
from isolation.snapshots import Root, Snapshot, same_value
from tests.graphs import Pool, is_ours, module, told


def test_a_change_is_named_by_its_shortest_path() -> None:
    """What changed is told by the way to it, and counted by the way without keys."""
    app = module("app", pools={"a": Pool()})
    snapshot = Snapshot([Root("app", app)], is_ours)

    app.pools["a"].connections.append(1)

    (change,) = snapshot.changes()
    assert (change.path, change.unit) == ("app.pools['a'].connections", "app.pools[*].connections")
    assert (change.before, change.after) == ([], [1])


def test_each_attribute_and_each_key_is_a_place() -> None:
    """What was added, what was removed and what was replaced are told apart."""
    app = module("app", queues={"a": 1, "b": 2}, level=1)
    snapshot = Snapshot([Root("app", app)], is_ours)

    app.queues["c"], app.level = 3, 2
    del app.queues["a"]

    assert [(change.path, change.name, change.item, change.before, change.after) for change in snapshot.changes()] == [
        ("app.level", "level", None, 1, 2),
        ("app.queues['a']", None, "a", 1, ABSENT),
        ("app.queues['c']", None, "c", ABSENT, 3),
    ]


def test_a_key_that_is_replaced_by_one_with_the_same_value_is_seen() -> None:
    """A flag under another name is another flag."""
    flags = {"a": True}
    snapshot = Snapshot([Root("flags", flags), Root("others", {"c": True})], is_ours)

    flags["b"] = flags.pop("a")

    assert told(snapshot) == ["flags['a']: True -> absent", "flags['b']: absent -> True"]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (1, "1"),
        (b"a", "b'a'"),
        ((1, "a"), "(1, 'a')"),
        ("k" * 100, "'" + "k" * 56 + "..."),
        (Pool, "tests.graphs.Pool"),
        (frozenset(), "<frozenset>"),
        (None, "None"),
    ],
)
def test_keys_are_shown_without_their_own_code(key: object, shown: str) -> None:
    """Only builtin data shows itself, and not at any length."""
    held: dict[object, object] = {}
    snapshot = Snapshot([Root("held", held)], is_ours)

    held[key] = 1

    assert [change.path for change in snapshot.changes()] == [f"held[{shown}]"]


def test_a_path_leads_through_whatever_holds_the_place() -> None:
    """Tuples, sets, views, bound methods and keys are passed on the way."""
    pools = [Pool() for _ in range(6)]
    roots = {
        "tuple": (0, pools[0]),
        "set": {pools[1]},
        "frozenset": frozenset({pools[2]}),
        "method": pools[3].connect,
        "key": {pools[4]: 0},
        "named": [[0, pools[5]]],
    }
    snapshot = Snapshot([Root(name, thing) for name, thing in roots.items()], is_ours)

    for pool in pools:
        pool.connections.append(1)

    assert sorted((change.path, change.unit) for change in snapshot.changes()) == [
        ("frozenset[*].connections", "frozenset[*].connections"),
        ("key[<tests.graphs.Pool>].connections", "key[*].connections"),
        ("method.__self__.connections", "method.__self__.connections"),
        ("named[0][1].connections", "named[*][*].connections"),
        ("set[*].connections", "set[*].connections"),
        ("tuple[1].connections", "tuple[*].connections"),
    ]


def test_a_class_is_named_where_it_says_that_it_is_defined() -> None:
    """Whoever else imports it, even if that one comes first."""

    class Manager:
        registry: ClassVar[dict[str, int]] = {}

    Manager.__module__, Manager.__qualname__ = "app.core", "Manager"
    roots = [Root("app.a", module("app.a", Manager=Manager)), Root("app.core", module("app.core", Manager=Manager))]
    snapshot = Snapshot(roots, lambda kind: kind.__module__ == "app.core")

    Manager.registry["a"] = 1

    assert told(snapshot) == ["app.core.Manager.registry['a']: absent -> 1"]


def test_a_package_that_exports_from_its_modules_does_not_name_the_place() -> None:
    """The module comes first, though the package was imported before it."""
    queues: dict[str, int] = {}
    roots = [Root("app", module("app", queues=queues)), Root("app.core", module("app.core", queues=queues))]
    snapshot = Snapshot(roots, is_ours)

    queues["a"] = 1

    assert told(snapshot) == ["app.core.queues['a']: absent -> 1"]


def test_a_place_that_is_reached_twice_changes_once() -> None:
    """An alias is the same place, and so is the way round a circle."""
    pool = Pool()
    pool.itself, pool.alias = pool, pool.connections
    snapshot = Snapshot([Root("pool", pool)], is_ours)

    pool.connections.append(1)

    assert told(snapshot) == ["pool.connections: [] -> [1]"]


def test_what_is_not_followed_is_left_alone() -> None:
    """The attributes of foreign objects are not looked into, unless they are roots."""
    foreign = Pool()
    snapshot = Snapshot([Root("held", [foreign])], lambda _: False)
    rooted = Snapshot([Root("foreign", foreign)], lambda _: False)

    foreign.connections.append(1)

    assert told(snapshot) == []
    assert told(rooted) == ["foreign.connections: [] -> [1]"]


def test_what_is_put_back_is_no_change() -> None:
    """Restoring empties the list of changes and keeps the objects."""
    app = module("app", pool=Pool())
    snapshot, kept = Snapshot([Root("app", app)], is_ours), app.pool.connections
    app.pool.connections.append(1)
    app.added = 1

    assert snapshot.restore(snapshot.changes()) == []

    assert told(snapshot) == []
    assert app.pool.connections is kept
    assert kept == []
    assert not hasattr(app, "added")


def test_restoring_some_changes_leaves_the_others() -> None:
    """Only the places that are named are put back."""
    held = {"a": 1, "b": 2}
    snapshot = Snapshot([Root("held", held)], is_ours)
    del held["a"], held["b"]

    snapshot.restore(snapshot.changes()[:1])

    assert told(snapshot) == ["held['b']: 2 -> absent"]


def test_the_order_of_keys_is_a_place_of_its_own() -> None:
    """If nothing else has changed: it is told, and put back."""
    held = {"a": 1, "b": 2}
    snapshot = Snapshot([Root("held", held)], is_ours)
    held["a"] = held.pop("a")

    (change,) = snapshot.changes()
    snapshot.restore([change])

    assert (change.path, change.item, change.before, change.after) == ("held", ABSENT, ["a", "b"], ["b", "a"])
    assert list(held) == ["a", "b"]


def test_an_older_order_can_be_put() -> None:
    """As far as its keys are still there; the others come behind."""
    held = {"a": 1, "b": 2}
    snapshot = Snapshot([Root("held", held)], is_ours)
    held["a"] = held.pop("a")
    (change,) = snapshot.changes()
    snapshot.accept([change])
    held["c"] = 3

    assert snapshot.put(change, ["gone", "a", "b"]) is None

    assert list(held) == ["a", "b", "c"]
    assert told(snapshot) == []


def test_removed_keys_come_back_to_their_places() -> None:
    """The order of a dict is kept, of the attributes of an object as well."""
    pool = Pool()
    pool.held = {"a": 1, "b": 2}
    pool.last = None
    snapshot = Snapshot([Root("pool", pool)], is_ours)
    del pool.held["a"], pool.connections

    snapshot.restore(snapshot.changes())

    assert list(pool.held) == ["a", "b"]
    assert list(vars(pool)) == ["connections", "held", "last"]


def test_entries_that_were_changed_and_moved_come_back_to_their_places() -> None:
    """Not only their values."""
    held = {"a": 1, "b": 2}
    snapshot = Snapshot([Root("held", held)], is_ours)
    held["b"] = 3
    held["a"] = held.pop("a")

    assert snapshot.restore(snapshot.changes()) == []

    assert list(held.items()) == [("a", 1), ("b", 2)]


def test_what_was_accepted_is_the_baseline() -> None:
    """New content joins: what changes in it later is seen, by its path."""
    app = module("app", queues={})
    snapshot = Snapshot([Root("app", app)], is_ours)
    app.queues["a"] = {"b": []}
    snapshot.accept(snapshot.changes())

    app.queues["a"]["b"].append(1)

    assert told(snapshot) == ["app.queues['a']['b']: [] -> [1]"]


def test_any_older_value_can_be_put() -> None:
    """It is written to the place and accepted."""
    app = module("app", level=1)
    snapshot = Snapshot([Root("app", app)], is_ours)
    app.level = 2
    (change,) = snapshot.changes()
    snapshot.accept([change])
    app.level = 3

    assert snapshot.put(change, ABSENT) is None

    assert not hasattr(app, "level")
    assert told(snapshot) == []


def test_nothing_can_be_put_where_nobody_looks_any_more() -> None:
    """The container has left; writing to it would help nobody."""
    app = module("app", queues={"a": {}})
    snapshot = Snapshot([Root("app", app)], is_ours)
    app.queues["a"]["b"] = 1
    changes = snapshot.changes()
    snapshot.accept(changes)
    del app.queues["a"]
    snapshot.accept(snapshot.changes())

    assert snapshot.put(changes[0], ABSENT) == "it is not reachable any more"


def test_what_was_taken_out_is_not_watched_any_more() -> None:
    """Who still has it may change it."""
    app = module("app", queues={"a": []})
    snapshot, taken = Snapshot([Root("app", app)], is_ours), app.queues["a"]
    del app.queues["a"]
    snapshot.accept(snapshot.changes())

    taken.append(1)

    assert told(snapshot) == []


def test_a_place_that_lost_its_first_holder_is_named_by_another() -> None:
    """Where else it is reached from is found when it is wanted."""
    shared: list[int] = []
    app = module("app", first=[shared], second={"a": {"b": shared}})
    snapshot = Snapshot([Root("app", app)], is_ours)
    app.first.clear()
    snapshot.accept(snapshot.changes())

    shared.append(1)

    assert told(snapshot) == ["app.second['a']['b']: [] -> [1]"]


@pytest.mark.parametrize("is_circle", [False, True])
def test_what_is_gone_dies(is_circle: bool) -> None:
    """A snapshot keeps nothing alive that was taken out and accepted, not even objects that hold each other."""
    app = module("app", pools=[Pool()])
    snapshot = Snapshot([Root("app", app)], is_ours)
    if is_circle:
        app.pools[0].other = Pool()
        app.pools[0].other.other = app.pools[0]
        snapshot.accept(snapshot.changes())
    gone = weakref.ref(app.pools.pop())

    snapshot.accept(snapshot.changes())
    gc.collect()

    assert gone() is None


def test_a_large_circle_dies_in_time() -> None:
    """What is too much to search at once is found when it could be a part of all that counts."""
    app = module("app", pools={})
    snapshot = Snapshot([Root("app", app)], is_ours)
    gone = []
    for number in range(8):
        ring = [Pool() for _ in range(300)]
        for pool in ring:
            pool.ring = ring
        app.pools[number] = ring[0]
        snapshot.accept(snapshot.changes())
        gone.append(weakref.ref(ring[0]))
        del app.pools[number], ring, pool
        snapshot.accept(snapshot.changes())

    gc.collect()

    assert sum(each() is not None for each in gone) < len(gone)


def test_a_large_circle_that_nobody_reaches_is_not_watched() -> None:
    """Though it was not found yet that it could leave."""
    app = module("app", pools=[Pool() for _ in range(300)])
    snapshot = Snapshot([Root("app", app)], is_ours)
    ring = [Pool() for _ in range(300)]
    for pool in ring:
        pool.ring = ring
    app.first = ring[0]
    snapshot.accept(snapshot.changes())
    del app.first
    snapshot.accept(snapshot.changes())

    ring[5].level = 1

    assert told(snapshot) == []


def test_a_snapshot_does_not_grow_with_what_comes_and_goes() -> None:
    """A thousand tests that each add something and take it away again leave it as it was."""
    app = module("app", pools={})
    snapshot = Snapshot([Root("app", app)], is_ours)
    for number in range(1000):
        app.pools[number] = Pool()
        snapshot.accept(snapshot.changes())
        del app.pools[number]
        snapshot.accept(snapshot.changes())

    assert sum(len(table.owners) for table in snapshot._heap.tables) < 300


def test_a_module_that_was_imported_again_is_no_change() -> None:
    """Another module of the same name takes the place of the first one, with all that is in there."""
    first, second = (module("app", pools={number: Pool() for number in range(5)}) for _ in range(2))
    snapshot = Snapshot([Root("app", first)], is_ours)
    snapshot.add([Root("app", second)])

    first.pools[0].connections.append(1)
    second.pools[1].connections.append(2)

    assert told(snapshot) == ["app.pools[1].connections: [] -> [2]"]


def test_a_root_can_join_and_leave() -> None:
    """What a fixture gives is watched while it lives."""
    app, pool = module("app"), Pool()
    snapshot = Snapshot([Root("app", app)], is_ours)
    snapshot.add([Root("fixture 'pool'", pool)])
    pool.connections.append(1)
    assert told(snapshot) == ["fixture 'pool'.connections: [] -> [1]"]

    snapshot.remove(["fixture 'pool'", "unknown"])

    assert told(snapshot) == []


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_root_that_leaves_dies(is_shown: bool) -> None:
    """Whether any path was shown before or not, and in a circle."""
    app, pool = module("app", level=1), Pool()
    pool.itself = pool
    snapshot = Snapshot([Root("app", app), Root("pool", pool)], is_ours)
    if is_shown:
        app.level = 2
        snapshot.accept(snapshot.changes())
    gone = weakref.ref(pool)
    del pool

    snapshot.remove(["pool"])
    gc.collect()

    assert gone() is None


def test_a_root_that_is_reached_in_another_way_stays_watched() -> None:
    """It goes by that way then."""
    pool = Pool()
    app = {"pool": pool, "level": 1}
    snapshot = Snapshot([Root("app", app), Root("pool", pool), Root("again", pool)], is_ours)
    app["level"] = 2
    snapshot.accept(snapshot.changes())
    pool.connections.append(1)
    assert told(snapshot) == ["pool.connections: [] -> [1]"]

    snapshot.remove(["pool", "again"])

    assert told(snapshot) == ["app['pool'].connections: [] -> [1]"]


def test_the_way_round_a_circle_is_no_path() -> None:
    """A root that leaves is found by its other way, not by what it leads to."""
    pool = Pool()
    pool.other = Pool()
    pool.other.other = pool
    app = module("app", pool=pool)
    snapshot = Snapshot([Root("app", app), Root("pool", pool)], is_ours)
    pool.other.level = 1
    (change,) = snapshot.changes()
    snapshot.accept([change])
    snapshot.remove(["pool"])
    snapshot.put(change, 2)

    pool.connections.append(1)

    assert told(snapshot) == ["app.pool.connections: [] -> [1]"]


def test_roots_without_state_are_no_mistake() -> None:
    """They are never found changed."""
    snapshot = Snapshot([Root("level", 1), Root("name", "a")], is_ours)
    snapshot.add([Root("level", 2), Root("held", held := [1])])
    held.append(2)
    assert told(snapshot) == ["held: [1] -> [1, 2]"]
    snapshot.add([Root("level", 3)])
    snapshot.remove(["level", "held"])

    assert told(snapshot) == []


def test_a_snapshot_dies_without_the_collector() -> None:
    """What it has saved would live on otherwise, until some later test."""
    pool = Pool()
    pool.level = 1
    snapshot = Snapshot([Root("held", [pool])], is_ours)
    pool.level = 2
    changes = snapshot.changes()
    snapshot.restore(changes)
    paths = [change.path for change in changes]
    gone = weakref.ref(pool)
    gc.disable()
    try:
        del snapshot, changes, pool
        is_gone = gone() is None
    finally:
        gc.enable()

    assert (paths, is_gone) == (["held[0].level"], True)


def test_the_collector_is_as_it_was() -> None:
    """It rests while a snapshot is taken, and not longer."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        Snapshot([Root("held", {})], is_ours)
        is_enabled = gc.isenabled()
    finally:
        gc.enable()
    Snapshot([Root("held", {})], is_ours)

    assert (is_enabled, gc.isenabled(), was_enabled) == (False, True, True)


def test_many_records_are_looked_at_in_chunks() -> None:
    """Each change is found wherever its record lies, and the records close up when many have left."""
    held: dict[int, Any] = {number: {"a": [number]} for number in range(2000)}
    snapshot = Snapshot([Root("held", held)], is_ours)
    held[1999]["a"].append(1)
    held[3]["b"] = 1
    assert told(snapshot) == ["held[3]['b']: absent -> 1", "held[1999]['a']: [1999] -> [1999, 1]"]

    for number in range(1990):
        del held[number]
    snapshot.accept(snapshot.changes())
    snapshot._lineage.rebuild()
    held[1995]["a"].append(2)

    assert told(snapshot) == ["held[1995]['a']: [1995] -> [1995, 2]"]


NAN = float("nan")


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        (1, 1, True),
        (10**20, 10**20 + 0, True),
        (1, True, False),
        (1, 1.0, False),
        (float("nan"), NAN, True),
        ("a" * 2, "aa", True),
        ([1, {"a": (2,)}], [1, {"a": (2,)}], True),
        ([1, 2], [1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({"a": [1]}, {"a": [2]}, False),
        ({1, (2, "a")}, {(2, "a"), 1}, True),
        (frozenset({1}), frozenset({2}), False),
        (bytearray(b"a"), bytearray(b"a"), True),
        (Pool(), Pool(), False),
        ([Pool], [Pool], True),
        (ABSENT, None, False),
    ],
)
def test_values_are_the_same_if_they_are_equal_data(before: object, after: object, is_same: bool) -> None:
    """Anything that is no builtin data is only the same as itself."""
    assert same_value(before, after) is is_same


def test_values_that_hold_themselves_can_be_compared() -> None:
    """Two circles of the same shape are the same."""
    one: list[Any] = [1]
    other: list[Any] = [1]
    one.append(one)
    other.append(other)

    assert same_value(one, other)


def test_deep_values_can_be_compared() -> None:
    """No recursion, no limit."""
    one: list[Any] = []
    other: list[Any] = []
    for _ in range(10_000):
        one, other = [one], [other]

    assert same_value(one, other)


@pytest.mark.parametrize("thing", [{"a": 1}, [1], {1}])
def test_what_a_container_held_can_be_asked(thing: Any) -> None:
    """And what would make it that again after something else was accepted."""
    snapshot = Snapshot([Root("thing", thing)], lambda _: False)
    first = snapshot.saved(thing)
    thing.clear()
    snapshot.accept(snapshot.changes())

    (change,) = snapshot.undoing(thing, first)

    assert (change.path.startswith("thing"), snapshot.saved(thing)) == (True, type(thing)())
    assert snapshot.saved([]) is ABSENT


@pytest.mark.parametrize("is_shown", [False, True])
def test_what_a_module_has_is_named_by_it(*, is_shown: bool) -> None:
    """Though somebody else has it as a root as well, from the beginning or later."""
    registry: dict[str, int] = {}
    app = module("app", registry=registry)
    snapshot = Snapshot([Root("app", app)] if is_shown else [Root("fixture db", registry), Root("app", app)], is_ours)
    if is_shown:
        app.other = 1
        told(snapshot)
        snapshot.accept(snapshot.changes())
        snapshot.add([Root("fixture db", registry)])
    registry["a"] = 1

    (change,) = snapshot.changes()

    assert change.path == "app.registry['a']"
