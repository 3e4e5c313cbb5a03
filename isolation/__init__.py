"""Every test starts clean, ends clean, and when one does not, the report says what it left and where that was made."""

from isolation._cleanups import CleanupHandle
from isolation._errors import (
    AsyncCleanupRequiredError,
    CleanupCancelledError,
    CleanupError,
    CleanupTimeoutError,
    IsolationError,
    LeakError,
    LoopGoneError,
    ManagerClosedError,
    SettingsError,
    SetupCancelledError,
)
from isolation._findings import Finding
from isolation._no_leaks import NoLeaks, no_leaks
from isolation._origin import Origin
from isolation._resources import ResourceManager
from isolation._stack import ManagerState
from isolation._survivors import Survivor
from isolation.probes._protocol import Probe

__all__ = [
    "AsyncCleanupRequiredError",
    "CleanupCancelledError",
    "CleanupError",
    "CleanupHandle",
    "CleanupTimeoutError",
    "Finding",
    "IsolationError",
    "LeakError",
    "LoopGoneError",
    "ManagerClosedError",
    "ManagerState",
    "NoLeaks",
    "Origin",
    "Probe",
    "ResourceManager",
    "SettingsError",
    "SetupCancelledError",
    "Survivor",
    "no_leaks",
]
