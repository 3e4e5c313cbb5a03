"""What a class has under a name, read from its dictionary and its bases' without running any code of it."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final, cast
from weakref import ref

_MRO: Final = type.__dict__["__mro__"]
_DICT: Final = type.__dict__["__dict__"]
_MAX_WRAPPERS: Final = 32
MISSING: Final = object()
_get: Final = type.__getattribute__


def bases_of(cls: type) -> tuple[type, ...]:
    """Return *cls* and its bases in the order in which names are looked up, whatever its metaclass says."""
    return cast("tuple[type, ...]", _MRO.__get__(cls))


def namespace_of(cls: type) -> Mapping[str, object]:
    """Return what the body of *cls* defined, whatever its metaclass says."""
    return cast("Mapping[str, object]", _DICT.__get__(cls))


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a class's dictionary, not bound to anything."""

    owner: type
    raw: object


def find(cls: type, name: str, *, above: type | None = None) -> Found | None:
    """Return what instances of *cls* get for *name* from the class, or from what is above *above*, or None."""
    bases = bases_of(cls)
    for owner in bases[bases.index(above) + 1 :] if above in bases else bases:
        raw = namespace_of(owner).get(name, MISSING)
        if raw is not MISSING:
            return Found(owner, raw)
    return None


class Standing:
    """What stands in a class under a name at some time, without holding it: a test may put something else there.

    Functions refer to their class, so that whoever kept one would keep the class.
    """

    __slots__ = ("_identity", "_reference")

    def __init__(self, cls: type | None, name: str) -> None:
        raw = _raw(cls, name)
        self._identity = id(raw)
        try:
            self._reference: ref[object] | None = ref(raw)
        except TypeError:  # a property, a number: who replaces that keeps it, to put it back
            self._reference = None

    def is_still_in(self, cls: type | None, name: str) -> bool:
        """Tell whether the same stands there now."""
        if self._reference is None:
            return id(_raw(cls, name)) == self._identity
        before = self._reference()
        if type(before) is FunctionType and cls is not None:
            try:
                # The interpreter remembers where it found a name, and gives a function as it stands there.
                return _get(cls, name) is before or _raw(cls, name) is before
            except AttributeError:
                return False
        return _raw(cls, name) is before


def _raw(cls: type | None, name: str) -> object:
    for owner in () if cls is None else bases_of(cls):
        raw = namespace_of(owner).get(name, MISSING)
        if raw is not MISSING:
            return raw
    return MISSING


def replaced_by(value: object) -> object:
    """Return the class that *value* has replaced, if it is a mock of a class that a test has patched in, else *value*.

    What is found out is kept for the run, so it must not depend on a test; and such a mock says that it is a class.
    """
    found = find(type(value), "_isolation_real")
    return value if found is None else cast("property", found.raw).__get__(value)


def function_of(raw: object) -> Callable[..., Any] | None:
    """Return the function behind a method, a class method, a static method or a partial method, if *raw* is one."""
    if isinstance(raw, staticmethod | classmethod):
        raw = cast("staticmethod[..., object]", raw).__func__
    if isinstance(raw, functools.partialmethod | functools.singledispatchmethod):
        raw = cast("functools.partialmethod[object]", raw).func
    if isinstance(raw, functools.partial) or (inspect.isroutine(raw) and callable(raw)):
        return cast("Callable[..., Any]", raw)
    return None


def wrapped_by(function: object) -> object:
    """Return what *function* wraps by ``functools.wraps``, ``lru_cache`` or the like, or None."""
    if isinstance(function, FunctionType):
        return function.__dict__.get("__wrapped__")
    return inspect.getattr_static(function, "__wrapped__", None) if inspect.isroutine(function) else None


def innermost(function: object) -> object:
    """Return what *function* wraps, by ``functools.wraps`` or ``functools.partial``, to the end."""
    for _ in range(_MAX_WRAPPERS):
        inner = _inside_partial(function) or wrapped_by(function)
        if inner is None:
            break
        function = inner
    return function


def _inside_partial(function: object) -> object:
    return cast("functools.partial[object]", function).func if isinstance(function, functools.partial) else None
