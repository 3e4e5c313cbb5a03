"""Mocks that stand before a real object, and mocks that are awaited or entered."""

from collections.abc import Awaitable, Generator
from unittest.mock import AsyncMock, call

import pytest

from isolation import isolated_mock
from isolation.mocks._context import MockContext


class Counter:
    """Counts."""

    step = 2

    def __init__(self, start: int) -> None:
        self.start = start

    @property
    def is_done(self) -> bool:
        """Tell whether it has finished."""
        return True

    def add(self, more: int, times: int = 1) -> int:
        """Return the sum."""
        return self.start + more * times

    async def fetch(self, key: str) -> str:
        """Return the value of *key*."""
        return key * self.step

    def later(self, key: str) -> Awaitable[str]:
        """Return what gives the value of *key*."""
        return self.fetch(key)


def test_methods_of_the_real_object_are_called() -> None:
    """A call whose result nobody has set gives what the real object gives, and is recorded."""
    counter = isolated_mock(Counter, wraps=Counter(5))

    assert counter.add(2, times=3) == 11
    assert counter.mock_calls == [call.add(2, times=3)]  # type: ignore[attr-defined]


async def test_async_methods_of_the_real_object_are_awaited() -> None:
    """What has to be awaited is, whether it is a coroutine function or only says what it gives."""
    counter = isolated_mock(Counter, wraps=Counter(5))

    assert (await counter.fetch("a"), await counter.later("b")) == ("aa", "bb")


def test_attributes_of_the_real_object_are_read() -> None:
    """Attributes and properties have the values that the real object has when they are first read."""
    counter = isolated_mock(Counter, wraps=Counter(5))

    assert (counter.start, counter.step, counter.is_done) == (5, 2, True)


def test_arguments_are_checked_before_the_real_object_is_called() -> None:
    """A call that the real object could not take is refused as by any mock."""
    counter = isolated_mock(Counter, wraps=Counter(5))

    with pytest.raises(TypeError, match=r"Counter\.add\(\) missing 1 required positional argument: 'more'"):
        counter.add()  # type: ignore[call-arg]


async def test_what_is_set_comes_first() -> None:
    """The real object is not asked where a test has set a result."""
    real = isolated_mock(Counter)
    counter = isolated_mock(Counter, wraps=real)
    counter.fetch.return_value = "set"  # type: ignore[attr-defined]

    assert await counter.fetch("a") == "set"
    real.fetch.assert_not_called()  # type: ignore[attr-defined]


async def test_an_awaitable_result_is_given_as_it_is() -> None:
    """A result that can be awaited is for the caller, also if answers for other arguments were set."""
    counter = isolated_mock(Counter)
    pending = AsyncMock()()
    counter.fetch.return_value = pending  # type: ignore[attr-defined]

    given = await counter.fetch("a")
    pending.close()

    assert given is pending


async def test_a_context_passes_the_real_object_on() -> None:
    """Mocks that a context makes, as the fixture does, stand before real objects, too."""
    context = MockContext("test_orders")
    counter = context.mock(Counter, wraps=Counter(1))
    counter_too = isolated_mock(Counter, context=context, wraps=Counter(2))

    assert (counter.add(1), counter_too.add(1)) == (2, 3)
    context.close()


def test_the_fixture_passes_the_real_object_on(request: pytest.FixtureRequest) -> None:
    """The fixture takes what the function takes."""
    make = request.getfixturevalue("isolated_mock")

    assert make(Counter, wraps=Counter(4)).add(1) == 5


class Connection:
    """What a pool lends."""

    async def fetch(self, query: str) -> list[str]:
        """Return rows."""
        raise NotImplementedError


class Lease:
    """What acquiring gives: to be awaited or entered."""

    def __await__(self) -> Generator[None, None, Connection]:
        raise NotImplementedError

    async def __aenter__(self) -> Connection:
        raise NotImplementedError

    async def __aexit__(self, *_error: object) -> None:
        raise NotImplementedError


async def test_what_is_awaited_or_entered_is_one_mock() -> None:
    """A connection is the same mock, whether the code under test awaits it or enters its context."""
    lease = isolated_mock(Lease)
    lease.__aenter__.return_value.fetch.return_value = ["row"]  # type: ignore[attr-defined]

    awaited = await lease
    async with lease as entered:
        assert entered is awaited
    assert await awaited.fetch("select") == ["row"]


async def test_what_awaiting_gives_can_be_set_alone() -> None:
    """A result for awaiting does not change what entering gives."""
    lease, connection = isolated_mock(Lease), isolated_mock(Connection)
    lease.__await__.return_value = connection  # type: ignore[attr-defined]

    async with lease as entered:
        assert entered is not connection
    assert await lease is connection
