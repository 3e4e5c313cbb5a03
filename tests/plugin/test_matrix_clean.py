"""Nothing on the list of false findings is reported: clean tests and traps, on real drivers, run by pytest."""

from collections.abc import Iterator

import pytest

from tests.plugin.expectations import is_same_test, nodeids
from tests.plugin.runs import WAYS_OF, Runs

SUITES = ("clean", "traps")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Run each suite once for all tests of this module."""
    with Runs(tmp_path_factory.mktemp) as runs:
        yield runs


@pytest.mark.parametrize(("suite", "nodeid"), [(suite, nodeid) for suite in SUITES for nodeid in nodeids(suite)])
def test_nothing_is_found_where_nothing_leaks(suite: str, nodeid: str, runs: Runs) -> None:
    """Whatever a legitimate test looks like from outside, it passes and is not mentioned."""
    run = runs(suite, "report")

    assert any(is_same_test(nodeid, passed) for passed in run.tests("PASSED")), run.output
    assert [finding for finding in run.findings if is_same_test(nodeid, finding["test"] or "")] == []


@pytest.mark.parametrize(("suite", "way"), [(suite, way) for suite in SUITES for way in WAYS_OF[suite]])
def test_nothing_is_found_in_any_way(suite: str, way: str, runs: Runs) -> None:
    """Clean tests stay clean, in every order, mode and number of processes; nor is a fixture mentioned."""
    run = runs(suite, way)

    assert list(run.findings) == [], run.output
    assert run.status == 0, run.output
