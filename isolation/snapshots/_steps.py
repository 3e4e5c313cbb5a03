"""How one part of a path is written: the way from a container to what it holds."""

import gc
from types import MethodType
from typing import cast

from isolation._natures import is_class, is_kind_of, name_of
from isolation.snapshots import _kinds as kinds
from isolation.snapshots._changes import Step
from isolation.snapshots._contents import are_scalars, entries
from isolation.snapshots._kinds import Kind
from isolation.snapshots._objects import TUPLE

ANY = "[*]"
_LONGEST_KEY = 60


def ways(kind: Kind, saved: object) -> dict[int, object]:
    """Return by the identity of each object that *saved*, contents of *kind*, holds the name, key or index of it."""
    if kind.is_named:
        return {id(value): name for name, value in reversed(cast("dict[str, object]", saved).items())}
    if kind.where == "dict":
        pairs = entries(saved)
        return {id(key): key for key, _ in pairs} | {id(value): key for key, value in reversed(pairs)}
    held = _held(kind, saved)
    return {id(value): index for index, value in reversed(list(enumerate(held)))}


def step(kind: Kind, saved: object, way: object) -> Step:
    """Return the part of a path that goes one of the `ways` from *saved*, contents of *kind*."""
    if kind.is_named:
        return attribute(cast("str", way))
    if kind.where == "dict":
        return entry(way)
    if kind is kinds.VARIABLE:
        return attribute("get()")
    if kind is kinds.FIXED:
        return _passed(saved, way)
    text = {kinds.CELL: "", kinds.SET: ANY}.get(kind, f"[{way}]")
    return text, text and ANY


def attribute(name: str) -> Step:
    """Return the part that names an attribute."""
    return f".{name}", f".{name}"


def entry(key: object) -> Step:
    """Return the part that names an entry of a dict, without running code of *key*."""
    return f"[{_shown(key)}]", ANY


def _held(kind: Kind, saved: object) -> list[object]:
    if kind is not kinds.FIXED:
        return list(cast("list[object]", saved))
    if is_kind_of(type(saved), tuple):
        return list(TUPLE.__iter__(saved))
    return gc.get_referents(saved)


def _passed(saved: object, way: object) -> Step:
    """Return the step through something fixed: from a bound method to its object, from a view to its dict."""
    if is_kind_of(type(saved), tuple):
        return f"[{way}]", ANY
    if type(saved) is frozenset:
        return ANY, ANY
    if type(saved) is MethodType:
        return attribute("__self__" if gc.get_referents(saved)[cast("int", way)] is saved.__self__ else "__func__")
    return "", ""


def _shown(key: object) -> str:
    kind = type(key)
    if are_scalars([key]) or (kind is tuple and are_scalars(cast("tuple[object, ...]", key))):
        text = repr(key)
        return text if len(text) <= _LONGEST_KEY else f"{text[: _LONGEST_KEY - 3]}..."
    return name_of(cast("type", key)) if is_class(key) else f"<{name_of(kind)}>"
