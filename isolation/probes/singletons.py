"""State of the heap that outlives tests: globals, class attributes, containers and instances of the watched modules."""

from collections.abc import Sequence

from isolation._changes import Change
from isolation.probes._watched_heap import SINGLETONS, WatchedHeap


class SingletonsProbe:
    """Find what is changed in everything that is reachable from watched modules and from values of wider fixtures.

    Args:
        heap: What is looked at, shared with the probe of patches.
    """

    name = SINGLETONS

    def __init__(self, heap: WatchedHeap) -> None:
        self._heap = heap

    def start(self) -> None:
        """Take the state as it is now for the baseline."""
        self._heap.start(self.name)

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        return self._heap.look(self.name)

    def begin(self) -> None:
        """Let a test begin: what two tests do to one place matters more than what one does twice."""
        self._heap.begin()

    def settle(self) -> None:
        """Clear the caches of functions that were filled during the test."""
        self._heap.settle()

    def add_root(self, name: str, value: object, /) -> None:
        """Watch *value* of a fixture as well, if its class is watched or it is a container.

        Objects of libraries, such as clients and connections, keep what they need in themselves.
        """
        self._heap.add_root(name, value)

    def remove_root(self, name: str, /) -> None:
        """Forget the value that was watched under *name*."""
        self._heap.remove_root(name)
