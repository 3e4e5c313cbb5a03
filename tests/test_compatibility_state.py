"""Every private name behind which other projects keep state of the process is still there and means the same."""

import warnings

import pytest

from isolation import _compatibility_state as names


def test_pytest_puts_warnings_filters_back() -> None:
    """Each test runs inside of what does so."""
    assert names.undoes_warnings()


def test_pytest_can_be_told_not_to(pytester: pytest.Pytester) -> None:
    """What ran around this test does not count in a run inside of it."""
    pytester.makepyfile("""
        from isolation._compatibility_state import undoes_warnings

        def test_it():
            assert undoes_warnings() is False
    """)

    pytester.runpytest_inprocess("-p", "no:warnings", "-p", "no:asyncio").assert_outcomes(passed=1)


def test_what_shows_warnings_is_put_back_with_the_filters() -> None:
    """A name that `catch_warnings` did not put back would be a change that stays."""
    before = [getattr(warnings, name) for name in names.WARNING_SHOWERS]
    with warnings.catch_warnings(record=True):
        during = [getattr(warnings, name) for name in names.WARNING_SHOWERS]

    assert before != during
    assert [getattr(warnings, name) for name in names.WARNING_SHOWERS] == before
