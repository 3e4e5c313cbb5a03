"""Mocks of a class: made from facts, checked by signatures, with the API of unittest.mock."""

from unittest.mock import ANY, AsyncMock, call

import pytest

from isolation import isolated_mock
from isolation.mocks._mock import key_of, ledger_of


class Connection:
    """A client."""

    async def fetch(self, query: str, *args: object, timeout: float | None = None) -> list[str]:
        """Return rows."""
        return [query]


def test_a_mock_is_an_async_mock_and_of_the_class() -> None:
    """``isinstance`` holds for both."""
    mock = isolated_mock(Connection)

    assert isinstance(mock, AsyncMock)
    assert isinstance(mock, Connection)


async def test_results_and_assertions_are_those_of_the_standard_library() -> None:
    """What is set is given, and what was awaited is asserted."""
    mock = isolated_mock(Connection)
    mock.fetch.return_value = ["row"]  # type: ignore[attr-defined]

    assert await mock.fetch("select 1") == ["row"]

    mock.fetch.assert_awaited_once_with("select 1")  # type: ignore[attr-defined]
    mock.assert_has_calls([call.fetch(ANY)])  # type: ignore[attr-defined]


def test_wrong_arguments_are_refused_as_the_real_client_would() -> None:
    """The message is the interpreter's."""
    mock = isolated_mock(Connection)

    with pytest.raises(TypeError) as caught:
        mock.fetch()  # type: ignore[call-arg, unused-coroutine]

    assert str(caught.value) == "Connection.fetch() missing 1 required positional argument: 'query'"


async def test_every_call_is_in_the_ledger() -> None:
    """With its key, its arguments, its awaits and the line of the caller."""
    mock = isolated_mock(Connection)

    await mock.fetch("select 1")

    (record,) = ledger_of(mock).log
    assert (record.key, record.args, record.awaits) == (key_of(mock.fetch), ("select 1",), 1)
    assert record.site is not None
    assert (record.site.file, record.site.function) == (__file__, "test_every_call_is_in_the_ledger")
