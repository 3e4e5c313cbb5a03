"""Structural snapshots run no code of what they look at, whatever it does to be noticed."""

import enum
import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from isolation._natures import module_of
from isolation.snapshots import Root, Snapshot, _contents, _plans, _pointers, _tables
from tests.graphs import Pool, is_ours, module, told


class Touchy:
    """Refuses everything that can be asked of an object."""

    def refuse(self, *_: object) -> Any:
        """Tell that it was noticed."""
        raise AssertionError("code of what is looked at was run")

    __eq__ = __ne__ = __lt__ = __bool__ = __len__ = __iter__ = __repr__ = __str__ = __getattribute__ = refuse
    __contains__ = __getitem__ = __class__ = property(refuse)
    __hash__ = object.__hash__


class TouchyClass(type):
    """The class of classes that refuse everything that can be asked of a class."""

    def refuse(cls, *_: object) -> Any:
        """Tell that it was noticed."""
        raise AssertionError("code of what is looked at was run")

    __eq__ = __ne__ = __bool__ = __len__ = __iter__ = __repr__ = __instancecheck__ = __subclasscheck__ = refuse
    __getattribute__ = __setattr__ = __delattr__ = __contains__ = refuse


def refuse_hash(cls: Any) -> Any:
    """Refuse to be a key."""
    raise AssertionError("code of what is looked at was run")


class Hashless(TouchyClass):
    """The class of classes that are no keys."""

    __hash__ = refuse_hash


def follows(kind: type) -> bool:
    """Follow what this file defines, without asking it."""
    return module_of(kind) == __name__


@pytest.fixture
def touchy() -> Touchy:
    """Return an object that refuses everything."""
    return Touchy()


def test_objects_are_not_asked_anything(touchy: Touchy) -> None:
    """Not for equality, truth, length, text, class or attributes; but their attributes are seen."""
    held: dict[Any, Any] = {touchy: [touchy], "a": {touchy}}
    snapshot = Snapshot([Root("held", held), Root("touchy", touchy)], follows)
    object.__setattr__(touchy, "level", touchy)
    del held["a"]
    held["b"] = touchy
    held[touchy].append(touchy)

    changes = snapshot.changes()
    assert sorted(change.path for change in changes) == [
        "held['a']",
        "held['b']",
        "held[<tests.test_snapshots_traps.Touchy>]",
        "touchy.level",
    ]
    assert snapshot.restore(changes) == []
    snapshot.accept(changes)

    assert list(map(id, dict.values(held))) == list(map(id, [held[touchy], held["a"]]))
    assert not snapshot.changes()


def test_classes_are_not_asked_anything() -> None:
    """Not even for their hash, nor their metaclass for a dict."""
    kind: Any = Hashless.__new__(Hashless, "Kind", (), {"__module__": __name__, "held": []})
    thing = object.__new__(kind)
    held = [kind, thing]
    snapshot = Snapshot([Root("held", held)], follows)

    type.__getattribute__(kind, "__dict__")["held"].append(1)
    type.__setattr__(kind, "level", 1)

    changes = snapshot.changes()
    assert [change.path for change in changes] == ["held[0].level", "held[0].held"]
    assert snapshot.restore(changes) == []
    assert not snapshot.changes()


def test_a_metaclass_with_its_own_dict_is_not_asked_for_it() -> None:
    """The attributes are those that the interpreter knows."""

    class Meta(type):
        __dict__ = property(lambda _: {"level": 5})  # type: ignore[misc]

    class Service(metaclass=Meta):
        level = 1

    snapshot = Snapshot([Root("Service", Service)], is_ours)
    Service.level = 2

    assert told(snapshot) == ["Service.level: 1 -> 2"]


def test_a_proxy_with_a_dict_of_its_own_is_passed_over() -> None:
    """Asking it would load what it stands for."""

    class Proxy:
        @property
        def __dict__(self) -> Any:  # type: ignore[override]
            raise AssertionError("the proxy was woken up")

    snapshot = Snapshot([Root("held", [Proxy()]), Root("proxy", Proxy())], is_ours)

    assert told(snapshot) == []


def test_a_lazy_module_is_not_loaded() -> None:
    """Its globals are read past its attribute access."""

    class Lazy(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError("the module was loaded")

    lazy = Lazy("lazy")
    snapshot = Snapshot([Root("lazy", lazy), Root("held", [lazy])], is_ours)
    ModuleType.__setattr__(lazy, "level", 1)

    assert told(snapshot) == ["lazy.level: absent -> 1"]


def test_a_module_that_nobody_watches_is_not_looked_into() -> None:
    """It is met as a global of another one."""
    other = module("other", queues={})
    snapshot = Snapshot([Root("app", module("app", other=other, names=vars(other)))], is_ours)
    assert told(snapshot) == []


def test_the_builtins_are_not_looked_into() -> None:
    """Every module leads there."""
    app = module("app")
    exec("level = 1", vars(app))
    snapshot = Snapshot([Root("app", app)], is_ours)

    app.__annotations__ = {"level": "int"}

    assert told(snapshot) == []
    assert len(snapshot._heap.table(_tables_kind("dict")).index) == 0


def _tables_kind(where: str) -> Any:
    from isolation.snapshots._kinds import KINDS

    return next(kind for kind in KINDS if kind.where == where)


def test_the_members_of_an_enumeration_are_left_alone() -> None:
    """They are constants; combinations of flags are made when they are first used."""

    class Level(enum.Flag):
        LOW = 1
        HIGH = 2

    snapshot = Snapshot([Root("app", module("app", Level=Level, low=Level.LOW))], is_ours)
    assert Level.LOW | Level.HIGH

    assert told(snapshot) == []


def test_a_frozen_dataclass_has_state_in_its_fields() -> None:
    """And its attributes can be put back past its refusal to change."""

    @dataclass(frozen=True)
    class Settings:
        levels: dict[str, int] = field(default_factory=dict)

    settings = Settings()
    snapshot = Snapshot([Root("settings", settings)], is_ours)
    settings.levels["a"] = 1
    object.__setattr__(settings, "levels", {})

    changes = snapshot.changes()
    assert [change.path for change in changes] == ["settings.levels", "settings.levels['a']"]
    snapshot.restore(changes)

    assert settings.levels == {}
    assert told(snapshot) == []


def test_a_frozen_dataclass_with_slots_is_put_back() -> None:
    """Through its descriptors."""

    @dataclass(frozen=True, slots=True)
    class Settings:
        level: int = 1

    settings = Settings()
    snapshot = Snapshot([Root("settings", settings)], is_ours)
    object.__setattr__(settings, "level", 2)

    snapshot.restore(snapshot.changes())

    assert settings.level == 1


def test_an_attribute_set_past_a_metaclass_comes_back_past_it() -> None:
    """What the metaclass does when attributes are set is not done again."""

    class Meta(type):
        def __setattr__(cls, name: str, value: object) -> None:
            raise AssertionError("the metaclass was asked")

    class Service(metaclass=Meta):
        level = 1

    snapshot = Snapshot([Root("Service", Service)], is_ours)
    type.__setattr__(Service, "level", 2)

    assert snapshot.restore(snapshot.changes()) == []
    assert Service.level == 1


def test_types_that_die_are_forgotten() -> None:
    """The identity of a dead class may become that of another one."""
    app = module("app", made=[])
    snapshot = Snapshot([Root("app", app)], lambda kind: kind.__module__ == "app")
    plans = snapshot._heap._plans
    known = len(plans.leaves), len(plans._followed)
    for name in ("app", "other"):
        app.made.append(type("Made", (), {"__module__": name})())
        app.made.append(type("Made", (), {"__module__": name}))
    snapshot.accept(snapshot.changes())
    app.made.clear()
    snapshot.accept(snapshot.changes())

    gc.collect()

    assert (len(plans.leaves), len(plans._followed)) == known
    assert [each() for each in plans._refs.values()] == [type]


def test_a_snapshot_that_is_gone_needs_not_forget() -> None:
    """A class may outlive it."""
    kind = type("Made", (), {"__module__": "app"})
    plans = _plans.Plans(lambda _: True)
    plans.learn({id(kind): kind()})
    gone = weakref.ref(kind)
    del plans

    del kind
    gc.collect()

    assert gone() is None


def test_another_thread_may_change_what_is_copied() -> None:
    """Then it is copied again."""
    tries: list[int] = []

    def copy(thing: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("dictionary changed size during iteration")
        return thing

    assert _contents.calmly(copy)(5) == 5
    assert len(tries) == 3


def test_a_copy_that_never_succeeds_fails() -> None:
    """Something else is wrong then."""

    def copy(_: object) -> object:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        _contents.calmly(copy)(5)


def test_threads_that_change_everything_do_not_disturb() -> None:
    """Looking while others write finds what it finds, and raises nothing."""
    held: dict[int, Any] = {number: {"a": [number]} for number in range(100)}
    snapshot = Snapshot([Root("held", held)], is_ours)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            held[number % 100]["b"] = number
            held[number % 100].pop("a", None)
            held[100 + number % 50] = {}
            held.pop(100 + (number + 25) % 50, None)

    thread = threading.Thread(target=write)
    thread.start()
    for _ in range(20):
        snapshot.accept(snapshot.changes())
    stop.set()
    thread.join()
    snapshot.accept(snapshot.changes())

    assert told(snapshot) == []


def test_identities_side_by_side_are_read_from_memory() -> None:
    """Both ways of reading give the same; another implementation goes the slow way."""
    things = [object(), None, "a", Pool()]

    assert _pointers.pointers(things) == _pointers.one_by_one(iter(things))
    assert (_pointers.is_readable("cpython"), _pointers.is_readable("pypy")) == (True, False)


def parts_of(*parts: bytes) -> Iterator[bytes]:
    """Yield *parts*, each with a mark behind."""
    for part in parts:
        yield part
        yield _tables._MARK_BYTES


def test_marks_are_found_only_where_pointers_begin() -> None:
    """The bytes of a mark may occur across two other pointers by chance."""
    mark, size = _tables._MARK_BYTES, _pointers.SIZE
    across = mark[4:] + mark + mark[:4]
    shifted = b"\1" * 4 + mark + b"\1" * 4
    assert len(across) % size == 0

    assert _tables._split(b"".join(parts_of(shifted, b"", b"\2" * size))) == [shifted, b"", b"\2" * size]
    assert _tables._parted(b"".join(parts_of(shifted, b"")), 2) == [shifted, b""]
