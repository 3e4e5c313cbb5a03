"""Whether two values are the same, told without running their code."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, cast

from isolation.snapshots._contents import SCALARS, token

_Pair: TypeAlias = tuple[object, object]


def same_value(before: object, after: object, was: Callable[[object], object] = lambda thing: thing) -> bool:
    """Tell whether *before* and *after* are one object, or equal builtin data of exactly the same types.

    Data are scalars and tuples, lists, dicts, sets, frozensets and bytearrays of data; anything else is only the same
    as itself.  Runs no code of what it compares.

    Args:
        before: One value.
        after: The other one.
        was: Returns of a part of *before* what is compared in its place, such as what it held at first.
    """
    pairs: list[_Pair] = [(before, after)]
    passed: set[tuple[int, int]] = set()
    while pairs:
        one, other = pairs.pop()
        if one is other or (id(one), id(other)) in passed:
            continue
        passed.add((id(one), id(other)))
        inner = _compared(was(one), other)
        if inner is None:
            return False
        pairs += inner
    return True


def _compared(one: object, other: object) -> Sequence[_Pair] | None:
    """Return what is left to compare, None if the two differ."""
    kind = type(one)
    if kind is not type(other):
        return None
    if id(kind) in SCALARS or kind is bytearray:
        is_same = one == other or (one != one and other != other)  # noqa: PLR0124 - not a number
        return [] if is_same else None
    if kind is list or kind is tuple:
        return _paired(cast("list[object]", one), cast("list[object]", other))
    if kind is dict:
        return _paired_entries(cast("dict[object, object]", one), cast("dict[object, object]", other))
    if kind is set or kind is frozenset:
        olds, news = (set(map(token, cast("Iterable[object]", each))) for each in (one, other))
        return [] if olds == news else None
    return None


def _paired(olds: Sequence[object], news: Sequence[object]) -> Sequence[_Pair] | None:
    if len(olds) != len(news):
        return None
    return [(old, new) for old, new in zip(olds, news, strict=True) if old is not new]


def _paired_entries(olds: dict[object, object], news: dict[object, object]) -> Sequence[_Pair] | None:
    if list(map(token, olds)) != list(map(token, news)):
        return None
    return _paired(list(olds.values()), list(news.values()))
