"""Every test starts clean, ends clean, and when one does not, the report says what it left and where that was made."""

from importlib import import_module
from typing import TYPE_CHECKING

from isolation._errors import (
    AsyncCleanupRequiredError,
    BarrierConflictError,
    CleanupCancelledError,
    CleanupError,
    CleanupTimeoutError,
    ContaminationError,
    FixtureTaskCrashedError,
    FixtureYieldError,
    IsolationError,
    IsolationWarning,
    LeakError,
    LoopGoneError,
    LoopScopeWarning,
    ManagerClosedError,
    MockStrictnessError,
    PatchTargetError,
    RunnerStuckError,
    SettingsError,
    SetupCancelledError,
    TaskEscapedError,
)
from isolation._findings import Finding
from isolation._origin import Origin

if TYPE_CHECKING:
    from isolation._barriers import isolation_barrier, sync_isolation_barrier
    from isolation._cleanups import CleanupHandle
    from isolation._discovery import FoundResettable, find_resettables
    from isolation._fixture_state import debug_fixture_state
    from isolation._groups import isolate
    from isolation._managed import FixtureScope, managed_fixture
    from isolation._no_leaks import NoLeaks, no_leaks
    from isolation._passages import Barrier
    from isolation._resettables import Resettable, reset_all, resettable
    from isolation._resources import ResourceManager
    from isolation._safe_cleanup import safe_cleanup, safe_cleanup_sync
    from isolation._service_fixtures import service_mock_fixture
    from isolation._stack import ManagerState
    from isolation._suite_isolation import get_contamination_summary, validate_suite_isolation
    from isolation._survivors import Survivor
    from isolation._targets import Isolatable, attributes, environment, working_directory
    from isolation.mocks._context import MockContext
    from isolation.mocks._control import control, outage
    from isolation.mocks._faults import Fault
    from isolation.mocks._function_mocks import isolated_function
    from isolation.mocks._mock import isolated_mock, private_class
    from isolation.mocks._patching import IsolatedPatch
    from isolation.mocks._services import ServiceType
    from isolation.mocks._views import AsyncControl, Control, RecordedCall
    from isolation.mocks._when import AsyncWhen, When
    from isolation.probes._protocol import Probe

# The plugin is loaded at every start of pytest and needs none of these: each is imported when somebody asks for it.
_LATE = {
    "AsyncControl": "isolation.mocks._views",
    "AsyncWhen": "isolation.mocks._when",
    "Barrier": "isolation._passages",
    "CleanupHandle": "isolation._cleanups",
    "Control": "isolation.mocks._views",
    "Fault": "isolation.mocks._faults",
    "FixtureScope": "isolation._managed",
    "FoundResettable": "isolation._discovery",
    "Isolatable": "isolation._targets",
    "IsolatedPatch": "isolation.mocks._patching",
    "ManagerState": "isolation._stack",
    "MockContext": "isolation.mocks._context",
    "NoLeaks": "isolation._no_leaks",
    "Probe": "isolation.probes._protocol",
    "RecordedCall": "isolation.mocks._views",
    "Resettable": "isolation._resettables",
    "ResourceManager": "isolation._resources",
    "ServiceType": "isolation.mocks._services",
    "Survivor": "isolation._survivors",
    "When": "isolation.mocks._when",
    "attributes": "isolation._targets",
    "control": "isolation.mocks._control",
    "debug_fixture_state": "isolation._fixture_state",
    "environment": "isolation._targets",
    "find_resettables": "isolation._discovery",
    "get_contamination_summary": "isolation._suite_isolation",
    "isolate": "isolation._groups",
    "isolated_function": "isolation.mocks._function_mocks",
    "isolated_mock": "isolation.mocks._mock",
    "isolation_barrier": "isolation._barriers",
    "managed_fixture": "isolation._managed",
    "no_leaks": "isolation._no_leaks",
    "outage": "isolation.mocks._control",
    "private_class": "isolation.mocks._mock",
    "reset_all": "isolation._resettables",
    "resettable": "isolation._resettables",
    "safe_cleanup": "isolation._safe_cleanup",
    "safe_cleanup_sync": "isolation._safe_cleanup",
    "service_mock_fixture": "isolation._service_fixtures",
    "sync_isolation_barrier": "isolation._barriers",
    "validate_suite_isolation": "isolation._suite_isolation",
    "working_directory": "isolation._targets",
}

__all__ = [
    "AsyncCleanupRequiredError",
    "AsyncControl",
    "AsyncWhen",
    "Barrier",
    "BarrierConflictError",
    "CleanupCancelledError",
    "CleanupError",
    "CleanupHandle",
    "CleanupTimeoutError",
    "ContaminationError",
    "Control",
    "Fault",
    "Finding",
    "FixtureScope",
    "FixtureTaskCrashedError",
    "FixtureYieldError",
    "FoundResettable",
    "Isolatable",
    "IsolatedPatch",
    "IsolationError",
    "IsolationWarning",
    "LeakError",
    "LoopGoneError",
    "LoopScopeWarning",
    "ManagerClosedError",
    "ManagerState",
    "MockContext",
    "MockStrictnessError",
    "NoLeaks",
    "Origin",
    "PatchTargetError",
    "Probe",
    "RecordedCall",
    "Resettable",
    "ResourceManager",
    "RunnerStuckError",
    "ServiceType",
    "SettingsError",
    "SetupCancelledError",
    "Survivor",
    "TaskEscapedError",
    "When",
    "attributes",
    "control",
    "debug_fixture_state",
    "environment",
    "find_resettables",
    "get_contamination_summary",
    "isolate",
    "isolated_function",
    "isolated_mock",
    "isolation_barrier",
    "managed_fixture",
    "no_leaks",
    "outage",
    "private_class",
    "reset_all",
    "resettable",
    "safe_cleanup",
    "safe_cleanup_sync",
    "service_mock_fixture",
    "sync_isolation_barrier",
    "validate_suite_isolation",
    "working_directory",
]


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module 'isolation' has no attribute {name!r}")
    value: object = getattr(import_module(_LATE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
