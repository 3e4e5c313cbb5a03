"""Say whose a `ResourceWarning` is: the collector gives it to whichever test happens to run."""

import sys
from collections.abc import Callable
from typing import Any

from isolation._origin import show
from isolation._owners import OWNER
from isolation.recording._recorder import Recorder

Hook = Callable[[Any], object]


class ResourceWarnings:
    """Put the owner and the origin of what is collected on the warning that its collection raises.

    With warnings as errors, the warning of a destructor reaches nobody but `sys.unraisablehook`, where pytest
    fails whatever test is next.  A note on the exception is shown with it.
    """

    def __init__(self, recorder: Recorder, root: str) -> None:
        self._recorder = recorder
        self._root = root
        self._previous: Hook = sys.__unraisablehook__

    def install(self) -> None:
        """Put this in front of the hook that is there."""
        self._previous = sys.unraisablehook
        sys.unraisablehook = self._hook

    def uninstall(self) -> None:
        """Put the hook back that was there, unless somebody else has replaced this one."""
        if sys.unraisablehook == self._hook:
            sys.unraisablehook = self._previous

    def describe(self, source: object, nodeid: str | None) -> str | None:
        """Return who left *source* and where it was made, None if that is not known or it was *nodeid*."""
        origin = self._recorder.origin_of_dying(source)
        if origin is None or origin.owner is None:
            return None
        owner = origin.owner.judged
        if owner.nodeid == nodeid:
            return None
        place = origin.created_at
        made = f", created at {show(place, self._root)}" if place is not None else ""
        return f"left by {owner.nodeid or owner.name}{made}"

    def _hook(self, unraisable: "sys.UnraisableHookArgs") -> None:
        failure = unraisable.exc_value
        if isinstance(failure, ResourceWarning):
            current = OWNER.get()
            said = self.describe(unraisable.object, current.nodeid if current is not None else None)
            if said is not None:
                failure.add_note(said)
        self._previous(unraisable)
