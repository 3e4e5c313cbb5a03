"""Looks at one place of the heap by its name, in some microseconds, without running any code of what is there."""

import ast
import operator
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MemberDescriptorType
from typing import Any, cast

from isolation import _natures
from isolation._changes import ABSENT

_MOST_ITEMS = 1_000
_STEP = re.compile(r"\.(\w+)|\[((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\]])*)\]")
_CONTAINERS: tuple[Any, ...] = (dict, list, tuple, set, frozenset)
_GET: Any = vars(dict)["get"]
_VALUES: Any = vars(dict)["values"]


class PlaceWatch:
    """Tells whether a place holds something else than at the last call.

    Args:
        place: Its name, such as ``app.core.SETTINGS['mode']``.
    """

    def __init__(self, place: str) -> None:
        self._root, self._steps = _split(place)
        # What is held here cannot be freed and be mistaken for what takes its address.
        self._held = self._look()

    @property
    def is_possible(self) -> bool:
        """Tell whether the module of the place is there, from which it can be reached."""
        return bool(self._root)

    def __call__(self) -> bool:
        """Look."""
        (before, held), self._held = self._held, self._look()
        after, holds = self._held
        return before != after or not all(map(operator.is_, held, holds))

    def _look(self) -> tuple[int, Sequence[object]]:
        """Return how many things are there, and as many of them as can be looked at each time."""
        found: Any = sys.modules.get(self._root)
        for step in self._steps:
            found = step(found)
        length, contents = _contents(found)
        return length, [found, *contents]


def _split(place: str) -> tuple[str, Sequence[Any]]:
    """Return the module of *place*, empty if it is not imported, and the steps that lead from there to the place."""
    dotted = re.match(r"[\w.]*", place)
    parts = dotted[0].split(".") if dotted is not None else []
    for length in range(len(parts), 0, -1):
        root = ".".join(parts[:length])
        if root in sys.modules:
            rest = _STEP.finditer(place[len(root) :])
            return root, [_Attribute(match[1]) if match[1] else _Item(match[2]) for match in rest]
    return "", []


class _Attribute:
    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, found: object) -> object:
        owners = _natures.bases_of(cast("type", found)) if _natures.is_class(found) else (found,)
        held = (_natures.namespace(owner).get(self._name, ABSENT) for owner in owners)
        return next((value for value in held if value is not ABSENT), _slots_of(found).get(self._name, ABSENT))


def _slots_of(found: object) -> Mapping[str, object]:
    """Return the attributes that *found* keeps outside of a dictionary of the usual kind."""
    slots: dict[str, object] = {}
    for base in _natures.bases_of(type(found)):
        for name, descriptor in _natures.class_namespace(base).items():
            if type(descriptor) is MemberDescriptorType:
                with suppress(AttributeError):  # it is empty
                    slots.setdefault(name, descriptor.__get__(found))
    namespace = slots.pop("__dict__", None)
    return {**slots, **cast("dict[str, object]", namespace)} if type(namespace) is dict else slots


class _Item:
    def __init__(self, key: str) -> None:
        try:
            self._key: Any = ast.literal_eval(key)
        except (ValueError, SyntaxError):
            self._key = ABSENT  # a key that is no literal: the container itself is looked at

    def __call__(self, found: object) -> object:
        kind, items = type(found), cast("Any", found)
        if self._key is ABSENT:
            return found
        if _natures.is_kind_of(kind, dict):
            return cast("object", _GET(items, self._key, ABSENT))
        is_within = kind is list and type(self._key) is int and self._key < len(items)
        return cast("object", items[self._key]) if is_within else found


def _contents(found: object) -> tuple[int, Sequence[object]]:
    """Return the size of *found* and what is in it, if it is a container of the usual kinds that is not too large."""
    base: Any = next((base for base in _CONTAINERS if _natures.is_kind_of(type(found), base)), type(None))
    length: int = base.__len__(found) if base in _CONTAINERS else 0
    if not 0 < length <= _MOST_ITEMS:
        return length, ()
    return length, list(_VALUES(found) if base is dict else base.__iter__(found))
