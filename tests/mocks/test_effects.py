"""Results and effects that a test sets: given as in the standard library, and remembered with the line."""

from typing import Any
from unittest.mock import DEFAULT

import pytest

from isolation import isolated_mock
from isolation.mocks._mock import key_of, ledger_of
from tests.mocks.clients import Connection, Transaction


@pytest.fixture
def connection() -> Any:
    """Return a mock of a connection."""
    return isolated_mock(Connection)


def test_a_function_gives_the_result_or_leaves_it(connection: Any) -> None:
    """DEFAULT stands for what would be given without it."""
    connection.quoted.side_effect = lambda text: DEFAULT if text == "a" else f"'{text}'"

    assert (connection.quoted("a"), connection.quoted("b")) == ("", "'b'")
    connection.quoted.return_value = "set"
    assert connection.quoted("a") == "set"


async def test_a_coroutine_function_is_awaited(connection: Any) -> None:
    """And a function that gives something to await is not, as in the standard library."""

    async def rows(query: str) -> list[str]:
        return [query]

    def started(query: str) -> object:
        return rows(query)

    connection.fetch.side_effect = rows
    assert await connection.fetch("select 1") == ["select 1"]

    connection.fetch.side_effect = started
    assert await (await connection.fetch("select 1")) == ["select 1"]


async def test_an_iterator_gives_one_after_the_other(connection: Any) -> None:
    """At its end it raises what the caller of a coroutine can see."""
    connection.fetch.side_effect = iter([["row"]])

    assert await connection.fetch("select 1") == ["row"]
    with pytest.raises(StopAsyncIteration):
        await connection.fetch("select 1")
    connection.is_closed.side_effect = []
    with pytest.raises(StopIteration):
        connection.is_closed()


def test_exceptions_of_a_list_are_raised(connection: Any) -> None:
    """Each once; the list ends as any other."""
    connection.is_closed.side_effect = (True, OSError("gone"))
    effects = connection.is_closed.side_effect

    assert connection.is_closed() is True
    with pytest.raises(OSError, match="gone"):
        connection.is_closed()
    with pytest.raises(StopIteration):
        connection.is_closed()
    assert list(effects) == []


def test_an_exception_is_raised_again_and_again(connection: Any) -> None:
    """First the one that was set, then others that are equal to it, with no trace of the times before."""
    error = OSError(5, "gone")
    connection.is_closed.side_effect = error

    with pytest.raises(OSError, match="gone") as first:
        connection.is_closed()
    with pytest.raises(OSError, match="gone") as second:
        connection.is_closed()

    assert first.value is error
    assert second.value is not error
    assert (second.value.args, second.value.errno) == ((5, "gone"), 5)


def test_a_class_of_exceptions_is_raised(connection: Any) -> None:
    """A new one each time."""
    connection.is_closed.side_effect = TimeoutError

    for _ in range(2):
        with pytest.raises(TimeoutError):
            connection.is_closed()


def test_what_can_be_no_effect_is_an_error_at_the_call(connection: Any) -> None:
    """As in the standard library."""
    connection.is_closed.side_effect = 1

    with pytest.raises(TypeError, match="'int' object is not an iterator"):
        connection.is_closed()


def test_a_default_that_was_read_is_the_result(connection: Any) -> None:
    """So it can be changed in place."""
    connection.fetch.return_value.append("row")

    with pytest.raises(StopIteration) as ended:
        connection.fetch("select 1").send(None)

    assert ended.value.value == ["row"]
    assert ledger_of(connection).stubs == []


async def test_results_of_contexts_are_reached_as_ever(connection: Any) -> None:
    """Through return_value, in any depth, although nobody has called anything yet."""
    connection.transaction.return_value.__aenter__.return_value.start.return_value = "started"

    async with connection.transaction() as transaction:
        started: Any = transaction.start
        assert isinstance(transaction, Transaction)
        assert await started() == "started"


def test_results_are_configured_by_name(connection: Any) -> None:
    """With ``configure_mock``."""
    connection.configure_mock(**{"quoted.return_value": "'a'", "is_closed.side_effect": [True]})

    assert (connection.quoted("a"), connection.is_closed()) == ("'a'", True)


def test_what_is_set_is_remembered_with_its_line(connection: Any) -> None:
    """And how often it was used; what another replaces need not be used."""
    connection.quoted.return_value = "'a'"
    connection.is_closed.side_effect = [True]
    connection.quoted.return_value = "'b'"
    connection.quoted("b")
    connection.quoted("b")

    stubs = ledger_of(connection).stubs
    assert [(stub.key, stub.what, stub.uses, stub.is_excused) for stub in stubs] == [
        (key_of(connection.quoted), "return_value", 0, True),
        (key_of(connection.is_closed), "side_effect", 0, False),
        (key_of(connection.quoted), "return_value", 2, False),
    ]
    assert stubs[0].site is not None
    assert (stubs[0].site.file, stubs[0].site.function) == (__file__, "test_what_is_set_is_remembered_with_its_line")
    assert ledger_of(connection).log[0].stub is stubs[2]


def test_taking_a_result_back_is_no_stub(connection: Any) -> None:
    """The default is given again."""
    connection.quoted.return_value = "'a'"
    connection.quoted.return_value = DEFAULT
    connection.quoted.side_effect = None

    assert connection.quoted("a") == ""
    assert [stub.is_excused for stub in ledger_of(connection).stubs] == [True]
