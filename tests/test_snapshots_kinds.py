"""Structural snapshots, kind by kind: what is seen of each container, and how it comes back."""

import functools
import gc
import io
import threading
import weakref
from array import array
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict, deque
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import pytest

from isolation._changes import ABSENT
from isolation.snapshots import Root, Snapshot
from tests.graphs import Pool, is_ours, module, told


class Slotted:
    """Something with slots."""

    __slots__ = ("__dict__", "first", "second")
    first: Any
    second: Any


def misleading(base: type) -> Any:
    """Return a kind of *base* that refuses whatever a look might call."""
    names = "__iter__ __len__ __getitem__ __setitem__ __delitem__ __contains__ items keys values pop copy clear update"
    return type("Misleading", (base,), {**dict.fromkeys(names.split(), refuse), "__module__": __name__})


def refuse(*_: object) -> Any:
    """Tell that code of what is looked at was run."""
    raise AssertionError("code of what is looked at was run")


Registry, Handlers, Names = misleading(dict), misleading(list), misleading(set)


class Pair(NamedTuple):
    """A tuple with a name."""

    left: Any
    right: Any


def slotted() -> Slotted:
    """Return one with a slot that is set."""
    thing = Slotted()
    thing.first = 1
    return thing


def restored(thing: Any, change: Callable[[Any], object]) -> tuple[str, list[str], list[str], list[str]]:
    """Change *thing*, look, restore and look again."""
    snapshot = Snapshot([Root("it", thing)], is_ours)
    change(thing)
    found = told(snapshot)
    changes = snapshot.changes()
    refusals = snapshot.restore(changes)
    return ", ".join({each.where for each in changes}), found, [*refusals], told(snapshot)


CASES: list[tuple[Callable[[], Any], Callable[[Any], object], str, str]] = [
    (lambda: {"a": 1}, lambda it: it.update(a=2), "dict", "it['a']: 1 -> 2"),
    (lambda: [1], lambda it: it.insert(0, 2), "list", "it: [1] -> [2, 1]"),
    (lambda: {1}, lambda it: it.add(2), "set", "it: {1} -> {1, 2}"),
    (lambda: deque([1, 2], 2), lambda it: it.append(3), "deque", "it: [1, 2] -> [2, 3]"),
    (lambda: OrderedDict(a=1, b=2), lambda it: it.pop("a"), "dict", "it['a']: 1 -> absent"),
    (lambda: OrderedDict(a=1, b=2), lambda it: it.move_to_end("a"), "dict", "it: ['a', 'b'] -> ['b', 'a']"),
    (lambda: OrderedDict(a=1), lambda it: it.update(b=2), "dict", "it['b']: absent -> 2"),
    (lambda: OrderedDict(a=1), lambda it: it.update(a=2), "dict", "it['a']: 1 -> 2"),
    (lambda: defaultdict(list), lambda it: it["a"], "dict", "it['a']: absent -> []"),
    (lambda: Counter("a"), lambda it: it.update("a"), "dict", "it['a']: 1 -> 2"),
    (lambda: {Pool: 1}, lambda it: it.update({Pool: 2}), "dict", "it[tests.graphs.Pool]: 1 -> 2"),
    (lambda: bytearray(b"a"), lambda it: it.extend(b"b"), "bytearray", "it: b'a' -> b'ab'"),
    (lambda: array("B", b"a"), lambda it: it.extend(b"b"), "array", "it: b'a' -> b'ab'"),
    (lambda: io.StringIO("ab"), lambda it: it.read(1), "text", "it: ('ab', 0) -> ('ab', 1)"),
    (lambda: io.StringIO("ab"), lambda it: it.write("xyz"), "text", "it: ('ab', 0) -> ('xyz', 3)"),
    (lambda: io.BytesIO(b"a"), lambda it: it.write(b"b"), "bytes", "it: (b'a', 0) -> (b'b', 1)"),
    (Pool, lambda it: setattr(it, "level", 1), "instance", "it.level: absent -> 1"),
    (lambda: SimpleNamespace(a=1), lambda it: setattr(it, "a", 2), "instance", "it.a: 1 -> 2"),
    (lambda: UserDict(a=1), lambda it: it.update(a=2), "dict", "it.data['a']: 1 -> 2"),
    (lambda: [ChainMap({"a": 1})], lambda it: it[0].update(a=2), "dict", "it[0].maps[0]['a']: 1 -> 2"),
    (slotted, lambda it: setattr(it, "first", 2), "slots", "it.first: 1 -> 2"),
    (slotted, lambda it: setattr(it, "second", 2), "slots", "it.second: absent -> 2"),
    (slotted, lambda it: delattr(it, "first"), "slots", "it.first: 1 -> absent"),
    (slotted, lambda it: setattr(it, "other", 2), "instance", "it.other: absent -> 2"),
    (Registry, lambda it: dict.update(it, a=1), "dict", "it['a']: absent -> 1"),
    (Registry, lambda it: setattr(it, "level", 1), "instance", "it.level: absent -> 1"),
    (Handlers, lambda it: list.append(it, 1), "list", "it: [] -> [1]"),
    (Names, lambda it: set.add(it, 1), "set", "it: set() -> {1}"),
    (lambda: Pair([], 1), lambda it: it.left.append(1), "list", "it[0]: [] -> [1]"),
    (lambda: module("it", a=1), lambda it: setattr(it, "a", 2), "module", "it.a: 1 -> 2"),
    (lambda: type("It", (), {"a": 1}), lambda it: setattr(it, "a", 2), "class", "it.a: 1 -> 2"),
    (lambda: type("It", (), {}), lambda it: setattr(it, "a", 2), "class", "it.a: absent -> 2"),
    (lambda: type("It", (), {"a": 1}), lambda it: delattr(it, "a"), "class", "it.a: 1 -> absent"),
]


@pytest.mark.parametrize(("make", "change", "where", "told_as"), CASES)
def test_a_changed_container_is_told_and_comes_back(
    make: Callable[[], Any], change: Callable[[Any], object], where: str, told_as: str
) -> None:
    """It is the same object then, with the same contents."""
    assert restored(make(), change) == (where, [told_as], [], [])


@pytest.mark.parametrize(("make", "change", "where", "told_as"), CASES)
def test_a_changed_container_can_be_accepted(
    make: Callable[[], Any], change: Callable[[Any], object], where: str, told_as: str
) -> None:
    """What it holds now is the baseline, and what it held can still be put."""
    thing = make()
    snapshot = Snapshot([Root("it", thing)], is_ours)
    change(thing)
    changes = snapshot.changes()
    snapshot.accept(changes)
    assert told(snapshot) == []

    assert [snapshot.put(each, each.before) for each in changes] == [None]

    assert told(snapshot) == []
    assert told(snapshot) == []


def test_a_key_of_a_misleading_dict_that_is_replaced_is_seen() -> None:
    """Though the value is the same."""
    held = Registry(a=True)
    snapshot = Snapshot([Root("held", held)], is_ours)
    dict.clear(held)
    dict.update(held, b=True)

    assert told(snapshot) == ["held['a']: True -> absent", "held['b']: absent -> True"]


def test_a_deque_keeps_its_length_and_a_default_its_factory() -> None:
    """They are refilled, not replaced."""
    recent, lists = deque([1], maxlen=1), defaultdict[str, list[int]](list)
    snapshot = Snapshot([Root("held", [recent, lists])], is_ours)
    recent.append(2)
    lists["a"].append(1)

    snapshot.restore(snapshot.changes())

    assert (recent, lists) == (deque([1]), {})
    assert (recent.maxlen, lists.default_factory) == (1, list)


def test_an_instance_that_got_another_dict_is_followed_there() -> None:
    """Its attributes are those of the dict that it has now."""
    pool = Pool()
    snapshot = Snapshot([Root("pool", pool)], is_ours)
    pool.__dict__ = {"connections": pool.connections}
    assert told(snapshot) == []
    pool.level = 1
    assert told(snapshot) == ["pool.level: absent -> 1"]
    pool.__dict__ = {"connections": pool.connections, "level": 2}

    snapshot.restore(snapshot.changes())

    assert vars(pool) == {"connections": []}
    assert told(snapshot) == []


def test_objects_that_share_their_attributes_change_once() -> None:
    """The dict is one place, whichever of them it is reached by."""

    class Shared:
        attributes: ClassVar[Any] = {"level": 1}

        def __init__(self) -> None:
            self.__dict__ = self.attributes

    one, other = Shared(), Shared()
    lonely = Shared()
    lonely.__dict__ = {"level": 1}
    by_class = Snapshot([Root("Shared", Shared), Root("held", [one, lonely, other])], lambda kind: kind is Shared)
    by_object = Snapshot([Root("one", one), Root("held", [other, one.attributes])], lambda kind: kind is Shared)

    one.level = lonely.level = 2  # type: ignore[attr-defined]

    assert told(by_class) == ["held[1].level: 1 -> 2", "Shared.attributes['level']: 1 -> 2"]
    assert told(by_object) == ["one.level: 1 -> 2"]


def counted(app: Any, source: str) -> Any:
    """Run *source* as the code of the module *app*."""
    exec(source, vars(app))
    return app


CODE = """
import functools
def make():
    count = 0
    def bump():
        nonlocal count
        count += 1
        return count
    return bump
bump = make()
def collect(item, into=[]):
    into.append(item)
def note(*, seen={}):
    seen["a"] = 1
def call():
    call.calls += 1
call.calls = 0
def plain(a, b=1):
    "Has no state."
@functools.cache
def load(name):
    return name
class Service:
    def collect(self, item, into=[]):
        into.append(item)
    @staticmethod
    def note(*, seen={}):
        seen["a"] = 1
"""


@pytest.mark.parametrize(
    ("change", "where", "told_as"),
    [
        (lambda app: app.bump(), "cell", "app.bump.__closure__.count: 0 -> 1"),
        (lambda app: app.collect(1), "list", "app.collect.__defaults__[0]: [] -> [1]"),
        (lambda app: app.note(), "dict", "app.note.__kwdefaults__['seen']['a']: absent -> 1"),
        (lambda app: app.call(), "instance", "app.call.calls: 0 -> 1"),
        (lambda app: app.Service().collect(1), "list", "app.Service.collect.__defaults__[0]: [] -> [1]"),
        (lambda app: app.Service.note(), "dict", "app.Service.note.__kwdefaults__['seen']['a']: absent -> 1"),
    ],
)
def test_functions_have_state(change: Callable[[Any], object], where: str, told_as: str) -> None:
    """Closures, defaults and attributes of functions of watched modules, and of the methods of their classes."""
    app = counted(module("app"), CODE)
    snapshot = Snapshot([Root("app", app)], lambda kind: kind.__module__ == "app")
    change(app)
    changes = snapshot.changes()

    assert snapshot.restore(changes) == []

    assert [each.where for each in changes] == [where]
    assert [f"{each.path}: {each.before!r} -> {each.after!r}" for each in changes] == [told_as]
    assert told(snapshot) == []


def test_other_defaults_are_seen() -> None:
    """They can be exchanged as a whole, and taken away."""
    app = counted(module("app"), CODE)
    snapshot = Snapshot([Root("app", app)], is_ours)
    before = app.collect.__defaults__
    app.collect.__defaults__ = None

    assert told(snapshot) == ["app.collect.__defaults__: ([],) -> None"]
    snapshot.restore(snapshot.changes())

    assert app.collect.__defaults__ is before


def test_an_emptied_cell_is_filled_again() -> None:
    """And one that was empty is emptied."""
    app = counted(module("app"), CODE)
    snapshot = Snapshot([Root("app", app)], is_ours)
    (cell,) = app.bump.__closure__
    del cell.cell_contents
    changes = snapshot.changes()
    assert [(each.before, each.after) for each in changes] == [(0, ABSENT)]
    snapshot.accept(changes)
    app.bump.__closure__[0].cell_contents = 5

    assert snapshot.restore(snapshot.changes()) == []

    with pytest.raises(ValueError, match="empty"):
        _ = cell.cell_contents


def test_functions_of_others_are_left_alone() -> None:
    """What a module has imported is not its own."""
    other = counted(module("other"), CODE)
    app = module("app", bump=other.bump, collect=other.collect, load=other.load)
    snapshot = Snapshot([Root("app", app)], is_ours)

    app.bump(), app.collect(1), app.load("a")

    assert told(snapshot) == []


def test_a_function_without_attributes_does_not_get_any_by_being_looked_at() -> None:
    """Its dict is made when somebody asks for it."""
    app = counted(module("app"), CODE)
    before = len(gc.get_referents(app.plain))

    Snapshot([Root("app", app)], is_ours)

    assert len(gc.get_referents(app.plain)) == before


def test_a_function_can_be_a_root() -> None:
    """Whoever has made it."""
    other = counted(module("other"), CODE)
    snapshot = Snapshot([Root("bump", other.bump), Root("load", other.load)], lambda _: False)

    other.bump()
    other.load("a")

    assert told(snapshot) == ["bump.__closure__.count: 0 -> 1", "load: (0, 0) -> (1, 1)"]


def test_a_filled_cache_is_emptied() -> None:
    """Misses and size tell that it was filled; hits change nothing."""
    app = counted(module("app"), CODE)
    app.load("a")
    snapshot = Snapshot([Root("app", app)], is_ours)
    app.load("a")
    assert told(snapshot) == []
    app.load("b")
    changes = snapshot.changes()

    assert snapshot.restore(changes) == []

    assert [(each.path, each.where, each.before, each.after) for each in changes] == [
        ("app.load", "lru_cache", (1, 1), (2, 2))
    ]
    assert app.load.cache_info().currsize == 0
    assert told(snapshot) == []


def test_a_cached_property_is_an_attribute() -> None:
    """It is taken away again."""

    class Settings:
        @functools.cached_property
        def level(self) -> int:
            return 1

    settings = Settings()
    snapshot = Snapshot([Root("settings", settings)], is_ours)
    assert settings.level == 1

    assert told(snapshot) == ["settings.level: absent -> 1"]
    snapshot.restore(snapshot.changes())

    assert vars(settings) == {}


def test_thread_locals_are_seen_in_this_thread() -> None:
    """What other threads have in there is theirs."""
    local = threading.local()
    local.level = 1
    snapshot = Snapshot([Root("local", local)], is_ours)
    thread = threading.Thread(target=setattr, args=(local, "level", 5))
    thread.start()
    thread.join()
    assert told(snapshot) == []
    local.level = 2

    (change,) = snapshot.changes()
    snapshot.restore([change])

    assert (change.where, change.path, change.before, change.after) == ("thread_local", "local.level", 1, 2)
    assert local.level == 1


def test_a_thread_local_with_code_of_its_own_is_left_alone() -> None:
    """Looking at it in a thread that is new to it would run that code."""

    class Quiet(threading.local):
        """Has no code."""

    class Loud(threading.local):
        def __init__(self) -> None:
            self.level = 1

    quiet, loud = Quiet(), Loud()
    snapshot = Snapshot([Root("held", [quiet, loud])], is_ours)
    quiet.level = 2
    loud.level = 2

    assert told(snapshot) == ["held[0].level: absent -> 2"]


def test_context_variables_are_seen_in_this_context() -> None:
    """They go back to their value, or to their default."""
    level, name, place = ContextVar("level", default=1), ContextVar[list[int]]("name"), ContextVar[str]("place")

    def look() -> list[str]:
        name.set([])
        place.set("here")
        snapshot = Snapshot([Root("level", level), Root("name", name), Root("place", place)], is_ours)
        level.set(2)
        name.get().append(3)
        place.set("there")
        found = told(snapshot)
        assert snapshot.restore(snapshot.changes()) == []
        assert told(snapshot) == []
        return [*found, f"{level.get()} {name.get()} {place.get()}"]

    assert copy_context().run(look) == [
        "name.get(): [] -> [3]",
        "level: 1 -> 2",
        "place: 'here' -> 'there'",
        "1 [] here",
    ]


def test_a_context_variable_without_a_default_cannot_be_unset() -> None:
    """That needs the token of whoever has set it."""
    name = ContextVar[str]("name")

    def look() -> list[str]:
        snapshot = Snapshot([Root("name", name)], is_ours)
        name.set("a")
        return [*snapshot.restore(snapshot.changes()), *told(snapshot)]

    assert copy_context().run(look) == [
        "name: a context variable cannot be unset without the token of the call that set it"
    ]


def test_new_subclasses_are_told_and_stay() -> None:
    """A class leaves only when it is collected; it is not kept alive."""

    class Base:
        """Has one subclass."""

    class First(Base):
        """Was there before."""

    snapshot = Snapshot([Root("Base", Base)], is_ours)
    second = type("Second", (Base,), {})

    changes = snapshot.changes()
    assert [(each.where, each.path, each.before, each.after) for each in changes] == [
        ("subclasses", "Base", [First], [First, second])
    ]
    assert snapshot.restore(changes) == ["Base: a class leaves the subclasses of another one only when it is collected"]
    snapshot.accept(changes)
    assert told(snapshot) == []
    gone = weakref.ref(second)
    del second, changes
    gc.collect()
    assert gone() is None


def test_a_buffer_in_use_is_not_put_back() -> None:
    """Somebody has a view of it: its size cannot change."""
    data = bytearray(b"a")
    snapshot = Snapshot([Root("data", data), Root("held", held := {"a": 1})], is_ours)
    data.append(1)
    held.clear()
    with memoryview(data):
        refusals = snapshot.restore(snapshot.changes())

    assert refusals == ["data: Existing exports of data: object cannot be re-sized"]
    assert held == {"a": 1}


def test_a_closed_stream_is_told_and_stays_closed() -> None:
    """It cannot be opened again; one that was closed before can be closed."""
    stream, closed = io.StringIO("a"), io.StringIO()
    closed.close()
    snapshot = Snapshot([Root("stream", stream), Root("closed", closed)], is_ours)
    stream.close()
    changes = snapshot.changes()

    assert [f"{each.path}: {each.before} -> {each.after}" for each in changes] == ["stream: ('a', 0) -> None"]
    assert snapshot.restore(changes) == ["stream: I/O operation on closed file"]
    snapshot.accept(changes)
    assert snapshot.put(changes[0], None) is None


@pytest.mark.parametrize("thing", [Pool, Slotted(), Pool(), {}, OrderedDict[str, int](), module("it")])
def test_what_is_absent_already_can_be_put_to_be_absent(thing: Any) -> None:
    """It is no mistake."""
    snapshot = Snapshot([Root("it", thing)], is_ours)
    if isinstance(thing, dict):
        thing["second"] = 1
    else:
        thing.second = 1
    (change,) = snapshot.changes()
    snapshot.accept([change])

    assert [snapshot.put(change, ABSENT) for _ in range(2)] == [None, None]

    assert told(snapshot) == []
