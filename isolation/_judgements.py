"""What became of findings, and the terms of owners that decide it."""

from dataclasses import dataclass, replace

from isolation._allowances import Excuse
from isolation._findings import Finding
from isolation._settings import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A finding and what became of it.

    Attributes:
        finding: What was found.
        mode: What was to be done about it.
        excused: Why it is none; None if it is one.
        restored: Whether it was ended; None if nobody tried.
    """

    finding: Finding
    mode: Mode
    excused: Excuse | None = None
    restored: bool | None = None

    @property
    def fails(self) -> bool:
        """Tell whether this makes the test's teardown an error."""
        return self.excused is None and self.mode == "fail" and self.finding.severity == "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for one owner besides the settings: what its markers say.

    Attributes:
        mode: The mode of its marker, None without one.
        allowed: The probes whose findings it allows.
        is_tracked: False if its leaks are not reported at all.
    """

    mode: Mode | None = None
    allowed: frozenset[str] = frozenset()
    is_tracked: bool = True


NO_TERMS = Terms()


def judged_place(judgement: Judgement) -> tuple[str, str]:
    """Return probe and place of what was found."""
    return judgement.finding.probe, judgement.finding.place


def refuted(judgement: Judgement) -> Judgement:
    """Return *judgement* of what did not stay put back."""
    finding = judgement.finding
    said = f"{finding.detail}, not put back: somebody changed it again at once".lstrip(", ")
    return replace(judgement, finding=replace(finding, detail=said), restored=False)
