"""What is known about the place of a change: whose module it is in, and what users have said about it."""

import sys
from collections.abc import Collection
from contextvars import ContextVar

from isolation import _natures
from isolation._resettables import registered
from isolation._watching import Watched, Watching
from isolation.probes._heap_rules import Circumstances, is_attribute, names_in
from isolation.snapshots import HeapChange

_SHARED = (list, dict, set, bytearray, ContextVar)


class Surroundings:
    """Tell the circumstances of changes.

    Args:
        watching: Which modules are watched.
        meant: Places, such as ``app.client``, that may keep what tests make.

    Attributes:
        fixtures: The names of the values of fixtures that are watched.
    """

    fixtures: set[str]

    def __init__(self, watching: Watching, meant: Collection[str] = ()) -> None:
        self.fixtures = set()
        self._watching = watching
        self._meant = tuple(meant)
        self._of_others: dict[int, bool] = {}

    def of(self, change: HeapChange, joined: Collection[Watched], *, was_initialised: bool) -> Circumstances:
        """Return what is known about *change*, beside which the modules *joined* have appeared."""
        root = self._watching.root_of(change.path)
        name = root.name if root is not None else self._fixture_of(change.path)
        return Circumstances(
            root=name,
            module=root.module if root is not None else None,
            is_in_tests=root is not None and root.is_test,
            is_in_fixture=root is None,
            is_declared=any(each.has(change.owner, change.name) for each in registered()),
            is_meant=self._is_meant(change.path),
            is_of_others=root is not None and self._is_of_others(change, root),
            was_initialised=was_initialised,
            imported=self._watching.imported,
            has_joined=bool(joined),
            is_test_code=self._watching.is_test_code,
        )

    def _fixture_of(self, path: str) -> str:
        return max(filter(path.startswith, self.fixtures), default="", key=len)

    def _is_meant(self, path: str) -> bool:
        return any(path == place or path.startswith((f"{place}.", f"{place}[")) for place in self._meant)

    def _is_of_others(self, change: HeapChange, root: Watched) -> bool:
        """Tell whether the container or variable is one that a module which is not watched has, too."""
        names = names_in(change.unit, root.name)
        if is_attribute(change) or not names:
            return False
        shared: object = _natures.module_namespace(root.module).get(names[0])
        if not _natures.is_one_of(type(shared), _SHARED):
            return False
        if id(shared) not in self._of_others:
            self._of_others[id(shared)] = any(
                held is shared
                for module in list(sys.modules.values())
                if _natures.is_module(module) and not self._watching.watches(module)
                for held in list(_natures.module_namespace(module).values())
            )
        return self._of_others[id(shared)]
