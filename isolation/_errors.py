"""Every exception and warning of this package."""

from collections.abc import Sequence

from isolation._findings import Finding


class IsolationError(Exception):
    """Something went wrong that this package is responsible for reporting; base of all its exceptions."""


class LeakError(IsolationError):
    """An owner ended and left things alive; the message lists them, *findings* holds them."""

    findings: Sequence[Finding]

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


class ContaminationError(IsolationError):
    """An owner ended and left state changed; the message says what and how, *findings* holds the changes."""

    findings: Sequence[Finding]

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


class MockStrictnessError(IsolationError):
    """A test passed, but has not done with its mocks what it said; the message lists it, *findings* holds it."""

    findings: Sequence[Finding]

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


class SettingsError(IsolationError, ValueError):
    """A setting has a value that means nothing; the message names the value, where it was set, and the nearest one."""


class CleanupError(ExceptionGroup[Exception], IsolationError):
    """Cleanups failed; the group holds each failure, with a note that says where that was registered."""

    def derive(self, excs: Sequence[Exception], /) -> "CleanupError":  # type: ignore[override] # typeshed asks for a generic one
        """Return a part of this group that is still a CleanupError, for ``except*`` and ``split()``."""
        return CleanupError(self.message, excs)


class CleanupTimeoutError(IsolationError, TimeoutError):
    """A cleanup took longer than its timeout or its manager's deadline allows, or was not run for that."""


class CleanupCancelledError(IsolationError, RuntimeError):
    """A cleanup was cancelled, or raised what is no Exception and fits in no group; its cause is what was raised."""


class SetupCancelledError(IsolationError, RuntimeError):
    """A set-up was cancelled, though its caller was not, or raised what is no Exception; its cause is that."""


class AsyncCleanupRequiredError(IsolationError, RuntimeError):
    """An async cleanup would have to run in the loop that waits for it; nothing was lost, await ``cleanup_all()``."""


class LoopGoneError(IsolationError, RuntimeError):
    """The event loop in which a cleanup has to run is closed, or nobody runs it any more; the cleanup did not run."""


class ManagerClosedError(IsolationError, RuntimeError):
    """A resource was registered with a manager that has already cleaned up; nobody would ever clean it up."""


class PatchTargetError(IsolationError, AttributeError):
    """A name that shall be patched is not there; nothing was changed, and the message has the nearest name."""


class BarrierConflictError(IsolationError, RuntimeError):
    """Two barriers want the same state, and one of them cannot wait, or has waited for too long; names both."""


class TaskEscapedError(IsolationError, RuntimeError):
    """A task that was started inside of a barrier was still there at its end, where its changes would escape."""


class FixtureYieldError(IsolationError, RuntimeError):
    """A managed fixture yielded no value, or more than one."""


class FixtureTaskCrashedError(IsolationError, RuntimeError):
    """The task of a fixture ended while the fixture was in use; the cause is what ended it."""


class RunnerStuckError(IsolationError, RuntimeError):
    """A fixture cannot be torn down, since the task that would run it refuses to end after Ctrl-C."""


class IsolationWarning(UserWarning):
    """Something is likely to go wrong, and this package cannot prevent it; base of all its warnings."""


class LoopScopeWarning(IsolationWarning):
    """A test uses an async fixture that lives on another event loop."""


for _thing in list(vars().values()):
    if isinstance(_thing, type) and _thing.__module__ == __name__:
        _thing.__module__ = "isolation"  # where users import it from, and what reports show
