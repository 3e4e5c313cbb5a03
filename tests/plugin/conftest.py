"""Runs of pytest inside of tests: not told what the surrounding run is told."""

import os

import pytest

from tests.plugin.said import SETTINGS

FOREIGN = ("CI", "GITHUB_", "ENVIRONMENT", "ISOLATION_", "PYTEST_XDIST_")
# pytest-trio imports hypothesis, which takes longer than most of these runs.
OPTIONS = (
    "-p no:trio -p no:cacheprovider -p no:random_order -p no:hypothesispytest -p no:randomly -p no:rerunfailures"
    " -p no:pytest_mock"
)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Give a `pytester` whose runs are the same on every machine."""
    for variable in list(os.environ):
        if variable.startswith(FOREIGN):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("PYTEST_ADDOPTS", OPTIONS)
    monkeypatch.setenv("COLUMNS", "80")
    pytester.makeini(SETTINGS)
    return pytester
