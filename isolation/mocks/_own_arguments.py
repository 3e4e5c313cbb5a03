"""Mocks among the arguments of calls of their own ledger: ``await pool.release(connection)``.

A record that held them would be a circle: mock, ledger, log, record, mock. So it refers to them weakly. If nobody else
has such a mock any more, one that is equal to it takes its place, since all its state is in the ledger.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from weakref import ref

from isolation.mocks._calls import Call, copied
from isolation.mocks._ledger import Ledger
from isolation.mocks._state import is_isolated, stamp

PLAIN: Final = frozenset((str, int, float, bool, bytes, type(None), list, tuple, dict, set))
"""Types of arguments that are no mocks, and that most arguments are of: what every call asks first."""


class OwnArguments:
    """What a record keeps of arguments of which some are mocks of the same ledger."""

    __slots__ = ("_args", "_kwargs", "_ledger")

    def __init__(self, ledger: Ledger, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._ledger = ref(ledger)
        self._args = [_kept(value, ledger) for value in args]
        self._kwargs = {name: _kept(value, ledger) for name, value in kwargs.items()}

    def __deepcopy__(self, _memo: object) -> "OwnArguments":
        made: OwnArguments = object.__new__(OwnArguments)
        made._ledger, made._args, made._kwargs = self._ledger, copied(self._args), copied(self._kwargs)
        return made

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments."""
        return tuple(self._found(value) for value in self._args)

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments."""
        return {name: self._found(value) for name, value in self._kwargs.items()}

    def _found(self, value: Any) -> Any:
        if type(value) is not _Own:
            return value
        found = value.reference()
        ledger = self._ledger()
        return found if found is not None or ledger is None else stamp(value.member, ledger, value.key)


class _Own:
    """What is left of a mock when a record refers to it weakly."""

    __slots__ = ("key", "member", "reference")

    def __init__(self, handle: Any) -> None:
        self.reference = ref(handle)
        self.key = handle._isolation_key
        self.member = handle._isolation_member

    def __deepcopy__(self, _memo: object) -> "_Own":
        return self


def _kept(value: Any, ledger: Ledger) -> Any:
    return _Own(value) if _is_own(value, ledger) else value


def _is_own(value: Any, ledger: Ledger) -> bool:
    return is_isolated(value) and value._isolation_ledger is ledger


def hold_weakly(ledger: Ledger, call: Call) -> None:
    """Let *call*, if there are mocks of *ledger* among its arguments, hold these weakly."""
    args, kwargs = call.args, call.kwargs
    if any(type(value) not in PLAIN and _is_own(value, ledger) for value in (*args, *kwargs.values())):
        own = OwnArguments(ledger, args, kwargs)
        call.hold(own, own)
