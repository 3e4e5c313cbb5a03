"""Filters of warnings that are left changed, and what shows warnings."""

import warnings
from collections.abc import Sequence

from isolation._changes import Change
from isolation._compatibility_state import WARNING_SHOWERS, undoes_warnings
from isolation.probes._attributes import Attribute, Attributes
from isolation.probes._lists import WatchedList


class WarningsProbe:
    """Find other filters of warnings.

    Pytest runs each test inside of `warnings.catch_warnings`, which is not yet over when a test is judged: what a
    test does to the filters ends with it.  With ``-p no:warnings`` it does not.
    """

    name = "warnings"

    def __init__(self) -> None:
        self._filters = WatchedList(
            warnings.__dict__,
            "filters",
            "warnings.filters",
            probe=self.name,
            kind="warnings_filter",
            judge=lambda before, after: "error",  # noqa: ARG005 - of every list
            # Only a call that changes filters lets warnings that were shown once be seen again.
            announce=warnings.resetwarnings,
        )
        self._showers = self._attributes(*WARNING_SHOWERS)
        self._others = self._attributes("formatwarning", "warn", "warn_explicit")
        self._are_undone: bool | None = None

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._filters.start()
        self._showers.start()
        self._others.start()
        if self._are_undone is None:
            self._are_undone = undoes_warnings()

    def begin(self) -> None:
        """Accept the filters that pytest has set for the test that begins."""
        if not self._are_undone:
            self.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        changes = self._others.look()
        if self._are_undone:
            return changes
        if self._filters.differs():
            changes = [*changes, *self._filters.look()]
        return [*changes, *self._showers.look()]

    def settle(self) -> None:
        """Do nothing: warnings that were shown are forgotten when the filters change."""

    def _attributes(self, *names: str) -> Attributes:
        return Attributes(self.name, "warnings", [Attribute(name=name, kind="warnings_hook") for name in names])
