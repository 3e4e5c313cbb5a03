"""What Python imports with: modules replaced or removed, the search path, the arguments, the finders."""

import sys
from collections.abc import Sequence
from importlib import invalidate_caches
from typing import cast

from isolation._changes import Change
from isolation._findings import Severity
from isolation._natures import is_class, module_of
from isolation.probes._lists import WatchedList
from isolation.probes._loaded import LoadedModules


class ModulesProbe:
    """Find entries of `sys.modules` replaced or removed, and changes of the lists that steer imports."""

    name = "modules"

    def __init__(self) -> None:
        self._loaded = LoadedModules(self.name)
        self._lists = [self._list(name) for name in ("path", "argv", "meta_path", "path_hooks")]
        self._has_changed = False

    def start(self) -> None:
        """Take what there is now for the baseline."""
        self._loaded.start()
        for each in self._lists:
            each.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        changes = self._loaded.look()
        for each in self._lists:
            if each.differs():
                changes = [*changes, *each.look()]
        self._has_changed = self._has_changed or bool(changes)
        return changes

    def settle(self) -> None:
        """Let the finders look into directories again, if something was put back: they remember what they saw."""
        if self._has_changed:
            invalidate_caches()
        self._has_changed = False

    def _list(self, name: str) -> WatchedList:
        return WatchedList(sys.__dict__, name, f"sys.{name}", probe=self.name, kind="import_system", judge=self._judge)

    def _judge(self, before: Sequence[object], after: Sequence[object]) -> Severity:
        if len(after) <= len(before):
            return "error"
        # Libraries such as six add a finder when they are imported; who imports them first is chance.
        # Pytest puts the root of a package in front again when it comes to the tests in it.
        known = set(map(id, before))
        added = [each for each in after if id(each) not in known]
        is_only_more = len(added) + len(before) == len(after) and added
        is_known = all(self._is_imported(each) or _is_in(each, before) for each in added)
        return "note" if (is_only_more or not added) and is_known else "error"

    def _is_imported(self, thing: object) -> bool:
        cls = cast("type", thing) if is_class(thing) else type(thing)
        return module_of(cls) in self._loaded.imported


def _is_in(thing: object, texts: Sequence[object]) -> bool:
    return type(thing) is str and any(type(text) is str and text == thing for text in texts)
