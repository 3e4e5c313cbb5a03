"""Which probes of state a run needs, in the order of putting back; the others are not imported."""

from collections.abc import Mapping
from importlib import import_module

from isolation._settings import STATES, Settings
from isolation.probes._protocol import StateProbe, StrictProbe

CLASSES: Mapping[str, str] = {
    "environment": "environment:EnvironmentProbe",
    "cwd": "working_directory:WorkingDirectoryProbe",
    "modules": "modules:ModulesProbe",
    "interpreter": "interpreter:InterpreterProbe",
    "signals": "signal_handlers:SignalsProbe",
    "locale": "localization:LocaleProbe",
    "warnings": "warning_filters:WarningsProbe",
    "logging": "loggers:LoggingProbe",
    "randomness": "random_state:RandomnessProbe",
}
"""Where the class of each probe is, relative to `isolation.probes`: ``"module:Class"``."""


def state_probes(settings: Settings) -> Mapping[str, StateProbe]:
    """Return the probes of state that *settings* want, by name."""
    wanted = [name for name in STATES if name in CLASSES and settings.mode_of(name) != "off"]
    return {name: _made(CLASSES[name], settings) for name in wanted}


def _made(path: str, settings: Settings) -> StateProbe:
    module, _, name = path.partition(":")
    probe: StateProbe = vars(import_module(f"isolation.probes.{module}"))[name]()
    if isinstance(probe, StrictProbe):
        probe.is_strict = settings.is_strict
    return probe
