"""What of a container differs from its saved contents, told by identity."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from enum import Enum
from itertools import compress
from operator import is_, is_not
from typing import Any, Final, TypeAlias, TypeVar, cast

from isolation._changes import ABSENT
from isolation.snapshots._objects import DEQUE, DICT, ORDERED_DICT, SET

T = TypeVar("T")
_TRIES = 10
_SCALARS = type(None), bool, int, float, complex, str, bytes
SCALARS: Final = frozenset(map(id, _SCALARS))
"""The identities of the types whose values may be hashed and compared; a class may hash itself with its own code."""


class Place(Enum):
    """Places that have no name or key of their own."""

    WHOLE = "contents"
    ORDER = "order"


Difference: TypeAlias = tuple[Hashable, object, object]
"""A name, a key or a `Place`, and what was there before and is there now."""


def token(value: object) -> Hashable:
    """Return what stands for *value* as a key: a scalar or a tuple of scalars itself, anything else its identity."""
    kind = type(value)
    if id(kind) in SCALARS:
        return value
    if kind is tuple and SCALARS.issuperset(map(id, map(type, cast("tuple[object, ...]", value)))):
        return value
    return Place, id(value)


def are_scalars(values: Iterable[object]) -> bool:
    """Tell whether each of *values* may be hashed."""
    return SCALARS.issuperset(map(id, map(type, values)))


def named_differences(saved: dict[str, object], now: dict[str, object]) -> Sequence[Difference]:
    """Return which attributes differ; their order says nothing."""
    found: list[Difference] = [
        (name, before, now.get(name, ABSENT)) for name, before in saved.items() if now.get(name, ABSENT) is not before
    ]
    return found + [(name, ABSENT, value) for name, value in now.items() if name not in saved]


def unlike(before: Sequence[object], after: Sequence[object]) -> tuple[list[object], list[object]]:
    """Return *before* and *after* without what they have in common at their ends, and at equal places between.

    So that the cost of what follows is that of the change, not of the container.
    """
    start = _alike(before, after)
    olds, news = before[start:], after[start:]
    end = _alike(olds[::-1], news[::-1])
    olds, news = olds[: len(olds) - end], news[: len(news) - end]
    if len(olds) != len(news):
        return list(olds), list(news)
    different = list(map(is_not, olds, news))
    return list(compress(olds, different)), list(compress(news, different))


def _alike(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many elements the two have in common at their beginning."""
    differs = list(map(is_not, one, other))
    return differs.index(True) if True in differs else len(differs)


def _unlike_entries(saved: object, now: object) -> tuple[list[tuple[object, object]], list[tuple[object, object]]]:
    """Return entries of two dicts, saved in the same form, without what they have in common."""
    if type(saved) is not type(now) or type(saved) is not dict:
        return entries(saved), entries(now)
    old, new = cast("dict[object, object]", saved), cast("dict[object, object]", now)
    columns = list(zip((list(old), list(old.values())), (list(new), list(new.values())), strict=True))
    start = min(_alike(olds, news) for olds, news in columns)
    columns = [(olds[start:], news[start:]) for olds, news in columns]
    end = min(_alike(olds[::-1], news[::-1]) for olds, news in columns)
    (old_keys, new_keys), (old_values, new_values) = columns
    count, other = len(old_keys) - end, len(new_keys) - end
    return (
        list(zip(old_keys[:count], old_values[:count], strict=True)),
        list(zip(new_keys[:other], new_values[:other], strict=True)),
    )


def entries(saved: object) -> list[tuple[object, object]]:
    """Return keys and values of *saved*, the copy of a dict in any of its two forms."""
    if type(saved) is dict:
        return list(cast("dict[object, object]", saved).items())
    flat = cast("tuple[object, ...]", saved)
    return list(zip(flat[::2], flat[1::2], strict=True))


def keyed_differences(saved: object, now: object) -> Sequence[Difference]:
    """Return which entries differ, or that only their order does."""
    old, new = _unlike_entries(saved, now)
    olds, news = ({token(key): (key, value) for key, value in each} for each in (old, new))
    gone = ABSENT, ABSENT
    found: list[Difference] = [
        (key, value, news.get(name, gone)[1])
        for name, (key, value) in olds.items()
        if news.get(name, gone)[1] is not value
    ]
    found += [(key, ABSENT, value) for name, (key, value) in news.items() if name not in olds]
    if not found and list(olds) != list(news):
        return [(Place.ORDER, saved, now)]
    return found


def flat_differences(saved: Sequence[object], now: Sequence[object]) -> Sequence[Difference]:
    """Return which entries differ, or that only their order does, of keys and values in turns."""
    is_same = len(saved) == len(now) and all(map(is_, saved, now))
    return [] if is_same else keyed_differences(saved, now)


def listed_differences(saved: Sequence[object], now: Sequence[object]) -> Sequence[Difference]:
    """Return the whole list as a difference if any element is another one."""
    is_same = len(saved) == len(now) and all(map(is_, saved, now))
    return [] if is_same else [(Place.WHOLE, saved, now)]


def element_differences(saved: set[object], now: set[object]) -> Sequence[Difference]:
    """Return the whole set as a difference if it has other elements."""
    is_same = len(saved) == len(now) and set(map(token, saved)) == set(map(token, now))
    return [] if is_same else [(Place.WHOLE, saved, now)]


def value_differences(saved: object, now: object) -> Sequence[Difference]:
    """Return the whole value, which is builtin data, as a difference if it is another one."""
    return [] if saved == now else [(Place.WHOLE, saved, now)]


def identity_differences(saved: object, now: object) -> Sequence[Difference]:
    """Return the whole value as a difference if it is another object."""
    return [] if saved is now else [(Place.WHOLE, saved, now)]


def calmly(copy: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return *copy*, called again if another thread changes what is being copied."""

    def calm(thing: object) -> T:
        for _ in range(_TRIES):
            try:
                return copy(thing)
            except (RuntimeError, KeyError):
                continue
        return copy(thing)

    return calm


@calmly
def copied_deque(thing: deque[object]) -> list[object]:
    """Return the elements of *thing*, whatever its class does when it is iterated over."""
    return list(DEQUE.__iter__(thing))


@calmly
def flattened(thing: dict[object, object]) -> tuple[object, ...]:
    """Return keys and values of *thing* in turns, whatever its class does when it is iterated over."""
    return tuple(part for entry in DICT.items(thing) for part in entry)


@calmly
def flattened_in_order(thing: "OrderedDict[object, object]") -> tuple[object, ...]:
    """Return keys and values of *thing* in turns, in its own order, hashing none of them."""
    values = {id(key): value for key, value in DICT.items(thing)}
    return tuple(part for key in ORDERED_DICT.__iter__(thing) for part in (key, values[id(key)]))


copied_set = SET().union
"""Return the elements of a set, whatever its class does when it is copied or iterated over."""
