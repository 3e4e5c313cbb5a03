"""What a probe is."""

from asyncio import AbstractEventLoop
from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from isolation._changes import Change
from isolation._findings import Finding
from isolation.recording._recorder import ClosedBy

S = TypeVar("S")


class Probe(Protocol[S]):
    """Look before and after an owner, and tell what it left or changed."""

    @property
    def name(self) -> str:
        """The name by which settings and markers mean this probe."""
        ...

    def snapshot(self) -> S:
        """Return what has to be remembered until the owner ends; called when it begins."""
        ...

    def findings(self, before: S, /) -> Sequence[Finding]:
        """Return what is different from *before*; called once, after the owner's teardown.

        What is returned is not returned again for a later owner.
        """
        ...

    def restore(self, before: S, /) -> None:
        """Put back what `findings` has found and what has no `Finding.ending` of its own."""
        ...


@runtime_checkable
class LoopProbe(Protocol):
    """Look into an event loop just before it dies."""

    def findings_at_close(self, loop: AbstractEventLoop, closed_by: ClosedBy, /) -> Sequence[Finding]:
        """Return what is alive in *loop*, which *closed_by* is about to close."""
        ...


class StateProbe(Protocol):
    """Watch state of the process: what one owner leaves changed is what the next one finds."""

    @property
    def name(self) -> str:
        """The name by which settings and markers mean this probe."""
        ...

    def start(self) -> None:
        """Take the state as it is now for the baseline."""
        ...

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make the present state the baseline.

        Costs next to nothing if nothing has changed, and runs no code of what it looks at.
        """
        ...

    def settle(self) -> None:
        """Drop what was derived from changed state, such as caches; called last, after anything was put back."""
        ...


@runtime_checkable
class FramedProbe(Protocol):
    """Watch state that frameworks change around each test, such as the filters inside ``catch_warnings``."""

    def begin(self) -> None:
        """Accept what was changed since the last look: a test begins inside of what frameworks put around it."""
        ...


@runtime_checkable
class RootedProbe(Protocol):
    """Watch what is reachable from objects of users, such as the values of fixtures of wider scope."""

    def add_root(self, name: str, value: object, /) -> None:
        """Watch *value* as well, under *name*, as it is now."""
        ...

    def remove_root(self, name: str, /) -> None:
        """Forget the value that was watched under *name*."""
        ...


@runtime_checkable
class StrictProbe(Protocol):
    """Tell more than is worth a word to most.

    Attributes:
        is_strict: Whether it does.
    """

    is_strict: bool


@runtime_checkable
class InstalledProbe(Protocol):
    """Watch something by standing in its place."""

    def stop(self) -> None:
        """Watch no more; put back what stood there before."""
        ...
