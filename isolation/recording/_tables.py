"""Weak tables from things to their origins."""

import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from isolation._origin import Origin

T = TypeVar("T")
REMEMBERED = 512
_NOBODY: frozenset[int] = frozenset()


class _Entry(weakref.ref[T]):
    __slots__ = ("key", "origin", "told")

    told: frozenset[int]
    key: int
    origin: Origin


class OriginTable(Generic[T]):
    """Map live things to their origins, by identity, without keeping them alive.

    The origins of the most recent dead are kept under their `id`, because the garbage collector clears weak
    references of a cycle before it warns about what the cycle holds.
    """

    def __init__(self) -> None:
        self._remembered = REMEMBERED  # weak references still die when the interpreter has cleared its modules
        self._entries: dict[int, _Entry[T]] = {}
        self._dead: OrderedDict[int, Origin] = OrderedDict()
        self._on_death: Callable[[weakref.ref[T]], None] = self._bury

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, thing: T, origin: Origin) -> None:
        """Note *origin* for *thing*; things that cannot be referenced weakly are left out."""
        key = id(thing)
        try:
            entry = _Entry(thing, self._on_death)
        except TypeError:
            return
        entry.told = _NOBODY
        entry.key = key
        entry.origin = origin
        self._entries[key] = entry

    def get(self, thing: T) -> Origin | None:
        """Return the origin of *thing*, None if its making was not seen."""
        entry = self._entries.get(id(thing))
        return entry.origin if entry is not None and entry() is thing else None

    def oldest_first(self, pairs: Sequence[tuple[T, Origin]]) -> Sequence[tuple[T, Origin]]:
        """Return *pairs* in the order in which their things were made, so that reports are the same in every run."""
        if len(pairs) < 2:  # noqa: PLR2004 - nothing to sort
            return pairs
        ages = {key: age for age, key in enumerate(list(self._entries))}  # other threads make things meanwhile
        return sorted(pairs, key=lambda pair: ages.get(id(pair[0]), -1))

    def of_dying(self, thing: object) -> Origin | None:
        """Return the origin of *thing* although its weak references may be cleared already."""
        key = id(thing)
        entry = self._entries.get(key)
        return entry.origin if entry is not None else self._dead.get(key)

    def living(self) -> list[tuple[T, Origin]]:
        """Return the live things with their origins, oldest first."""
        pairs = [(entry(), entry.origin) for entry in list(self._entries.values())]
        return [(thing, origin) for thing, origin in pairs if thing is not None]

    def left(self, listener: int) -> list[tuple[T, Origin]]:
        """Return what is there although its owner is over, unless *listener* has been told already."""
        found: list[tuple[T, Origin]] = []
        for entry in list(self._entries.values()):
            if listener in entry.told or not entry.origin.is_over:
                continue
            thing = entry()
            if thing is not None:
                found.append((thing, entry.origin))
        return found

    def is_told(self, thing: T, listener: int) -> bool:
        """Tell whether *thing* has been reported to *listener*."""
        entry = self._entries.get(id(thing))
        return entry is not None and listener in entry.told

    def tell(self, thing: T, origin: Origin, listener: int) -> None:
        """Note that *thing* is reported to *listener* now, so that no later test is blamed for it."""
        if id(thing) not in self._entries:
            self.add(thing, origin)
        entry = self._entries.get(id(thing))
        if entry is not None:
            entry.told |= {listener}

    def forget(self, thing: T) -> None:
        """Drop *thing*: it has ended and is of no interest any more."""
        self._entries.pop(id(thing), None)

    def _bury(self, reference: weakref.ref[T]) -> None:
        entry: _Entry[T] = reference  # type: ignore[assignment]  # only entries are made with this callback
        if self._entries.get(entry.key) is entry:
            del self._entries[entry.key]
            self._dead[entry.key] = entry.origin
            if len(self._dead) > self._remembered:
                self._dead.popitem(last=False)
