"""The assertions and lists of unittest.mock: its own functions and words, over what the ledger holds."""

from typing import Any
from unittest.mock import ANY, call

import pytest

from isolation import isolated_mock
from tests.mocks.clients import Connection, Handler


@pytest.fixture
def connection() -> Any:
    """Return a mock of a connection."""
    return isolated_mock(Connection)


def test_a_failed_assertion_reads_as_ever(connection: Any) -> None:
    """The words are the standard library's."""
    connection.quoted("a")

    with pytest.raises(AssertionError) as caught:
        connection.quoted.assert_called_with("b")

    assert str(caught.value) == "expected call not found.\nExpected: quoted('b')\n  Actual: quoted('a')"


async def test_arguments_by_position_and_by_name_are_the_same(connection: Any) -> None:
    """As the signature says."""
    await connection.fetch(query="select 1", timeout=1.0)
    await connection.fetch("select 1", 2, timeout=1.0)
    connection.quoted(text="a")

    connection.fetch.assert_any_await("select 1", timeout=1.0)
    connection.fetch.assert_awaited_with("select 1", 2, timeout=1.0)
    connection.quoted.assert_called_once_with("a")
    connection.assert_has_calls([call.fetch("select 1", timeout=ANY), call.fetch(ANY, ANY, timeout=1.0)])
    with pytest.raises(AssertionError):
        connection.fetch.assert_any_await("select 2", timeout=1.0)


def test_only_leading_arguments_are_compared_by_position() -> None:
    """As ``inspect.Signature.bind`` does; those that only have positions stay there."""

    class Log:
        def write(self, text: str = "", level: int = 0, /, where: str = "", size: int = 0) -> None: ...

    log: Any = isolated_mock(Log)
    log.write("a", size=1)
    log.write("a", 1, size=1)
    log.write("a", 1, "b", size=1)

    log.assert_has_calls([call.write("a", size=1), call.write("a", 1, size=1), call.write("a", 1, size=1, where="b")])


def test_calls_of_the_mock_itself_are_named(connection: Any) -> None:
    """Those of its results begin with the parentheses."""
    handler: Any = isolated_mock(Handler)
    handler("a").close()
    connection.connect()().other()

    handler.assert_has_calls([call("a")])
    connection.connect.assert_has_calls([call()().other()])


async def test_a_positional_only_argument_is_not_taken_by_name(connection: Any) -> None:
    """And keyword-only ones stay so."""
    await connection.execute("update", timeout=1.0)

    connection.execute.assert_awaited_once_with("update", timeout=1.0)


def test_expected_arguments_that_do_not_fit_are_the_cause(connection: Any) -> None:
    """With the client's own message."""
    connection.quoted("a")

    with pytest.raises(AssertionError) as caught:
        connection.quoted.assert_any_call("a", "b")

    assert str(caught.value.__cause__) == "Connection.quoted() takes 1 positional argument but 2 were given"


def test_names_are_compared_by_the_signature_of_what_they_name(connection: Any) -> None:
    """Also below results, and where nobody has called anything."""
    connection.transaction().start().close()
    connection.assert_has_calls([call.transaction(), call.transaction().start()])
    connection.connect().first.second(1)

    connection.assert_has_calls([call.connect(), call.connect().first.second(1)])
    with pytest.raises(AssertionError, match="Calls not found"):
        connection.assert_has_calls([call.quoted("a"), call.connect().first.third()])
    connection.name = 1
    with pytest.raises(AssertionError, match="Calls not found"):
        connection.assert_has_calls([call.name.upper()])


def test_calls_may_be_asserted_in_any_order(connection: Any) -> None:
    """As long as all are there."""
    connection.quoted("a")
    connection.is_closed()

    connection.assert_has_calls([call.is_closed(), call.quoted(text="a")], any_order=True)
    with pytest.raises(AssertionError, match="does not contain all of"):
        connection.assert_has_calls([call.quoted("b")], any_order=True)


def test_lists_of_calls_grow_with_the_calls(connection: Any) -> None:
    """One that was kept is never stale, until the mock is reset."""
    calls, methods, arguments = connection.mock_calls, connection.method_calls, connection.quoted.call_args_list
    connection.quoted("a")

    assert len(calls) == len(methods) == len(arguments) == 1
    assert calls == methods == [call.quoted("a")]
    assert [call.quoted("a")] in calls
    assert call("a") in arguments
    assert (arguments[0], list(arguments), bool(arguments)) == (call("a"), [call("a")], True)

    connection.reset_mock()
    connection.quoted("b")

    assert arguments == [call("a")]
    assert connection.quoted.call_args_list == [call("b")]


def test_counts_follow_the_record(connection: Any) -> None:
    """Nothing is stored that could be wrong."""
    assert (connection.quoted.called, connection.quoted.call_count, connection.quoted.call_args) == (False, 0, None)

    connection.quoted("a")
    connection.quoted("b")

    assert (connection.quoted.called, connection.quoted.call_count) == (True, 2)
    assert connection.quoted.call_args == call("b")


def test_resetting_a_method_leaves_the_others(connection: Any) -> None:
    """Also those whose names begin alike, and those that stand above."""
    connection.fetch("select 1").close()
    connection.fetchrow("select 1").close()
    connection.fetch.return_value = ["row"]
    connection.fetchrow.side_effect = ValueError

    connection.fetch.reset_mock(return_value=True, side_effect=True)

    assert (connection.fetch.call_count, connection.fetchrow.call_count) == (0, 1)
    assert connection.mock_calls == [call.fetchrow("select 1")]
    assert connection.fetchrow.side_effect is ValueError
    assert connection.fetch.return_value == []


def test_a_reset_keeps_results_unless_asked(connection: Any) -> None:
    """As in the standard library."""
    connection.quoted.return_value = "'a'"
    connection.quoted.side_effect = None
    connection.is_closed.side_effect = [True]

    connection.reset_mock()
    assert connection.quoted("a") == "'a'"
    connection.reset_mock(return_value=True)
    assert connection.quoted("a") == ""
    assert connection.is_closed() is True
    connection.reset_mock(side_effect=True)
    assert connection.is_closed() is False
