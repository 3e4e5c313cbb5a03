"""A snapshot: the shallow contents of everything reachable from some roots, compared and put back by identity."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import GetSetDescriptorType, ModuleType
from typing import Any, cast

from isolation._changes import ABSENT
from isolation.snapshots._changes import HeapChange, Where

_KEYS = re.compile(r"\[[^]]*\]")
_MODULE_DICT = cast("dict[str, GetSetDescriptorType]", ModuleType.__dict__)["__dict__"].__get__
_CLASS_DICT = cast("GetSetDescriptorType", type.__dict__["__dict__"]).__get__
_COPIES: dict[type, tuple[Where, Callable[[Any], Any]]] = {
    dict: ("dict", dict),
    list: ("list", list),
    set: ("set", set),
}


def _read(get: Callable[[Any], Any], thing: object) -> dict[str, object]:
    return dict(get(thing))


@dataclass(frozen=True, slots=True)
class Root:
    """Where looking begins: a thing and what its users call it.

    Attributes:
        name: The first part of the paths: ``app.core``, ``Pool``, ``fixture 'pool'``.
        thing: A module, a class, a function, a container or any other object; its attributes are always watched.
    """

    name: str
    thing: object


@dataclass(slots=True)
class _Record:
    owner: object
    where: Where
    read: Callable[[], Any]
    path: str
    saved: Any


class Snapshot:
    """Remember what is reachable from *roots*, tell what of it changed, and put it back.

    Holds shallow copies only.  Runs no code of what it looks at.

    Args:
        roots: Where looking begins; where two ways to a place are equally long, the earlier root names it.
        follows: Tells of a class whether its namespace, the attributes of its instances and, if it is a kind of
            container, their items are watched where they are met on the way.  Roots always are.
    """

    def __init__(self, roots: Iterable[Root], follows: Callable[[type], bool]) -> None:
        self._follows = follows
        self._roots: dict[str, object] = {}
        self._records: dict[int, _Record] = {}
        self.add(roots)

    def add(self, roots: Iterable[Root]) -> None:
        """Take *roots* and what is reachable from them into the baseline, as they are now.

        A root of a name that is known replaces the one that has it.
        """
        for root in roots:
            self._roots[root.name] = root.thing
            self._walk(root.thing, root.name, is_root=True)

    def remove(self, names: Collection[str]) -> None:
        """Forget the roots called *names*, and what is reachable from no other; unknown names are no mistake."""
        for name in names:
            self._roots.pop(name, None)
        self._rewalk()

    def changes(self) -> Sequence[HeapChange]:
        """Return what differs from the baseline, which stays as it is."""
        return [change for record in list(self._records.values()) for change in self._changes_of(record)]

    def accept(self, changes: Iterable[HeapChange]) -> None:
        """Make the present contents of the places of *changes* the baseline.

        What they hold now joins, what is reachable no more leaves.
        """
        for identity in {id(change.owner) for change in changes}:
            self._records[identity].saved = self._records[identity].read()
        self._rewalk()

    def restore(self, changes: Iterable[HeapChange]) -> Sequence[str]:
        """Put the places of *changes* back to what they held before, in place; return what could not be, and why."""
        refusals = [self._put(change, change.before) for change in changes]
        return [refusal for refusal in refusals if refusal is not None]

    def put(self, change: HeapChange, value: object) -> str | None:
        """Write *value* to the place of *change* and into the baseline; return None, or why it could not be done.

        Args:
            change: What was found there.
            value: `HeapChange.before` or any older content of the place.
        """
        refusal = self._put(change, value)
        self.accept([change])
        return refusal

    def _rewalk(self) -> None:
        """Walk again, with the baseline of what is known as it was."""
        known, self._records = self._records, {}
        for name, thing in self._roots.items():
            self._walk(thing, name, is_root=True, known=known)

    def _walk(self, thing: object, path: str, *, is_root: bool, known: dict[int, _Record] | None = None) -> None:
        pending = [(thing, path, is_root)]
        while pending:
            thing, path, is_root = pending.pop(0)
            if id(thing) in self._records:
                continue
            record = (known or {}).get(id(thing)) or self._record(thing, path, is_root=is_root)
            if record is not None:
                record.path = path
                self._records[id(thing)] = record
                pending += [(value, _joined(record, key), False) for key, value in _items(record)]

    def _record(self, thing: object, path: str, *, is_root: bool) -> _Record | None:
        kind = type(thing)
        if kind in _COPIES:
            where, copy = _COPIES[kind]
            return _Record(thing, where, partial(copy, thing), path, copy(thing))
        if kind is ModuleType and is_root:
            return _Record(thing, "module", partial(_read, _MODULE_DICT, thing), path, _read(_MODULE_DICT, thing))
        if issubclass(kind, type):
            if not is_root and not self._follows(cast("type", thing)):
                return None
            return _Record(thing, "class", partial(_read, _CLASS_DICT, thing), path, _read(_CLASS_DICT, thing))
        get = next((c.__dict__["__dict__"].__get__ for c in kind.__mro__ if "__dict__" in c.__dict__), None)
        if get is None or kind is ModuleType or not (is_root or self._follows(kind)):
            return None
        return _Record(thing, "instance", partial(_read, get, thing), path, _read(get, thing))

    def _changes_of(self, record: _Record) -> list[HeapChange]:
        after = record.read()
        if record.where == "list":
            is_changed = len(after) != len(record.saved) or any(
                a is not b for a, b in zip(after, record.saved, strict=False)
            )
            return [_change(record, None, record.saved, after)] if is_changed else []
        if record.where == "set":
            is_changed = set(map(id, after)) != set(map(id, record.saved))
            return [_change(record, None, record.saved, after)] if is_changed else []
        keys = [*record.saved, *(key for key in after if key not in record.saved)]
        pairs = [(key, record.saved.get(key, ABSENT), after.get(key, ABSENT)) for key in keys]
        return [_change(record, key, old, new) for key, old, new in pairs if old is not new]

    def _put(self, change: HeapChange, value: object) -> str | None:
        owner = cast("Any", change.owner)
        if change.where == "list":
            owner[:] = cast("list[object]", value)
        elif change.where == "set":
            owner.clear()
            owner.update(cast("set[object]", value))
        elif change.where == "class":
            delete, write = partial(type.__delattr__, owner), partial(type.__setattr__, owner)
            delete(str(change.name)) if value is ABSENT else write(str(change.name), value)
        else:
            target = owner if change.where == "dict" else object.__getattribute__(owner, "__dict__")
            key = change.item if change.name is None else change.name
            target.pop(key, None) if value is ABSENT else target.update({key: value})
        return None


def _items(record: _Record) -> list[tuple[object, object]]:
    if record.where == "list":
        return list(enumerate(cast("list[object]", record.saved)))
    return [] if record.where == "set" else list(record.saved.items())


def _joined(record: _Record, key: object) -> str:
    if record.where in ("list", "dict"):
        return f"{record.path}[{key!r}]" if type(key) in (str, int) else f"{record.path}[...]"
    return f"{record.path}.{key}"


def _change(record: _Record, key: object, before: object, after: object) -> HeapChange:
    is_entry = record.where == "dict"
    is_whole = record.where in ("list", "set")
    return HeapChange(
        owner=record.owner,
        where=record.where,
        name=None if is_entry or is_whole else cast("str", key),
        item=key if is_entry else None,
        before=before,
        after=after,
        path=record.path if is_whole else _joined(record, key),
        unit=_KEYS.sub("[*]", record.path if is_whole else _joined(record, key)),
        key=(id(record.owner), record.where, None if is_whole else key),
    )
