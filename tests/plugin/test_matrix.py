"""Every row of the detection matrix is found: real tests, on real drivers, run by pytest."""

import re
from collections.abc import Iterator, Sequence

import pytest

from tests.plugin.expectations import Expectation, Record, expectations, nodeids
from tests.plugin.runs import WAYS_OF, Run, Runs

LEAKS, UVLOOP, FAILING = expectations("leaks"), expectations("uvloop"), expectations("failing")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Run each suite once for all tests of this module."""
    with Runs(tmp_path_factory.mktemp) as runs:
        yield runs


def expected_in(way: str) -> Sequence[Expectation]:
    """Return the leaks that happen in *way*: in auto mode, pytest-asyncio takes all coroutines."""
    return [each for each in LEAKS if way != "auto" or not re.search("anyio|trio", each.file)]


def missing(expected: Sequence[Expectation], run: Run, way: str = "") -> Sequence[str]:
    """Return what was *expected* and not found."""
    is_traced = way == "trace"
    return [str(each) for each in expected if not any(each.is_met_by(one, traced=is_traced) for one in run.findings)]


def unexpected(expected: Sequence[Expectation], run: Run, way: str = "") -> Sequence[Record]:
    """Return what was found and not *expected*."""
    is_traced = way == "trace"
    return [
        finding
        for finding in run.findings
        if not any(each.is_met_by(finding, traced=is_traced) or each.is_allowed(finding) for each in expected)
    ]


def file_of(nodeid: str) -> str:
    """Return the file part of *nodeid*."""
    return nodeid.partition("::")[0]


@pytest.mark.parametrize("expectation", LEAKS, ids=str)
def test_each_leak_is_found(expectation: Expectation, runs: Runs) -> None:
    """A leak is found once, with its owner, the line that made it, and how bad it is."""
    run = runs("leaks", "report")

    severities = [finding["severity"] for finding in run.findings if expectation.is_met_by(finding)]

    assert len(severities) == 1 or (severities and expectation.kind in expectation.also), run.output
    assert set(severities) <= ({expectation.severity} if expectation.severity else {"error", "warning", "note"})


@pytest.mark.parametrize("way", WAYS_OF["leaks"])
def test_every_leak_is_found_in_every_way(way: str, runs: Runs) -> None:
    """Neither workers, nor order, nor mode, nor full stacks change what is found."""
    run = runs("leaks", way)

    assert missing(expected_in(way), run, way) == [], run.output


@pytest.mark.parametrize("way", WAYS_OF["leaks"])
def test_nothing_but_the_leaks_is_found(way: str, runs: Runs) -> None:
    """No test and no fixture is blamed for what another one left."""
    run = runs("leaks", way)

    assert unexpected(LEAKS, run, way) == [], run.output


@pytest.mark.parametrize("way", [way for way in WAYS_OF["leaks"] if way != "fail"])
def test_a_leak_changes_no_outcome(way: str, runs: Runs) -> None:
    """Only in mode fail does a leak fail a test."""
    run = runs("leaks", way)

    assert run.status == 0, run.output


def test_a_test_with_an_error_fails(runs: Runs) -> None:
    """In mode fail the teardown of each test that left something bad is an error, and nothing else fails."""
    run = runs("leaks", "fail")

    bad = [finding for finding in run.findings if finding["severity"] == "error"]
    of_fixtures = run.tests("ERROR") - {finding["test"] for finding in bad}

    assert {finding["test"] for finding in bad if finding["test"]} <= run.tests("ERROR"), run.output
    assert {file_of(nodeid) for nodeid in of_fixtures} == {
        file_of(finding["owner"]["nodeid"]) for finding in bad if finding["test"] is None
    }, run.output
    assert run.tests("FAILED") == set(), run.output
    assert run.status == 1


def test_restoring_leaves_nothing_alive(runs: Runs) -> None:
    """In mode restore everything that can be ended has ended; threads that cannot do not hold the exit."""
    run = runs("leaks", "restore")

    assert {kind: alive for kind, alive in run.survivors.items() if alive} == {}, run.output


@pytest.mark.parametrize("way", WAYS_OF["uvloop"])
def test_uvloop(way: str, runs: Runs) -> None:
    """A loop that is not written in Python hides neither tasks nor generators nor timers."""
    run = runs("uvloop", way)

    # libuv opens descriptors of its own, which have no Python object: these are notes.
    assert [each for each in unexpected(UVLOOP, run) if each["severity"] != "note"] == [], run.output
    assert missing(UVLOOP, run) == [], run.output
    assert run.status == 0, run.output


def test_a_failed_test_keeps_its_outcome(runs: Runs) -> None:
    """In mode fail, what a failed test leaves is reported and no second failure."""
    run = runs("failing", "fail")

    assert missing(FAILING, run) == [], run.output
    assert unexpected(FAILING, run) == [], run.output
    assert run.tests("FAILED") == {nodeid for nodeid in nodeids("failing") if "::test_fails" in nodeid}
    assert run.tests("ERROR") == {f"test_outcomes.py::{name}" for name in ("test_passes", "test_skips_itself")}
