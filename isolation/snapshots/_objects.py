"""Reach into objects below their own code: the very dicts and slots in which they keep their state.

Any attribute access, `isinstance`, `==`, `hash`, `repr` or `bool` may run code of the object: a lazy proxy would load,
a metaclass would answer for its class.  Everything here goes through descriptors of C types instead.
"""

import functools
import gc
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import local
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, TypeAlias, cast

from isolation._natures import bases_of, class_namespace

Getter: TypeAlias = Callable[[Any], Any]
Member: TypeAlias = tuple[str, MemberDescriptorType]

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

_local_attribute = cast("Callable[[local, str], dict[str, object]]", local.__getattribute__)


def local_dict(thing: local) -> dict[str, object]:
    """Return what this thread has in a `threading.local`."""
    return _local_attribute(thing, "__dict__")


def class_dict(thing: type) -> dict[str, object]:
    """Return the very dict of the class *thing*; writing to it would be missed by the interpreter."""
    (found,) = gc.get_referents(class_namespace(thing))
    return cast("dict[str, object]", found)


def dict_getter(kind: type) -> Getter | None:
    """Return what reads the ``__dict__`` of an instance of *kind*; None if it has none or code of its own for it."""
    for part in bases_of(kind):
        found = class_namespace(part).get("__dict__")
        if found is not None:
            is_native = type(found) is GetSetDescriptorType or type(found) is MemberDescriptorType
            return cast("Getter", found.__get__) if is_native else None
    return None


def slot_members(kind: type) -> tuple[Member, ...]:
    """Return name and descriptor of each slot of the instances of *kind*."""
    return tuple(
        (name, member)
        for part in bases_of(kind)
        if "__slots__" in class_namespace(part)
        for name, member in class_namespace(part).items()
        if type(member) is MemberDescriptorType
    )


def read_slots(members: tuple[Member, ...], thing: object) -> dict[str, object]:
    """Return what is set of the slots *members* of *thing*."""
    values: dict[str, object] = {}
    for name, member in members:
        try:
            values[name] = member.__get__(thing)
        except AttributeError:  # not set
            continue
    return values
