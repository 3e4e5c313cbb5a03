"""Lists of calls as ``unittest.mock`` gives them, which grow with the log."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from isolation.mocks._calls import Call, Log
from isolation.mocks._keys import Key
from isolation.mocks._standard import CallList, call_pair, call_triple

if TYPE_CHECKING:
    _List = list[Any]
else:
    _List = CallList
_append: Final = list[Any].append
_length: Final = list[Any].__len__


def calls_of(log: Log, key: Key) -> Any:
    """Return the arguments of the calls of *key*."""
    return LiveCalls(lambda: log.of(key), lambda call: call_pair(call.args, call.kwargs))


def calls_below(log: Log, key: Key) -> Any:
    """Return the calls of *key* and of all below it."""
    return LiveCalls(lambda: log, lambda call: _relative(call, key) if call.key.is_below(key) else None)


def method_calls_below(log: Log, key: Key) -> Any:
    """Return the calls of the methods of *key* and of theirs."""
    return LiveCalls(lambda: log, lambda call: _method_call(call, key))


def _relative(call: Call, key: Key) -> Any:
    return call_triple(call.key.relative_to(key), call.args, call.kwargs)


def _method_call(call: Call, key: Key) -> Any:
    path = call.key.relative_to(key) if call.key.is_below(key) else ""
    return call_triple(path, call.args, call.kwargs) if path and "()" not in path and "__" not in path else None


class LiveCalls(_List):
    """The calls of a log that somebody wants, in the form of ``unittest.mock``; brought up to date when it is read."""

    def __init__(self, source: Callable[[], Sequence[Call]], form: Callable[[Call], Any]) -> None:
        super().__init__()
        self._source = source
        self._form = form
        self._seen = 0
        self._read_on()

    def _read_on(self) -> None:
        calls = self._source()
        while self._seen < len(calls):
            formed = self._form(calls[self._seen])
            self._seen += 1
            if formed is not None:
                _append(self, formed)

    def __len__(self) -> int:
        self._read_on()
        return _length(self)

    def __iter__(self) -> Iterator[Any]:
        self._read_on()
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        self._read_on()
        return super().__getitem__(index)

    def __contains__(self, value: object) -> bool:
        self._read_on()
        return super().__contains__(value)

    def __eq__(self, other: object) -> bool:
        self._read_on()
        return super().__eq__(other)

    __hash__ = None
