"""The canary says what the guard does not see."""

import pytest

from isolation import _canary
from isolation._settings import Settings, choose_profile
from isolation.recording._recorder import Recorder

SETTINGS = Settings(profile=choose_profile("test", "a test", {}))


def test_a_guard_that_sees_everything_has_no_blind_spot() -> None:
    """Each planted leak is found."""
    assert _canary.blind_spots(SETTINGS, "", Recorder()) == []


def test_a_system_that_hides_children_is_a_blind_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the kernel's list, leaked processes cannot be seen."""
    monkeypatch.setattr(_canary, "children_file_exists", lambda: False)

    blind = _canary.blind_spots(SETTINGS, "", Recorder())

    assert blind == ["processes (this system does not list the children of a process)"]


def test_what_is_switched_off_is_no_blind_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not want a probe does not want to hear of it either."""
    monkeypatch.setattr(_canary, "children_file_exists", lambda: False)
    settings = Settings(profile=SETTINGS.profile, probe_modes={"processes": "off", "threads": "off"})

    assert _canary.blind_spots(settings, "", Recorder()) == []


async def test_a_run_inside_of_a_running_loop_plants_no_task() -> None:
    """A second loop cannot run there, as in a notebook; nobody is told that tasks are not seen."""
    assert _canary.blind_spots(SETTINGS, "", Recorder()) == []
