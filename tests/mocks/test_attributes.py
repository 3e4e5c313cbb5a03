"""Attributes of mocks: those of the real object, refused where it has none; open mocks have all."""

import copy
import pickle
import sys
import threading
import traceback
from typing import Any
from unittest import mock as standard
from unittest.mock import AsyncMock, MagicMock, PropertyMock, call, seal

import pytest

from isolation import isolated_mock, private_class
from isolation.mocks._mock import ledger_of
from tests.mocks.clients import Connection, Cursor, Transaction


@pytest.fixture
def connection() -> Any:
    """Return a mock of a connection."""
    return isolated_mock(Connection)


def test_an_unknown_attribute_is_refused_with_the_nearest_names(connection: Any) -> None:
    """In the words of the interpreter."""
    with pytest.raises(AttributeError) as caught:
        connection.fetchro  # noqa: B018

    assert str(caught.value) == ("'Connection' object has no attribute 'fetchro'; did you mean 'fetchrow' or 'fetch'?")
    assert traceback.format_exception_only(caught.value) == [f"AttributeError: {caught.value}\n"]
    with pytest.raises(AttributeError, match=r"'Connection' object has no attribute '__wrapped__'$"):
        connection.__wrapped__  # noqa: B018
    assert (caught.value.name, hasattr(connection, "zzz")) == ("fetchro", False)


def test_an_unknown_attribute_cannot_be_set(connection: Any) -> None:
    """So that no test sets up what the client never asks for."""
    with pytest.raises(AttributeError, match="'Connection' object has no attribute 'fetchh'; did you mean 'fetch'"):
        connection.fetchh = 1
    with pytest.raises(AttributeError, match="'Connection' object has no attribute '__len__'"):
        connection.__len__ = lambda self: 1


def test_a_misspelt_assertion_is_refused(connection: Any) -> None:
    """A method has no attributes but those of a mock."""
    with pytest.raises(AttributeError) as caught:
        connection.fetch.assert_awaited_wiht()

    assert str(caught.value).startswith("'method' object has no attribute 'assert_awaited_wiht'; did you mean")
    with pytest.raises(AttributeError, match="'method' object has no attribute 'bogus'"):
        connection.fetch.bogus = 1


def test_a_misspelt_assertion_is_refused_by_classes_that_take_every_name() -> None:
    """As ``__getattr__`` of the class would not."""

    class Remote:
        def __getattr__(self, name: str) -> int:
            return len(name)

    remote: Any = isolated_mock(Remote)

    assert remote.anything is not None
    with pytest.raises(AttributeError, match="'Remote' object has no attribute 'assert_calld'; did you mean"):
        remote.assert_calld  # noqa: B018


def test_values_are_read_and_set(connection: Any) -> None:
    """Of the class, of the constructor and of properties; what is read once stays."""
    assert (connection.driver, connection.name is connection.name) == ("wire", True)

    assert isinstance(connection.current, Transaction)
    connection.latency = 0.5

    assert connection.latency == 0.5


def test_an_open_mock_has_every_attribute() -> None:
    """But none that looks like a misspelt assertion, and no special name."""
    mock: Any = isolated_mock()

    assert isinstance(mock.anything, AsyncMock)
    assert mock.anything is mock.anything
    with pytest.raises(AttributeError, match="'assert_calld' is not a valid assertion"):
        mock.assert_calld  # noqa: B018
    with pytest.raises(AttributeError, match="__getstate_with_args__"):
        mock.__getstate_with_args__  # noqa: B018


def test_a_deleted_attribute_is_gone_until_it_is_set(connection: Any) -> None:
    """Also one that nobody has used."""
    del connection.fetch
    assert not hasattr(connection, "fetch")
    assert "fetch" not in dir(connection)
    with pytest.raises(AttributeError):
        del connection.fetch
    with pytest.raises(AttributeError):
        del connection.fetchh

    connection.fetch = AsyncMock(return_value=["row"])

    assert connection.fetch is not None
    assert "fetch" in dir(connection)


def test_a_deleted_special_method_is_not_supported() -> None:
    """By this mock alone."""
    cursor: Any = isolated_mock(Cursor)
    del cursor.__len__

    with pytest.raises(TypeError, match="has no len"):
        len(cursor)
    assert len(isolated_mock(Cursor)) == 0


def test_a_special_method_may_be_set_on_one_mock() -> None:
    """A function is called with the mock, a mock without; other mocks know nothing of it."""
    mock: Any = isolated_mock()
    mock.__len__ = lambda self: 3 if self is mock else 0
    mock.__iter__ = MagicMock(return_value=iter(["a"]))
    mock.__reversed__ = lambda self: iter(["b"])

    assert (len(mock), mock.__len__(), list(mock), list(reversed(mock))) == (3, 3, ["a"], ["b"])
    assert not hasattr(isolated_mock(), "__reversed__")
    with pytest.raises(AttributeError, match="Attempting to set unsupported magic method '__del__'"):
        mock.__del__ = lambda self: None


def test_a_special_method_is_found_on_the_class_too() -> None:
    """Where it is the same for all mocks of the class; setting it past the mock's own rules changes one mock."""
    cursor: Any = isolated_mock(Cursor)
    object.__setattr__(cursor, "__len__", lambda _: 2)

    assert type(cursor).__len__ is type(isolated_mock(Cursor)).__len__
    assert (len(cursor), len(isolated_mock(Cursor))) == (2, 0)


def test_the_class_of_a_mock_is_shared(connection: Any) -> None:
    """So what is set on it would change other mocks; a class of its own may be changed."""
    with pytest.raises(TypeError) as caught:
        type(connection).latency = PropertyMock(return_value=1)

    assert str(caught.value) == (
        "type(mock).latency would change every mock of that class; "
        "isolation.private_class(mock) gives one mock a class of its own"
    )
    own: Any = private_class(connection)
    own.latency = PropertyMock(return_value=0.25)
    assert (connection.latency, isolated_mock(Connection).latency) == (0.25, 0.0)
    assert private_class(connection) is own is type(connection)


def test_nothing_is_taken_from_the_class_of_a_mock(connection: Any) -> None:
    """It would be gone from other mocks; a class of its own may lose what it has."""
    with pytest.raises(TypeError, match=r"^type\(mock\)\.__aenter__ would change every mock of that class; "):
        del type(connection).__aenter__

    del private_class(connection).__aenter__  # type: ignore[attr-defined]
    assert not hasattr(type(connection), "__aenter__")


def test_the_error_of_an_unknown_name_can_be_sent_elsewhere(connection: Any) -> None:
    """A copy, and what another process gets, is an AttributeError with the same message."""
    with pytest.raises(AttributeError) as caught:
        connection.latenci  # noqa: B018 - reading it is the test

    message = str(caught.value)
    sent = pickle.loads(pickle.dumps(caught.value))
    assert caught.value.args == sent.args == copy.copy(caught.value).args == (message,)
    assert "did you mean 'latency'" in message


def test_only_mocks_have_private_classes() -> None:
    """Of ours."""
    with pytest.raises(TypeError, match="1 is no isolated mock"):
        private_class(1)


def test_mocks_are_made_by_the_function_alone(connection: Any) -> None:
    """A mock without a ledger would have no state."""
    with pytest.raises(TypeError, match=r"isolated mocks are made by isolation\.isolated_mock"):
        type(connection)()


@pytest.mark.parametrize("wrong", ["asyncpg:Pool", Connection("a"), 1])
def test_a_mock_is_of_a_class(wrong: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(TypeError, match="isolated_mock takes a class"):
        isolated_mock(wrong)


def test_a_class_may_have_parameters() -> None:
    """A generic class is mocked without them."""

    class Repository(list[int]):
        pass

    assert isinstance(isolated_mock(list[int]), list)
    assert isinstance(isolated_mock(Repository), Repository)


def test_a_sealed_mock_gets_no_new_attributes(connection: Any) -> None:
    """Nor do those below it, while what stands beside goes on."""
    connection.transaction.return_value.start.return_value = None
    seal(connection.transaction)

    assert connection.transaction().start is not None
    with pytest.raises(AttributeError, match=r"mock\.transaction\(\)\.__aenter__"):
        connection.transaction().__aenter__  # noqa: B018
    seal(connection)
    with pytest.raises(AttributeError, match=r"mock\.name"):
        connection.name = 1
    assert connection._mock_sealed


def test_sealing_a_method_seals_no_other_that_begins_alike(connection: Any) -> None:
    """Keys are compared part by part."""
    connection.fetch  # noqa: B018
    seal(connection.fetch)

    assert not connection.fetchrow._mock_sealed


def test_a_result_that_a_seal_forbids_is_named() -> None:
    """The message is about the result, and not about the attribute ``return_value``."""
    mock: Any = isolated_mock()
    mock.connect  # noqa: B018
    seal(mock)

    with pytest.raises(AttributeError) as caught:
        mock.connect.return_value  # noqa: B018

    assert str(caught.value) == "mock.connect()"


def test_a_mock_is_what_its_class_is(connection: Any) -> None:
    """``__class__`` may also be set, as in the standard library."""
    assert connection.__class__ is Connection

    connection.__class__ = int  # type: ignore[assignment]  # what else

    assert isinstance(connection, int)


def test_dir_lists_the_real_names_and_those_of_a_mock(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything if the standard library's filter is off."""
    assert {"fetch", "latency", "assert_awaited_with"} <= set(dir(connection))
    assert not [name for name in dir(connection) if name.startswith("_isolation")]

    monkeypatch.setattr(standard, "FILTER_DIR", False)

    assert "__aenter__" in dir(connection)


def test_a_mock_has_a_speaking_text(connection: Any) -> None:
    """As in the standard library."""
    named: Any = isolated_mock(Connection, name="primary")

    assert repr(connection) == f"<AsyncMock spec_set='Connection' id='{id(connection)}'>"
    assert repr(named.fetch) == f"<AsyncMock name='primary.fetch' id='{id(named.fetch)}'>"
    assert repr(named.is_closed) == f"<MagicMock name='primary.is_closed' id='{id(named.is_closed)}'>"


def test_a_mock_is_its_own_copy(connection: Any) -> None:
    """So it stays the same among arguments that are copied."""
    assert copy.copy(connection) is connection
    assert copy.deepcopy([connection])[0] is connection


def test_arguments_may_be_copied_when_a_call_is_recorded() -> None:
    """So a list that changes later is recorded as it was."""
    connection: Any = isolated_mock(Connection, copy_args=True)
    parameters = [1]
    connection.quoted(parameters)
    parameters.append(2)

    connection.quoted.assert_called_once_with([1])
    connection.reset_mock()
    connection.quoted(parameters)
    parameters.append(3)
    connection.quoted.assert_called_once_with([1, 2])


def test_arguments_that_cannot_be_copied_stay_as_they_are() -> None:
    """What stands beside them is copied nonetheless, and mocks of the same tree stay the same."""
    connection: Any = isolated_mock(Connection, copy_args=True)
    lock, rows = threading.Lock(), [1]
    transaction = connection.transaction()
    connection.quoted([lock, {"rows": rows}])
    connection.fetchrow(query={"lock": lock, "rows": rows}).close()
    connection.fetch(lock, rows, transaction, timeout=rows).close()
    rows.append(2)

    assert connection.quoted.call_args == call([lock, {"rows": [1]}])
    assert connection.fetchrow.call_args == call(query={"lock": lock, "rows": [1]})
    assert connection.fetch.call_args == call(lock, [1], transaction, timeout=[1])


def test_a_spec_may_be_added_later() -> None:
    """Then only its names exist."""
    mock: Any = isolated_mock()
    mock.close, mock.fetch.return_value  # noqa: B018

    mock.mock_add_spec(["fetch"])

    assert mock.fetch is not None
    assert not hasattr(mock, "close")
    connection: Any = isolated_mock(Connection)
    connection.mock_add_spec(["fetch"])
    assert not hasattr(connection, "close")


def test_no_attribute_of_the_machinery_is_made_by_asking(connection: Any) -> None:
    """Reading one that is not there raises, and makes no mock."""
    assert not hasattr(isolated_mock(), "_isolation_owned_by")
    assert list(ledger_of(connection).log) == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the standard library allows them before")
def test_names_of_assertions_without_their_prefix_are_refused() -> None:
    """``called_once`` is always true, and nobody would notice."""
    with pytest.raises(AttributeError, match="'called_once' is not a valid assertion"):
        isolated_mock().called_once  # noqa: B018
