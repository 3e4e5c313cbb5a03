"""Passages: one way through a barrier, from what it takes to what it says at its end."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from contextvars import Context, ContextVar
from types import CodeType
from typing import TypeAlias
from warnings import warn_explicit

from anyio import CancelScope

from isolation._claims import CLAIMS, Claim
from isolation._deadlines import working_directory
from isolation._errors import BarrierConflictError, IsolationWarning
from isolation._groups import GROUPS, Plan
from isolation._homes import current_home
from isolation._origin import innermost, relative
from isolation._states import States
from isolation._targets import Target, claimed_by

Frames: TypeAlias = Sequence[tuple[CodeType, int]]


class Barrier:
    """One pass through a barrier, which `isolation_barrier` gives to its block.

    Attributes:
        group: The group of targets that it is about.
        parent: The barrier around it, None if there is none.
        changed: What of the targets was changed inside; known at the end, as the other two.
        leaked_contextvars: The context variables that were not listed and have another value than at the begin.
        escaped_tasks: The tasks that were started inside and were still there at the end.
    """

    __slots__ = ("changed", "escaped_tasks", "group", "leaked_contextvars", "parent")

    group: str
    parent: "Barrier | None"
    changed: Sequence[str]
    leaked_contextvars: Sequence[str]
    escaped_tasks: Sequence[str]

    def __init__(self, group: str, parent: "Barrier | None") -> None:
        self.group = group
        self.parent = parent
        self.changed, self.leaked_contextvars, self.escaped_tasks = [], [], []

    def __repr__(self) -> str:
        return f"<Barrier {self.group!r}>"


class _Thread(threading.local):
    """The passages that began in this thread outside of any event loop: around all that runs there, loops too."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []


class Passage:
    """One way through a barrier.

    Attributes:
        barrier: What its block is given.
        parent: The passage around it.
        claim: What it holds of the process.
        is_open: Whether it has begun and not ended.
    """

    __slots__ = (
        "_frames", "_group", "_is_of_thread", "_is_used", "_listed", "_only_variables", "_patience", "_plan", "_states",
        "_token", "barrier", "claim", "is_open", "parent",
    )  # fmt: skip

    barrier: Barrier
    parent: "Passage | None"
    claim: Claim
    is_open: bool

    def __init__(
        self,
        group: str,
        listed: Sequence[Target],
        patience: float | None,
        frames: Frames,
        *,
        only_variables: bool = False,
    ) -> None:
        self._only_variables = only_variables
        self._group = group
        self._listed = listed
        self._frames = frames
        self._patience = patience
        self.is_open = self._is_used = False

    def __str__(self) -> str:
        place = innermost(self._frames)
        where = f" ({relative(place.file, working_directory())}:{place.line})" if place is not None else ""
        return f"barrier {self._group!r}{where}"

    def prepare_sync(self) -> None:
        """Find out what to take and what is around; take all of it, and wait for whoever holds some."""
        try:
            obstacle = self._take()
            if obstacle is not None and self._patience != 0:
                obstacle = CLAIMS.take_sync(self.claim, self._patience)
            self._refuse(obstacle, is_sync=True)
        except BaseException:
            self._is_used = False
            raise

    async def prepare(self) -> None:
        """Do the same, and let others go on meanwhile."""
        try:
            obstacle = self._take()
            if obstacle is not None and self._patience != 0:
                obstacle = await CLAIMS.take_async(self.claim, self._patience)
            self._refuse(obstacle)
        except BaseException:
            self._is_used = False
            raise

    def use(self) -> None:
        """Make sure that it is used once at a time.

        Raises:
            RuntimeError: If it is in use, or waits for others.
        """
        if self._is_used:
            raise RuntimeError(f"{self} is in use already; ask for another one")
        self._is_used = True

    def finish(self) -> Claim | None:
        """Let nothing be nested in it any more; return None, or what still is."""
        return CLAIMS.take(self.claim) if self.claim.places else None

    def outlived_sync(self, nested: Claim, *, is_waiting: bool = True) -> BarrierConflictError | None:
        """Wait for what is *nested*; if it goes on take everything from it and return the error."""
        left: Claim | None = nested
        try:
            if is_waiting and self._patience != 0:
                left = CLAIMS.take_sync(self.claim, self._patience)
        finally:
            CLAIMS.revoke(self.claim)
        return self._too_early(left) if left is not None else None

    async def outlived(self, nested: Claim) -> BarrierConflictError | None:
        """Do the same, and let others go on meanwhile."""
        left: Claim | None = nested
        try:
            if self._patience != 0:
                with CancelScope(shield=True):
                    left = await CLAIMS.take_async(self.claim, self._patience)
        finally:
            CLAIMS.revoke(self.claim)
        return self._too_early(left) if left is not None else None

    def is_around(self, context: Context) -> bool:
        """Tell whether *context* was made inside of it."""
        passage = context.get(_INNERMOST)
        while passage is not None and passage is not self:
            passage = passage.parent
        return passage is self

    def begin(self) -> Barrier:
        """Take the snapshots of what is claimed.

        Raises:
            BaseException: What one of them has raised, after everything was released.
        """
        self.barrier = Barrier(self._group, self.parent.barrier if self.parent is not None else None)
        self._states = States(self)
        self._is_of_thread = current_home() is None
        if self._is_of_thread:
            _THREAD.passages.append(self)
        self._token = _INNERMOST.set(self)
        self.is_open = True
        try:
            self._states.take(self._plan)
        except BaseException as failure:
            for further in self.end():
                failure.add_note(f"{type(further).__name__}: {further}")
            raise
        return self.barrier

    def end(self) -> list[BaseException]:
        """Put everything back, whatever raises, and let go of it; return what was raised."""
        try:
            failures = self._states.restore(self.claim.revoked)
        finally:
            self._leave()
        self.barrier.changed = self._states.changed
        self.barrier.leaked_contextvars = self._states.leaked
        return failures

    def _take(self) -> Claim | None:
        """Claim what the group has now; return None, or who holds some of it."""
        plan = GROUPS.plan(self._group).joined(self._listed)
        self._plan = plan = Plan(variables=plan.variables) if self._only_variables else plan
        if not (plan.targets or plan.variables):
            self._doubt()
        self.parent = parent = _innermost()
        places = list(dict.fromkeys(place for target in plan.targets for place in claimed_by(target)))
        self.claim = Claim(self, parent.claim if parent is not None else None, places)
        return CLAIMS.take(self.claim) if places else None

    def _leave(self) -> None:
        self.is_open = self._is_used = False
        if self._is_of_thread:
            _THREAD.passages.remove(self)
        with suppress(ValueError):  # it ends in another context than it began in, which never knew of it
            _INNERMOST.reset(self._token)
        CLAIMS.release(self.claim)

    def _doubt(self) -> None:
        meant = GROUPS.similar(self._group)
        if meant is not None:
            place = innermost(self._frames)
            assert place is not None  # somebody has called us
            said = f"nothing is registered for group {self._group!r}; did you mean {meant!r}?"
            warn_explicit(said, IsolationWarning, place.file, place.line)

    def _refuse(self, obstacle: Claim | None, *, is_sync: bool = False) -> None:
        if obstacle is None:
            return
        said = f"{self} cannot begin: {self._held_by(obstacle)}"
        if is_sync and obstacle.thread == self.claim.thread:
            said += " in the same thread, which would wait for itself"
        elif self._patience:
            said += f" and did not let go of it in {self._patience:g} s"
        raise BarrierConflictError(said)

    def _held_by(self, obstacle: Claim) -> str:
        names = [
            repr(each.name) for each in self._plan.targets if not set(claimed_by(each)).isdisjoint(obstacle.places)
        ]
        return f"{obstacle.holder} holds {' and '.join(names)}"

    def _too_early(self, obstacle: Claim) -> BarrierConflictError:
        return BarrierConflictError(
            f"{self} has ended before {obstacle.holder}, which began inside of it; "
            "all is restored, and the inner one will restore nothing of it"
        )


_THREAD = _Thread()
_INNERMOST: ContextVar[Passage | None] = ContextVar("isolation_barrier", default=None)


def _innermost() -> Passage | None:
    """Return the passage that is around the caller."""
    passage = _INNERMOST.get()
    while passage is not None and not passage.is_open:
        passage = passage.parent
    of_thread = _THREAD.passages
    if not of_thread:
        return passage
    # A loop that runs in this thread may have copied its context before the last of these began.
    last = of_thread[-1]
    return last if passage is None or passage in _around(last) else passage


def _around(passage: Passage) -> Iterator[Passage]:
    around = passage.parent
    while around is not None:
        yield around
        around = around.parent
