"""The ledger: counts, the score, and the closing line."""

from typing import Any

import pytest

from isolation._ledger import Ledger
from isolation._owners import Owner
from tests.made import SERVER, record

OTHER = Owner("test", "test_other", "tests/test_chat.py::test_other")


def ledger() -> Ledger:
    """Return the ledger of four tests, one of which left two things, and of a fixture that left one."""
    return Ledger(
        header={"mode": "report"},
        findings=[
            record(),
            record(kind="timer", severity="warning"),
            record(kind="socket", owner=SERVER),
            record(owner=OTHER, severity="note"),
            record(owner=OTHER, excused="marker"),
            record(owner=OTHER, excused="allowance", severity="note"),
            record(owner=OTHER, excused="built-in"),
        ],
        tests=4,
        seconds=0.001,
        loops=2,
        blind=["tasks (uvloop)", "descriptors"],
    )


def test_a_summary_counts() -> None:
    """Errors and warnings are counted by kind; notes and excuses by themselves; what all libraries do not at all."""
    assert ledger().summary() == {
        "record": "summary",
        "tests": 4,
        "findings": {"socket": 1, "task": 1, "timer": 1},
        "notes": 1,
        "excused": 2,
        "survivors": 0,
        "open_mocks": {},
        "isolation_score": 0.75,
        "guard_us_per_test": 250.0,
        "first_look_ms": 0.0,
        "loops_inspected": 2,
        "blind": ["descriptors", "tasks (uvloop)"],
    }


def test_records_have_a_beginning_and_an_end() -> None:
    """A report has what is known before, every finding, and the summary."""
    records = ledger().records()

    assert records[0] == {"record": "run", "schema": 1, "mode": "report"}
    assert [each["record"] for each in records[1:]] == [*["finding"] * 7, "summary"]


@pytest.mark.parametrize(
    ("findings", "tests", "verdict"),
    [
        ([], 1, "1 test left nothing behind · guard 0 µs per test"),
        ([], 2, "2 tests left nothing behind · guard 0 µs per test"),
        ([record()], 1, "1 finding in 1 of 1 test · score 0.000 · guard 0 µs per test"),
        ([record(), record()], 3, "2 findings in 1 of 3 tests · score 0.667 · guard 0 µs per test"),
        (
            [record(owner=SERVER)],
            2,
            "1 finding in 0 of 2 tests and 1 fixture · score 1.000 · guard 0 µs per test",
        ),
        ([record(severity="note")], 2, "2 tests left nothing behind (1 in notes) · guard 0 µs per test"),
        (
            [record(severity="note"), record(excused="marker")],
            2,
            "2 tests left nothing behind (1 in notes, 1 excused) · guard 0 µs per test",
        ),
        (
            [record(), record(excused="allowance")],
            2,
            "1 finding in 1 of 2 tests (1 excused) · score 0.500 · guard 0 µs per test",
        ),
    ],
)
def test_a_verdict_is_one_line(findings: list[dict[str, object]], tests: int, verdict: str) -> None:
    """The last line says how much was found where, what does not count, the score, and the price."""
    assert Ledger(findings=list(findings), tests=tests).verdict() == verdict


def test_several_fixtures_are_counted() -> None:
    """Each fixture of wider scope counts once."""
    engine = Owner("fixture", "engine", scope="session")

    verdict = Ledger(findings=[record(owner=SERVER), record(owner=engine), record(owner=engine)], tests=1).verdict()

    assert verdict.startswith("3 findings in 0 of 1 test and 2 fixtures · ")


def test_a_run_without_tests_is_perfect() -> None:
    """Nothing is divided by zero."""
    empty = Ledger()

    assert (empty.score, empty.microseconds_per_test) == (1.0, 0.0)


def test_workers_add_up() -> None:
    """What each worker counted is added; what several are blind for is said once."""
    controller = Ledger()

    for name in ("gw0", "gw1"):
        worker = ledger()
        worker.used = {"threads: * = name", name}
        worker.misplaced = [f"{name} is warned"]
        controller.add_worker({**worker.as_data(), "findings": [record()]})

    assert (controller.tests, controller.seconds, controller.loops) == (8, 0.002, 4)
    assert controller.blind == ["tasks (uvloop)", "descriptors"]
    assert controller.used == {"threads: * = name", "gw0", "gw1"}
    assert controller.misplaced == ["gw0 is warned", "gw1 is warned"]
    assert len(controller.findings) == 2


def test_what_a_worker_sends_is_plain() -> None:
    """Findings travel with the tests, so that the counts of a worker do not repeat them."""
    assert ledger().as_data() == {
        "tests": 4,
        "seconds": 0.001,
        "first_look": 0.0,
        "loops": 2,
        "blind": ["tasks (uvloop)", "descriptors"],
        "used": [],
        "misplaced": [],
        "demoted": [],
        "findings": [],
        "survivors": [],
        "open_mocks": {},
        "shared_stubs": [[], {}, {}],
        "is_partial": False,
    }


def test_what_somebody_puts_back_is_a_note() -> None:
    """It disturbs nobody; a controller hears of it after it has the record."""
    of_state: dict[str, Any] = {"probe": "environment", "place": "os.environ['A']", "unit": "os.environ['A']"}
    worker, controller = Ledger(), Ledger()
    records = [record(**of_state), record(name="alive")]
    worker.findings, controller.findings = list(records), list(records)

    worker.demote("tests/test_chat.py::test_chat", "environment", "os.environ['A']", "it is put back")
    controller.add_worker(worker.as_data())

    for ledger in (worker, controller):
        assert [(each["name"], each["severity"]) for each in ledger.findings] == [
            ("heartbeat", "note"),
            ("alive", "error"),
        ]
        assert ledger.notes[0]["hint"] == "it is put back"


def test_what_nobody_has_found_is_not_demoted() -> None:
    """It was excused, or its probe is off for that test."""
    ledger = Ledger(findings=[record(name="alive")])

    ledger.demote("tests/test_chat.py::test_chat", "environment", "os.environ['A']", "it is put back")

    assert [each["severity"] for each in ledger.findings] == ["error"]
