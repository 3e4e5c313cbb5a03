"""Claims: which barrier holds which state of the process, and who waits for it."""

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from anyio import Event, move_on_after

from isolation._homes import Home, current_home, is_gone, wake

# Why there is one table for the whole process
#
# Barriers that overlap without being nested leave the wrong values behind: A in, B in, A out, B out puts back what B
# found, which was A's, for ever.  What they describe exists once in the process, so the barriers of all tasks and all
# threads, whatever loops these run, have to know each other.  Each state has a stack of claims: who is nested in the
# top one may come on top of it, everybody else waits until the stack is empty.  A barrier takes all that it needs in
# one step or waits for all of it, so that two of them cannot each hold what the other needs.  What is nested can: an
# outer barrier is held while an inner one waits.  Hence the limit on waiting.


class Claim:
    """What one barrier holds or wants to hold.

    Attributes:
        holder: Who that is, for messages.
        parent: The claim of the barrier around it.
        places: The states that it is about.
        thread: The thread in which the barrier began.
        is_held: Whether it has them.
        is_ending: Whether nothing can be nested in it any more.
        revoked: Those of its places that an outer barrier has restored before its time.
    """

    __slots__ = ("holder", "is_ending", "is_held", "parent", "places", "revoked", "thread")

    holder: object
    parent: "Claim | None"
    places: Sequence[Hashable]
    thread: int
    is_held: bool
    is_ending: bool
    revoked: set[Hashable]

    def __init__(self, holder: object, parent: "Claim | None", places: Sequence[Hashable]) -> None:
        self.holder = holder
        self.parent = parent
        self.places = places
        self.thread = threading.get_ident()
        self.is_held = self.is_ending = False
        self.revoked = set()

    def is_inside(self, other: "Claim") -> bool:
        """Tell whether *other* is around this one."""
        around = self.parent
        while around is not None and around is not other:
            around = around.parent
        return around is not None


class _Waiter:
    """Somebody who waits until a claim can be granted, or can end."""

    def __init__(self, claim: Claim, resume: Callable[[], object], home: "Home | None") -> None:
        self.claim = claim
        self.resume = resume
        self.home = home
        self.had_it = claim.is_held
        self.is_served = False


class Claims:
    """Hold the claims of all barriers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stacks: dict[Hashable, list[Claim]] = {}
        self._waiters: list[_Waiter] = []

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiters)

    def take(self, claim: Claim) -> Claim | None:
        """Let *claim* hold all that it is about, or end if it does; return None, or the claim that is in the way."""
        with self._lock:
            return self._admit(claim)

    def take_sync(self, claim: Claim, seconds: float | None) -> Claim | None:
        """Do the same, or let a held claim end, and wait at most *seconds* for it, unless that would be in vain."""
        event = threading.Event()
        waiter = _Waiter(claim, event.set, None)
        obstacle = self._queue(waiter)
        if obstacle is None or obstacle.thread == claim.thread:
            return obstacle if obstacle is None else self._leave(waiter)
        try:
            event.wait(seconds)
        except BaseException:
            self._give_up(waiter)
            raise
        return self._leave(waiter)

    async def take_async(self, claim: Claim, seconds: float | None) -> Claim | None:
        """Do the same in an event loop, which goes on meanwhile."""
        home, event = current_home(), Event()
        assert home is not None
        waiter = _Waiter(claim, lambda: wake(home, event.set), home)
        if self._queue(waiter) is None:
            return None
        try:
            with move_on_after(seconds):
                await event.wait()
        except BaseException:
            self._give_up(waiter)
            raise
        return self._leave(waiter)

    def revoke(self, claim: Claim) -> None:
        """Take from all claims that are nested in *claim* what they share with it."""
        with self._lock:
            for place in claim.places:
                stack = self._stacks.get(place, [])
                position = stack.index(claim) + 1 if claim in stack else len(stack)
                for nested in stack[position:]:
                    nested.revoked.add(place)
                del stack[position:]
            claim.is_ending = True

    def release(self, claim: Claim) -> None:
        """Let go of all that *claim* holds, and let those have it who wait for it."""
        with self._lock:
            for place in claim.places:
                stack = self._stacks.get(place, [])
                if claim in stack:
                    stack.remove(claim)
                if not stack:
                    self._stacks.pop(place, None)
            claim.is_held = False
            if self._waiters:
                self._serve()

    def _obstacle(self, claim: Claim) -> Claim | None:
        """Return who is in the way of *claim*: of what holds it, who is nested in it; else who holds its places."""
        for place in claim.places:
            stack = self._stacks.get(place)
            if not stack or stack[-1] is claim:
                continue
            top = stack[-1]
            if claim.is_held or top.is_ending or not claim.is_inside(top):
                return top
        return None

    def _admit(self, claim: Claim) -> Claim | None:
        """Give *claim* what it waits for and return None, or who is in its way."""
        obstacle = self._obstacle(claim)
        if obstacle is not None or claim.is_held:
            claim.is_ending = obstacle is None
            return obstacle
        claim.is_held = True
        for place in claim.places:
            self._stacks.setdefault(place, []).append(claim)
        return None

    def _queue(self, waiter: _Waiter) -> Claim | None:
        """Let *waiter* wait; return None if it need not, else who is in its way."""
        with self._lock:
            obstacle = self._admit(waiter.claim)
            if obstacle is not None:
                self._waiters.append(waiter)
            return obstacle

    def _leave(self, waiter: _Waiter) -> Claim | None:
        """Let *waiter* wait no longer; return None if it was served, else who is in its way."""
        with self._lock:
            if waiter.is_served:
                return None
            self._waiters.remove(waiter)
            return self._admit(waiter.claim)

    def _give_up(self, waiter: _Waiter) -> None:
        """Let *waiter*, who was interrupted, have nothing that he did not have before."""
        if self._leave(waiter) is None and not waiter.had_it:
            self.release(waiter.claim)

    def _serve(self) -> None:
        for waiter in list(self._waiters):
            if waiter.home is not None and is_gone(waiter.home):
                continue  # it would never let go of what it is given
            if self._admit(waiter.claim) is None:
                self._waiters.remove(waiter)
                waiter.is_served = True
                waiter.resume()


CLAIMS: Final = Claims()
"""The claims of this process, as what they are about is this process."""
