"""Names that are bound to a copy of what their container held: who saves a copy and puts it back undoes what was done.

The container itself keeps what was done to it, and nobody finds it there any more.
"""

from collections.abc import Callable, Iterable, Sequence

from isolation._changes import ABSENT
from isolation._natures import is_one_of
from isolation.probes._heap_rules import is_attribute
from isolation.snapshots import HeapChange, Snapshot, same_value

_CONTAINERS = (dict, list, set)


class Copies:
    """Remembers what containers held before they were changed, as long as they are reached.

    Args:
        snapshot: Knows what they hold in the baseline.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._first: dict[int, tuple[object, object]] = {}

    def sifted(self, found: Sequence[HeapChange]) -> tuple[Sequence[HeapChange], Sequence[HeapChange]]:
        """Return *found* without copies that are put back, and changes that undo what these undo of earlier ones."""
        rebound = [change for change in found if is_attribute(change) and is_one_of(type(change.before), _CONTAINERS)]
        undone: list[HeapChange] = []
        dropped: set[int] = set()
        for change in rebound:
            last, first = _Compared(self._last), _Compared(self._at_first)
            if last.are_same(change):
                dropped |= {id(change), *last.passed}
            elif first.are_same(change):
                dropped |= {id(change), *first.passed}
                undone += self._undoing(change.before)
        return [change for change in found if dropped.isdisjoint((id(change), id(change.owner)))], undone

    def remember(self, found: Iterable[HeapChange]) -> None:
        """Keep what the containers of *found*, which are about to be accepted, have held until now."""
        for change in found:
            if is_one_of(type(change.owner), _CONTAINERS) and id(change.owner) not in self._first:
                self._first[id(change.owner)] = change.owner, self._snapshot.saved(change.owner)

    def forget(self) -> None:
        """Drop what is not reached any more, so that it can die."""
        gone = [key for key, (thing, _) in self._first.items() if self._snapshot.saved(thing) is ABSENT]
        for key in gone:
            del self._first[key]

    def _last(self, thing: object) -> object:
        saved = self._snapshot.saved(thing) if is_one_of(type(thing), _CONTAINERS) else ABSENT
        return thing if saved is ABSENT else saved

    def _at_first(self, thing: object) -> object:
        return self._first[id(thing)][1] if id(thing) in self._first else self._last(thing)

    def _undoing(self, thing: object) -> Sequence[HeapChange]:
        first = self._first.get(id(thing))
        return self._snapshot.undoing(thing, first[1]) if first is not None else ()


class _Compared:
    """What a name held and what it holds now, as far as they had to be compared.

    Attributes:
        passed: The identities of the containers that it held.
    """

    def __init__(self, was: Callable[[object], object]) -> None:
        self._was = was
        self.passed: set[int] = set()

    def are_same(self, change: HeapChange) -> bool:
        """Tell whether the new value of *change* is what the old one was."""
        return same_value(change.before, change.after, self._noted)

    def _noted(self, thing: object) -> object:
        self.passed.add(id(thing))
        return self._was(thing)
