"""Whether two values are the same, told without running their code."""

from collections.abc import Iterable
from typing import cast

_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented)})


def same_value(before: object, after: object) -> bool:
    """Tell whether *before* and *after* are one object, or equal builtin data of exactly the same types.

    Data are scalars and tuples, lists, dicts, sets, frozensets and bytearrays of data; anything else is only the same
    as itself.  Runs no code of what it compares.
    """
    return _is_same(before, after, frozenset())


def _is_same(before: object, after: object, passed: frozenset[tuple[int, int]]) -> bool:
    kind = type(before)
    if before is after:
        return True
    if kind is not type(after):
        return False
    if kind in _SCALARS:
        return before == after or (before != before and after != after)  # noqa: PLR0124 - not a number
    pair = id(before), id(after)
    return pair in passed or _is_same_container(before, after, passed | {pair})


def _is_same_container(before: object, after: object, passed: frozenset[tuple[int, int]]) -> bool:
    kind = type(before)
    if kind is list or kind is tuple:
        return _are_same(cast("list[object]", before), cast("list[object]", after), passed)
    if kind is dict:
        old, new = cast("dict[object, object]", before), cast("dict[object, object]", after)
        return _are_same(old, new, passed) and _are_same(old.values(), new.values(), passed)
    if kind is set or kind is frozenset:
        values = [*cast("set[object]", before), *cast("set[object]", after)]
        return _SCALARS.issuperset(map(type, values)) and before == after
    return kind is bytearray and before == after


def _are_same(before: Iterable[object], after: Iterable[object], passed: frozenset[tuple[int, int]]) -> bool:
    befores, afters = list(before), list(after)
    return len(befores) == len(afters) and all(
        _is_same(one, other, passed) for one, other in zip(befores, afters, strict=True)
    )
