"""The types of contexts: a mock has the static type of its class, an open one that of AsyncMock."""

from typing import assert_type
from unittest.mock import AsyncMock

import pytest

from isolation import MockContext, ServiceType
from isolation.fixtures import MockFactory


class Pool:
    """A client."""

    async def fetch(self, query: str) -> list[int]:
        """Return rows."""
        raise NotImplementedError


def test_a_mock_has_the_type_of_its_class(mock_context: MockContext) -> None:
    """So the code under test takes it."""
    assert_type(mock_context.mock(Pool, name="pool", plain=True, copy_args=True), Pool)
    assert_type(mock_context.mock(), AsyncMock)


def test_a_factory_is_a_context_by_another_name(isolated_mock: MockFactory) -> None:
    """The fixture gives what is typed as the function is."""
    assert_type(isolated_mock(Pool), Pool)
    assert_type(isolated_mock(name="clock"), AsyncMock)
    assert_type(isolated_mock(Pool, wraps=Pool()), Pool)
    with pytest.raises(TypeError, match=r"^isolated_mock\(\) got an unexpected keyword argument 'spec'$"):
        isolated_mock(Pool, spec=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def test_a_service_is_an_async_mock(mock_context: MockContext) -> None:
    """What it is bound to is known when the test runs."""
    assert_type(mock_context.service(ServiceType.KAFKA), AsyncMock)
    assert_type(mock_context.service("postgres", Pool), AsyncMock)
