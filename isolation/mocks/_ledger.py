"""Where the state of mocks is: every call in order, and all that is configured, by the key of the mock."""

from typing import TYPE_CHECKING, Any
from weakref import ref

from isolation.mocks._calls import HeedfulLog, Log
from isolation.mocks._keys import ROOT, Key
from isolation.mocks._plans import Plan
from isolation.mocks._sites import site_of_caller
from isolation.mocks._standard import DEFAULT
from isolation.mocks._stubs import Setup, Stub

if TYPE_CHECKING:
    from isolation.mocks._attachments import Attachment


class Ledger:
    """Hold the state of one mock and all below it, or of all mocks of a scenario.

    Mocks that share a ledger share one order of calls. A ledger refers to no mock, unless a test made one a result.

    Attributes:
        name: What people call the root.
        log: Every call, in order; also of a closed ledger those from before it was closed.
        awaits: The calls that were awaited, in the order of the awaits.
        setups: What is configured, by key.
        sealed: The keys below which no new mock appears.
        adopted: Mocks below, whose state is elsewhere; None if there never were any.
        attachments: Below which mocks of other ledgers mocks of this one stand.
        is_closed: Whether the test that owns the mocks is over.
        is_watched: Whether somebody tells at the end which calls were never awaited.
        gives_mocks: Whether mocks of it have been results or values, so that they may be arguments.
        label: What findings call the root; only if it is judged with a test.
        faults: The plans, None if nobody asked for them; what a call looks at.
    """

    __slots__ = (
        "__weakref__",
        "_late",
        "_stubs",
        "adopted",
        "attachments",
        "awaits",
        "faults",
        "gives_mocks",
        "is_closed",
        "is_watched",
        "label",
        "log",
        "name",
        "sealed",
        "setups",
        "sink",
    )

    label: str

    def __init__(self, name: str = "", *, copy_args: bool = False) -> None:
        self.name: str = name
        self.attachments: dict[Key, Attachment] | None = None
        self.log: Log = HeedfulLog.of_log(Log(), {}, is_copying=True) if copy_args else Log()
        self.sink: Log = self.log
        self.awaits: Log = Log()
        self.setups: dict[Key, Setup] = {}
        self.sealed: tuple[Key, ...] = ()
        self.is_closed: bool = False
        self.is_watched: bool = False
        self.gives_mocks: bool = False
        self._late: Log | None = None
        self.faults: dict[Key, Plan] | None = None
        self.adopted: list[tuple[Key, ref[Any]]] | None = None
        self._stubs: list[Stub] | None = None

    @property
    def stubs(self) -> list[Stub]:
        """Every result, effect and answer that was set, in order."""
        if self._stubs is None:
            self._stubs = []
        return self._stubs

    @property
    def plans(self) -> dict[Key, Plan]:
        """Faults and delays, each for a key and everything below it."""
        if self.faults is None:
            self.faults = {}
        return self.faults

    @property
    def late(self) -> Log:
        """The calls that came when the ledger was closed."""
        if self._late is None:
            self._late = Log()
        return self._late

    def setup(self, key: Key) -> Setup:
        """Return what is configured of *key*, to be changed."""
        setup = self.setups.get(key)
        return self.setups.setdefault(key, Setup()) if setup is None else setup

    def add_stub(self, key: Key, what: str) -> Stub:
        """Note that a result is set for *key* by whoever called the mocks."""
        stub = Stub(key, what, *site_of_caller())
        self.stubs.append(stub)
        return stub

    def reset(self, key: Key = ROOT, *, return_value: bool = False, side_effect: bool = False) -> None:
        """Forget the calls of *key* and below; if asked, their results, or their effects with answers and faults."""
        if key:
            self.log, self.awaits = self.log.without(key), self.awaits.without(key)
        else:
            self.log, self.awaits = self.log.successor(), Log()
        if not self.is_closed:
            self.sink = self.log
        if return_value or side_effect:
            self._reset_setups(key, return_value=return_value, side_effect=side_effect)
            self._excuse(key, return_value=return_value, side_effect=side_effect)

    def reset_adopted(self, key: Key, visited: list[int], *, return_value: bool, side_effect: bool) -> None:
        """Reset the mocks below *key* whose state is elsewhere, but for those that *visited* has."""
        for place, adopted in list(self.adopted or ()):
            mock = adopted()
            if mock is not None and place.is_below(key):
                mock.reset_mock(visited, return_value=return_value, side_effect=side_effect)

    def adopt(self, key: Key, mock: Any) -> None:
        """Note that *mock*, whose state is elsewhere, is an attribute or a result at *key*, and is reset with it."""
        if self.adopted is None:
            self.adopted = []
        self.adopted.append((key, ref(mock)))

    def _reset_setups(self, key: Key, *, return_value: bool, side_effect: bool) -> None:
        for setup in [setup for place, setup in self.setups.items() if place.is_below(key)]:
            if return_value:
                setup.return_value, setup.value_stub = DEFAULT, None
            if side_effect:
                setup.side_effect, setup.effect_stub = None, None
                setup.answers.clear()
        if side_effect and self.faults:
            self.faults = {place: plan for place, plan in self.faults.items() if not place.is_below(key)} or None

    def _excuse(self, key: Key, *, return_value: bool, side_effect: bool) -> None:
        """Let what was taken back need no use, like what is replaced."""
        for stub in self._stubs or ():
            if stub.key.is_below(key) and (return_value if stub.what == "return_value" else side_effect):
                stub.is_excused = True

    def close(self) -> None:
        """End the life of the mocks: what was configured is dropped, and calls that still come are late."""
        self.is_closed = True
        self.sink = self.late
        self.setups = {}
        self.faults = None

    def is_sealed(self, key: Key) -> bool:
        """Tell whether no new mock may appear directly below *key*."""
        return any(key.is_below(sealed) for sealed in self.sealed)
