"""Calls of mocks: arguments are checked, results are what an empty service would give, everything is recorded."""

import _thread
import asyncio
import contextlib
import inspect
import threading
from collections.abc import AsyncIterator, Generator
from typing import Any
from unittest.mock import DEFAULT, AsyncMock, MagicMock

import pytest

from isolation import isolated_mock
from isolation.mocks._blueprints import blueprint_of
from isolation.mocks._keys import Key
from isolation.mocks._ledger import Ledger
from isolation.mocks._mock import key_of, ledger_of, mock_in
from isolation.mocks._state import stamp
from isolation.mocks.inspection import describe_function
from tests.mocks.clients import Chain, Connection, Cursor, Handler, Transaction


@pytest.fixture
def connection() -> Any:
    """Return a mock of a connection."""
    return isolated_mock(Connection)


async def test_results_are_those_of_an_empty_service(connection: Any) -> None:
    """By the annotations; a new list for each call."""
    rows = await connection.fetch("select 1")
    rows.append("row")

    assert await connection.fetch("select 1") == []
    assert await connection.fetchrow("select 1") is None
    assert await connection.execute("update") == ""
    assert connection.is_closed() is False
    assert connection.latency == 0.0


async def test_a_result_of_a_known_class_is_a_mock_of_it(connection: Any) -> None:
    """The same one for each call, in the same ledger."""
    async with connection.transaction() as transaction:
        await transaction.start()

    assert isinstance(transaction, Transaction)
    assert transaction is connection.transaction()
    assert [call.key for call in ledger_of(connection).log][:3] == [
        "transaction",
        "transaction().__aenter__",
        "transaction().start",
    ]


async def test_what_enters_as_itself_is_itself(connection: Any) -> None:
    """As the annotation Self says."""
    async with connection as entered:
        assert entered is connection


async def test_a_stack_enters_contexts(connection: Any) -> None:
    """It looks the special methods up on the class."""
    mock: Any = isolated_mock()
    with contextlib.ExitStack() as contexts:
        contexts.enter_context(mock.context)

    async with contextlib.AsyncExitStack() as stack:
        transaction = await stack.enter_async_context(connection.transaction())

    assert transaction is connection.transaction()
    assert [call.key for call in ledger_of(connection).log][1:3] == [
        "transaction().__aenter__",
        "transaction().__aexit__",
    ]
    assert [str(call) for call in mock.mock_calls] == [
        "call.context.__enter__()",
        "call.context.__exit__(None, None, None)",
    ]


def test_a_result_of_which_nothing_is_known_is_open(connection: Any) -> None:
    """It takes everything."""
    assert isinstance(connection.connect().anything.at_all(1), MagicMock)


async def test_plain_results_are_those_of_the_standard_library() -> None:
    """Names and arguments are checked nonetheless."""
    connection: Any = isolated_mock(Connection, plain=True)

    assert isinstance(await connection.fetch("select 1"), AsyncMock)
    assert bool(connection.is_closed())
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'query'"):
        await connection.fetch()


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "Connection.execute() missing 1 required positional argument: 'query'"),
        (("a", "b"), {}, "Connection.execute() takes 2 positional arguments but 3 were given"),
        (("a",), {"timeot": 1}, "Connection.execute() got an unexpected keyword argument 'timeot'"),
        ((), {"query": "a"}, "Connection.execute() missing 1 required positional argument: 'query'"),
    ],
)
def test_wrong_arguments_raise_what_the_client_raises(
    connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    """In the words of the interpreter, before anything is recorded or awaited."""
    with pytest.raises(TypeError) as caught:
        connection.execute(*args, **kwargs)

    assert str(caught.value).startswith(message) or "positional-only" in str(caught.value)
    assert list(ledger_of(connection).log) == []


def test_a_static_method_is_called_without_the_object(connection: Any) -> None:
    """So its arguments are counted without it."""
    with pytest.raises(TypeError) as caught:
        connection.quoted("a", "b")

    assert str(caught.value) == "Connection.quoted() takes 1 positional argument but 2 were given"
    assert connection.quoted("a") == ""


def test_what_is_not_callable_is_not_called(connection: Any) -> None:
    """Although every AsyncMock is callable."""
    with pytest.raises(TypeError) as caught:
        connection()

    assert str(caught.value) == "'Connection' object is not callable"
    assert not asyncio.iscoroutinefunction(connection)
    assert not inspect.iscoroutinefunction(connection)
    assert not hasattr(connection, "__code__")


async def test_what_is_callable_is_called() -> None:
    """With the arguments of ``__call__``."""
    handler: Any = isolated_mock(Handler)

    assert await handler("started") is False
    handler.assert_awaited_once_with("started")
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'event'"):
        handler()


def test_what_gives_its_result_at_once_need_not_be_awaited() -> None:
    """Although it is an AsyncMock, as every mock of a class."""
    chain: Any = isolated_mock(Chain)

    assert isinstance(chain, AsyncMock)
    assert chain("a")("b") is chain
    assert not asyncio.iscoroutinefunction(chain)
    assert not hasattr(chain, "__code__")
    assert [str(call) for call in chain.mock_calls] == ["call('a')", "call('b')"]


def test_async_methods_are_coroutine_functions(connection: Any) -> None:
    """For asyncio and for inspect."""
    assert asyncio.iscoroutinefunction(connection.fetch)
    assert inspect.iscoroutinefunction(connection.fetch)
    assert not inspect.iscoroutinefunction(connection.is_closed)


def test_a_method_says_its_name_and_signature(connection: Any) -> None:
    """As the real one does; an attribute of an open mock does not."""
    assert (connection.fetch.__name__, connection.fetch.__qualname__) == ("fetch", "Connection.fetch")
    assert list(inspect.signature(connection.fetch).parameters) == ["query", "args", "timeout"]
    assert not hasattr(isolated_mock(), "__qualname__")
    assert not hasattr(connection, "__name__")
    assert not hasattr(connection.connect().other, "__signature__")


def test_a_function_of_no_class_has_a_signature() -> None:
    """At least the names of what it takes."""

    def publish(topic: str, *, key: bytes = b"") -> None: ...

    member = blueprint_of(Connection).made_from(describe_function(publish))
    made: Any = stamp(member, Ledger("shop"), Key("publish"))

    assert list(inspect.signature(made).parameters) == ["topic", "key"]


async def test_an_iterator_is_empty() -> None:
    """Iteration ends at once, sync or async, and what a test sets is iterated."""
    cursor: Any = isolated_mock(Cursor)

    assert [row async for row in cursor] == list(cursor) == []
    assert [row async for row in isolated_mock().__aiter__()] == []
    cursor.__iter__.return_value = ["a"]
    cursor.__aiter__.return_value = ["b"]

    assert list(cursor) == list(cursor) == ["a"]
    assert [row async for row in cursor] == [row async for row in cursor] == ["b"]


async def test_an_async_iterator_may_be_set() -> None:
    """It is given as it is."""

    async def rows() -> AsyncIterator[str]:
        yield "a"

    cursor: Any = isolated_mock(Cursor)
    cursor.__aiter__.return_value = rows()

    assert [row async for row in cursor] == ["a"]


def test_the_next_rows_may_be_set() -> None:
    """A class that iterates over itself asks itself for what comes next."""
    cursor: Any = isolated_mock(Cursor)
    cursor.__next__.side_effect = ["a", "b"]

    assert list(cursor) == ["a", "b"]


def test_special_methods_give_what_they_must() -> None:
    """A mock is true and equal to itself only, whatever the annotations say."""
    cursor: Any = isolated_mock(Cursor)

    assert (bool(cursor), len(cursor), "row" in cursor) == (True, 0, False)
    assert cursor != isolated_mock(Cursor)
    assert not cursor == isolated_mock(Cursor)  # noqa: SIM201 - the other operator
    assert cursor.__eq__(cursor) is True
    assert cursor.__ne__(cursor) is False
    assert {cursor: 1}[cursor] == 1


async def test_every_call_says_where_it_came_from(connection: Any) -> None:
    """Also if a mock of the standard library passes it on."""

    async def caller() -> None:
        await AsyncMock(wraps=connection.fetch)("select 1")

    await caller()

    (call,) = ledger_of(connection).log
    assert call.site is not None
    assert (call.site.file, call.site.function) == (__file__, "caller")
    assert (call.is_async, call.awaits, call.is_foreign, call.coroutine) == (True, 1, False, None)


def test_a_sync_call_says_where_it_came_from(connection: Any) -> None:
    """Also through the standard library."""
    MagicMock(wraps=connection.is_closed)()

    (call,) = ledger_of(connection).log
    assert call.site is not None
    assert call.site.function == "test_a_sync_call_says_where_it_came_from"


async def test_awaiting_a_mock_gives_what_the_client_gives() -> None:
    """And is a call, of which the result can be set."""

    class Pending:
        def __await__(self) -> Generator[None, None, str]:
            raise NotImplementedError

    pending: Any = isolated_mock(Pending)
    assert await pending is not None

    pending.__await__.return_value = "done"

    assert await pending == "done"
    assert pending.__await__.await_count == 2


def test_a_call_without_a_caller_has_no_site(connection: Any) -> None:
    """The interpreter calls it in a new thread."""
    done = threading.Event()
    connection.is_closed.side_effect = done.set

    _thread.start_new_thread(connection.is_closed, ())

    assert done.wait(10)
    assert ledger_of(connection).log[0].site is None


def test_a_call_through_mocks_alone_has_no_site() -> None:
    """A mock of the standard library is called by a new thread, and passes it on."""
    done = threading.Event()
    mock: Any = isolated_mock(Connection)
    mock.is_closed.side_effect = done.set

    _thread.start_new_thread(MagicMock(side_effect=mock.is_closed), ())

    assert done.wait(10)
    assert ledger_of(mock).log[0].site is None


def test_threads_lose_no_call() -> None:
    """Eight threads call three thousand times each, and every call is recorded once."""
    connection: Any = isolated_mock(Connection)

    def work() -> None:
        for _ in range(3000):
            connection.is_closed()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert connection.is_closed.call_count == len(connection.mock_calls) == 24_000


async def test_a_coroutine_that_is_not_awaited_counts_as_called_only(connection: Any) -> None:
    """Its await is missing."""
    connection.fetch("select 1").close()
    await connection.fetch("select 2")

    assert (connection.fetch.call_count, connection.fetch.await_count) == (2, 1)
    assert [call.awaits for call in ledger_of(connection).log] == [0, 1]
    assert connection.fetch.await_args_list == [connection.fetch.call_args]


async def test_a_watched_ledger_holds_a_coroutine_until_it_begins(connection: Any) -> None:
    """So that whoever watches can say at the end that it never did."""
    ledger = ledger_of(connection)
    ledger.is_watched = True
    coroutine = connection.fetch("select 1")

    assert ledger.log[0].coroutine is coroutine
    await coroutine
    assert ledger.log[0].coroutine is None


async def test_calls_of_a_closed_ledger_are_late(connection: Any) -> None:
    """What was configured is gone; what was recorded is still there."""
    ledger = ledger_of(connection)
    connection.execute.return_value = "UPDATE 1"
    await connection.execute("update")

    ledger.close()

    assert await connection.execute("update again") == ""
    assert [call.args for call in ledger.late] == [("update again",)]
    assert [call.args for call in ledger.log] == [("update",)]
    connection.reset_mock()
    await connection.execute("update again")
    assert len(ledger.late) == 2


def test_mocks_may_share_a_ledger() -> None:
    """One order of calls, with the name of each service in front."""
    ledger = Ledger("order_flow")
    postgres: Any = mock_in(ledger, Key("postgres"), Connection)
    kafka: Any = mock_in(ledger, Key("kafka"), None)

    postgres.is_closed()
    kafka.send("a").close()
    postgres.is_closed()

    assert [call.key for call in ledger.log] == ["postgres.is_closed", "kafka.send", "postgres.is_closed"]
    assert key_of(kafka.send) == "kafka.send"
    assert len(postgres.mock_calls) == 2
    postgres.reset_mock()
    assert [call.key for call in ledger.log] == ["kafka.send"]


async def test_a_wrapped_object_is_called_where_nothing_is_set() -> None:
    """As in the standard library; a result that is set comes first."""

    class Real:
        async def get(self) -> str:
            return "real"

    mock: Any = isolated_mock(wraps=Real())

    assert await mock.get() == "real"
    assert mock.get.return_value is DEFAULT
    mock.get.return_value = "set"
    assert await mock.get() == "set"


def test_a_context_makes_the_mocks_that_it_owns() -> None:
    """With the same options."""

    class Context:
        def mock(self, cls: type, **options: object) -> Any:
            return cls, options

    made: Any = isolated_mock(Connection, name="a", context=Context(), plain=True)

    assert made == (Connection, {"name": "a", "plain": True, "copy_args": False, "wraps": None})
