"""The vocabulary of changed state: one place, what it held and what it holds now."""

import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from isolation._findings import Severity


class Absent(Enum):
    """Stands for the value of a place that does not exist."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """One place that holds something else than it did at the last look.

    Whoever looks has accepted it: the next look compares with *after*.

    Attributes:
        probe: The name of the probe that saw it.
        kind: What kind of place it is; severities are set by kind.
        name: The name that its user gave it, ``HOME``; empty if there is none but the place.
        place: Where it is, in terms that its user can find: ``os.environ['HOME']``, ``app.core.manager._queues``.
        unit: The place with the keys and indices collapsed, ``app.core.Pool._conns[*]``: what is counted and excused.
        key: Equal for changes of one place, and for no other as long as the place exists.
        before: What it held, or `ABSENT`; for a container a shallow copy.
        after: What it holds now, or `ABSENT`; for a container a shallow copy.
        severity: How bad a change of this kind is, judged by how often such a change broke another test.
        put: Writes a value, *before* or any older one, to the place, and accepts it; returns None or why it could not.
            None if the place cannot be put back, as *hint* says.
        is_same: Compares two values of the place without running their code.
        detail: What happened, for people, where *before* and *after* do not say it.
        hint: What follows from it or what to do about it, for people.
        is_silent: Whether it is no finding by itself, as an import is none; whoever takes it back again needs it.
    """

    probe: str
    kind: str
    place: str
    unit: str
    key: Hashable
    before: object
    after: object
    severity: Severity
    put: Callable[[object], str | None] | None
    is_same: Callable[[object, object], bool] = operator.is_
    name: str = ""
    detail: str = ""
    hint: str = ""
    is_silent: bool = False
