"""Resettables: what they take, how they put it back, and what they are called."""

import functools
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextvars import ContextVar, copy_context
from functools import cached_property
from types import ModuleType
from typing import Any

import pytest

from isolation import (
    CleanupError,
    IsolationError,
    IsolationWarning,
    Resettable,
    SettingsError,
    environment,
    isolate,
    reset_all,
    resettable,
    sync_isolation_barrier,
)
from isolation._resettables import registered
from tests.barred import raising

MODE: ContextVar[str] = ContextVar("mode", default="normal")
USER: ContextVar[str] = ContextVar("user")
LOCAL = threading.local()


class Client:
    """Something that a singleton keeps."""

    def __init__(self) -> None:
        self.sent: list[str] = []


class Manager:
    """The singleton of most suites."""

    instance: "Manager | None" = None
    registry: "dict[str, type]" = {}  # noqa: RUF012 - what is to be reset

    def __init__(self) -> None:
        self.queues: dict[str, list[str]] = {"u0": []}
        self.names = {"u0"}
        self.client = Client()

    @cached_property
    def size(self) -> int:
        """Return how much there is."""
        return len(self.queues)


manager = Manager()


@functools.cache
def home() -> str:
    """Return what is derived from the environment."""
    return os.environ.get("ISOLATION_HOME", "nowhere")


@pytest.fixture
def app() -> Iterator[Any]:
    """Give a module of an application."""
    module = ModuleType("isolation_test_app")
    sys.modules["isolation_test_app"] = module
    yield module
    sys.modules.pop("isolation_test_app", None)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """Forget what a test registers."""
    before = set(map(id, registered()))
    yield
    for each in registered():
        if id(each) not in before:
            each.forget()


def test_contents_are_put_back_in_place() -> None:
    """Whoever holds the containers has them still, with what was in there."""
    own = Manager()
    queues, first, names = own.queues, own.queues["u0"], own.names
    target = resettable(own)
    state = target.snapshot()
    own.queues["u1"] = ["hello"]
    first.append("hello")
    own.names = {"nobody"}
    names.clear()
    own.extra = 1  # type: ignore[attr-defined]

    changed = target.changed(state)
    target.restore(state)

    assert sorted(changed) == [
        "Manager.extra",
        "Manager.names",
        "Manager.names",
        "Manager.queues['u0']",
        "Manager.queues['u1']",
    ]
    assert (own.queues, own.queues["u0"], own.names) == (queues, first, names)
    assert vars(own) == {"queues": {"u0": []}, "names": {"u0"}, "client": own.client}
    assert target.changed(state) == []


def test_aliases_and_cycles_are_put_back() -> None:
    """A container that is reached on two ways is one, and one that holds itself is no trouble."""
    inner: list[object] = [1]
    outer: dict[str, object] = {"a": inner, "b": inner}
    inner.append(outer)
    target = resettable(outer)
    state = target.snapshot()
    inner.clear()
    outer["b"] = [2]

    target.restore(state)

    assert outer["a"] is outer["b"] is inner
    assert inner[0] == 1
    assert inner[1] is outer


def test_a_lazy_instance_is_forgotten() -> None:
    """The class begins anew, and its registry, too."""
    target = resettable(Manager, attrs=["instance", "registry", "absent"])
    registry, state = Manager.registry, target.snapshot()
    Manager.instance = Manager()
    Manager.registry["x"] = int
    Manager.absent = 1  # type: ignore[attr-defined]

    changed = target.changed(state)
    target.restore(state)

    assert changed == ["Manager.instance", "Manager.absent", "Manager.registry['x']"]
    assert vars(Manager)["instance"] is None
    assert Manager.registry is registry
    assert registry == {}
    assert not hasattr(Manager, "absent")


def test_an_instance_that_was_there_is_emptied() -> None:
    """What a class keeps of its own kind belongs to it."""
    Manager.instance = mine = Manager()
    target = resettable(Manager)
    state = target.snapshot()
    mine.queues["u1"] = []

    changed = target.changed(state)
    target.restore(state)
    Manager.instance = None

    assert changed == ["Manager.instance.queues['u1']"]
    assert mine.queues == {"u0": []}


def test_an_object_on_the_way_stays_as_it_is_unless_it_is_followed() -> None:
    """Locks, sockets and clients are their owners' business."""
    own = Manager()
    plain, following = resettable(own), resettable(own, follow=lambda thing: type(thing) is Client)
    plain_state, state = plain.snapshot(), following.snapshot()
    own.client.sent.append("hello")

    unseen, seen = plain.changed(plain_state), following.changed(state)
    following.restore(state)

    assert unseen == []
    assert seen == ["Manager.client.sent"]
    assert own.client.sent == []


def test_an_object_is_followed_through_containers() -> None:
    """However deep it is, and once, whatever leads there."""
    module: Any = ModuleType("isolation_test_app")
    client = Client()
    module.clients = [{"a": ({5}, 5), (1,): {Client()}}, client, 5]
    module.clients.append(module.clients)
    target = resettable(module, follow=lambda thing: isinstance(thing, Client))
    state = target.snapshot()
    client.sent.append("hello")

    changed = target.changed(state)
    target.restore(state)

    assert changed == ["isolation_test_app.clients[1].sent"]
    assert client.sent == []


def test_an_object_is_followed_from_a_class() -> None:
    """As from any other target."""
    client = Client()

    class Holder:
        """A class that holds it."""

        held = client

    target = resettable(Holder, follow=lambda thing: isinstance(thing, Client))
    state = target.snapshot()
    client.sent.append("hello")

    target.restore(state)

    assert client.sent == []


def test_an_object_that_is_a_container_too_has_attributes_of_its_own() -> None:
    """Its items belong to what leads to it, its attributes do not."""

    class Config(dict[str, int]):
        """A dict with attributes."""

    config = Config(a=1)
    target = resettable({"config": config})
    state = target.snapshot()
    config.fresh = 1  # type: ignore[attr-defined]

    assert target.changed(state) == []


def test_a_shallow_one_leaves_what_is_inside_alone() -> None:
    """Its own attributes, or its own items, are all that is meant."""
    own = Manager()
    target = resettable(own, depth="shallow")
    state = target.snapshot()
    own.queues["u1"] = []
    own.names = set()

    changed = target.changed(state)
    target.restore(state)

    assert changed == ["Manager.names"]
    assert own.queues == {"u0": [], "u1": []}
    assert own.names == {"u0"}


def test_a_name_means_the_binding_and_what_is_in_there(app: Any) -> None:
    """Both come back, and the object that was there is the one that is there."""
    app.pool = {"size": 1}
    pool = app.pool
    target = resettable("isolation_test_app:pool")
    state = target.snapshot()
    pool["size"] = 2
    app.pool = {"size": 3}

    changed = target.changed(state)
    target.restore(state)

    assert changed == ["isolation_test_app.pool", "isolation_test_app.pool['size']"]
    assert app.pool is pool
    assert pool == {"size": 1}


def test_a_name_may_lead_through_attributes(app: Any) -> None:
    """To a class attribute, for example."""

    class Pool:
        """A pool."""

        _instance: object = None

    app.Pool = Pool
    target = resettable("isolation_test_app:Pool._instance")
    state = target.snapshot()
    Pool._instance = Pool()

    changed = target.changed(state)
    target.restore(state)

    assert changed == ["isolation_test_app.Pool._instance"]
    assert Pool._instance is None


def test_a_named_class_may_have_chosen_attributes(app: Any) -> None:
    """Nothing is imported for it."""

    class Pool:
        """A pool."""

        _instance: object = None

    target = resettable("isolation_test_app_later:Pool", attrs=["_instance"])
    early = target.snapshot()
    app.Pool = Pool
    sys.modules["isolation_test_app_later"] = app
    state = target.snapshot()
    Pool._instance = Pool()

    changed = target.changed(state)
    nothing = target.changed(early)
    target.restore(early)
    target.restore(state)
    del sys.modules["isolation_test_app_later"]

    assert changed == ["isolation_test_app_later.Pool._instance"]
    assert (early, nothing) == (None, [])
    assert Pool._instance is None


def test_a_cached_property_is_forgotten() -> None:
    """It is one more attribute."""
    own = Manager()
    target = resettable(own)
    state = target.snapshot()
    assert own.size == 1

    target.restore(state)

    assert "size" not in vars(own)


def test_a_context_variable_is_put_back() -> None:
    """To its value, or to its default."""

    def run() -> tuple[list[str], str]:
        target = resettable(MODE)
        state = target.snapshot()
        MODE.set("odd")
        changed = list(target.changed(state))
        target.restore(state)
        return changed, MODE.get()

    assert copy_context().run(run) == (["mode"], "normal")


def test_a_barrier_unsets_a_context_variable() -> None:
    """With the token that only it has; a plain restore cannot, and says so."""

    def run() -> str:
        target = resettable(USER, group="variables")
        state = target.snapshot()
        with sync_isolation_barrier("variables"):
            USER.set("ada")
        seen = USER.get("unset")
        USER.set("ada")
        with pytest.raises(IsolationError, match=r"^user could not be put back: "):
            target.restore(state)
        return seen

    assert copy_context().run(run) == "unset"


def test_a_thread_local_is_put_back() -> None:
    """That of this thread."""
    LOCAL.user = "nobody"
    target = resettable(LOCAL)
    state = target.snapshot()
    LOCAL.user, LOCAL.more = "ada", 1

    target.restore(state)

    assert vars(LOCAL) == {"user": "nobody"}


def test_special_containers_are_put_back() -> None:
    """They stay what they are."""
    tally, recent, raw = Counter({"a": 1}), deque([1, 2], maxlen=2), bytearray(b"abc")
    target = resettable([tally, recent, raw])
    state = target.snapshot()
    tally["b"] += 1
    recent.append(3)
    raw[:] = b"x"

    target.restore(state)

    assert (tally, recent, raw) == (Counter({"a": 1}), deque([1, 2], maxlen=2), bytearray(b"abc"))


def test_a_lazy_proxy_is_not_woken() -> None:
    """Nothing asks it for its class, its attributes or its equals."""

    class Lazy:
        """A proxy that must not be touched."""

        @property
        def __class__(self) -> type:
            raise AssertionError("woken")

        @__class__.setter
        def __class__(self, value: type) -> None:
            raise AssertionError("woken")

        def __getattribute__(self, name: str) -> object:
            raise AssertionError("woken")

        def __eq__(self, other: object) -> bool:
            raise AssertionError("woken")

        __hash__ = None  # type: ignore[assignment]

    held: dict[str, object] = {"settings": Lazy()}
    target = resettable(held)
    state = target.snapshot()
    held["other"] = Lazy()

    changed = target.changed(state)
    target.restore(state)

    assert changed == ["dict['other']"]
    assert list(held) == ["settings"]


def test_a_cache_that_is_derived_is_emptied_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the environment from which it was made is back."""
    monkeypatch.setenv("ISOLATION_HOME", "before")
    home.cache_clear()
    seen: list[str] = []
    resettable(home, group="derived", after_restore=lambda: seen.append(home()))
    forget = isolate("derived", environment())

    with sync_isolation_barrier("derived") as barrier:
        os.environ["ISOLATION_HOME"] = "inside"
        assert home() == "inside"
    forget()

    assert seen == ["before"]
    assert home() == "before"
    assert barrier.changed == ["os.environ['ISOLATION_HOME']", "tests.test_resettables.home"]


def test_a_cache_that_was_filled_anew_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its numbers are what they were."""
    monkeypatch.setenv("ISOLATION_HOME", "before")
    home.cache_clear()
    home()
    target = resettable(home)
    state, before = target.snapshot(), home.cache_info()
    monkeypatch.setenv("ISOLATION_HOME", "inside")
    home.cache_clear()
    home()

    changed, after = target.changed(state), home.cache_info()
    monkeypatch.undo()
    target.restore(state)

    assert before == after
    assert changed == ["tests.test_resettables.home"]
    assert home() == "nowhere"
    home.cache_clear()


def test_a_cache_that_has_not_changed_is_kept() -> None:
    """Filling it again may be dear."""
    home.cache_clear()
    home()
    target = resettable(home)
    state = target.snapshot()

    target.restore(state)

    assert home.cache_info().currsize == 1
    home.cache_clear()


def test_any_cache_that_can_be_emptied_is_one() -> None:
    """Of whoever has made it; what is in there nobody can tell, so it is emptied every time."""
    emptied: list[str] = []

    def load() -> None:
        """Load something."""

    load.cache_clear = lambda: emptied.append("function")  # type: ignore[attr-defined]

    class Cached:
        """An object that caches calls."""

        def cache_clear(self) -> None:
            """Empty it."""
            emptied.append("object")

    one, other = resettable(load), resettable(Cached())
    states = one.snapshot(), other.snapshot()
    one.restore(states[0])
    other.restore(states[1])

    assert emptied == ["function", "object"]


def test_what_only_its_owner_can_reset(app: Any) -> None:
    """Is reset by it, instead of being put back."""
    app.state = ["clean"]
    calls: list[str] = []
    target = resettable(
        "isolation_test_app:state", reset=lambda: calls.append("reset"), after_restore=lambda: calls.append("after")
    )
    state = target.snapshot()
    app.state.append("dirty")

    target.restore(state)

    assert calls == ["reset", "after"]
    assert app.state == ["clean", "dirty"]


def test_what_is_done_afterwards_is_done_even_if_something_failed() -> None:
    """A cache must not keep what was there."""
    calls: list[str] = []
    target = resettable(manager, reset=raising(KeyError("missing")), after_restore=lambda: calls.append("after"))
    state = target.snapshot()

    with pytest.raises(KeyError):
        target.restore(state)

    assert calls == ["after"]


def test_reset_all_goes_back_to_the_first_sight() -> None:
    """However often, and tells what had changed."""
    own = Manager()
    resettable(own, group="mine")
    own.queues["u1"] = []

    first = reset_all("mine")
    second = reset_all("mine")
    own.queues.clear()
    third = reset_all("mine")

    assert first == ["Manager.queues['u1']"]
    assert second == []
    assert third == ["Manager.queues['u0']"]
    assert own.queues == {"u0": []}


def test_reset_all_of_a_group_that_nobody_knows_is_doubted() -> None:
    """A misspelt name would reset nothing, and say nothing."""
    resettable([], group="orders")

    with pytest.warns(IsolationWarning) as warned:
        changed = reset_all("ordres")

    (warning,) = warned
    assert str(warning.message) == "nothing is registered for group 'ordres'; did you mean 'orders'?"
    assert (warning.filename, changed) == (__file__, [])
    with pytest.raises(TypeError):
        reset_all({})  # type: ignore[arg-type]


def test_reset_all_means_all_groups() -> None:
    """Unless one is named."""
    one, other = {"a": 1}, {"b": 2}
    resettable(one, group="one")
    resettable(other, group="other")
    one.clear()
    other.clear()

    reset_all("one")
    after_one = dict(one), dict(other)
    reset_all()

    assert after_one == ({"a": 1}, {})
    assert other == {"b": 2}


def test_reset_all_empties_caches_last() -> None:
    """When everything else is back."""
    order: list[str] = []
    resettable(manager, group="ordered", reset=lambda: order.append("one"), after_restore=lambda: order.append("last"))
    resettable({}, group="ordered", reset=lambda: order.append("two"))

    reset_all("ordered")

    assert order == ["two", "one", "last"]


def test_reset_all_tries_all() -> None:
    """What fails is raised together."""
    own = {"a": 1}
    resettable(own, group="failing")
    resettable(manager, group="failing", reset=raising(KeyError("missing")))
    own.clear()

    with pytest.raises(CleanupError) as caught:
        reset_all("failing")

    assert caught.value.message == "1 of 2 resettables could not be reset"
    (failure,) = caught.value.exceptions
    assert failure.__notes__ == ["while resetting 'tests.test_resettables.manager' of group 'failing'"]
    assert own == {"a": 1}


def test_reset_all_meets_what_is_imported_later() -> None:
    """What it is then is its beginning; a module that was imported anew is another one."""
    resettable("isolation_test_late:items", group="late")
    before = reset_all("late")
    first, second = ModuleType("isolation_test_late"), ModuleType("isolation_test_late")
    first.items, second.items = [1], [2]  # type: ignore[attr-defined]
    sys.modules["isolation_test_late"] = first
    reset_all("late")
    first.items.append(5)
    changed = reset_all("late")
    sys.modules["isolation_test_late"] = second
    reset_all("late")
    second.items.append(6)
    changed_again = reset_all("late")
    del sys.modules["isolation_test_late"]

    assert before == []
    assert changed == changed_again == ["isolation_test_late.items"]
    assert (first.items, second.items) == ([1], [2])


def test_what_is_registered_twice_is_one() -> None:
    """A fixture may register for every test; another option makes it another one."""
    own = Manager()

    first, second = resettable(own), resettable(own)
    named, named_again = resettable("app.core:manager"), resettable("app.core:manager")
    other, in_group = resettable(own, depth="shallow"), resettable(own, group="other")

    assert first is second
    assert named is named_again
    assert len({id(each) for each in (first, named, other, in_group)}) == 4


def test_what_is_forgotten_is_not_reset() -> None:
    """Calling it twice does no harm."""
    own = {"a": 1}
    target = resettable(own, group="forgotten")
    target.forget()
    target.forget()
    own.clear()

    assert reset_all("forgotten") == []
    assert own == {}


def test_barriers_put_resettables_back() -> None:
    """To what they were when the barrier began."""
    own = Manager()
    resettable(own, group="barrier")
    own.queues["u1"] = []

    with sync_isolation_barrier("barrier") as barrier:
        own.queues["u2"] = []

    assert barrier.changed == ["Manager.queues['u2']"]
    assert own.queues == {"u0": [], "u1": []}


def test_names_that_lead_to_one_thing_share_it(app: Any) -> None:
    """Barriers that take it by name and by object come one after the other."""
    app.pool = pool = {"size": 1}

    by_name, by_object = resettable("isolation_test_app:pool"), resettable(pool)
    nowhere, number = resettable("isolation_test_nowhere:pool"), resettable("isolation_test_app:__name__")

    assert set(by_object.isolation_places) < set(by_name.isolation_places)
    assert nowhere.isolation_places == [("name", "isolation_test_nowhere:pool")]
    assert len(number.isolation_places) == 1


def test_what_a_resettable_is_called(app: Any) -> None:
    """As somebody would write it who wants to see it."""
    names = [
        resettable("app.core:Pool._conns").name,
        resettable(Manager).name,
        resettable(manager).name,
        resettable(Manager()).name,
        resettable(app).name,
        resettable(home).name,
        resettable(MODE).name,
        resettable([]).name,
    ]

    assert names == [
        "app.core.Pool._conns",
        "Manager",
        "tests.test_resettables.manager",
        "Manager",
        "isolation_test_app",
        "tests.test_resettables.home",
        "mode",
        "list",
    ]
    assert repr(resettable(Manager)) == "<Resettable 'Manager' of group 'default'>"


def test_an_object_of_a_module_that_is_gone_is_called_by_its_class(app: Any) -> None:
    """Nobody knows where to look for it."""
    kind = type("Gone", (), {"__module__": "isolation_test_gone"})

    assert resettable(kind()).name == "Gone"


def test_a_resettable_knows_what_was_registered() -> None:
    """For whoever finds a change, and wants to know whether somebody cares."""
    own, other = Manager(), Manager()
    target, attribute, cache = resettable(own), resettable(Manager, attrs=["instance"]), resettable(home)
    late = resettable("isolation_test_late:items")
    own.queues["u1"] = []

    assert target.has(own, "queues")
    assert target.has(own.queues, None)
    assert attribute.has(Manager, "instance")
    assert cache.has(home, None)
    assert not target.has(other, "queues")
    assert not target.has(other.queues, None)
    assert not attribute.has(Manager, "registry")
    assert not late.has(own, None)


def test_wrong_use_fails_where_it_is_written() -> None:
    """With what is needed instead."""
    wrong: Any = resettable

    with pytest.raises(SettingsError, match=r"^cannot read 'app.cache' in resettable\(\); write 'package.module:attr"):
        wrong("app.cache")
    with pytest.raises(TypeError, match=r"^5 has no state; name what is bound to it, as 'package.module:attribute'$"):
        wrong(5)
    with pytest.raises(TypeError, match=r"^attrs must be a sequence of names, got 'instance'$"):
        wrong(Manager, attrs="instance")
    with pytest.raises(TypeError, match=r"^attrs must be a sequence of names, got \[1\]$"):
        wrong(Manager, attrs=[1])
    with pytest.raises(TypeError, match=r"^follow, reset and after_restore must be functions, got 5$"):
        wrong(Manager, reset=5)
    with pytest.raises(TypeError, match=r"^a group is named by a string, got 5$"):
        wrong(Manager, group=5)
    with pytest.raises(SettingsError, match=r"did you mean 'shallow'\?$"):
        wrong(Manager, depth="shalow")
    assert isinstance(resettable(Manager), Resettable)


def test_a_resettable_that_was_never_registered_can_be_forgotten() -> None:
    """There is nothing to do."""
    target = Resettable(manager, None, "nobody", is_shallow=False, follow=None, reset=None, after_restore=None)

    target.forget()

    assert registered("nobody") == []
