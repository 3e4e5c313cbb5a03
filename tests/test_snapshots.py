"""Structural snapshots: what is found, by which path, and what is put back."""

from types import ModuleType
from typing import Any

from isolation.snapshots import Root, Snapshot


def made(**names: Any) -> Any:
    """Return a module called app with *names* in it."""
    module = ModuleType("app")
    vars(module).update(names)
    return module


def is_ours(kind: type) -> bool:
    """Follow what this file defines."""
    return kind.__module__ == __name__


class Pool:
    """Something with state."""

    def __init__(self) -> None:
        self.connections: list[object] = []


def test_a_change_is_named_by_its_shortest_path() -> None:
    """What changed is told by the way to it, and counted by the way without keys."""
    app = made(pools={"a": Pool()})
    snapshot = Snapshot([Root("app", app)], is_ours)

    app.pools["a"].connections.append(1)

    (change,) = snapshot.changes()
    assert (change.path, change.unit) == ("app.pools['a'].connections", "app.pools[*].connections")
    assert (change.before, change.after) == ([], [1])


def test_what_is_put_back_is_no_change() -> None:
    """Restoring empties the list of changes and keeps the objects."""
    app = made(pool=Pool())
    snapshot, kept = Snapshot([Root("app", app)], is_ours), app.pool.connections
    app.pool.connections.append(1)
    app.added = 1

    assert snapshot.restore(snapshot.changes()) == []

    assert snapshot.changes() == []
    assert app.pool.connections is kept
    assert kept == []
    assert not hasattr(app, "added")
