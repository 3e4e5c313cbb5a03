"""Trust: a guard that is blind for something says so."""

import pytest

from tests.plugin.said import REPORT, records

# As if a new version of Python had renamed what the guard watches.
RENAMED = """
    from multiprocessing.process import BaseProcess

    del BaseProcess.start
"""


def test_what_cannot_be_watched_is_said(pytester: pytest.Pytester) -> None:
    """The header names what the guard is blind for, and so does the report; the tests run all the same."""
    pytester.makeconftest(RENAMED)
    pytester.makepyfile("def test_passes(): pass")

    result = pytester.runpytest_subprocess(REPORT)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["isolation: BLIND for BaseProcess.start (not there to be watched)"])
    assert records(pytester.path)[-1]["blind"] == ["BaseProcess.start (not there to be watched)"]


def test_a_guard_that_sees_is_not_blind(pytester: pytest.Pytester) -> None:
    """What was leaked on purpose before the first test has been seen: nothing is said about it."""
    pytester.makepyfile("def test_passes(): pass")

    result = pytester.runpytest_inprocess("-v", REPORT)

    result.stdout.no_fnmatch_line("*BLIND*")
    assert [record["record"] for record in records(pytester.path)] == ["run", "summary"]


# As if a new version of pytest had rewritten the teardown.
REWRITTEN = """
    from _pytest.runner import SetupState

    original = SetupState.teardown_exact
    SetupState.teardown_exact = lambda state, item: original(state, item)
"""


@pytest.mark.parametrize("mode", ["off", "report"])
def test_a_repair_that_is_not_possible_is_said(pytester: pytest.Pytester, mode: str) -> None:
    """If pytest tears down otherwise than expected, the repair switches itself off, and says so once."""
    pytester.makeconftest(REWRITTEN)
    pytester.makepyfile("def test_passes(): pass")

    result = pytester.runpytest_subprocess(f"--isolation-mode={mode}")
    silent = pytester.runpytest_subprocess(f"--isolation-mode={mode}", "-o", "isolation_repair=false")

    result.assert_outcomes(passed=1)
    blind = [line for line in result.outlines if "BLIND" in line]
    assert blind == ["isolation: BLIND for lost finalizers (pytest tears down otherwise than expected)"]
    silent.stdout.no_fnmatch_line("*BLIND*")
