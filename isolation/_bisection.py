"""The smallest part of a sequence that still has an effect, found by trying parts of it."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def reduce(things: Sequence[T], has_effect: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Return a part of *things*, in their order, that has the effect, and from which nothing can be left out.

    Most often one thing is enough: halving finds it in as many trials as there are bits in their number, and one more
    that makes sure of it.  If it was not enough, parts and what is left without them are tried, ever smaller.

    Args:
        things: What has the effect as a whole; the last ones are tried first.
        has_effect: Tries a part.
    """
    known: dict[tuple[int, ...], bool] = {}

    def tried(part: Sequence[int]) -> bool:
        key = tuple(part)
        if key not in known:
            known[key] = has_effect([things[number] for number in part])
        return known[key]

    everything = range(len(things))
    known[tuple(everything)] = True
    one = _halved(everything, tried)
    part: Sequence[int] = one if tried(one) else _split(everything, tried)
    return [things[number] for number in part]


def _halved(part: Sequence[int], has_effect: Callable[[Sequence[int]], bool]) -> Sequence[int]:
    """Return the one of *part* that has the effect if only one has; it was not tried if it is the first."""
    while len(part) > 1:
        middle = len(part) // 2
        part = part[middle:] if has_effect(part[middle:]) else part[:middle]
    return part


def _split(part: Sequence[int], has_effect: Callable[[Sequence[int]], bool]) -> Sequence[int]:
    """Return a smallest part that has the effect, by delta debugging."""
    pieces = 2
    while len(part) > 1:
        chunks = _chunks(part, pieces)
        rests = [[number for number in part if number not in chunk] for chunk in chunks]
        smaller = next((chunk for chunk in reversed(chunks) if has_effect(chunk)), None)
        if smaller is not None:
            part, pieces = smaller, 2
            continue
        smaller = next((rest for rest in rests if has_effect(rest)), None)
        if smaller is not None:
            part, pieces = smaller, max(pieces - 1, 2)
        elif pieces >= len(part):
            break
        else:
            pieces = min(pieces * 2, len(part))
    return part


def _chunks(part: Sequence[int], pieces: int) -> list[Sequence[int]]:
    bounds = [len(part) * number // pieces for number in range(pieces + 1)]
    return [part[start:end] for start, end in pairwise(bounds)]
