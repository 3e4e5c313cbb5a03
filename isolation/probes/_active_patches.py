"""Patches of `unittest.mock` that were started and not stopped."""

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, cast

from isolation import _natures
from isolation._changes import ABSENT, Change
from isolation._compatibility import active_patches
from isolation._compatibility_state import patched

NOT_STOPPED = "its patch was started and not stopped"
STOPPED = "its patch was stopped by somebody who had not started it"


class ActivePatch:
    """A patch that is active, and what it has replaced by what.

    Attributes:
        patch: The patch of `unittest.mock`.
        target: The object that is patched; for a dictionary that itself.
        attribute: The attribute of the target, None for a dictionary.
        before: What the attribute was.
        after: What it is now, as far as that can be seen.
        is_reported: Whether it was reported as a patch.
        is_told: Whether the attribute is known to be changed, so that nothing has to be said about the patch.
    """

    def __init__(self, patch: Any) -> None:  # noqa: ANN401 - has no public type
        self.patch = patch
        self.target, self.attribute, original = patched(patch)
        self.before = original[0] if original else ABSENT
        held = _natures.namespace(self.target)
        self.after: object = patch if self.attribute is None else held.get(self.attribute, ABSENT)
        self.is_told = self.is_reported = False

    @property
    def place(self) -> str:
        """What is patched, in terms of its user."""
        name = _name(self.target)
        return f"patch.dict({name})" if self.attribute is None else f"{name}.{self.attribute}"

    def stop(self) -> str | None:
        """Stop the patch; return None, or why it could not be stopped."""
        try:
            self.patch.stop()
        except Exception as failure:  # noqa: BLE001 - whatever the target raises is part of the report
            return f"stop() raised {type(failure).__name__}: {failure}"
        self.is_reported = False  # its account is settled
        return None


class ActivePatches:
    """Remember which patches are active."""

    def __init__(self) -> None:
        self._active: dict[int, ActivePatch] = {}

    def start(self) -> None:
        """Take those that are active now for the baseline."""
        self._active.clear()
        for each in self._join():
            each.is_told = True

    def of(self, owner: object, name: str | None) -> ActivePatch | None:
        """Return the newest patch of the attribute *name* of *owner*; nothing more has to be said about that."""
        self._join()
        found = [each for each in self._active.values() if each.target is owner and each.attribute == name]
        for each in found:
            each.is_told = True
        return found[-1] if found else None

    def look(self) -> Sequence[Change]:
        """Return which patches are active since the last look, the newest first, and which no longer are."""
        now = active_patches()
        if not now and not self._active:
            return ()
        self._join()
        known = set(map(id, now))
        stopped = [self._active.pop(key) for key in list(self._active) if key not in known]
        started = [each for each in self._active.values() if not each.is_told and not each.is_reported]
        return [
            *map(_started, reversed(started)),
            *map(_stopped, (each for each in stopped if each.is_reported)),
        ]

    def _join(self) -> Sequence[ActivePatch]:
        joined = [ActivePatch(patch) for patch in active_patches() if id(patch) not in self._active]
        self._active.update((id(each.patch), each) for each in joined)
        return joined


def _started(each: ActivePatch) -> Change:
    each.is_reported = True
    return Change(
        probe="patches",
        kind="patch",
        place=each.place,
        unit=each.place,
        key=("patch", id(each.patch)),
        before=each.before,
        after=each.after,
        severity="error",
        put=lambda _: each.stop(),
        hint=NOT_STOPPED,
    )


def _stopped(each: ActivePatch) -> Change:
    # Nobody starts it again: this is what settles the account of its owner, or what undoes a fixture's patch.
    return replace(_started(each), before=each.after, after=each.before, severity="warning", put=None, hint=STOPPED)


def _name(target: object) -> str:
    if _natures.is_module(target):
        return str(_natures.module_namespace(cast("ModuleType", target)).get("__name__"))
    return _natures.name_of(cast("type", target) if _natures.is_class(target) else type(target))
