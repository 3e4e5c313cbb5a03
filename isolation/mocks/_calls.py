"""What is kept of each call: small records in one list, from which counts and arguments are derived when asked for."""

from collections.abc import Sequence
from copy import deepcopy
from threading import Lock
from types import CodeType
from typing import TYPE_CHECKING, Any

from isolation._origin import Place, resolve
from isolation.mocks._keys import Key

if TYPE_CHECKING:
    from isolation.mocks._attachments import Attachment
    from isolation.mocks._stubs import Stub

_INDEXING = Lock()


class Call:
    """One call of a mock.

    Attributes:
        key: Which mock of the ledger was called.
        is_async: Whether what it gave has to be awaited.
        awaits: How often that happened: 0 or 1.
        stub: What gave the result, if somebody had set it.
        is_foreign: Whether another ledger, or a mock of the standard library, has recorded this, too.
        code: The code that called; None if that is not known.
        instruction: The instruction in *code*.
        coroutine: What it gave to be awaited, until that begins; only if the ledger is watched.
    """

    __slots__ = ("code", "given_args", "given_kwargs", "instruction", "key", "stub")

    # What few calls have is an attribute of a subclass: each that is set here would cost every call 5 to 10 ns.
    is_async: bool = False
    is_foreign: bool = False
    awaits: int = 0
    coroutine: Any = None
    key: Key
    stub: "Stub | None"
    code: CodeType | None
    instruction: int

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments."""
        args: Any = self.given_args
        return args if type(args) is tuple else args.args  # pyright: ignore[reportUnknownVariableType]

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments."""
        kwargs: Any = self.given_kwargs
        return kwargs if type(kwargs) is dict else kwargs.kwargs  # pyright: ignore[reportUnknownVariableType]

    def hold(self, args: object, kwargs: object) -> None:
        """Keep the arguments, each as they are or as something that finds both."""
        self.given_args: Any = args
        self.given_kwargs: Any = kwargs

    @property
    def site(self) -> Place | None:
        """File, line and function of the call; None if they are not known."""
        return None if self.code is None else resolve(self.code, self.instruction)


class AsyncCall(Call):
    """One call of an async mock."""

    __slots__ = ("awaits", "coroutine")

    awaits: int
    coroutine: Any
    is_async = True


class ForeignCall(Call):
    """One call that another ledger, or a mock of the standard library, has recorded, too."""

    __slots__ = ()

    is_foreign = True


def foreign_call(key: Key, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Return the record of a call that somebody else has made and recorded."""
    call = ForeignCall()
    call.key, call.stub = key, None
    call.hold(args, kwargs)
    call.code, call.instruction = None, -1
    return call


class Log(list[Call]):
    """Calls in order, with an index by key that is brought up to date when somebody asks."""

    __slots__ = ("_by_key", "_indexed")

    _by_key: dict[Key, list[Call]]
    _indexed: int

    def of(self, key: Key) -> Sequence[Call]:
        """Return the calls of *key*, in order."""
        if not _INDEXING.acquire(blocking=False):
            # Another thread is at it, or this one: a finalizer may ask while the index grows. Nobody waits here.
            return [call for call in list(self) if call.key == key]
        try:
            return self._index().get(key, ())
        finally:
            _INDEXING.release()

    def _index(self) -> dict[Key, list[Call]]:
        try:
            by_key = self._by_key
        except AttributeError:  # nobody has asked before; most logs of a test are never asked
            by_key = self._by_key = {}
            self._indexed = 0
        for call in self[self._indexed :]:
            by_key.setdefault(call.key, []).append(call)
            self._indexed += 1
        return by_key

    def successor(self) -> "Log":
        """Return an empty log that goes on like this."""
        return Log()

    def without(self, key: Key) -> "Log":
        """Return a log of the calls that are not below *key*."""
        log = self.successor()
        log.extend(call for call in self if not call.key.is_below(key))
        return log


def copied(value: Any) -> Any:
    """Return a deep copy of *value*; of what cannot be copied, such as a lock, itself."""
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - of the user's classes
        return _copied_apart(value)


def _copied_apart(value: Any) -> Any:
    """Return *value* with a copy of each of its parts that can be copied."""
    if type(value) in (tuple, list):
        return type(value)(copied(part) for part in value)
    if type(value) is dict:
        return {name: copied(part) for name, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


class HeedfulLog(Log):
    """A log that does more with each call: keeps copies of the arguments as they were, and tells other mocks of it."""

    __slots__ = ("attachments", "is_copying")

    attachments: "dict[Key, Attachment]"
    is_copying: bool

    @classmethod
    def of_log(cls, log: Log, attachments: "dict[Key, Attachment]", *, is_copying: bool = False) -> "HeedfulLog":
        """Return a log that goes on where *log* ends."""
        made = cls(log)
        made.attachments = attachments
        made.is_copying = is_copying or (isinstance(log, HeedfulLog) and log.is_copying)
        return made

    def append(self, call: Call, /) -> None:
        """Record *call*."""
        if self.is_copying:
            call.hold(copied(call.given_args), copied(call.given_kwargs))
        super().append(call)
        for key, attachment in list(self.attachments.items()):
            if call.key.is_below(key):
                attachment.tell(call.key.relative_to(key), call)

    def successor(self) -> Log:
        """Return an empty log that does the same."""
        return self.of_log(Log(), self.attachments, is_copying=self.is_copying)
