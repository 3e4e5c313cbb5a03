"""Environment variables that are left set, changed or removed."""

import os
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest

from isolation import _compatibility
from isolation._changes import ABSENT
from isolation.probes.environment import EnvironmentProbe


@pytest.fixture(autouse=True)
def set_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set one variable, and let pytest put all of them back."""
    monkeypatch.setenv("APP_MODE", "test")
    monkeypatch.setenv("APP_TRACE", "off")
    monkeypatch.delenv("APP_TRACE")


@pytest.fixture
def probe() -> EnvironmentProbe:
    """Give a probe that knows the environment as it is."""
    probe = EnvironmentProbe()
    probe.start()
    return probe


def test_nothing_changed_is_no_change(probe: EnvironmentProbe) -> None:
    """The same variables with the same values are the same environment."""
    os.environ["APP_MODE"] = "te" + "st"

    assert not probe.look()


@pytest.mark.parametrize(
    ("change", "place", "before", "after"),
    [
        (lambda: os.environ.update(APP_TRACE="on"), "os.environ['APP_TRACE']", ABSENT, "on"),
        (lambda: os.environ.update(APP_MODE="live"), "os.environ['APP_MODE']", "test", "live"),
        (lambda: os.environ.pop("APP_MODE"), "os.environ['APP_MODE']", "test", ABSENT),
    ],
    ids=["added", "changed", "removed"],
)
def test_a_changed_variable_is_found(probe: EnvironmentProbe, change: Any, place: str, before: Any, after: Any) -> None:
    """It is named as one would read it, with what it held and what it holds."""
    change()

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("environment", "environment_variable", "error")
    assert (found.place, found.unit, found.before, found.after) == (place, place, before, after)
    assert found.put is not None
    assert found.put(found.before) is None
    assert os.environ.get(found.key[1], ABSENT) == before  # type: ignore[index]
    assert not probe.look()


def test_what_was_seen_is_accepted(probe: EnvironmentProbe) -> None:
    """The next test starts with what this one left, so the next look finds nothing."""
    os.environ["APP_MODE"] = "live"
    probe.look()

    assert not probe.look()


def test_an_older_value_can_be_put(probe: EnvironmentProbe) -> None:
    """A fixture's value may be older than the last look."""
    os.environ["APP_MODE"] = "live"
    (found,) = probe.look()
    os.environ["APP_MODE"] = "debug"
    (again,) = probe.look()

    assert again.key == found.key
    assert again.is_same(again.before, found.after)
    assert again.put is not None
    again.put(found.before)
    assert os.environ["APP_MODE"] == "test"
    assert not probe.look()


def test_putting_a_variable_back_reaches_the_system(probe: EnvironmentProbe) -> None:
    """A child process sees what was put back."""
    del os.environ["APP_MODE"]
    (found,) = probe.look()
    assert found.put is not None
    found.put(found.before)

    said = subprocess.run([sys.executable, "-c", "import os; print(os.environ['APP_MODE'])"], capture_output=True)

    assert said.stdout == b"test\n"


@pytest.mark.parametrize(
    "name", ["PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_WORKER", "COVERAGE_FILE", "COV_CORE_SOURCE"]
)
def test_what_frameworks_set_is_no_change(probe: EnvironmentProbe, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Pytest, pytest-xdist and coverage talk to themselves through the environment."""
    monkeypatch.setenv(name, "something else")

    assert not probe.look()


def test_what_an_import_sets_is_a_note(probe: EnvironmentProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody decides when scikit-learn is imported first."""
    monkeypatch.setenv("KMP_INIT_AT_FORK", "FALSE")

    assert [found.severity for found in probe.look()] == ["note"]


def test_the_mapping_itself_may_be_replaced(probe: EnvironmentProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system and child processes see is still the old one, and it can be put back."""
    original = os.environ
    monkeypatch.setattr("os.environ", {"APP_MODE": "live"})

    (found,) = probe.look()

    assert (found.place, found.before, found.after) == ("os.environ", original, {"APP_MODE": "live"})
    assert found.detail == "replaced as a whole"
    assert found.put is not None
    assert found.put(found.before) is None
    assert os.environ is original
    assert not probe.look()


def test_a_replaced_mapping_hides_nothing(probe: EnvironmentProbe) -> None:
    """The variables of the process are watched, whatever `os.environ` is."""
    with mock.patch("os.environ", {}):
        probe.start()
    os.environ["APP_MODE"] = "live"

    assert [found.place for found in probe.look()] == ["os.environ", "os.environ['APP_MODE']"]


def test_patches_that_were_undone_are_no_change(probe: EnvironmentProbe) -> None:
    """`patch.dict` empties and refills the mapping."""
    with mock.patch.dict(os.environ, {"APP_MODE": "live"}, clear=True):
        pass

    assert not probe.look()


def test_values_that_are_no_text_survive(probe: EnvironmentProbe) -> None:
    """A variable may hold any bytes."""
    os.environb[b"APP_MODE"] = b"\xff"

    (found,) = probe.look()

    assert found.after == "\udcff"
    os.environ["APP_MODE"] = "test"
    (back,) = probe.look()
    assert back.put is not None
    back.put(back.before)
    assert os.environb[b"APP_MODE"] == b"\xff"


def test_an_environment_of_another_kind_is_read_as_a_mapping(
    probe: EnvironmentProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Python keeps its variables otherwise, the public mapping is compared."""
    monkeypatch.setattr(_compatibility, "environment_data", lambda environ: None)
    probe.start()
    os.environ["APP_MODE"] = "live"

    (found,) = probe.look()

    assert (found.place, found.before, found.after) == ("os.environ['APP_MODE']", "test", "live")
    assert found.put is not None
    found.put(found.before)
    assert not probe.look()


def test_nothing_is_left_to_settle(probe: EnvironmentProbe) -> None:
    """No cache is derived from the environment by Python itself."""
    probe.settle()

    assert not probe.look()
