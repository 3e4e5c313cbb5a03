"""The vocabulary of what probes say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from isolation._origin import Origin
from isolation._owners import Owner

Severity = Literal["error", "warning", "note"]
MOCKS = "mocks"
"""The name by which what mocks find out is excused, as that of a probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that an owner left alive or changed.

    Attributes:
        probe: The name of the probe that found it.
        kind: What it is, for example ``"task"`` or ``"socket"``; severities are set by kind.
        name: The name that its user gave it, or what identifies it best.
        owner: Whose it is: the test, or the fixture of wider scope; None if that is not known.
        origin: Where it was made; None if its creation was not seen.
        severity: ``"error"`` fails a test in mode ``fail``; ``"warning"`` is listed; ``"note"`` is recorded only.
        detail: What it is doing now, for people.
        hint: What follows from it or what to do about it, for people.
        before: What was there before, for a changed state.
        after: What is there now, for a changed state.
        place: Where the changed state is, in terms that users can find; empty for what is alive.
        unit: The place with keys and indices collapsed: what is counted and excused; empty for what is alive.
        ending: Ends or restores the thing: called with seconds of grace, returns None or why it failed.
    """

    probe: str
    kind: str
    name: str
    owner: Owner | None
    origin: Origin | None
    severity: Severity
    detail: str = ""
    hint: str = ""
    before: str | None = None
    after: str | None = None
    place: str = ""
    unit: str = ""
    ending: Callable[[float], str | None] | None = field(default=None, compare=False, repr=False)
