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
