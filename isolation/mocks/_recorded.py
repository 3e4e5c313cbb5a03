"""What was called and awaited, as ``unittest.mock`` tells it; derived from the ledger, never stored."""

from typing import Any

from isolation.mocks._lists import calls_below, calls_of, method_calls_below
from isolation.mocks._standard import call_pair
from isolation.mocks._state import State


class Recorded(State):
    """The calls of a mock and of all below it."""

    __slots__ = ()

    @property
    def called(self) -> bool:
        """Whether the mock was called."""
        return self.call_count > 0

    @property
    def call_count(self) -> int:
        """How often the mock was called."""
        return len(self._isolation_ledger.log.of(self._isolation_key))

    @property
    def call_args(self) -> Any:
        """The arguments of the last call; None if there was none."""
        return _last(self._isolation_ledger.log.of(self._isolation_key))

    @property
    def call_args_list(self) -> Any:
        """The arguments of every call."""
        return calls_of(self._isolation_ledger.log, self._isolation_key)

    @property
    def mock_calls(self) -> Any:
        """Every call of the mock and of all below it."""
        return calls_below(self._isolation_ledger.log, self._isolation_key)

    @property
    def method_calls(self) -> Any:
        """Every call of the mock's methods and of theirs."""
        return method_calls_below(self._isolation_ledger.log, self._isolation_key)

    def reset_mock(
        self, visited: list[int] | None = None, *, return_value: bool = False, side_effect: bool = False
    ) -> None:
        """Forget the calls; if asked for, the results and effects, too."""
        ledger, key = self._isolation_ledger, self._isolation_key
        ledger.reset(key, return_value=return_value, side_effect=side_effect)
        if ledger.adopted is not None:
            visited = [] if visited is None else visited
            if id(self) not in visited:
                visited.append(id(self))
                ledger.reset_adopted(key, visited, return_value=return_value, side_effect=side_effect)


class RecordedAwaits(Recorded):
    """The calls of an async mock, and those of them that were awaited."""

    __slots__ = ()

    @property
    def await_count(self) -> int:
        """How often a call was awaited."""
        return len(self._isolation_ledger.awaits.of(self._isolation_key))

    @property
    def await_args(self) -> Any:
        """The arguments of the last call that was awaited; None if there was none."""
        return _last(self._isolation_ledger.awaits.of(self._isolation_key))

    @property
    def await_args_list(self) -> Any:
        """The arguments of every call that was awaited."""
        return calls_of(self._isolation_ledger.awaits, self._isolation_key)


def _last(calls: Any) -> Any:
    return call_pair(calls[-1].args, calls[-1].kwargs) if calls else None
