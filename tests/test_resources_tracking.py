"""A manager knows what it was given, and who holds on to what is closed."""

import gc
import sys
from types import ModuleType

import pytest

from isolation import ResourceManager, Survivor
from isolation._survivors import UNSEEN


class Connection:
    """Something that can be closed."""

    def close(self) -> None:
        """Close it."""


class Pool:
    """Something that holds connections."""

    def __init__(self, *connections: Connection) -> None:
        self.connections = list(connections)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give a module, as an application would be."""
    module = ModuleType("app")
    monkeypatch.setitem(sys.modules, "app", module)
    return module


def closed(manager: ResourceManager) -> Connection:
    """Return a connection that was added and closed."""
    connection = manager.add(Connection(), Connection.close, name="conn")
    manager.cleanup_all_sync()
    return connection


def test_what_is_closed_and_referenced_survives() -> None:
    """The survivor has a name and the line where it was added."""
    manager = ResourceManager()
    line = closed.__code__.co_firstlineno + 2
    connection = closed(manager)

    survivors = manager.survivors()

    assert survivors == [Survivor(name="conn", registered_at=f"tests/test_resources_tracking.py:{line}")]
    del connection


def test_what_nobody_references_does_not_survive() -> None:
    """A manager keeps nothing alive that it has cleaned up."""
    manager = ResourceManager()
    closed(manager)

    assert manager.survivors() == []


def test_what_is_open_is_no_survivor() -> None:
    """A resource that is pending, or was given away, is referenced rightly."""
    with ResourceManager() as manager:
        pending = manager.add(Connection(), Connection.close)
        given_away = manager.add(Connection(), Connection.close)
        manager.pending[1].release()

        assert manager.survivors() == []
    del pending, given_away


def test_what_is_only_tracked_is_over_when_the_manager_is_closed() -> None:
    """An object without a cleanup has no other end."""
    manager = ResourceManager()
    connection = manager.track(Connection(), "conn")
    pool = manager.add(Pool())
    before = manager.survivors()

    manager.cleanup_all_sync()

    assert (before, [survivor.name for survivor in manager.survivors()]) == ([], ["conn", "Pool"])
    del connection, pool


def test_what_is_not_to_be_tracked_is_not() -> None:
    """`track=False` leaves an object alone."""
    manager = ResourceManager()
    connection = manager.add(Connection(), Connection.close, track=False)
    manager.cleanup_all_sync()

    assert (manager.survivors(), manager.tracked) == ([], 0)
    del connection


@pytest.mark.parametrize("obj", [[], {}, (), "x", 1, object()], ids=lambda obj: type(obj).__name__)
def test_what_cannot_be_referenced_weakly_is_counted(obj: object) -> None:
    """Lists, dicts and numbers can be tracked, and are never survivors."""
    with ResourceManager() as manager:
        assert manager.track(obj) is obj

    assert (manager.tracked, manager.survivors()) == (1, [])


def test_the_holder_of_a_survivor_is_named(app: ModuleType) -> None:
    """The way leads from the object to a module."""
    manager = ResourceManager()
    app.CACHE = {"conn": closed(manager)}  # type: ignore[attr-defined]

    (survivor,) = manager.survivors(explain=True)

    assert survivor.retained_by == "dict['conn'] <- module app.CACHE"


def test_holders_of_every_kind_have_names(app: ModuleType) -> None:
    """Lists, tuples, instances and odd keys are shown as far as they can be."""
    manager = ResourceManager()
    app.POOLS = ({Pool: Pool(closed(manager))},)  # type: ignore[attr-defined]

    (survivor,) = manager.survivors(explain=True)

    assert survivor.retained_by.startswith("list[0] <- ")
    assert survivor.retained_by.endswith("Pool <- dict[type] <- tuple[0] <- module app.POOLS")


def test_a_distant_holder_is_not_reached(app: ModuleType) -> None:
    """The search ends after a dozen steps, with what it has found."""
    manager = ResourceManager()
    nest: list[object] = [closed(manager)]
    for _ in range(20):
        nest = [nest]
    app.NEST = nest  # type: ignore[attr-defined]

    (survivor,) = manager.survivors(explain=True)

    assert survivor.retained_by == " <- ".join(["list[0]"] * 12)
    del nest


def test_a_class_is_a_holder() -> None:
    """An attribute of a class lives as long as the class."""
    manager = ResourceManager()
    Pool.default = closed(manager)  # type: ignore[attr-defined]

    (survivor,) = manager.survivors(explain=True)

    assert survivor.retained_by == f"dict['default'] <- type {__name__}.Pool"
    del Pool.default  # type: ignore[attr-defined]


def test_a_suspended_frame_is_a_holder() -> None:
    """A traceback that somebody keeps holds local variables."""
    manager = ResourceManager()

    def fail() -> None:
        connection = closed(manager)
        raise ValueError(id(connection))

    with pytest.raises(ValueError, match=r"\d+") as caught:
        fail()

    (survivor,) = manager.survivors(explain=True)

    assert survivor.retained_by.startswith("frame of ")
    assert survivor.retained_by.endswith("fail")
    del caught


def test_a_local_variable_cannot_be_seen() -> None:
    """The variables of running code are no objects that the collector knows."""
    manager = ResourceManager()
    connection = closed(manager)

    (survivor,) = manager.survivors(explain=True)

    assert survivor.retained_by == UNSEEN
    del connection


async def test_a_resource_held_weakly_may_go_first() -> None:
    """Its cleanup is dropped and counted, and the rest is in order."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(calls.append, "rest")
    manager.add(Connection(), Connection.close, hold="weak")

    assert len(manager.pending) == 1
    await manager.cleanup_all()

    assert (calls, manager.collected) == (["rest"], 1)


async def test_a_resource_held_weakly_is_closed_if_it_lives() -> None:
    """Weakly held and alive is as good as strongly held."""
    closed: list[object] = []
    manager = ResourceManager()
    connection = manager.add(Connection(), closed.append, hold="weak")

    await manager.cleanup_all()

    assert (closed, manager.collected) == ([connection], 0)


async def test_a_resource_that_dies_in_the_drain_is_not_closed() -> None:
    """The last reference may go while others are cleaned up."""
    manager = ResourceManager()
    connections = [manager.add(Connection(), Connection.close, hold="weak")]
    gc.disable()
    manager.register(connections.clear)

    await manager.cleanup_all()
    gc.enable()

    assert (manager.collected, manager.errors, manager.pending) == (1, (), [])


async def test_many_weak_resources_leave_no_traces() -> None:
    """Registering forgets what was collected meanwhile."""
    manager = ResourceManager()
    for _ in range(10):
        manager.add(Connection(), Connection.close, hold="weak")

    assert manager._stack.order.collected == 9
    assert manager.collected == 10
    await manager.cleanup_all()


def test_options_without_a_cleanup_are_refused() -> None:
    """A timeout for nothing is a mistake."""
    with ResourceManager() as manager, pytest.raises(ValueError, match="has no cleanup to order or to bound"):
        manager.add("x", timeout=1.0)


def test_strings_and_numbers_cannot_be_held_weakly() -> None:
    """Nothing is registered then."""
    with ResourceManager() as manager:
        with pytest.raises(TypeError, match="cannot create weak reference to 'str' object"):
            manager.add("x", print, hold="weak")

        assert manager.pending == []
