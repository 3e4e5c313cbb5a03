"""What a diagnosis tries: some tests in a fresh process, and what became of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from isolation._reads import Reads
from isolation._report import Record

PASSED, FAILED = "passed", "failed"
EVERYTHING: Literal["*"] = "*"
"""All places are put back, not one only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A place whose change is to be caught in the act.

    Attributes:
        probe: The probe that sees the place.
        places: The place, and the unit that it belongs to.
    """

    probe: str
    places: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run to be made in a fresh process.

    Attributes:
        tests: What runs, in this order.
        imports: Test files that are imported as well.
        restore: The place that is put back after each test, or everything; None for nothing.
        reads_of: The test whose code is to be looked at while it runs.
        traced: The place whose change is to be caught in the other tests.
        variation: 0 for the random seeds of the run, another number for other seeds.
    """

    tests: Sequence[str]
    imports: Sequence[str] = ()
    restore: str | None = None
    reads_of: str | None = None
    traced: Traced | None = None
    variation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What became of a trial.

    Attributes:
        outcomes: ``"passed"``, ``"failed"`` or ``"skipped"`` by test; one that did not run is missing.
        findings: Records of what was found.
        reads: What the code of the test in question uses.
        line: Where the traced place was changed last: ``file``, ``line``, ``function``, ``source``.
        problem: Why the run is not complete; empty if it is.
        seconds: What it took.
    """

    outcomes: Mapping[str, str] = field(default_factory=dict[str, str])
    findings: Sequence[Record] = ()
    reads: Reads = field(default_factory=Reads)
    line: Record | None = None
    problem: str = ""
    seconds: float = 0.0


Run = Callable[[Trial], Rerun]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A test that failed in the run, and what was around it.

    Attributes:
        test: Its node id.
        earlier: The tests that ran before it in the same process, in this order.
        later: Those that ran after it in the same process.
        reads: What the code in its traceback uses.
        worker: The worker of pytest-xdist, None without.
    """

    test: str
    earlier: Sequence[str] = ()
    later: Sequence[str] = ()
    reads: Reads = field(default_factory=Reads)
    worker: str | None = None
