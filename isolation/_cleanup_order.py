"""The order of cleanups: newest first, unless priorities or dependencies say otherwise."""

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import pairwise

from isolation._cleanups import CleanupHandle, WeakResource


class CleanupOrder:
    """Hold pending cleanups and hand out the next one.

    While nobody has asked for anything else, the order is that of a stack, which costs next to nothing.  The first
    priority or dependency builds a heap of (priority, newest first) and a graph, once.  An entry that others must
    precede is skipped when it comes up, and comes up again when the last of them has gone; so a drain of n entries
    stays O(n log n).

    Context managers are a chain in that graph, so no priority can exit an outer one before an inner one.

    Attributes:
        newest: The number of the newest entry there ever was.
        collected: How many weakly held resources were collected before their turn.
        gone: Takes a weakly held resource that was collected.
    """

    __slots__ = (
        "_after", "_aside", "_before", "_first", "_gone", "_heap", "_pending", "_resources", "collected", "gone",
        "newest",
    )  # fmt: skip

    newest: int
    collected: int
    gone: Callable[[WeakResource], None]

    def __init__(self) -> None:
        self.newest = 0
        self.collected = 0
        self._pending: dict[int, CleanupHandle] = {}
        self._resources: dict[int, CleanupHandle] = {}
        self._first: CleanupHandle | None = None
        self._heap: list[tuple[int, int]] | None = None
        self._aside: list[tuple[int, int]] = []
        self._before: dict[int, set[int]] = {}  # who must go before the key
        self._after: dict[int, set[int]] = {}  # who must go after the key
        # Garbage is collected anywhere, also while the manager's lock is held: nothing may happen then but this.
        self._gone: deque[WeakResource] = deque()
        self.gone = self._gone.append

    def __contains__(self, handle: CleanupHandle) -> bool:
        return handle is self._first or self._pending.get(handle.number) is handle

    def entries(self) -> list[CleanupHandle]:
        """Return what is pending, oldest first."""
        self._forget_collected()
        return [*self._pending.values(), *filter(None, [self._first])]

    def find(self, resource: object) -> CleanupHandle | None:
        """Return the pending entry of *resource*."""
        self._forget_collected()
        return self._resources.get(id(resource))

    def push(self, handle: CleanupHandle) -> None:
        """Take *handle* as the newest entry."""
        if self._gone:
            self._forget_collected()
        self.newest = handle.number = self.newest + 1
        if handle.key:
            self._resources[handle.key] = handle
        if handle.terms.priority:
            self._need_heap()
        if self._heap is not None:
            self._chain(handle)
            heappush(self._heap, (handle.terms.priority, -handle.number))
        self._pending[handle.number] = handle

    def put_back(self, handle: CleanupHandle) -> None:
        """Take back *handle*, which :meth:`pop` gave last, as the next entry whatever comes."""
        self._first = handle

    def pop(self) -> CleanupHandle | None:
        """Remove and return the next entry, None if there is none; its resource is alive."""
        first, self._first = self._first, None
        if first is not None:
            return first
        self._put_aside_back()
        return self._pop(0)

    def pop_since(self, number: int) -> CleanupHandle | None:
        """Do the same for the entries that are newer than *number*; those that must follow an older one stay."""
        handle = self._pop(number)
        if handle is None:
            self._put_aside_back()
        return handle

    def _pop(self, oldest: int) -> CleanupHandle | None:
        while self._pending:
            handle = self._newest(oldest) if self._heap is None else self._pop_from(self._heap, oldest)
            if handle is None or not handle.key or self._is_alive(handle):
                return handle
        return None

    def _newest(self, oldest: int) -> CleanupHandle | None:
        number, handle = self._pending.popitem()
        if number > oldest:
            return handle
        self._pending[number] = handle
        return None

    def _pop_from(self, heap: list[tuple[int, int]], oldest: int) -> CleanupHandle | None:
        while heap:
            entry = heappop(heap)
            number = -entry[1]
            if number <= oldest:
                self._aside.append(entry)
            elif number in self._pending and not self._before.get(number):
                return self._take(number)
        return None

    def _put_aside_back(self) -> None:
        while self._heap is not None and self._aside:
            heappush(self._heap, self._aside.pop())

    def _is_alive(self, handle: CleanupHandle) -> bool:
        self._resources.pop(handle.key, None)
        is_alive = handle.strengthen()
        if not is_alive:
            self._count(handle)
        return is_alive

    def take(self, handle: CleanupHandle) -> None:
        """Remove *handle* ahead of its turn; ValueError if another entry must go before it."""
        if handle.terms.is_context:
            self._need_heap()
        blocking = self._before.get(handle.number)
        if blocking:
            raise ValueError(f"{handle!r} cannot run now, since it has to run after {self._pending[max(blocking)]!r}")
        self.release(handle)

    def release(self, handle: CleanupHandle) -> None:
        """Remove *handle* and keep the order of those that it stood between."""
        self._resources.pop(handle.key, None)
        if handle is self._first:
            self._first = None
            return
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

    def _forget_collected(self) -> None:
        while self._gone:
            handle = self._gone.popleft().handle
            if handle in self:
                self.release(handle)
                self._count(handle)

    def _count(self, handle: CleanupHandle) -> None:
        self.collected += 1
        handle.end("released")

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
