"""The logging tree that is left changed: levels, handlers, filters, and loggers switched off."""

import logging
from collections.abc import Sequence

from isolation._changes import Change
from isolation._compatibility_state import LOGGING_NAMES
from isolation.probes._attributes import Attribute, Attributes
from isolation.probes._logging_tree import LoggingTree
from isolation.probes._values import Setting, Settings


class LoggingProbe:
    """Find loggers that log otherwise than before; what is set for one that is new is a silent change."""

    name = "logging"

    def __init__(self) -> None:
        self._tree = LoggingTree(self.name)
        self._disable = Settings(self.name, [_DISABLE])
        names = [
            Attribute(name=name, place=place, kind="logging", severity="warning")
            for name, place in LOGGING_NAMES.items()
        ]
        self._attributes = Attributes(self.name, "logging", names)

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._disable.start()
        self._attributes.start()
        self._tree.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        changes = self._tree.look() if self._tree.differs() else ()
        return [*changes, *self._disable.look(), *self._attributes.look()]

    def settle(self) -> None:
        """Do nothing: loggers forget what they have decided when a level is set."""


_DISABLE = Setting(
    kind="logging",
    place="logging.root.manager.disable",
    read=lambda: logging.root.manager.disable,
    write=logging.disable,
    severity="warning",
    detail="logging.disable() was called",
)
