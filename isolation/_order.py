"""The order of tests: random by a seed that repeats it, or reversed."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, TypeVar, cast

from isolation._errors import SettingsError
from isolation._settings import one_of

T = TypeVar("T")
Kind = Literal["random", "reverse"]
_KINDS: Sequence[Kind] = ("random", "reverse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order of tests that can be asked for again.

    Attributes:
        kind: What it is.
        seed: What a random order follows from.
    """

    kind: Kind
    seed: int = 0

    def __str__(self) -> str:
        return f"random:{self.seed}" if self.kind == "random" else self.kind

    def arrange(self, things: Sequence[T], chain: Callable[[T], Sequence[str]]) -> list[T]:
        """Return *things* in this order.

        Random means that modules change places, then the classes and functions of each module, then the tests of each
        class: what stands together stays together, or fixtures of wider scope would be set up again and again.
        The places of two tests depend on their names and the seed only, not on which others are selected.

        Args:
            things: What to arrange.
            chain: Gives the names of the module, of the classes in it and of the test itself, each unique.
        """
        if self.kind == "reverse":
            return list(reversed(things))
        numbers: dict[str, bytes] = {}

        def number(name: str) -> bytes:
            if name not in numbers:
                text = f"{self.seed}:{name}".encode(errors="backslashreplace")
                numbers[name] = blake2b(text, digest_size=8).digest()
            return numbers[name]

        return sorted(things, key=lambda thing: [number(name) for name in chain(thing)])


def parse_order(value: str, place: str) -> Order:
    """Return the order that *value* writes as ``random``, ``random:seed`` or ``reverse``; without a seed, any."""
    kind, colon, seed = (part.strip() for part in value.partition(":"))
    one_of(kind, _KINDS, "order", place)
    if not colon:
        return Order(kind=cast("Kind", kind), seed=int.from_bytes(os.urandom(4)))
    if kind == "reverse":
        raise SettingsError(f"cannot read {value!r} in {place}; 'reverse' takes no seed")
    if not (seed.isascii() and seed.isdigit()):
        raise SettingsError(f"cannot read the seed {seed!r} in {place}; write a whole number, such as 'random:1234'")
    return Order(kind="random", seed=int(seed))
