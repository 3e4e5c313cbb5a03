"""A snapshot: the shallow contents of everything reachable from some roots, compared and put back by identity."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from isolation._changes import ABSENT
from isolation.snapshots._changes import HeapChange, Step, Way
from isolation.snapshots._contents import Difference, Place, are_scalars, token
from isolation.snapshots._descriptions import described, keys, place, reordered
from isolation.snapshots._heap import Heap
from isolation.snapshots._lineage import Lineage
from isolation.snapshots._plans import Plans
from isolation.snapshots._tables import Table

_LOST: Step = ("a place that is not reachable any more", "")
_NOTHING = object()
_CONTAINERS = "dict", "list", "set"
_REFILLED = ("dict", "instance", "thread_local")


@dataclass(frozen=True, slots=True)
class Root:
    """Where looking begins: a thing and what its users call it.

    Attributes:
        name: The first part of the paths: ``app.core``, ``Pool``, ``fixture 'pool'``.  Modules go by their full name.
        thing: A module, a class, a function, a container or any other object; its attributes are always watched.
    """

    name: str
    thing: object


class Snapshot:
    """Remember what is reachable from *roots*, tell what of it changed, and put it back.

    Holds shallow copies only.  Runs no code of what it looks at.  An attribute that is deleted, while another one with
    the same value is set in its place between two looks, is missed; a key of a dict is not.

    Args:
        roots: Where looking begins; where two ways to a place are equally long, the earlier root names it, and a module
            before the package that exports from it.
        follows: Tells of a class whether its namespace, the attributes of its instances and, if it is a kind of
            container, their items are watched where they are met on the way.  Roots always are.
    """

    def __init__(self, roots: Iterable[Root], follows: Callable[[type], bool]) -> None:
        self._roots: dict[str, object] = {}
        self._heap = Heap(Plans(follows))
        self._lineage = Lineage(self._heap, self._roots)
        self._ways: Sequence[Way] = []
        self._by_where: dict[str, list[Table]] = {}
        for table in self._heap.watched:
            self._by_where.setdefault(table.kind.where, []).append(table)
        self.add(roots)

    def add(self, roots: Iterable[Root]) -> None:
        """Take *roots* and what is reachable from them into the baseline, as they are now.

        A root of a name that is known replaces the one that has it.
        """
        fresh = {root.name: root.thing for root in roots if self._roots.get(root.name, _NOTHING) is not root.thing}
        self.remove([name for name in fresh if name in self._roots])
        self._roots.update(fresh)
        self._heap.add_roots(list({id(thing): thing for thing in fresh.values()}.values()))
        for thing in fresh.values():
            self._lineage.root_added(thing)

    def remove(self, names: Collection[str]) -> None:
        """Forget the roots called *names*, and what is reachable from no other; unknown names are no mistake."""
        if names:
            self._find_ways()
        for name in names:
            if name in self._roots:
                self._lineage.root_removed(self._roots.pop(name))

    def changes(self) -> Sequence[HeapChange]:
        """Return what differs from the baseline, which stays as it is."""
        found = [
            (table, table.owners[position], differences)
            for table in self._heap.watched
            if table.known
            for position, _, differences in table.looked()
        ]
        changes = [change for table, owner, differences in found for change in self._named(table, owner, differences)]
        self._ways = [change.way for change in changes]
        return changes

    def accept(self, changes: Iterable[HeapChange]) -> None:
        """Make the present contents of the places of *changes* the baseline.

        What they hold now joins, what is reachable no more leaves.
        """
        self._save({table: list(positions) for table, positions in self._recorded(changes).items()})

    def restore(self, changes: Iterable[HeapChange]) -> Sequence[str]:
        """Put the places of *changes* back to what they held before, in place; return what could not be, and why."""
        recorded = self._recorded(changes)
        refusals = {
            (table, position): _put_back(table, position, found)
            for table, group in recorded.items()
            for position, found in group.items()
        }
        for table, group in recorded.items():
            if not table.kind.is_derived:
                left = _in_order(table, table.restored(list(group)))
                for position, differences in left.items():
                    refusals[table, position] = refusals[table, position] or _still(differences, group[position])
        self._save({table: list(group) for table, group in recorded.items() if table.kind.is_derived})
        return [text for texts in refusals.values() for text in texts]

    def saved(self, thing: object) -> object:
        """Return a copy of the contents that the container *thing* has in the baseline, `ABSENT` if it has none."""
        for where in _CONTAINERS:
            for table in self._by_where[where]:
                if id(thing) in table.known:
                    return table.saved[table.index[id(thing)]]
        return ABSENT

    def undoing(self, thing: object, contents: object) -> Sequence[HeapChange]:
        """Return the changes that would make the contents of the container *thing* in the baseline *contents* again.

        Args:
            thing: A container for which there is a `saved` copy.
            contents: An older such copy.
        """
        (table,) = (table for where in _CONTAINERS for table in self._by_where[where] if id(thing) in table.known)
        differences = table.kind.differences(table.saved[table.index[id(thing)]], contents)
        return self._named(table, thing, differences)

    def put(self, change: HeapChange, value: object) -> str | None:
        """Write *value* to the place of *change* and into the baseline; return None, or why it could not be done.

        Args:
            change: What was found there.
            value: `HeapChange.before` or any older content of the place.
        """
        refusal: str | None = "it is not reachable any more"
        for table, group in self._recorded([change]).items():
            (position,) = group
            refusal = _written(table, position, place(change), value)
            self._save({table: [position]})
        return refusal

    def _save(self, records: Mapping[Table, Collection[int]]) -> None:
        if not records:
            return
        self._find_ways()
        pairs = [pair for table, positions in records.items() for pair in self._heap.save(table, positions)]
        self._lineage.saved(pairs)

    def _recorded(self, changes: Iterable[HeapChange]) -> dict[Table, dict[int, list[HeapChange]]]:
        """Return *changes* by the records that they are about, as far as these are still there."""
        found: dict[Table, dict[int, list[HeapChange]]] = {}
        for change in changes:
            for table in self._by_where[change.where]:
                position = table.index.get(id(change.owner))
                if position is not None and table.owners[position] is change.owner:
                    found.setdefault(table, {}).setdefault(position, []).append(change)
        return found

    def _named(self, table: Table, owner: object, differences: Sequence[Difference]) -> list[HeapChange]:
        if self._lineage.is_known and self._lineage.path(id(owner)) is None:
            return []
        find = partial(_found, self._lineage, id(owner))  # not bound to self: a circle would live longer
        return [described(table.kind, owner, find, difference) for difference in differences]

    def _find_ways(self) -> None:
        """Find the paths of what was told last: they are those of the baseline, which is about to change."""
        if not self._lineage.is_known:
            for way in self._ways:
                way()
            self._lineage.build()
        self._ways = []


def _found(lineage: Lineage, node: int) -> Sequence[Step]:
    return lineage.path(node) or [_LOST]


def _put_back(table: Table, position: int, changes: Sequence[HeapChange]) -> list[str]:
    """Write what was before; a dict that lost entries, or whose keys have code, is refilled to keep its order."""
    if table.kind.where in _REFILLED and _is_refilled(table, position, changes):
        saved = table.saved[position]
        refused = [(changes[0], _written(table, position, Place.WHOLE, saved))]
    else:
        refused = [(change, _written(table, position, place(change), change.before)) for change in changes]
    return [f"{change.path}: {why}" for change, why in refused if why is not None]


def _is_refilled(table: Table, position: int, changes: Sequence[HeapChange]) -> bool:
    saved = table.saved[position]
    if not any(change.after is ABSENT for change in changes) and are_scalars(keys(saved)):
        return False
    return len(changes) >= len(table.kind.differences(saved, table.present(position)))


def _in_order(table: Table, left: Mapping[int, Sequence[Difference]]) -> Mapping[int, Sequence[Difference]]:
    """Refill the dicts of which only the order of entries is left to put back."""
    unordered = [position for position, found in left.items() if [key for key, _, _ in found] == [Place.ORDER]]
    for position in unordered:
        _written(table, position, Place.WHOLE, table.saved[position])
    return {**left, **table.restored(unordered)} if unordered else left


def _still(left: Sequence[Difference], changes: Sequence[HeapChange]) -> list[str]:
    """Say which of *changes* are still there after they were put back."""
    places = {token(key) for key, _, _ in left}
    return [f"{change.path}: it is still changed" for change in changes if token(place(change)) in places]


def _written(table: Table, position: int, key: object, value: object) -> str | None:
    """Write *value* and return None, or why it could not be written."""
    body = table.body(position)
    if key is Place.ORDER:
        key, value = Place.WHOLE, reordered(table.copy(body), cast("list[object]", value))
    try:
        table.kind.write(table.owners[position], body, key, value)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the other places are put back
        return str(failure)
    return None
