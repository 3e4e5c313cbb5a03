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


class SettingsError(IsolationError, ValueError):
    """A setting has a value that means nothing; the message names the value, where it was set, and the nearest one."""
