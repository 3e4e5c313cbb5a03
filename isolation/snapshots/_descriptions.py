"""Tell a difference of contents as a change of a place."""

from collections.abc import Callable, Sequence
from typing import cast
from weakref import ref

from isolation._changes import ABSENT
from isolation.snapshots._changes import HeapChange, Step, Way
from isolation.snapshots._contents import Difference, Place, entries, token
from isolation.snapshots._kinds import SUBCLASSES, Kind
from isolation.snapshots._steps import attribute, entry


def described(kind: Kind, owner: object, find: Callable[[], Sequence[Step]], difference: Difference) -> HeapChange:
    """Return the change that *difference* of the contents of *owner* is.

    Args:
        kind: Of the container.
        owner: Whose contents they are.
        find: Returns the way to *owner*.
        difference: What was found.
    """
    key, before, after = difference
    is_whole = type(key) is Place
    if key is Place.ORDER:
        before, after = keys(before), keys(after)
    if kind is SUBCLASSES:
        before, after = _alive(before), _alive(after)
    last = () if is_whole else (attribute(cast("str", key)) if kind.is_named else entry(key),)
    return HeapChange(
        owner=owner,
        where=kind.where,
        name=cast("str", key) if kind.is_named else None,
        item=ABSENT if key is Place.ORDER else None if is_whole or kind.is_named else key,
        before=before,
        after=after,
        key=(id(owner), kind.where, token(key)),
        way=Way(find, last),
    )


def _alive(classes: object) -> list[type]:
    found = (each() for each in cast("list[ref[type]]", classes))
    return [each for each in found if each is not None]


def place(change: HeapChange) -> object:
    """Return the name, the key or the `Place` that *change* is about."""
    if change.name is not None:
        return change.name
    if change.where != "dict":
        return Place.WHOLE
    return Place.ORDER if change.item is ABSENT else change.item


def keys(saved: object) -> list[object]:
    """Return the keys of *saved*, the copy of a dict."""
    return [key for key, _ in entries(saved)]


def reordered(saved: object, order: Sequence[object]) -> tuple[object, ...]:
    """Return the entries of *saved* with the keys of *order* first, as `entries` reads them."""
    present = {token(key): (key, value) for key, value in entries(saved)}
    first = {token(key): present[token(key)] for key in order if token(key) in present}
    return tuple(part for pair in {**first, **present}.values() for part in pair)
