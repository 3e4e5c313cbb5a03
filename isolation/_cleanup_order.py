"""The order of cleanups: newest first, unless priorities or dependencies say otherwise."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import pairwise

from isolation._cleanups import CleanupHandle


class CleanupOrder:
    """Hold pending cleanups and hand out the next one.

    While nobody has asked for anything else, the order is that of a stack, which costs next to nothing.  The first
    priority or dependency builds a heap of (priority, newest first) and a graph, once.  An entry that others must
    precede is skipped when it comes up, and comes up again when the last of them has gone; so a drain of n entries
    stays O(n log n).

    Context managers are a chain in that graph, so no priority can exit an outer one before an inner one.
    """

    __slots__ = ("_after", "_before", "_heap", "_newest", "_pending")

    def __init__(self) -> None:
        self._pending: dict[int, CleanupHandle] = {}
        self._newest = 0
        self._heap: list[tuple[int, int]] | None = None
        self._before: dict[int, set[int]] = {}  # who must go before the key
        self._after: dict[int, set[int]] = {}  # who must go after the key

    def __len__(self) -> int:
        return len(self._pending)

    def __iter__(self) -> Iterator[CleanupHandle]:
        return iter(self._pending.values())

    def __contains__(self, handle: CleanupHandle) -> bool:
        return self._pending.get(handle.number) is handle

    @property
    def newest(self) -> int:
        """Return the number of the newest entry there ever was."""
        return self._newest

    def push(self, handle: CleanupHandle) -> None:
        """Take *handle* as the newest entry."""
        self._newest = handle.number = self._newest + 1
        if handle.terms.priority:
            self._need_heap()
        if self._heap is not None:
            self._chain(handle)
            heappush(self._heap, (handle.terms.priority, -handle.number))
        self._pending[handle.number] = handle

    def pop(self) -> CleanupHandle | None:
        """Remove and return the next entry, None if there is none."""
        if self._heap is None:
            return self._pending.popitem()[1] if self._pending else None
        while self._heap:
            number = -heappop(self._heap)[1]
            if number in self._pending and not self._before.get(number):
                return self._take(number)
        return None

    def take(self, handle: CleanupHandle) -> None:
        """Remove *handle* ahead of its turn; ValueError if another entry must go before it."""
        if handle.terms.is_context:
            self._need_heap()
        blocking = self._before.get(handle.number)
        if blocking:
            raise ValueError(f"{handle!r} cannot run now, since it has to run after {self._pending[max(blocking)]!r}")
        self._take(handle.number)

    def release(self, handle: CleanupHandle) -> None:
        """Remove *handle* and keep the order of those that it stood between."""
        number = handle.number
        before, after = self._before.get(number, set()), self._after.get(number, set())
        for earlier in tuple(before):
            for later in after:
                self._link(earlier, later)
            self._after[earlier].discard(number)
        self._take(number)

    def link(self, first: CleanupHandle, second: CleanupHandle) -> None:
        """Let *first* go before *second*; ValueError if that is impossible."""
        self._need_heap()
        if first is second or first.number in self._followers(second.number):
            raise ValueError(f"{first!r} cannot run before {second!r}, which already has to run before it")
        self._link(first.number, second.number)

    def _take(self, number: int) -> CleanupHandle:
        for later in self._after.pop(number, ()):
            self._before[later].discard(number)
            if not self._before[later] and self._heap is not None:
                heappush(self._heap, (self._pending[later].terms.priority, -later))
        self._before.pop(number, None)
        return self._pending.pop(number)

    def _link(self, first: int, second: int) -> None:
        self._before.setdefault(second, set()).add(first)
        self._after.setdefault(first, set()).add(second)

    def _followers(self, number: int) -> set[int]:
        found: set[int] = set()
        ahead = [number]
        while ahead:
            new = self._after.get(ahead.pop(), set()) - found
            found |= new
            ahead.extend(new)
        return found

    def _need_heap(self) -> None:
        if self._heap is not None:
            return
        self._heap = [(handle.terms.priority, -number) for number, handle in self._pending.items()]
        heapify(self._heap)
        contexts = [number for number, handle in self._pending.items() if handle.terms.is_context]
        for outer, inner in pairwise(contexts):
            self._link(inner, outer)

    def _chain(self, handle: CleanupHandle) -> None:
        if handle.terms.is_context:
            outer = next((n for n in reversed(self._pending) if self._pending[n].terms.is_context), None)
            if outer is not None:
                self._link(handle.number, outer)
