"""What stands in for something else and should have gone with its test: mocks, fakes of tests, patches not stopped."""

from collections.abc import Sequence

from isolation._changes import Change
from isolation.probes._active_patches import ActivePatches
from isolation.probes._watched_heap import PATCHES, WatchedHeap


class PatchesProbe:
    """Find mocks and objects of test modules in attributes of watched modules, and patches that were not stopped.

    Args:
        heap: What is looked at, shared with the probe of singletons.
    """

    name = PATCHES

    def __init__(self, heap: WatchedHeap) -> None:
        self._heap = heap
        self._active = ActivePatches()
        heap.patched = self._active.of

    def start(self) -> None:
        """Take the state as it is now for the baseline."""
        self._heap.start(self.name)
        self._active.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline; the newest patch comes first, as it has to be stopped first."""
        found = self._heap.look(self.name)
        patches = self._active.look()
        return [*patches, *found] if patches else found

    def settle(self) -> None:
        """Nothing is derived from a patch."""
