"""Mocks made with the arguments of the standard library's constructors."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, Mock, NonCallableMagicMock, NonCallableMock

import pytest

from isolation.mocks._construction import (
    async_mock,
    magic_mock,
    non_callable_magic_mock,
    non_callable_mock,
    plain_mock,
)
from tests.mocks.clients import Connection


async def publish(topic: str) -> None:
    """Stand for a coroutine function."""


def test_a_spec_says_which_attributes_exist() -> None:
    """Unknown ones are refused when they are read, and with *spec_set* when they are set."""
    mock: Any = magic_mock(["close"])
    mock.other = 1
    strict: Any = magic_mock(spec_set=["close"])
    client: Any = magic_mock(spec_set=Connection)

    assert mock.close() is not None
    with pytest.raises(AttributeError, match="Mock object has no attribute 'fetch'"):
        mock.fetch  # noqa: B018
    with pytest.raises(AttributeError, match="Mock object has no attribute 'other'"):
        strict.other = 1
    assert repr(client) == f"<MagicMock spec_set='Connection' id='{id(client)}'>"
    with pytest.raises(AttributeError, match="Mock object has no attribute '__len__'"):
        mock.__len__ = lambda self: 1


def test_a_spec_says_what_is_async() -> None:
    """A coroutine function is mocked by an async mock, its other members by others."""
    mock: Any = magic_mock(Connection)
    client: Any = async_mock(Connection)

    assert isinstance(mock, Connection)
    assert isinstance(mock.fetch, AsyncMock)
    assert not isinstance(client.is_closed, AsyncMock)
    assert asyncio.iscoroutinefunction(magic_mock(publish))
    assert asyncio.iscoroutinefunction(plain_mock(spec_set=publish))
    assert isinstance(plain_mock(publish).return_value, AsyncMock)


def test_arguments_configure_the_mock() -> None:
    """Results, effects, what it wraps, its name and its attributes."""
    mock: Any = plain_mock(return_value=1, name="clock", **{"now.return_value": 2})

    assert (mock(), mock.now(), repr(mock)) == (1, 2, f"<Mock name='clock' id='{id(mock)}'>")
    assert plain_mock(side_effect=[3])() == 3
    assert plain_mock(wraps=len)("abc") == 3
    assert plain_mock(parent=None, unsafe=True).assert_something() is not None


def test_a_parent_records_the_calls() -> None:
    """As with an attribute."""
    parent: Any = plain_mock()

    plain_mock(parent=parent, name="child", _new_name="child")(1)

    assert [str(call) for call in parent.mock_calls] == ["call.child(1)"]


def test_mocks_that_cannot_be_called() -> None:
    """Their attributes can."""
    mock: Any = non_callable_mock()
    magic: Any = non_callable_magic_mock(length=1)

    assert not callable(mock)
    assert isinstance(mock, NonCallableMock)
    assert isinstance(mock.close, Mock)
    assert isinstance(magic, NonCallableMagicMock)
    assert (len(magic), magic.length) == (0, 1)
