"""Reach into objects below their own code: the very dicts and slots in which they keep their state.

Any attribute access, `isinstance`, `==`, `hash`, `repr` or `bool` may run code of the object: a lazy proxy would load,
a metaclass would answer for its class.  Everything here goes through descriptors of C types instead.
"""

import functools
import gc
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable
from itertools import repeat
from threading import local
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, TypeAlias, cast

from isolation._natures import bases_of, class_namespace

Getter: TypeAlias = Callable[[Any], Any]

# The methods of the builtin types themselves, for objects whose classes may have others; of any items.
DICT: Any = dict
LIST: Any = list
SET: Any = set
TUPLE: Any = tuple
DEQUE: Any = deque
ORDERED_DICT: Any = OrderedDict
ARRAY: Any = array
BYTEARRAY: Any = bytearray
CACHE: Any = type(functools.lru_cache(len))
"""The type of a function with a cache, which has no public name."""

# Descriptors would do as well, but they keep their classes alive.
_attribute = object.__getattribute__
_local_attribute = cast("Callable[[local, str], dict[str, object]]", local.__getattribute__)


def local_dict(thing: local) -> dict[str, object]:
    """Return what this thread has in a `threading.local`."""
    return _local_attribute(thing, "__dict__")


def class_dict(thing: type) -> dict[str, object]:
    """Return the very dict of the class *thing*; writing to it would be missed by the interpreter."""
    (found,) = gc.get_referents(class_namespace(thing))
    return cast("dict[str, object]", found)


def has_dict(kind: type) -> bool:
    """Tell whether the instances of *kind* have a ``__dict__`` that can be read without code of theirs."""
    for part in bases_of(kind):
        found = class_namespace(part).get("__dict__")
        if found is not None:
            return type(found) is GetSetDescriptorType or type(found) is MemberDescriptorType
    return False


def dicts_of(things: Collection[object]) -> list[dict[str, object]]:
    """Return the ``__dict__`` of each of *things*; their classes have none of their own."""
    return list(map(_attribute, things, repeat("__dict__")))


def slot_names(kind: type) -> tuple[str, ...]:
    """Return the names of the slots of the instances of *kind*, without those that a subclass hides."""
    found: dict[str, object] = {}
    slots: list[str] = []
    for part in bases_of(kind):
        space = class_namespace(part)
        members = [name for name, value in space.items() if type(value) is MemberDescriptorType]
        slots += [name for name in members if "__slots__" in space and name not in found]
        found.update(space)
    return tuple(slots)


def read_slots(names: Iterable[str], thing: object) -> dict[str, object]:
    """Return what is set of the slots *names* of *thing*."""
    values: dict[str, object] = {}
    for name in names:
        try:
            values[name] = _attribute(thing, name)
        except AttributeError:  # not set
            continue
    return values
