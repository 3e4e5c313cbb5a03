"""Which probes of state a run needs."""

import pytest

from isolation._settings import STATES, Profile, Settings
from isolation._state_probes import CLASSES, ON_HEAP, state_probes
from isolation._watching import Watching
from isolation.probes._protocol import StrictProbe

PROFILE = Profile(name="test", reason="default", grace=0.1, emergency=5.0)
NOWHERE = Watching("/nowhere")


@pytest.mark.parametrize("name", [*CLASSES, *ON_HEAP])
def test_a_probe_is_made_under_its_name(name: str) -> None:
    """Settings and markers mean it by this name."""
    assert state_probes(Settings(profile=PROFILE), NOWHERE)[name].name == name


def test_the_probes_come_in_the_order_of_putting_back() -> None:
    """What comes later may depend on what comes first."""
    made = list(state_probes(Settings(profile=PROFILE), NOWHERE))

    assert made == [name for name in STATES if name in made]


@pytest.mark.parametrize(
    ("off", "left"),
    [
        (("environment",), ["patches", "singletons"]),
        (("environment", "patches"), ["singletons"]),
        (("environment", "singletons"), ["patches"]),
        (("patches", "singletons"), ["environment"]),
    ],
)
def test_a_probe_that_is_off_is_not_made(off: tuple[str, ...], left: list[str]) -> None:
    """It need not be imported; the others do without it."""
    made = state_probes(Settings(profile=PROFILE, probe_modes=dict.fromkeys(off, "off")), NOWHERE)

    assert [name for name in made if name in ("environment", "patches", "singletons")] == left


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_strict_run_has_strict_probes(is_strict: bool) -> None:
    """Those that can tell more do so then."""
    probe = state_probes(Settings(profile=PROFILE, is_strict=is_strict), NOWHERE)["interpreter"]

    assert isinstance(probe, StrictProbe)
    assert probe.is_strict is is_strict
