"""Which probes of state a run needs."""

import pytest

from isolation._settings import Profile, Settings
from isolation._state_probes import CLASSES, state_probes
from isolation.probes._protocol import StrictProbe

PROFILE = Profile(name="test", reason="default", grace=0.1, emergency=5.0)


@pytest.mark.parametrize("name", CLASSES)
def test_a_probe_is_made_under_its_name(name: str) -> None:
    """Settings and markers mean it by this name."""
    assert state_probes(Settings(profile=PROFILE))[name].name == name


def test_a_probe_that_is_off_is_not_made() -> None:
    """It need not be imported."""
    assert "environment" not in state_probes(Settings(profile=PROFILE, probe_modes={"environment": "off"}))


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_strict_run_has_strict_probes(is_strict: bool) -> None:
    """Those that can tell more do so then."""
    probe = state_probes(Settings(profile=PROFILE, is_strict=is_strict))["interpreter"]

    assert isinstance(probe, StrictProbe)
    assert probe.is_strict is is_strict
