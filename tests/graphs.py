"""Objects with state, and what a snapshot tells of them."""

from types import ModuleType
from typing import Any

from isolation.snapshots import Snapshot


class Pool:
    """Something with state."""

    connections: Any

    def __init__(self) -> None:
        self.connections = []

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep type checkers from asking for declarations."""
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def connect(self) -> None:
        """Exist."""


def module(name: str, **names: Any) -> Any:
    """Return a module called *name* with *names* in it."""
    made = ModuleType(name)
    vars(made).update(names)
    return made


def is_ours(kind: type) -> bool:
    """Follow what tests define."""
    return kind.__module__.startswith("tests.")


def told(snapshot: Snapshot) -> list[str]:
    """Return what changed, for people."""
    return [f"{change.path}: {change.before!r} -> {change.after!r}" for change in snapshot.changes()]
