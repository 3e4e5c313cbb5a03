"""How isolated the tests of the run are so far: what they changed, and a second look at what is still there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from isolation._compatibility import active_patches
from isolation._errors import IsolationError
from isolation._guard import Guard
from isolation._judgements import Judgement
from isolation._ledger import Ledger
from isolation._report import Record, finding_record, is_changed
from isolation.probes._active_patches import ActivePatch

Data = dict[str, Any]

FORMULA = "1 - tests_with_findings / tests; 1.0 without tests; notes and what is excused do not count"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedRun:
    """One run of pytest that is guarded.

    Attributes:
        ledger: What was found, of this process and, after they have sent it, of its workers.
        guard: Looks around its tests.
        root: Paths are relative to this directory.
    """

    ledger: Ledger
    guard: Guard
    root: str


GUARDED_RUNS: list[GuardedRun] = []
"""The guarded runs that go on in this process, innermost last; process-wide, as they are."""


def get_contamination_summary() -> Data:
    """Return what the tests that are over have left changed: per test, per state, per kind.

    Call it from a test, a fixture, a hook or a debugger.  Under pytest-xdist a worker knows its own tests only.
    Notes and what is excused are in it, too; each change says so.

    Returns:
        JSON-serialisable data, as the reference describes it; empty outside of a run that is guarded.
    """
    findings: Sequence[Record] = GUARDED_RUNS[-1].ledger.findings if GUARDED_RUNS else ()
    changes = [record for record in findings if is_changed(record)]
    return {
        "tests": _tests(GUARDED_RUNS[-1]) if GUARDED_RUNS else 0,
        "by_test": _grouped(changes, _owner_name, _listed),
        "by_state": _grouped(changes, lambda record: str(record["unit"]), _state),
        "by_kind": _grouped(changes, lambda record: str(record["kind"]), _counts),
    }


def _grouped(
    changes: Iterable[Record], key: Callable[[Record], str], summed: Callable[[Sequence[Record]], object]
) -> Data:
    groups: dict[str, list[Record]] = {}
    for record in changes:
        groups.setdefault(key(record), []).append(record)
    return {name: summed(group) for name, group in groups.items()}


def _owner_name(record: Record) -> str:
    owner = record["owner"]
    return str(record["test"]) if record["test"] else f"{owner['name']} ({owner['scope']}) {owner['nodeid']}".rstrip()


def _listed(changes: Sequence[Record]) -> list[Data]:
    keys = ("probe", "kind", "severity", "place", "unit", "before", "after", "restored", "excused")
    return [{key: record[key] for key in keys} for record in changes]


def _counts(changes: Sequence[Record]) -> Data:
    return {
        "count": len(changes),
        "states": len({record["unit"] for record in changes}),
        "tests": len({record["test"] for record in changes if record["test"]}),
        "first": _owner_name(changes[0]),
        "last": _owner_name(changes[-1]),
        "restored": sum(record["restored"] is True for record in changes),
        "not_restored": sum(record["restored"] is False for record in changes),
        "excused": sum(record["excused"] is not None for record in changes),
    }


def _state(changes: Sequence[Record]) -> Data:
    first, last = changes[0], changes[-1]
    named = {key: first[key] for key in ("probe", "kind", "severity", "before")}
    return {**named, "after": first["before"] if last["restored"] else last["after"], **_counts(changes)}


def _tests(run: GuardedRun) -> int:
    # The ledger gets the tests of this process at its end, the controller of pytest-xdist those of its workers.
    return max(run.ledger.tests, run.guard.owners)


async def validate_suite_isolation() -> Data:
    """Look once more, and return how isolated the tests of this run have been so far.

    Besides what was found at the end of each test, this looks at what is there now: what earlier tests left and is
    still alive, the state that they changed and nobody has put back, what the current test has changed so far, and
    patches that are active.

    Returns:
        JSON-serialisable data, as the reference describes it: ``isolation_score`` from 0.0 to 1.0 is the share of
        finished tests without a finding.

    Raises:
        IsolationError: If nobody guards this run: then there is nothing to tell, and no score would be true.
    """
    import anyio  # noqa: PLC0415 - who awaits has a loop, and most runs do not ask

    if not GUARDED_RUNS:
        raise IsolationError(
            "nobody guards this run, so that there is no score; run it with isolation_mode = report, restore or fail"
        )
    run = GUARDED_RUNS[-1]
    if run.guard.second_look():
        # What is about to end gets the time that it has at the end of a test, too.
        await anyio.sleep(run.guard.settings.profile.grace)
    return _validated(run)


def _validated(run: GuardedRun) -> Data:
    alive = [_record(judgement, run.root) for judgement in run.guard.second_look()]
    ledger = run.ledger
    counted = [*ledger.counted, *(record for record in alive if record["severity"] != "note" and not record["excused"])]
    with_findings = {record["test"] for record in counted if record["test"] is not None}
    tests = _tests(run)
    excused = {record["test"] for record in ledger.excused if record["test"] is not None} - with_findings
    return {
        "isolation_score": 1.0 - len(with_findings) / tests if tests else 1.0,
        "formula": FORMULA,
        "tests": tests,
        "tests_with_findings": len(with_findings),
        "tests_excused": len(excused),
        "findings": ledger.counted,
        "still_alive": alive,
        "changed_by_current_test": [
            {"place": finding.place, "before": finding.before, "after": finding.after}
            for finding in run.guard.changed_so_far()
        ],
        "still_changed": _still_changed(run.guard),
        "active_patches": [ActivePatch(patch).place for patch in active_patches()],
    }


def _record(judgement: Judgement, root: str) -> Data:
    return finding_record(judgement.finding, restored=None, excused=judgement.excused, root=root)


def _still_changed(guard: Guard) -> Sequence[Data]:
    return [
        {"place": finding.place, "before": finding.before, "after": finding.after, "last": finding.owner.nodeid}
        for finding in guard.still_changed()
        if finding.owner is not None and guard.allowances.excuse(finding, lambda _: False) is None
    ]
