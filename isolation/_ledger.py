"""The ledger of a run: every finding as plain data, counts, and the score."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from isolation._report import SCHEMA, Record, distinct, is_mocked, title
from isolation._shared_stubs import SharedStubs


@dataclass(slots=True)
class Ledger:
    """Collect what the guards of all processes of a run say.

    Attributes:
        header: What is known before the first test.
        findings: Records of findings, in the order in which they came.
        survivors: Records of what is closed and still referenced, if somebody asked for them.
        diagnoses: Records of why tests failed, if somebody asked for them.
        tests: How many tests were guarded.
        seconds: Time that the guards spent, without their first looks.
        first_look: Time that these took.
        loops: How many loops were seen before they died.
        blind: What could not be watched, and why.
        misplaced: Sentences about warnings that reached another test than the one that left their cause.
        demoted: Test, probe and unit of what somebody has put back who is there for it, and who that is.
        used: The lines of ``isolation_allow`` and ``isolation_holders`` that excused anything.
        open_mocks: How many mocks there were that stand for no class, by name.
        shared_stubs: What lines have set that several tests run.
        is_partial: Whether tests were left out.
    """

    header: dict[str, Any] = field(default_factory=dict[str, Any])
    findings: list[Record] = field(default_factory=list[Record])
    survivors: list[Record] = field(default_factory=list[Record])
    diagnoses: list[Record] = field(default_factory=list[Record])
    tests: int = 0
    seconds: float = 0.0
    first_look: float = 0.0
    loops: int = 0
    blind: list[str] = field(default_factory=list[str])
    misplaced: list[str] = field(default_factory=list[str])
    used: set[str] = field(default_factory=set[str])
    demoted: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])
    open_mocks: Counter[str] = field(default_factory=Counter[str])
    shared_stubs: SharedStubs = field(default_factory=SharedStubs)
    is_partial: bool = False

    @property
    def counted(self) -> Sequence[Record]:
        """Return the errors and warnings that nothing excuses."""
        return [record for record in self.findings if record["excused"] is None and record["severity"] != "note"]

    @property
    def notes(self) -> Sequence[Record]:
        """Return the notes that nothing excuses."""
        return [record for record in self.findings if record["excused"] is None and record["severity"] == "note"]

    @property
    def excused(self) -> Sequence[Record]:
        """Return what the user excused; what is excused for everybody does not count."""
        return [record for record in self.findings if record["excused"] not in (None, "built-in")]

    @property
    def tests_with_findings(self) -> int:
        """Return how many tests left anything; a fixture of wider scope is none."""
        return len({record["test"] for record in self.counted if record["test"] is not None})

    @property
    def score(self) -> float:
        """Return the share of tests that left nothing, 1.0 if there were none."""
        return 1.0 - self.tests_with_findings / self.tests if self.tests else 1.0

    @property
    def microseconds_per_test(self) -> float:
        """Return the time that the guard took for a test."""
        return self.seconds / self.tests * 1e6 if self.tests else 0.0

    def summary(self) -> dict[str, Any]:
        """Return the record that closes a report."""
        return {
            "record": "summary",
            "tests": self.tests,
            "findings": dict(sorted(Counter(record["kind"] for record in distinct(self.counted)).items())),
            "notes": len(distinct(self.notes)),
            "excused": len(distinct(self.excused)),
            "survivors": len(self.survivors),
            "open_mocks": dict(sorted(self.open_mocks.items())),
            "isolation_score": round(self.score, 6),
            "guard_us_per_test": round(self.microseconds_per_test, 1),
            "first_look_ms": round(self.first_look * 1e3, 1),
            "loops_inspected": self.loops,
            "blind": sorted(self.blind),
        }

    def records(self) -> Sequence[Record]:
        """Return the whole report: header, findings, summary."""
        return [
            {"record": "run", "schema": SCHEMA, **self.header},
            *self.findings,
            *self.survivors,
            *self.diagnoses,
            self.summary(),
        ]

    def verdict(self) -> str:
        """Return the closing line of the terminal summary."""
        survivors = f" · {self.survivors_counted()}" if self.survivors else ""
        cost = f"guard {self.microseconds_per_test:.0f} µs per test"
        extras = [
            f"{len(distinct(group))} {name}"
            for group, name in ((self.notes, "in notes"), (self.excused, "excused"))
            if group
        ]
        beside = f" ({', '.join(extras)})" if extras else ""
        tests = "1 test" if self.tests == 1 else f"{self.tests} tests"
        count = len(distinct(self.counted))
        if not count:
            return f"{tests} left nothing behind{beside}{survivors} · {cost}"
        findings = "1 finding" if count == 1 else f"{count} findings"
        where = f"{self.tests_with_findings} of {tests}{self._in_fixtures()}"
        return f"{findings} in {where}{beside} · score {self.score:.3f}{survivors} · {cost}"

    def survivors_counted(self) -> str:
        """Return how many survivors there are, with the noun."""
        return "1 survivor" if len(self.survivors) == 1 else f"{len(self.survivors)} survivors"

    def _in_fixtures(self) -> str:
        """Return in how many fixtures of wider scope there are findings, to be read behind the tests."""
        of_fixtures = (each for each in self.counted if each["test"] is None and not is_mocked(each))
        fixtures = {title(record) for record in of_fixtures}
        return f" and {len(fixtures)} fixture{'s' if len(fixtures) > 1 else ''}" if fixtures else ""

    def demote(self, test: str, probe: str, unit: str, hint: str) -> None:
        """Make a note of what *test* left changed: somebody has put it back who is there for it, as *hint* says.

        A controller of pytest-xdist has the record already; it gets what is demoted with the counts.
        """
        self.demoted.append((test, probe, unit, hint))
        # The newest first: what the last test left is at the end, however long the run is.
        for index in reversed(range(len(self.findings))):
            if _state_of(self.findings[index]) == (test, probe, unit):
                self.findings[index] = _demoted(self.findings[index], hint)
                return

    def judge_shared_stubs(self) -> None:
        """Add what no test has used of what several tests set, now that all are over."""
        self.findings += self.shared_stubs.unused()

    @property
    def unanswered(self) -> Sequence[Record]:
        """Return the errors of mocks for which no test could fail: it was over, or there are several."""
        mocked = [record for record in self.counted if is_mocked(record) and record["severity"] == "error"]
        return [record for record in mocked if record["kind"] == "use_after_close" or record["test"] is None]

    def about_mocks(self) -> Iterator[str]:
        """Yield what else there is to say of mocks: why the run fails, and how many check nothing."""
        if self.unanswered:
            yield "the run fails for what its mocks found when no test could fail for it"
        number = self.open_mocks.total()
        if number:
            names = ", ".join(f"{name} {count}" for name, count in sorted(self.open_mocks.items()))
            mocks = "1 open mock, which checks" if number == 1 else f"{number} open mocks, which check"
            yield f"{mocks} neither names nor arguments: {names}"

    def unguarded_verdict(self) -> str:
        """Return the closing line of the terminal summary of a run that looked at no test."""
        count = len(self.counted)
        found = ["1 finding of mocks" if count == 1 else f"{count} findings of mocks"] if count else []
        return " · ".join([*found, *([self.survivors_counted()] if self.survivors else [])])

    def add_worker(self, data: dict[str, Any]) -> None:
        """Add what a worker of pytest-xdist counted."""
        self.tests += data["tests"]
        self.seconds += data["seconds"]
        self.first_look += data["first_look"]
        self.loops += data["loops"]
        self.blind += [reason for reason in data["blind"] if reason not in self.blind]
        self.findings += data["findings"]
        self.survivors += data["survivors"]
        self.used.update(data["used"])
        self.misplaced += data["misplaced"]
        self.open_mocks.update(data["open_mocks"])
        self.shared_stubs.add(data["shared_stubs"])
        self.is_partial |= data["is_partial"]
        hints: dict[tuple[object, ...], str] = {tuple(key): hint for *key, hint in data["demoted"]}
        if hints:
            self.findings = [
                _demoted(each, hints[_state_of(each)]) if _state_of(each) in hints else each for each in self.findings
            ]

    def as_data(self) -> dict[str, Any]:
        """Return what a worker of pytest-xdist sends at its end; its findings travelled with the tests."""
        return {
            "tests": self.tests,
            "seconds": self.seconds,
            "first_look": self.first_look,
            "loops": self.loops,
            "blind": self.blind,
            "used": sorted(self.used),
            "misplaced": self.misplaced,
            "demoted": self.demoted,
            "findings": [],
            "survivors": self.survivors,
            "open_mocks": dict(self.open_mocks),
            "shared_stubs": self.shared_stubs.as_data(),
            "is_partial": self.is_partial,
        }


def _state_of(record: Record) -> tuple[object, ...]:
    return record["test"], record["probe"], record["unit"]


def _demoted(record: Record, hint: str) -> Record:
    return {**record, "severity": "note", "hint": hint}
