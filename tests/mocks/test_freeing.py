"""Mocks leave nothing: they are freed as soon as nobody refers to them, without the garbage collector."""

import gc
import weakref
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self
from unittest.mock import call

import pytest

from isolation import isolated_mock
from isolation.mocks._mock import ledger_of
from tests.mocks.clients import Connection, Cursor


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Let the collector free nothing during the test."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def calls(mock: Any) -> None:
    """Use results, contexts and nested mocks."""
    mock.execute.return_value = "UPDATE 1"
    await mock.fetch("select 1")
    await mock.execute("update")
    async with mock.transaction() as transaction:
        await transaction.start()
    async with mock as entered:
        assert entered is mock


async def exception(mock: Any) -> None:
    """Raise an exception that is an instance, whose traceback refers to the frames that hold the mock."""
    mock.fetch.side_effect = TimeoutError("slow")
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await mock.fetch("select 1")


async def exceptions(mock: Any) -> None:
    """Raise exceptions of a list."""
    mock.fetch.side_effect = [["row"], TimeoutError("slow"), OSError("gone")]
    await mock.fetch("select 1")
    with pytest.raises(TimeoutError):
        await mock.fetch("select 1")


async def assertions(mock: Any) -> None:
    """Assert, in vain, too."""
    await mock.fetch("select 1")
    mock.fetch.assert_awaited_once_with("select 1")
    mock.assert_has_calls([call.fetch("select 1")])
    with pytest.raises(AssertionError):
        mock.fetch.assert_called_with("select 2")


async def misuse(mock: Any) -> None:
    """Use what does not exist, and call with wrong arguments."""
    with pytest.raises(AttributeError):
        mock.fetchh  # noqa: B018
    with pytest.raises(TypeError):
        await mock.fetch()


async def reading(mock: Any) -> None:
    """Read the calls, and reset."""
    await mock.fetch("select 1")
    repr((mock, dir(mock), mock.mock_calls, mock.method_calls, mock.fetch.call_args_list))
    mock.reset_mock(return_value=True, side_effect=True)


async def own_mocks(mock: Any) -> None:
    """Give a mock of the same tree as an argument, as with ``pool.release(connection)``."""
    transaction = mock.transaction()
    await mock.fetch("select 1", transaction, timeout=1)
    await mock.fetch(query=transaction)
    async with mock as entered:
        mock.quoted(entered)
        mock.quoted(text=mock.current)
    mock.fetch.assert_any_await("select 1", transaction, timeout=1)
    mock.assert_has_calls([call.quoted(mock), call.quoted(mock.current)])


async def special_methods(mock: Any) -> None:
    """Set one on this mock alone, which is bound when it is read."""
    mock.transaction().__aenter__ = a_function
    async with mock.transaction() as entered:
        assert entered is mock.transaction()


async def a_function(mock: Any) -> Any:
    """Stand for a special method."""
    return mock


async def other_mocks(mock: Any) -> None:
    """Have mocks as attributes and results, which know their parents."""
    mock.fetch.return_value = isolated_mock()
    mock.name = isolated_mock()
    await mock.name()
    await (await mock.fetch("select 1")).other()


Use = Callable[[Any], Coroutine[Any, Any, None]]


@pytest.mark.parametrize(
    "use", [calls, exception, exceptions, assertions, misuse, reading, other_mocks, own_mocks, special_methods]
)
async def test_a_mock_is_freed_by_reference_counting(use: Use) -> None:
    """Whatever was done with it, the last reference frees it, its ledger and its methods."""
    mock: Any = isolated_mock(Connection)
    await use(mock)
    left = [weakref.ref(thing) for thing in (mock, mock.fetch, ledger_of(mock))]

    del mock

    assert [reference() for reference in left] == [None, None, None]


async def test_an_open_mock_is_freed_by_reference_counting() -> None:
    """Also one of whose special methods some were used."""
    mock: Any = isolated_mock()
    async with mock as connection:
        str(connection)
    assert [row async for row in mock] == list(mock) == []
    left = weakref.ref(mock)

    del mock, connection

    assert left() is None


def used() -> None:
    """Make a mock, use it and drop it."""
    mock: Any = isolated_mock(Connection)
    mock.execute.return_value = "UPDATE 1"
    coroutine = mock.execute("update")
    with pytest.raises(StopIteration, match="UPDATE 1"):
        coroutine.send(None)
    cursor: Any = isolated_mock(Cursor)
    assert (list(cursor), len(cursor), "row" in cursor, cursor == 1, bool(cursor)) == ([], 0, False, False, True)


def test_ten_thousand_mocks_leave_nothing_for_the_collector() -> None:
    """Neither objects that are alive nor garbage."""
    used()  # makes the blueprints
    gc.collect()
    before = len(gc.get_objects())

    for _ in range(10_000 // 2):
        used()

    assert len(gc.get_objects()) - before < 10
    assert gc.collect() == 0


def test_a_class_of_a_test_is_collected_with_its_blueprint() -> None:
    """The blueprints are kept for as long as the class lives, and do not prolong that."""

    class Client:
        def get(self, key: str) -> Self:
            return self

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    mock: Any = isolated_mock(Client)
    plain: Any = isolated_mock(Client, plain=True)
    with mock as entered:
        entered.get("a").get("b")
    plain.get("a")
    left = weakref.ref(Client)

    del Client, mock, plain, entered
    gc.collect()

    assert left() is None


def test_a_mock_outlives_its_class() -> None:
    """What was used goes on, the rest is not known any more."""

    class Client:
        def get(self, key: str) -> int:
            return len(key)

    mock: Any = isolated_mock(Client)
    mock.get("a")

    del Client
    gc.collect()

    assert mock.get("b") == 0
    assert isinstance(mock, type(mock))
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'put'"):
        mock.put("a")


def test_a_method_outlives_its_mock() -> None:
    """A method that gives the object itself, of which nobody has kept a reference, gives an equal one."""
    enter: Any = isolated_mock(Connection).__aenter__

    with pytest.raises(StopIteration) as ended:
        enter().send(None)

    assert isinstance(ended.value.value, Connection)
    assert ledger_of(ended.value.value) is ledger_of(enter)


def test_an_argument_that_is_gone_is_replaced_by_its_equal() -> None:
    """A record refers weakly to mocks of its own ledger, whose state is there."""
    connection: Any = isolated_mock(Connection)
    connection.quoted(connection.transaction())
    transaction = connection.transaction.return_value
    del connection.transaction

    assert connection.quoted.call_args.args == (transaction,)
    del transaction
    assert repr(connection.quoted.call_args.args[0]).startswith("<AsyncMock name='mock.transaction()'")
    left = ledger_of(connection).log[1]
    del connection
    assert left.args == (None,)


async def test_a_mock_of_a_class_in_a_table_is_freed_by_reference_counting() -> None:
    """Contexts that are awaited or entered, which the table knows, make no circles."""
    asyncpg = pytest.importorskip("asyncpg")
    pool: Any = isolated_mock(asyncpg.Pool)
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetch("select 1")
    connection = await pool.acquire()
    assert [row async for row in connection.cursor("select 1")] == []
    await pool.release(connection)
    left = [weakref.ref(thing) for thing in (pool, connection, ledger_of(pool))]

    del pool, connection

    assert [reference() for reference in left] == [None, None, None]
    assert gc.collect() == 0
