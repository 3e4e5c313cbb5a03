"""What type checkers know of controlled mocks, and what they report."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol, assert_type, overload
from unittest import mock

import anyio
import pytest

from isolation import (
    AsyncControl,
    AsyncWhen,
    Control,
    Fault,
    RecordedCall,
    When,
    control,
    isolated_function,
    isolated_mock,
    outage,
)


class IsSync(Protocol):
    """A flavour of a client, as redis has them."""

    is_sync: bool


class IsAsync(Protocol):
    """The other flavour."""

    is_async: bool


class Client:
    """A client."""

    is_async: bool = True

    async def fetch(self, query: str, *args: object, timeout: float | None = None) -> list[int]:
        """Return rows."""
        raise NotImplementedError

    def quote(self, name: str, *, deep: bool = False) -> str:
        """Return a name for a query."""
        raise NotImplementedError

    @overload
    def get(self: IsSync, name: str) -> bytes | None: ...
    @overload
    def get(self: IsAsync, name: str) -> Awaitable[bytes | None]: ...
    def get(self, name: str) -> Any:
        """Return a value, as redis' clients do."""
        raise NotImplementedError

    @overload
    def convert(self, value: int) -> int: ...
    @overload
    def convert(self, value: str) -> str: ...
    def convert(self, value: int | str) -> int | str:
        """Return one of the same type."""
        raise NotImplementedError

    @property
    def ready(self) -> bool:
        """Tell it."""
        return True


@pytest.fixture
def client() -> Client:
    """A mock of the client, which has the client's type."""
    client = isolated_mock(Client)
    assert_type(client, Client)
    return client


def test_a_view_has_the_parameters_and_the_result_of_the_method(client: Client) -> None:
    """What awaiting gives, for one that is async."""
    view = control(client.fetch)

    assert_type(view.return_value, list[int])
    view.return_value = [1]
    view.side_effect = [[1], TimeoutError, TimeoutError("slow")]
    view.side_effect = lambda query, *args, timeout=None: [len(query)]
    view.side_effect = None
    view.when(mock.ANY, timeout=mock.ANY).returns([2])
    view.when("q").raises(TimeoutError)
    view.assert_not_awaited()
    assert isinstance(view, AsyncControl)
    assert isinstance(view.when("q"), AsyncWhen)


def test_a_sync_method_has_a_view_that_awaits_nothing(client: Client) -> None:
    """It has nothing to say of awaiting."""
    view = control(client.quote)

    assert_type(view.return_value, str)
    assert_type(view.calls, Sequence[RecordedCall])
    assert_type(view.call_count, int)
    view.when("n", deep=True).returns("'n'")
    view.when("m").answers(lambda name, *, deep=False: name * 2 if deep else name)
    view.side_effect = lambda name, *, deep=False: name
    assert isinstance(view.when("n"), When)
    with pytest.raises(AttributeError):
        view.assert_awaited_with("n")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    with pytest.raises(AttributeError):
        view.await_count  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # noqa: B018


def test_overloads_by_flavour_are_chosen(client: Client) -> None:
    """Of the methods of redis the async flavour of the client takes the async overload."""
    view = control(client.get)

    assert_type(view.return_value, bytes | None)
    assert_type(view.await_count, int)
    view.when("k").returns(b"v")
    view.when("k").returns("v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        view.when("k", "v")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def test_methods_of_redis_are_typed() -> None:
    """Its overloads are those that the test above imitates."""
    pytest.importorskip("redis", reason="the client is not installed")
    from redis.asyncio import Redis

    redis = isolated_mock(Redis)
    view = control(redis.get)
    view.when("k").returns(b"v")
    view.when("k").returns(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        view.when("k", 3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert isinstance(view, AsyncControl)
    assert await redis.get("other") is None


def test_one_overload_of_several_is_checked(client: Client) -> None:
    """A checker takes the first: for the others of a method say `cast`."""
    control(client.convert).when(1).returns(2)


async def test_answers_are_typed(client: Client) -> None:
    """By the parameters and the result; one of an async method may be async."""

    async def rows(query: str, *args: object, timeout: float | None = None) -> list[int]:
        return [len(query)]

    async def names(query: str, *args: object, timeout: float | None = None) -> list[str]:
        return [query]

    control(client.fetch).when("q").answers(rows)
    control(client.fetch).side_effect = rows
    control(client.fetch).when("q").answers(names)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    control(client.fetch).side_effect = names  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    control(client.quote).side_effect = rows  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def test_arguments_of_the_wrong_type_are_reported(client: Client) -> None:
    """Where nothing would tell at run time: the call would only never come."""
    view = control(client.fetch)
    view.when(3).returns([1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    view.when("q", timeout="1").returns([1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    view.when("q").returns("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    view.return_value = "x"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    view.return_value = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    view.side_effect = ["x"]  # type: ignore[list-item]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AssertionError):
        view.assert_awaited_with(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(AssertionError):
        view.assert_any_call("q", timeout="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_arguments_that_a_call_cannot_have_are_reported(client: Client) -> None:
    """By type checkers and by `when` itself."""
    view = control(client.fetch)
    with pytest.raises(TypeError, match="timout"):
        view.when("q", timout=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match="query"):
        view.when()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_a_method_that_is_not_there_is_reported(client: Client) -> None:
    """Of the client, and of the view."""
    with pytest.raises(AttributeError):
        control(client.fetchh)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    with pytest.raises(AttributeError):
        control(client.fetch).assert_awaited_wiht("q")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def test_what_cannot_be_called_has_no_view(client: Client) -> None:
    """A value is none of a method."""
    with pytest.raises(TypeError, match=r"control\(\) takes a method"):
        control(client.ready)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(TypeError, match=r"control\(\) takes a method"):
        control(3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_faults_are_typed(client: Client) -> None:
    """Exceptions or classes of them, numbers, and an event of any library."""
    fault = control(client.fetch).fault(TimeoutError("slow"), after=2, times=1, every=3, latency=0.05)
    assert_type(fault, Fault)
    assert_type(fault.hits, int)
    with fault as same:
        assert_type(same, Fault)
    control(client.fetch).fault(until=anyio.Event(), jitter=0.1, seed=7)
    assert_type(outage(client, ConnectionError), Fault)


def test_faults_of_a_wrong_type_are_reported(client: Client) -> None:
    """As they are when they are set."""
    with pytest.raises(TypeError):
        control(client.fetch).fault("slow")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        control(client.fetch).fault(OSError, times=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        control(client.fetch).fault(until=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        outage(client, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_latency_of_a_sync_method_is_reported(client: Client) -> None:
    """Nobody could wait."""
    with pytest.raises(TypeError, match="latency needs a method that is awaited"):
        control(client.quote).fault(latency=0.1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Port(Protocol):
    """What an application needs of a client."""

    async def fetch(self, query: str) -> list[int]:
        """Return rows."""
        ...


class Abstract(ABC):
    """The same as a class."""

    @abstractmethod
    def quote(self, name: str) -> str:
        """Return a name for a query."""


def test_abstract_classes_and_protocols_have_mocks() -> None:
    """They are what is handed in most often."""
    port = isolated_mock(Port)
    assert_type(port, Port)
    assert_type(control(port.fetch).return_value, list[int])
    assert_type(isolated_mock(Abstract), Abstract)
    assert_type(isolated_mock(list[int]), list[int])


def test_a_mock_of_a_function_has_its_type() -> None:
    """Its parameters and its result."""

    def on_event(name: str) -> int:
        raise NotImplementedError

    callback = isolated_function(on_event)
    assert_type(callback("a"), int)
    control(callback).when("a").returns(3)
    control(callback).when("a").returns("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        callback()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_a_view_can_be_passed_on(client: Client) -> None:
    """To a helper that sets the same for many methods."""

    def fail(view: Control[..., Any]) -> Fault:
        return view.fault(ConnectionError)

    fail(control(client.fetch))
    fail(control(client.quote))
