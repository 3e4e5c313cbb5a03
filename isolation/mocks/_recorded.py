"""What was called and awaited, as ``unittest.mock`` tells it; derived from the ledger, never stored."""

from typing import Any

from isolation.mocks._standard import CallList, call_pair, call_triple
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
        return _pairs(self._isolation_ledger.log.of(self._isolation_key))

    @property
    def mock_calls(self) -> Any:
        """Every call of the mock and of all below it."""
        key = self._isolation_key
        calls = (call for call in self._isolation_ledger.log if call.key.is_below(key))
        return CallList(call_triple(call.key.relative_to(key), call.args, call.kwargs) for call in calls)

    @property
    def method_calls(self) -> Any:
        """Every call of the mock's methods and of theirs."""
        return CallList(call for call in self.mock_calls if call[0] and "()" not in call[0] and "__" not in call[0])

    def reset_mock(self, _visited: Any = None, *, return_value: bool = False, side_effect: bool = False) -> None:
        """Forget the calls; if asked for, the results and effects, too."""
        self._isolation_ledger.reset(self._isolation_key, return_value=return_value, side_effect=side_effect)


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
        return _pairs(self._isolation_ledger.awaits.of(self._isolation_key))


def _last(calls: Any) -> Any:
    return call_pair(calls[-1].args, calls[-1].kwargs) if calls else None


def _pairs(calls: Any) -> Any:
    return CallList(call_pair(call.args, call.kwargs) for call in calls)
