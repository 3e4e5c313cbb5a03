"""Mocks that are attributes or results of other mocks: the other records their calls, too."""

from typing import Any
from weakref import ref

from isolation.mocks._calls import Call, HeedfulLog, foreign_call
from isolation.mocks._keys import Key
from isolation.mocks._ledger import Ledger
from isolation.mocks._standard import call_triple, check_and_set_parent, extract_mock, is_mock
from isolation.mocks._state import is_isolated


class Attachment:
    """Below which other mock a mock stands, as ``unittest.mock`` sees it.

    The other is referred to weakly: it refers to this one, and both shall be freed as soon as nobody uses them.

    Attributes:
        name: Its name in ``method_calls`` of *parent*.
        new_name: Its name in ``mock_calls`` of *new_parent*; ``()`` for a result.
    """

    __slots__ = ("_new_parent", "_parent", "name", "new_name")

    def __init__(self) -> None:
        self.name: str | None = None
        self.new_name: str | None = None
        self._parent: ref[Any] | None = None
        self._new_parent: ref[Any] | None = None

    @property
    def parent(self) -> Any:
        """The mock in whose ``method_calls`` the calls are."""
        return None if self._parent is None else self._parent()

    @parent.setter
    def parent(self, parent: Any) -> None:
        self._parent = None if parent is None else ref(parent)

    @property
    def new_parent(self) -> Any:
        """The mock in whose ``mock_calls`` the calls are."""
        return None if self._new_parent is None else self._new_parent()

    @new_parent.setter
    def new_parent(self, parent: Any) -> None:
        self._new_parent = None if parent is None else ref(parent)

    def tell(self, path: str, call: Call) -> None:
        """Let the other mock record *call*, made at *path* below this one."""
        parent = self.new_parent
        name = str(Key(self.new_name or "").below(path))
        if is_isolated(parent):
            record = foreign_call(parent._isolation_key.below(name), call.args, call.kwargs)
            parent._isolation_ledger.sink.append(record)
        elif parent is not None:
            is_method = self.parent is not None and "()" not in name
            _tell_standard(parent, name, call, is_method=is_method)


def _tell_standard(parent: Any, name: str, call: Call, *, is_method: bool) -> None:
    """Record *call* in *parent* and all above it, which are mocks of the standard library."""
    while parent is not None:
        parent.mock_calls.append(call_triple(name, call.args, call.kwargs))
        if is_method:
            parent.method_calls.append(call_triple(name, call.args, call.kwargs))
        is_method = is_method and parent._mock_parent is not None
        name = str(Key(parent._mock_new_name or "").below(name))
        parent = parent._mock_new_parent


class Stand:
    """What a mock of the standard library takes for its parent when one of ours has it as attribute or result."""

    _mock_parent = _mock_new_parent = None
    _mock_new_name = ""
    """The path to it is in *_mock_name*, for the standard library walks no further up."""

    def __init__(self, ledger: Ledger, key: Key) -> None:
        self._ledger = ref(ledger)
        self._key = key
        self._mock_name = key.text(ledger.name or "mock")
        self.mock_calls = self
        self.method_calls: list[Any] = []

    def append(self, call: Any) -> None:
        """Record *call*."""
        ledger = self._ledger()
        if ledger is not None:
            name, args, kwargs = call
            ledger.sink.append(foreign_call(self._key.below(name), args, kwargs))


def attachment_of(ledger: Ledger, key: Key) -> Attachment:
    """Return what says below which mock the mock at *key* stands, to be changed."""
    if ledger.attachments is None:
        ledger.attachments = {}
        ledger.log = HeedfulLog.of_log(ledger.log, ledger.attachments)
        if not ledger.is_closed:
            ledger.sink = ledger.log
    return ledger.attachments.setdefault(key, Attachment())


def attach(handle: Any, parent: Any, new_parent: Any, name: str | None, new_name: str) -> None:
    """Let *handle* stand below other mocks."""
    attachment = attachment_of(handle._isolation_ledger, handle._isolation_key)
    attachment.parent, attachment.new_parent = parent, new_parent
    attachment.name, attachment.new_name = name, new_name


def adopt(owner: Any, value: Any, name: str | None, new_name: str) -> None:
    """Let *owner* record the calls of *value*, if that is a mock that belongs to nobody."""
    inner = extract_mock(value)
    if not is_mock(inner):
        return
    ledger, key = owner._isolation_ledger, owner._isolation_key
    if not is_isolated(inner):
        check_and_set_parent(Stand(ledger, key), inner, name, new_name)
    elif not stands_above(inner, owner):
        check_and_set_parent(owner, inner, name, new_name)
    ledger.adopt(key.below(new_name), inner)


def stands_above(handle: Any, other: Any) -> bool:
    """Tell whether *handle* is *other* or something that *other* stands below."""
    if not is_isolated(other):
        return False
    ledger: Ledger = other._isolation_ledger
    key: Key = other._isolation_key
    if ledger is handle._isolation_ledger and key.is_below(handle._isolation_key):
        return True
    above = [attachment.new_parent for place, attachment in (ledger.attachments or {}).items() if key.is_below(place)]
    return any(stands_above(handle, parent) for parent in above)
