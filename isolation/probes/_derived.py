"""What is derived from something else or kept by machinery: caches, memos, what libraries keep with classes."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import cast

from isolation import _natures
from isolation._changes import ABSENT
from isolation.snapshots import HeapChange

ATTRIBUTES = frozenset({"module", "class", "instance", "slots", "thread_local"})
"""Where names are bound, not contents held."""
DATA = (type(None), bool, int, float, str, bytes, tuple, list, dict, set, frozenset, type(ABSENT))
"""The types of plain data."""
_CODE = (FunctionType, BuiltinFunctionType, MethodType, staticmethod, classmethod, property)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CACHE_WORDS = frozenset(
    {"cache", "caches", "cached", "compiled", "interned", "lru", "memo", "memoize", "memoized", "memos"}
)
_FUNCTION_PARTS = frozenset({"__defaults__", "__kwdefaults__", "__closure__"})
_MACHINERY = re.compile(
    r"_?_?pytest\w*"  # what pytest keeps with tests
    r"|_abc_\w+|_sa_\w+"  # registries of abstract classes; SQLAlchemy's instrumentation
    r"|_(member_map|member_names|value2member_map|unhashable_values|unhashable_values_map|hashable_values)_"
    r"|_class_cleanups|_classSetupFailed|tearDown_exceptions"  # unittest
)


def is_derived(change: HeapChange, names: Sequence[str], module: ModuleType | None) -> bool:
    """Tell whether *change* is in a cache or in what machinery keeps.

    Args:
        change: The change.
        names: The names of the attributes on the way to its place.
        module: Where the way begins, if that is a module.
    """
    return _is_cache(change, names) or _is_in_cache(change, names, module) or _is_machinery(change, names)


def is_unset(value: object) -> bool:
    """Tell whether *value* stands for none."""
    return value is None or value is ABSENT


def comes_or_goes(change: HeapChange) -> bool:
    """Tell whether the place of *change* did not exist before, or does not now."""
    return change.before is ABSENT or change.after is ABSENT


def _is_machinery(change: HeapChange, names: Sequence[str]) -> bool:
    if any(map(_MACHINERY.fullmatch, names)):
        return True
    # `__init__` is replaced as any method, and a function has its defaults behind its name.
    # What is kept in a dict behind such a name, as pydantic does, is machinery, code or not.
    is_code = change.where in ATTRIBUTES and (
        _natures.is_one_of(type(change.before), _CODE) or _natures.is_one_of(type(change.after), _CODE)
    )
    return not is_code and any(
        name[:2] == name[-2:] == "__" and _FUNCTION_PARTS.isdisjoint((name, following))
        for name, following in zip_longest(names, names[1:])
    )


def _is_cache(change: HeapChange, names: Sequence[str]) -> bool:
    if change.where == "lru_cache":
        return True
    if change.where not in ATTRIBUTES:
        return any(map(_is_cache_name, (*names, _class_name(change.owner))))
    if any(map(_is_cache_name, names[:-1])) or _is_memo(change):
        return True
    # A cache that is exchanged for another object is replaced, not filled.
    is_filled = is_unset(change.before) or _natures.is_one_of(type(change.after), DATA)
    return is_filled and any(map(_is_cache_name, names[-1:]))


def _is_in_cache(change: HeapChange, names: Sequence[str], module: ModuleType | None) -> bool:
    """Tell whether a container is held by an object of a class that is called a cache."""
    if module is None or change.where in ATTRIBUTES:
        return False
    held: object = module
    for name in names:
        held = _natures.namespace(held).get(name)
        if _is_cache_name(_class_name(held)):
            return True
    return False


def _is_cache_name(name: str) -> bool:
    return not _CACHE_WORDS.isdisjoint(word.lower() for word in _WORD.findall(name))


def _class_name(obj: object) -> str:
    return _natures.name_of(type(obj)).rpartition(".")[2]


def _is_memo(change: HeapChange) -> bool:
    """Tell whether *change* is a value that a descriptor of its class, such as `cached_property`, has kept."""
    if change.where != "instance" or not comes_or_goes(change):
        return False
    for base in _natures.bases_of(type(change.owner)):
        descriptor = _natures.class_namespace(base).get(change.name)
        if descriptor is not None:
            return _is_memo_descriptor(type(cast("object", descriptor)))
    return _is_cache_name(_class_name(change.owner))


def _is_memo_descriptor(cls: type) -> bool:
    bases = map(_natures.class_namespace, _natures.bases_of(cls))
    return not _natures.is_one_of(cls, _CODE) and any("__get__" in base for base in bases)
