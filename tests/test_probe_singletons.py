"""State of the heap that outlives tests, and what of it is no finding."""

import functools
import gc
import socket
import sys
import threading
import types
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import pytest

from isolation._changes import ABSENT, Change
from isolation._resettables import resettable
from tests.heaps import Project, app


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that has no modules so far."""
    return Project(tmp_path, monkeypatch)


SOURCE = """
class Pool:
    limit = 10
    instance = None
    def __init__(self):
        self.conns = []
        self.size = "small"
        self.client = None
    def close(self): ...
class Slotted:
    __slots__ = ("state",)
    def __init__(self): self.state = "new"
registry = {"a": 1}
names = ["a"]
tags = {"a"}
pool = Pool()
slotted = Slotted()
mode = "on"
client = None
calls = 3
def fetch(): ...
def close(): ...
"""


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda app: app.registry.update(b=2), ("app.registry['b']", "container_key", "warning")),
        (lambda app: app.registry.update(a="x"), ("app.registry['a']", "container", "warning")),
        (lambda app: app.registry.clear(), ("app.registry['a']", "container", "warning")),
        (lambda app: app.names.append("b"), ("app.names", "container", "warning")),
        (lambda app: app.tags.add("b"), ("app.tags", "container", "warning")),
        (lambda app: app.pool.conns.append(1), ("app.pool.conns", "container", "warning")),
        (lambda app: setattr(app, "mode", "off"), ("app.mode", "global", "warning")),
        (lambda app: delattr(app, "mode"), ("app.mode", "global", "warning")),
        (lambda app: setattr(app, "fetch", app.close), ("app.fetch", "global", "warning")),
        (lambda app: setattr(app.pool, "size", "big"), ("app.pool.size", "instance", "note")),
        (lambda app: setattr(app.slotted, "state", "old"), ("app.slotted.state", "instance", "note")),
        (lambda app: setattr(app.Pool, "limit", "none"), ("app.Pool.limit", "class_attribute", "note")),
        (lambda app: setattr(app.Pool, "__init__", app.close), ("app.Pool.__init__", "class_attribute", "note")),
        (lambda app: setattr(app, "client", app.Pool()), ("app.client", "initialisation", "note")),
        (lambda app: setattr(app, "late", app.Pool()), ("app.late", "initialisation", "note")),
        (lambda app: setattr(app.Pool, "instance", app.pool), ("app.Pool.instance", "initialisation", "note")),
        (lambda app: setattr(app.pool, "client", app.pool), ("app.pool.client", "initialisation", "note")),
        (lambda app: setattr(app, "calls", 4), ("app.calls", "counter", "note")),
        (lambda app: app.registry.update(a=2), ("app.registry['a']", "counter", "note")),
    ],
)
def test_a_change_is_as_bad_as_such_changes_were(
    project: Project, act: Callable[[Any], object], said: tuple[str, str, str]
) -> None:
    """Severity follows how often changes of a kind have broken other tests."""
    module = app(project, SOURCE)

    act(module)

    assert project.said() == [said]


def test_what_a_library_keeps_behind_a_name_of_its_own_is_machinery(project: Project) -> None:
    """As pydantic keeps the functions that set attributes, one for each attribute that was ever set."""
    module = app(project, "class Settings:\n    __pydantic_setattr_handlers__ = {}\ndef handler(): ...")

    module.Settings.__pydantic_setattr_handlers__["debug"] = module.handler

    assert project.said() == []


def test_what_one_test_leaves_is_what_the_next_one_finds(project: Project) -> None:
    """A change is told once."""
    module = app(project, "registry = {}")
    module.registry["a"] = 1
    project.look()

    assert project.look() == []


def test_a_change_has_what_was_there_and_what_is(project: Project) -> None:
    """Containers are copied shallowly; the unit has no keys."""
    module = app(project, "registry = {}\nnames = ['a']")
    module.registry["u1"] = held = [1]
    module.names.append("b")

    changes = {change.place: change for change in project.look()}

    entry, names = changes["app.registry['u1']"], changes["app.names"]
    assert (entry.before, entry.after is held, entry.unit) == (ABSENT, True, "app.registry[*]")
    assert (names.before, names.after, names.unit) == (["a"], ["a", "b"], "app.names")


def test_a_change_is_put_back_in_place(project: Project) -> None:
    """Whoever holds the container sees it; the next look finds nothing."""
    module = app(project, "names = ['a']\nmode = 'on'")
    held = module.names
    held.append("b")
    module.mode = "off"

    refusals = [change.put(change.before) for change in project.look() if change.put is not None]

    assert (refusals, held, module.names is held, module.mode) == ([None, None], ["a"], True, "on")
    assert project.look() == []


def test_the_key_of_a_place_is_the_same_at_every_change(project: Project) -> None:
    """So that two changes of one place can be one."""
    module = app(project, "names = []\nmode = 'on'")
    module.names.append("a")
    module.mode = "off"
    first = {change.place: change.key for change in project.look()}

    module.names.append("b")
    module.mode = "standby"

    assert {change.place: change.key for change in project.look()} == first
    assert len(set(first.values())) == 2


def test_equal_values_are_the_same(project: Project) -> None:
    """What was changed and changed back to an equal value is not changed."""
    module = app(project, "names = ['a']")
    module.names.append("b")

    [change] = project.look()

    assert change.is_same(["a"], ["a"])
    assert not change.is_same(change.before, change.after)


def test_what_was_set_up_by_one_test_and_replaced_by_a_later_one_matters(project: Project) -> None:
    """The first test that needs a thing makes it; that somebody makes another one shows that it has state."""
    module = app(project, SOURCE)
    module.Pool.instance = module.Pool()
    first = project.said()
    project.next_test()

    module.Pool.instance = module.Pool()

    assert first == [("app.Pool.instance", "initialisation", "note")]
    assert project.said() == [("app.Pool.instance", "class_attribute", "warning")]


def test_what_was_set_up_by_one_test_and_reset_by_a_later_one_matters(project: Project) -> None:
    """Setting it up again then is no news."""
    module = app(project, SOURCE)
    module.Pool.instance = module.Pool()
    project.look()
    project.next_test()

    module.Pool.instance = None
    reset = project.said()
    module.Pool.instance = module.Pool()

    assert reset == [("app.Pool.instance", "class_attribute", "warning")]
    assert project.said() == [("app.Pool.instance", "initialisation", "note")]


def test_what_one_test_sets_up_twice_is_one_set_up(project: Project) -> None:
    """The probes may look in the middle of a test."""
    module = app(project, SOURCE)
    module.Pool.instance = module.Pool()
    project.look()

    module.Pool.instance = module.Pool()

    assert project.said() == [("app.Pool.instance", "class_attribute", "note")]


def test_what_set_up_code_gives_to_a_test_class_before_each_test_is_a_note(project: Project) -> None:
    """As Django gives a new client to each: where the first one was no finding, the next is none to worry about."""
    module = project.module("test_shop", "class TestShop: ...", "tests/test_shop.py")
    project.start()
    module.TestShop.client = object()
    first = project.said()
    project.next_test()

    module.TestShop.client = object()

    assert first == []
    assert project.said() == [("tests.test_shop.TestShop.client", "class_attribute", "note")]


@pytest.mark.parametrize("flag", ["_initialized", "is_ready", "_setup_done", "started", "configured"])
def test_a_flag_that_says_so_is_an_initialisation(project: Project, flag: str) -> None:
    """It goes with what was set up."""
    module = app(project, f"{flag} = False")

    vars(module)[flag] = True

    assert project.said() == [(f"app.{flag}", "initialisation", "note")]


def test_other_flags_are_values(project: Project) -> None:
    """Whether something is enabled decides what other tests see."""
    module = app(project, "enabled = False")

    module.enabled = True

    assert project.said() == [("app.enabled", "global", "warning")]


def test_what_is_registered_as_resettable_matters(project: Project) -> None:
    """Somebody has registered it because its state was a trouble; even a cache."""
    module = app(project, SOURCE + "_cache = {}")
    registered = [resettable(module.Pool, attrs=["instance"]), resettable(module._cache)]

    module.Pool.instance = module.pool
    module.pool.size = "big"
    module._cache["a"] = 1
    said = project.said()
    for each in registered:
        each.forget()

    assert sorted(said) == [
        ("app.Pool.instance", "initialisation", "warning"),
        ("app._cache['a']", "container_key", "warning"),
        ("app.pool.size", "instance", "note"),
    ]


CACHES = """
import functools, weakref, abc, enum, re
class Interface(abc.ABC): ...
class Flags(enum.Flag):
    A = 1
    B = 2
class Lazy:
    def __init__(self, function): self.function = function
    def __get__(self, instance, owner): ...
class Page:
    @functools.cached_property
    def text(self): return object()
    title = Lazy(None)
class QueryCache:
    def __init__(self):
        self.held = {}
class Thing: ...
page = Page()
queries = QueryCache()
_cache = {}
memo = {}
_compiled = {}
user_cache = []
cached_total = None
parserCache = {}
interned = set()
weak = weakref.WeakValueDictionary()
@functools.lru_cache
def compute(n): return n
@functools.singledispatch
def show(value): ...
"""


@pytest.mark.parametrize(
    "act",
    [
        lambda app: app._cache.update(a=1),
        lambda app: app.memo.update(a=1),
        lambda app: app._compiled.update(a=1),
        lambda app: app.user_cache.append(1),
        lambda app: app.parserCache.update(a=1),
        lambda app: app.interned.add("a"),
        lambda app: setattr(app, "cached_total", object()),
        lambda app: setattr(app, "_cache", {"a": 1}),
        lambda app: app.queries.held.update(a=1),
        lambda app: setattr(app.queries, "hits", 1),
        lambda app: setattr(app, "__warningregistry__", {"a": 1}),
        lambda app: app.compute(1),
        lambda app: app.page.text,
        lambda app: vars(app.page).update(title="a"),
        lambda app: app.weak.update(a=app.page),
        lambda app: app.show(1),
        lambda app: issubclass(int, app.Interface),
        lambda app: app.Interface.register(int),
        lambda app: app.Flags.A | app.Flags.B,
        lambda app: setattr(app.Page, "__pydantic_complete__", True),
        lambda app: setattr(app.Page, "_sa_class_manager", app.page),
        lambda app: setattr(app.Page, "__annotations__", {}),
        lambda app: setattr(app, "pytestmark", [1]),
    ],
)
def test_caches_are_no_finding(project: Project, act: Callable[[Any], object]) -> None:
    """Whoever comes first fills them, and the next one gets the same values, only faster."""
    module = app(project, CACHES)

    act(module)

    assert project.said() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda app: app.page.text,
        lambda app: app._cache.update(a=1),
        lambda app: setattr(app.Page, "__late__", 1),
        lambda app: setattr(app, "sys", sys),
    ],
)
def test_what_is_no_finding_when_it_comes_is_none_when_it_goes(project: Project, act: Callable[[Any], object]) -> None:
    """Whoever clears a cache has changed nothing."""
    module = app(project, CACHES)
    act(module)
    project.look()

    vars(module.page).clear()
    module._cache.clear()
    vars(module).pop("sys", None)
    if hasattr(module.Page, "__late__"):
        del module.Page.__late__

    assert project.said() == []


def test_a_cache_that_is_exchanged_is_replaced(project: Project) -> None:
    """Another object in its place is not a value more."""
    module = app(project, CACHES + "cache = QueryCache()")

    module.cache = module.Page()

    assert project.said() == [("app.cache", "global", "warning")]


def test_a_module_that_is_about_caches_is_none(project: Project) -> None:
    """Only names inside of modules say what something is."""
    module = project.module("app_cache", "clients = {}")
    project.start()

    module.clients["a"] = 1

    assert project.said() == [("app_cache.clients['a']", "container_key", "warning")]


@pytest.mark.parametrize(
    ("source", "act"),
    [
        ("mode = ['a', ('b',)]", lambda app: setattr(app, "mode", ["a", ("b",)])),
        ("mode = ['a']", lambda app: app.mode.append("b") or app.mode.pop()),
        ("mode = {'a': {'b'}}", lambda app: app.mode.update(a={"b"})),
        ("mode = 3000", lambda app: setattr(app, "mode", int("3000"))),
    ],
)
def test_an_equal_value_is_no_change(project: Project, source: str, act: Callable[[Any], object]) -> None:
    """Nobody who compares values will notice."""
    module = app(project, source)

    act(module)

    assert project.said() == []


@pytest.mark.parametrize(
    "source",
    [
        "import itertools; numbers = itertools.count(); act = lambda: next(numbers)",
        "import random; dice = random.Random(1); act = dice.random",
        "items = (n for n in range(9)); act = lambda: next(items)",
        "import threading; lock = threading.Lock(); act = lock.acquire",
        "import threading; event = threading.Event(); act = event.set",
        "import asyncio; lock = asyncio.Lock(); act = lambda: vars(lock).update(_loop=object())",
        "import logging; log = logging.getLogger('app.made'); act = lambda: log.getChild('more')",
        "import logging; log = logging.getLogger('app.made'); act = lambda: log.isEnabledFor(10)",
        "import queue; jobs = queue.Queue(); act = lambda: jobs.put(1)",
        "import re; act = lambda: re.compile('a' * 50)",
        "import contextlib; stack = contextlib.ExitStack(); act = lambda: stack.callback(print)",
        "from pathlib import Path; here = Path('/a/b'); act = lambda: (here.parts, str(here), hash(here))",
    ],
)
def test_objects_of_libraries_keep_their_own_state(project: Project, source: str) -> None:
    """Counters, generators, locks, loggers and queues change with use; looking into them would tell nobody anything."""
    module = app(project, source)

    module.act()

    assert project.said() == []


def test_a_new_subclass_is_a_note_that_cannot_be_put_back(project: Project) -> None:
    """A class knows its subclasses as long as they live."""
    module = app(project, "class Plugin: ...\nclass First(Plugin): ...")
    made = [type("Made", (module.Plugin,), {})]

    [change] = project.look()

    assert (change.kind, change.severity, change.put) == ("subclass", "note", None)
    assert change.hint == "its subclasses; a class stays until nobody holds it"
    assert made


def test_a_subclass_that_is_gone_is_no_finding(project: Project) -> None:
    """The garbage collector decides when a class goes."""
    module = app(project, "class Plugin: ...\nclass First(Plugin): ...")
    made = [type("Made", (module.Plugin,), {})]
    project.look()

    made.clear()
    gc.collect()

    assert project.look() == []


def test_a_module_that_is_imported_late_is_no_finding(project: Project) -> None:
    """Neither in the package above it, nor what it has in it."""
    module = app(project, "late = None")

    module.orders = project.module("app.orders", "registry = {}")
    module.late = project.module("app.late", "value = 1")

    assert project.said() == []


def test_a_module_that_was_imported_late_is_watched_from_then_on(project: Project) -> None:
    """It has joined as it was when it was first seen."""
    app(project, "")
    late = project.module("app.orders", "registry = {}")
    project.look()

    late.registry["a"] = 1

    assert project.said() == [("app.orders.registry['a']", "container_key", "warning")]


def test_what_a_late_import_brings_is_no_finding(project: Project) -> None:
    """A class that registers itself, a backend that is set as the default."""
    module = app(project, "registry = {}\nbackend = None")

    late = project.module("app.orders", "class Orders: ...\ndef make(): ...")
    module.registry["orders"] = late.Orders
    module.registry["make"] = late.make
    module.backend = late.Orders()

    assert project.said() == []


def test_what_may_have_come_with_an_import_stays(project: Project) -> None:
    """An import happens once: without its entry it would be as if it had never happened."""
    module = app(project, "registry = {'a': 1}\nnames = ['a']\ntags = {'a'}\nmode = 'on'\nclient = None")
    project.module("app.orders", "")
    module.registry["b"] = 1
    module.names.append("b")
    module.tags.add("b")
    module.client = object()

    changes = project.look()

    assert {(change.kind, change.severity, change.put) for change in changes} == {("import", "note", None)}
    assert [change.place for change in changes] == ["app.client", "app.registry['b']", "app.names", "app.tags"]
    assert changes[0].hint == "may have come with an import, which happens once"


def test_what_is_replaced_beside_an_import_is_a_change(project: Project) -> None:
    """Imports add."""
    module = app(project, "mode = 'on'\nnames = ['a']")
    project.module("app.orders", "")
    module.mode = "off"
    module.names.clear()

    assert project.said() == [("app.mode", "global", "warning"), ("app.names", "container", "warning")]


def test_what_strangers_import_does_not_hide_changes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is loaded lazily knows nothing of the project."""
    module = app(project, "registry = {}")
    monkeypatch.setitem(sys.modules, "stranger", types.ModuleType("stranger"))
    module.registry["a"] = 1

    assert project.said() == [("app.registry['a']", "container_key", "warning")]


def test_a_module_that_is_imported_again_is_not_a_thousand_findings(project: Project) -> None:
    """It is another module, watched as it is; that the entry was replaced is said elsewhere."""
    package = app(project, "")
    package.orders = project.module("app.orders", "class Orders: ...\nregistry = {}")
    project.look()

    again = package.orders = project.module("app.orders", "class Orders: ...\nregistry = {}")
    replaced = project.said()
    again.registry["a"] = 1

    assert replaced == []
    assert project.said() == [("app.orders.registry['a']", "container_key", "warning")]


def test_a_module_that_is_put_back_is_watched_again(project: Project) -> None:
    """Whoever restores says so at the end."""
    old = app(project, "registry = {}")
    project.module("app", "registry = {}")
    project.look()
    sys.modules["app"] = old

    project.singletons.settle()
    old.registry["a"] = 1

    assert project.said() == [("app.registry['a']", "container_key", "warning")]


def test_what_was_cached_in_a_test_whose_state_is_put_back_is_cleared(project: Project) -> None:
    """It may have been computed from what was changed; what was cached before stays."""
    module = app(project, "import functools\n@functools.lru_cache\ndef f(n): ...\n@functools.lru_cache\ndef g(n): ...")
    module.g(1)
    project.look()
    project.next_test()
    module.f(1)
    project.look()

    project.singletons.settle()

    assert (module.f.cache_info().currsize, module.g.cache_info().currsize) == (0, 1)
    assert project.look() == []


def test_the_values_of_fixtures_are_watched(project: Project) -> None:
    """As long as the fixture lives; what is counted or set up in them is a note as elsewhere."""
    module = app(project, SOURCE)
    pool = module.Pool()
    project.singletons.add_root("fixture 'pool'", pool)
    pool.size, pool.conns = "big", ["a"]
    pool.conns.append("b")
    pool.client = module.Pool()
    seen = project.said()
    project.singletons.remove_root("fixture 'pool'")

    pool.size = "huge"

    assert seen == [
        ("fixture 'pool'.conns", "fixture_value", "warning"),
        ("fixture 'pool'.size", "fixture_value", "warning"),
        ("fixture 'pool'.client", "initialisation", "note"),
    ]
    assert project.look() == []


@pytest.mark.parametrize("opened", [object(), (object(), object()), {"a": [object()]}])
def test_what_a_fixtures_value_opens_is_a_note(project: Project, opened: object) -> None:
    """Clients and pools that several tests share open what they need when it is first needed."""
    module = app(project, SOURCE)
    pool = module.Pool()
    project.singletons.add_root("fixture 'pool'", pool)

    pool.conns.append(opened)
    pool.size = opened

    assert [severity for _, _, severity in project.said()] == ["note", "note"]


@pytest.mark.parametrize("value", [threading.Thread(), functools.partial(print), sys, Path, "text"])
def test_values_of_libraries_are_left_alone(project: Project, monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    """A client of a library keeps its connections in itself."""
    app(project, "")
    project.singletons.add_root("fixture 'client'", value)

    if type(vars(value) if hasattr(value, "__dict__") else None) is dict:
        monkeypatch.setitem(vars(value), "state", 1)

    assert project.look() == []


def test_the_file_of_a_fixture_is_no_name_of_what_it_gives(project: Project) -> None:
    """A fixture about caches may give something else."""
    app(project, "")
    held: dict[str, int] = {}
    project.singletons.add_root("fixture 'held' of tests/test_a.py::TestCache", held)

    held["a"] = 1

    assert project.said() == [("fixture 'held' of tests/test_a.py::TestCache['a']", "container_key", "warning")]


def test_strict_watching_shows_all_of_them(project: Project) -> None:
    """As warnings."""
    module = app(project, CACHES + SOURCE, is_strict=True)
    module._cache["a"] = 1
    module.tags = {"a"}
    module.calls += 1
    module.pool.size = "big"
    module.compute(1)
    module.orders = project.module("app.orders", "")
    module.fetch.__module__ = "app"

    assert sorted(project.said()) == [
        ("app._cache['a']", "cache", "warning"),
        ("app.calls", "counter", "warning"),
        ("app.compute", "cache", "warning"),
        ("app.orders", "import", "warning"),
        ("app.pool.size", "instance", "warning"),
        ("app.tags", "equal_value", "warning"),
    ]


HOSTILE = """
def fail(*_): raise AssertionError
class Meta(type):
    __getattribute__ = __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = __repr__ = __len__ = fail
class Hostile:
    __getattribute__ = __repr__ = __eq__ = __bool__ = __hash__ = __len__ = __iter__ = __contains__ = __str__ = fail
    __lt__ = __gt__ = __ne__ = __call__ = __get__ = __index__ = __format__ = __del__ = fail
Strange = Meta("Strange", (), {"value": None})
class Lazy:
    def __getattr__(self, name): fail()
    __class__ = property(fail)
    __dict__ = property(fail)
class Slotted:
    __slots__ = ("a", "b")
    def __getattribute__(self, name): fail()
holder = {}
items = []
state = None
"""
# a destructor that fails would be a warning of the test that comes next
HOSTILE = HOSTILE.replace(" = __del__", "")


@pytest.mark.parametrize("make", ["Hostile()", "Strange", "type.__call__(Strange)", "Lazy()", "Slotted()"])
def test_code_of_what_is_looked_at_never_runs(project: Project, make: str) -> None:
    """Objects that fail whatever they are asked are watched like others, and shown like others."""
    from isolation._representations import represent_difference

    module = app(project, HOSTILE)
    thing = eval(make, vars(module))
    vars(module)["state"] = thing
    module.holder["a"] = thing
    module.items.append(thing)

    changes = project.look()

    assert [change.kind for change in changes] == ["initialisation", "container_key", "container"]
    assert all(represent_difference(change.before, change.after, name=change.place) for change in changes)
    assert [change.put(change.before) for change in changes if change.put is not None] == [None, None, None]
    assert project.look() == []


def test_members_of_enumerations_and_frozen_classes_are_passed(project: Project) -> None:
    """What is inside of them is watched, as far as it can change."""
    module = app(
        project,
        """
        import dataclasses, enum
        @dataclasses.dataclass(frozen=True)
        class Frozen: held: dict
        class Color(enum.Enum): RED = 1
        frozen = Frozen({})
        """,
    )
    module.frozen.held["a"] = module.Color.RED

    assert project.said() == [("app.frozen.held['a']", "container_key", "warning")]


def test_a_weak_container_may_be_anywhere(project: Project) -> None:
    """What is in it goes when it likes."""
    module = app(project, "class Thing: ...\nheld = {}")
    module.held["weak"] = WeakValueDictionary()
    project.look()

    module.held["weak"]["a"] = thing = module.Thing()

    assert project.look() == []
    assert thing


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("tables", lambda tables: tables.update(a=1)),
        ("request", lambda request: request.set("a")),
    ],
)
def test_what_belongs_to_a_library_is_a_note(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[Any], object]
) -> None:
    """The module only has imported it, and knows nothing about it."""
    library = types.ModuleType("library")
    vars(library).update(tables={}, request=ContextVar("request"))
    monkeypatch.setitem(sys.modules, "library", library)
    app(project, f"from library import {name}")

    [change] = copy_context().run(lambda: (act(vars(library)[name]), project.look())[1])

    assert (change.kind, change.severity, change.hint) == ("third_party", "note", "it belongs to a library, too")


def _rename(request: "ContextVar[str]", project: Project) -> tuple[Change, str | None, str]:
    request.set("old")
    project.look()
    request.set("new")
    [change] = project.look()
    assert change.put is not None
    return change, change.put(change.before), request.get()


def test_a_context_variable_of_the_project_is_an_error(project: Project) -> None:
    """Nobody sets one for good on purpose; it is put back."""
    module = app(project, "import contextvars\nrequest = contextvars.ContextVar('request')")

    change, refusal, value = copy_context().run(_rename, module.request, project)

    assert (change.place, change.kind, change.severity) == ("app.request", "context_variable", "error")
    assert (refusal, value) == (None, "old")


def test_what_a_holder_keeps_is_meant(project: Project) -> None:
    """The user has said that it may keep what tests open."""
    module = project.module("app", SOURCE)
    project.start(meant=["app.client", "app.pool"])

    module.client = module.Pool()
    module.pool.conns.append(1)
    module.pooled = object()

    assert project.said() == [("app.pooled", "initialisation", "note")]


def test_what_is_open_is_not_dropped(project: Project) -> None:
    """Without the object nobody could close it; when it is closed, the place is put back."""
    module = app(project, SOURCE)
    module.client = module.Pool()
    module.client.conns.append(made := socket.socket())
    [change] = project.look()
    assert change.put is not None

    with made:
        refusal = change.put(change.before)

    assert refusal == "it holds <socket.socket object>, which is open"
    assert (change.put(change.before), module.client) == (None, None)


def _replace_registry(app: Any) -> None:
    saved = app.registry.copy()
    app.registry["b"] = 2
    app.registry["a"] = object()
    app.registry = saved


def _replace_names(app: Any) -> None:
    saved = list(app.names)
    app.names.append("b")
    app.names = saved


def _replace_tags(app: Any) -> None:
    saved = set(app.tags)
    app.tags.clear()
    app.tags = saved


@pytest.mark.parametrize("act", [_replace_registry, _replace_names, _replace_tags])
def test_a_container_that_is_replaced_by_its_copy_is_put_back(project: Project, act: Callable[[Any], None]) -> None:
    """Many suites copy a registry, let their tests change it, and put the copy in its place."""
    module = app(project, SOURCE)

    act(module)

    assert project.said() == []
