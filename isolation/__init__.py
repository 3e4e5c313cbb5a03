"""Every test starts clean, ends clean, and when one does not, the report says what it left and where that was made."""

from isolation._errors import IsolationError, LeakError, SettingsError
from isolation._findings import Finding
from isolation._no_leaks import NoLeaks, no_leaks
from isolation._origin import Origin
from isolation.probes._protocol import Probe

__all__ = ["Finding", "IsolationError", "LeakError", "NoLeaks", "Origin", "Probe", "SettingsError", "no_leaks"]
