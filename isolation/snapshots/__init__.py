"""Structural snapshots: what is reachable from named roots, what of it changed, and how it is put back in place."""

from isolation.snapshots._changes import HeapChange, Where
from isolation.snapshots._snapshot import Root, Snapshot
from isolation.snapshots._values import same_value

__all__ = ["HeapChange", "Root", "Snapshot", "Where", "same_value"]
