"""What a call gives by what it is annotated with, and whether it is awaited."""
# ruff: noqa: DTZ001, UP007, UP045, PYI034

import asyncio
import collections
import concurrent.futures
import contextlib
import datetime as dt
import enum
import fractions
import typing
import uuid
from collections import abc
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Protocol, Self, TypedDict, TypeVar, overload

import pytest
import typing_extensions

from isolation.mocks._facts import Fresh, Kind, Nested
from isolation.mocks.inspection import describe_function, describe_member
from tests.mocks.described import facts, gives, inside, is_awaited, plain

if typing.TYPE_CHECKING:
    import concurrent.futures as pools  # noqa: F401
    import decimal  # noqa: F401
    from fractions import Fraction as Share  # noqa: F401

    from unheard.of import Something  # type: ignore[import-not-found] # noqa: F401

    from tests.mocks.described import facts as described_facts  # noqa: F401

    from .described import gives as relative  # type: ignore[import-not-found, unused-ignore] # noqa: F401, TID252


T = TypeVar("T")
Bound = TypeVar("Bound", bound="Session")
Either = TypeVar("Either", str, bytes)
Defaulted = typing_extensions.TypeVar("Defaulted", default=int)
UserId = NewType("UserId", int)
Pair: typing.TypeAlias = "T | None"
Rows = list[T]
Named = typing_extensions.TypeAliasType("Named", "dict[str, Session]")
Listed = typing_extensions.TypeAliasType("Listed", list[T], type_params=(T,))


class Session:
    """A class of one's own."""


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1


class Nothing(enum.Enum):
    """An enumeration without members."""


class Point(NamedTuple):
    """A named tuple of plain values."""

    x: int
    name: str = "p"


class Holder(NamedTuple):
    """A named tuple that holds an object."""

    session: Session


class Inner(NamedTuple):
    """A named tuple in a named tuple, and so on."""

    point: Point


class Movie(TypedDict):
    """A dictionary with keys that must be there."""

    name: str
    year: typing.NotRequired[int]
    session: Session


class Speaks(Protocol):
    """A protocol."""

    def speak(self) -> str:
        """Say something."""
        ...


@dataclass
class Record:
    """A dataclass."""

    key: str


class Box(Generic[T]):
    """A generic class."""

    def content(self) -> T:
        """Give what is inside."""
        raise NotImplementedError

    def again(self) -> "Box[T]":
        """Give another box."""
        raise NotImplementedError

    @property
    def peek(self) -> "T":
        """Look inside."""
        raise NotImplementedError

    def size(self) -> int:
        """Give the size, which depends on nothing."""
        raise NotImplementedError


class Reply(Generic[T]):
    """Something to await, or to enter."""

    def __await__(self) -> typing.Generator[Any, None, T]:
        raise NotImplementedError

    async def __aenter__(self) -> T:
        raise NotImplementedError

    async def __aexit__(self, *error: object) -> None:
        raise NotImplementedError


class Descriptor(Generic[T]):
    """What a class has where instances have a value."""

    def __get__(self, instance: object, owner: type) -> T:
        raise NotImplementedError


def annotated(annotation: object) -> type:
    """Return a class with a method that is annotated with *annotation*."""

    def method(self: object) -> None: ...

    method.__annotations__["return"] = annotation
    return type("Made", (), {"method": method})


PLAIN: list[tuple[object, object]] = [
    (bool, False), (int, 0), (float, 0.0), (complex, 0j), (str, ""), (bytes, b""), (bytearray, bytearray()),
    (list, []), (list[int], []), (list[int], []), (dict, {}), (dict[str, int], {}), (set, set()),
    (frozenset, frozenset()), (tuple, ()), (tuple[int, ...], ()), (tuple[int, str], (0, "")), (None, None),
    (type(None), None), ("None", None), ("int", 0), ("list[Unheard]", []), ("'str'", ""), (typing.ForwardRef("int"), 0),
    (int | None, None), (str | bytes, ""), (typing.Optional[int], None), (typing.Union[int, str], 0),
    ("int | None", None), ("typing.Optional[int]", None), ("Unheard | None", None),
    ("typing.Union[int, str]", 0), (Literal["on", "off"], "on"), ("Literal['on']", "on"),
    ("Literal[-1]", -1), ("Literal[Colour.RED]", Colour.RED), (Annotated[int, "unit"], 0),
    ("Annotated[int, 'unit']", 0), (UserId, 0), (typing.LiteralString, ""), (Colour, Colour.RED),
    (Point, Point(0, "")), (Inner, Inner(Point(0, ""))), (Movie, {"name": ""}), (Either, ""), (Defaulted, 0),
    (Pair, None), (Rows[int], []), ("Rows[int]", []), (Named, {}), (Listed[int], []),
    (abc.Sequence[int], []), (abc.Iterable[int], []), (abc.Mapping[str, int], {}), (abc.Set[int], set()),
    (collections.deque[int], collections.deque()), (collections.OrderedDict, collections.OrderedDict()),
    (Decimal, Decimal(0)), (uuid.UUID, uuid.UUID(int=0)), (dt.timedelta, dt.timedelta(0)),
    (dt.datetime, dt.datetime(1970, 1, 1)), (dt.date, dt.date(1970, 1, 1)),
    (dt.time, dt.time(0)), (fractions.Fraction, fractions.Fraction(0)),
    (collections.defaultdict, collections.defaultdict()), (memoryview, memoryview(b"")),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "value"), PLAIN, ids=[f"{str(a)[:40]}-{n}" for n, (a, _) in enumerate(PLAIN)])
def test_plain_value_is_empty(annotation: object, value: object) -> None:
    """Zero, an empty string or collection; None where that is allowed; the first of what is listed."""
    given = gives(annotated(annotation), "method")

    assert given == value
    assert type(given) is type(value)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (Session, "Session"), ("Session", "Session"), (Record, "Record"), (Speaks, "Speaks"),
        (Bound, "Session"), (Session | str, "Session"), (Holder, "Holder"), (Nothing, "Nothing"),
        (ModuleType, "module"), (Path, "Path"),
        (Box[int], "Box"), ("Box[int]", "Box"), (contextlib.AbstractContextManager, "AbstractContextManager"),
    ],
)  # fmt: skip
def test_class_gives_a_mock_of_it(annotation: object, name: str) -> None:
    """Also one that stands in a string, or bounds a type variable."""
    assert gives(annotated(annotation), "method") == f"a {name}"


@pytest.mark.parametrize(
    "annotation",
    [
        Any, object, "Unheard", "not an annotation", "1", 1, [], "typing.unheard", "Session.unheard", T,
        Callable[[], int], type[int], typing.NoReturn, tuple[Session, int], "Literal[unheard]", "f()", "f().x",
        TypeVar("Alone"), "1 + 1", "\0",
    ],
    ids=str,
)  # fmt: skip
def test_nothing_is_claimed_where_an_annotation_does_not_tell(annotation: object) -> None:
    """A name that only type checkers know has no default, and what is no annotation does no harm."""
    assert gives(annotated(annotation), "method") == "anything"


def test_result_is_made_anew_each_time() -> None:
    """A list that one call has filled is not what the next one gives."""
    result = facts(annotated(list[int]), "method").result

    assert isinstance(result, Fresh)
    assert result.make() is not result.make()


@pytest.mark.parametrize("annotation", [Self, typing_extensions.Self, "Self", "typing.Self"])
def test_self_is_the_mock_itself(annotation: object) -> None:
    """However it is written."""
    assert gives(annotated(annotation), "method") == "itself"


def test_type_variable_of_self_is_the_mock_itself() -> None:
    """The older way to say the same."""

    class Client:
        def set(self, key: str) -> Self:
            raise NotImplementedError

        @classmethod
        def make(cls) -> "Self":
            raise NotImplementedError

    assert gives(Client, "set") == "itself"
    assert gives(Client, "make") == "itself"


def test_own_class_is_the_mock_itself_only_if_the_source_says_so() -> None:
    """A method annotated with the class may give another object of it."""

    class Client:
        def set(self) -> "Client":
            return self

        def copy(self) -> "Client":
            return Client()

    assert gives(Client, "set") == "itself"
    assert gives(Client, "copy") == "a Client"


def test_type_variables_are_followed_into_what_is_given() -> None:
    """What stands in the brackets is what the members give."""
    cls = annotated(Box[Session])

    assert [inside(cls, "method", name) for name in ("content", "peek", "again")] == ["a Session", "a Session", "a Box"]
    assert "size" not in dict(typing.cast("Nested", facts(cls, "method").result).members)


def test_reply_gives_the_same_awaited_or_entered() -> None:
    """Such as a request of an HTTP client."""
    cls = annotated("Reply[Session]")

    assert inside(cls, "method", "__await__") == "a Session"
    assert inside(cls, "method", "__aenter__") == "a Session"


def test_context_manager_gives_what_stands_in_the_brackets() -> None:
    """Entering is what it is for."""
    assert inside(annotated(typing.ContextManager[int]), "method", "__enter__") == 0
    assert inside(annotated(typing.AsyncContextManager[Session]), "method", "__aenter__") == "a Session"


async def test_iterators_are_empty() -> None:
    """Of every kind."""
    asynchronous = typing.cast("Any", gives(annotated(abc.AsyncIterator[int]), "method"))
    plain_ones = [gives(annotated(annotation), "method") for annotation in (abc.Iterator[int], abc.Generator[int])]

    assert [item async for item in asynchronous] == []
    assert [list(typing.cast("Any", each)) for each in plain_ones] == [[], []]


class Awaits:
    """Functions that are awaited, or not."""

    async def coroutine(self) -> int:
        """Is awaited."""
        raise NotImplementedError

    def awaitable(self) -> Awaitable[str]:
        """Is awaited."""
        raise NotImplementedError

    def typed_coroutine(self) -> "Coroutine[Any, Any, list[int]]":
        """Is awaited."""
        raise NotImplementedError

    def bare(self) -> Awaitable:  # type: ignore[type-arg]
        """Is awaited."""
        raise NotImplementedError

    def plain(self) -> int:
        """Is not."""
        raise NotImplementedError

    def future(self) -> asyncio.Future[int]:
        """Is not: the future is."""
        raise NotImplementedError

    async def future_of_session(self) -> "asyncio.Future[Session]":
        """Is awaited, and what it gives is, too."""
        raise NotImplementedError

    async def bare_future(self) -> concurrent.futures.Future:  # type: ignore[type-arg]
        """Is awaited."""
        raise NotImplementedError

    @overload
    def overloaded(self, a: int) -> int: ...
    @overload
    def overloaded(self, a: str) -> Awaitable[str]: ...
    def overloaded(self, a: Any) -> Any:
        """Is awaited, by one of its overloads."""
        raise NotImplementedError

    @overload
    def first(self, a: int) -> bytes: ...
    @overload
    def first(self, a: str) -> str: ...
    def first(self, a: Any) -> Any:
        """Gives what the first overload says."""
        raise NotImplementedError

    @overload
    @classmethod
    def made(cls, a: int) -> int: ...
    @overload
    @classmethod
    def made(cls, a: str) -> str: ...
    @classmethod
    def made(cls, a: Any) -> Any:
        """Gives what the first overload says."""
        raise NotImplementedError

    def perhaps(self) -> Awaitable[int] | int:
        """Is awaited only by asynchronous clients."""
        raise NotImplementedError


class AsyncAwaits(Awaits):
    """The same for a client that is asynchronous."""

    async def __aenter__(self) -> Self:
        raise NotImplementedError


def test_awaited_by_code_annotation_or_overload() -> None:
    """A union with something else is for a class that serves both kinds of clients."""
    awaited = {name for name in vars(Awaits) if not name.startswith("_") and is_awaited(Awaits, name)}

    assert awaited == {
        "coroutine", "awaitable", "typed_coroutine", "bare", "future_of_session", "bare_future", "overloaded",
    }  # fmt: skip
    assert is_awaited(AsyncAwaits, "perhaps")
    assert gives(Awaits, "perhaps") == gives(AsyncAwaits, "perhaps") == 0


def test_awaiting_gives_what_stands_in_the_brackets() -> None:
    """Not a coroutine once more."""
    assert [gives(Awaits, name) for name in ("awaitable", "typed_coroutine", "bare")] == ["", [], "anything"]
    assert [gives(Awaits, name) for name in ("overloaded", "first", "made")] == ["", b"", 0]


async def test_future_is_done() -> None:
    """It can be awaited at once, and again."""
    future = gives(Awaits, "future")

    assert isinstance(future, asyncio.Future)
    assert await future == 0


def test_future_of_a_mock_is_a_mock_of_a_future() -> None:
    """Which gives the mock when it is awaited."""
    assert inside(Awaits, "future_of_session", "__await__") == "a Session"
    assert inside(Awaits, "future_of_session", "result") == "a Session"
    assert inside(Awaits, "future_of_session", "done") is True


def test_without_an_event_loop_a_future_can_be_awaited_nevertheless() -> None:
    """By a coroutine of any driver."""

    async def wait() -> object:
        return await typed

    typed = typing.cast("Awaitable[object]", gives(Awaits, "bare_future"))

    with pytest.raises(StopIteration) as end:
        wait().send(None)

    assert end.value.value is None


def test_marked_function_is_awaited() -> None:
    """As compiled clients mark theirs."""

    def method(self: object) -> None: ...

    mark = getattr(asyncio.coroutines, "_is_coroutine", None)
    method._is_coroutine = mark  # type: ignore[attr-defined]

    assert is_awaited(type("Made", (), {"method": method}), "method") is (mark is not None)


class ForSync(Protocol):
    """A client that waits."""

    is_async: Literal[False]


class ForAsync(Protocol):
    """A client that awaits."""

    is_async: Literal[True]


class Commands:
    """Methods that serve clients of both kinds."""

    @overload
    def get(self: ForSync) -> bytes: ...
    @overload
    def get(self: "ForAsync") -> Awaitable[str]: ...
    def get(self) -> Any:
        """Is awaited by some."""
        raise NotImplementedError

    @overload
    def put(self: "SyncClient") -> bytes: ...  # type: ignore[misc, overload-overlap]
    @overload
    def put(self: "AsyncClient") -> Awaitable[str]: ...  # type: ignore[misc, overload-overlap]
    @overload
    def put(self: T) -> int: ...
    def put(self) -> Any:
        """Is awaited by some."""
        raise NotImplementedError


class SyncClient(Commands):
    """A client that waits."""

    is_async: Literal[False] = False


class AsyncClient(Commands):
    """A client that awaits."""

    is_async: Literal[True] = True


def test_overloads_for_other_classes_do_not_count() -> None:
    """By the class of ``self``, or by a protocol that asks for a certain value."""
    assert gives(SyncClient, "get") == b""
    assert gives(AsyncClient, "get") == ""
    assert gives(SyncClient, "put") == b""
    assert gives(AsyncClient, "put") == ""
    assert [is_awaited(cls, "get") for cls in (SyncClient, AsyncClient, Commands)] == [False, True, False]


def test_descriptor_gives_what_stands_in_its_brackets() -> None:
    """As the columns of a mapped class do."""

    class Row:
        key: Descriptor[int]
        other: "Descriptor"  # type: ignore[type-arg]
        set: Descriptor[str] = Descriptor()

    assert [gives(Row, name) for name in ("key", "other", "set")] == [0, "anything", ""]


def test_fields_of_a_named_tuple_are_as_annotated() -> None:
    """They are descriptors in the class."""
    assert gives(Point, "x") == 0


def test_iterating_and_leaving_are_what_the_interpreter_asks_for() -> None:
    """Whatever is annotated: nothing comes, and no exception is swallowed."""

    class Stream:
        async def __anext__(self) -> int:
            raise NotImplementedError

        def __next__(self) -> int:
            raise NotImplementedError

        def __exit__(self, *error: object) -> Session:
            raise NotImplementedError

        async def __aenter__(self) -> "Stream":
            raise NotImplementedError

    with pytest.raises(StopIteration):
        gives(Stream, "__next__")
    with pytest.raises(StopAsyncIteration):
        gives(Stream, "__anext__")
    assert gives(Stream, "__exit__") is None
    assert gives(Stream, "__aenter__") == "itself"


def test_function_gives_what_it_is_annotated_with() -> None:
    """The same without a class."""

    async def find(key: str) -> int | None:
        raise NotImplementedError

    facts = describe_function(find)

    assert facts.kind is Kind.ASYNC
    assert plain(facts.result) is None
    assert facts.name == "find"


def test_builtin_function_is_open() -> None:
    """Nothing says what it gives."""
    assert plain(describe_function(len).result) == "anything"


def test_name_is_looked_up_in_the_class_first() -> None:
    """A class inside of a class, and the class itself where that is local."""

    class Client:
        class Options:
            pass

        def options(self) -> "Options":
            raise NotImplementedError

        def other(self) -> "Client.Options":
            raise NotImplementedError

    assert gives(Client, "options") == "a Options"
    assert gives(Client, "other") == "a Options"


def test_type_parameters_of_a_function_are_known() -> None:
    """As the newer syntax declares them."""

    def method(self: object) -> "Own": ...  # type: ignore[name-defined] # noqa: F821

    method.__type_params__ = (TypeVar("Other"), TypeVar("Own", bound=Session))  # type: ignore[attr-defined, misc, unused-ignore]

    assert gives(type("Made", (), {"method": method}), "method") == "a Session"


def test_named_tuples_without_end_are_mocks() -> None:
    """A few in each other are made."""

    class Deep(NamedTuple):
        inner: "Deep"  # type: ignore[misc, unused-ignore]

    assert gives(annotated(Deep), "method") == "a Deep"


def test_name_for_type_checkers_only_is_looked_up_where_it_comes_from() -> None:
    """If that is loaded already, which may be otherwise tomorrow; nothing is imported for it."""
    share, unheard = facts(annotated("Share"), "method"), facts(annotated("Something"), "method")

    assert plain(share.result) == fractions.Fraction(0)
    assert share.is_certain
    assert gives(annotated("decimal.Decimal"), "method") == Decimal(0)
    assert gives(annotated("pools.Executor"), "method") == "a Executor"
    assert plain(unheard.result) == "anything"
    assert not unheard.is_certain
    assert gives(annotated("described_facts"), "method") == gives(annotated("relative"), "method") == "anything"


def test_alias_without_end_ends() -> None:
    """An annotation that leads to itself has no default."""
    loop: dict[str, Any] = {}
    loop["Loop"] = "Loop"
    namespace: dict[str, Any] = {"Loop": "Loop"}
    exec("def method(self) -> 'Loop': ...", namespace)

    assert gives(type("Made", (), {"method": namespace["method"]}), "method") == "anything"


def test_what_cannot_be_described_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that raises where nobody expects it makes no test fail."""

    class Odd(type):
        def __getattribute__(cls, name: str) -> Any:
            if name == "__qualname__":
                raise RuntimeError("no name")
            return super().__getattribute__(name)

    class Client(metaclass=Odd):
        __module__ = "asyncpg.made"

        def method(self) -> int:
            raise NotImplementedError

    found = describe_member(Client, "method")

    assert found is not None
    assert plain(found.result) == "anything"
    assert describe_member(Client, "unheard") is None
