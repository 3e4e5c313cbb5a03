"""Which probes of state a run needs, in the order of putting back; the others are not imported."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from isolation._settings import STATES, Settings
from isolation._watching import Watching
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


ON_HEAP: Mapping[str, str] = {"patches": "patches:PatchesProbe", "singletons": "singletons:SingletonsProbe"}
"""The probes that share one look at the heap."""


def state_probes(settings: Settings, watching: Watching) -> Mapping[str, StateProbe]:
    """Return the probes of state that *settings* want, by name.

    Args:
        settings: The settings of the run.
        watching: Which modules are watched.
    """
    wanted = [name for name in STATES if settings.mode_of(name) != "off"]
    probes = {name: _class(CLASSES[name])() for name in wanted if name in CLASSES}
    for probe in probes.values():
        if isinstance(probe, StrictProbe):
            probe.is_strict = settings.is_strict
    if ON_HEAP.keys() & set(wanted):
        meant = [holder.replace(":", ".") for holder in settings.holders]
        heap = _class("_watched_heap:WatchedHeap")(watching, is_strict=settings.is_strict, meant=meant)
        probes.update((name, _class(path)(heap)) for name, path in ON_HEAP.items() if name in wanted)
    return probes


def _class(path: str) -> Any:  # noqa: ANN401 - of a probe
    module, _, name = path.partition(":")
    return vars(import_module(f"isolation.probes.{module}"))[name]
