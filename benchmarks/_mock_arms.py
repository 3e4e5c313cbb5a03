"""The mocks that take turns: what makes each, and a whole test with it."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, create_autospec

from decoy import Decoy
from pytest_mock import MockerFixture

from isolation import isolated_mock

OURS, BARE, SPEC, AUTOSPEC, PYTEST_MOCK, DECOY = (
    "isolated_mock(C)",
    "AsyncMock()",
    "AsyncMock(spec=C)",
    "create_autospec(C)",
    "mocker.create_autospec(C)",
    "decoy.mock(cls=C)",
)
SLOW = (AUTOSPEC, PYTEST_MOCK)


class Client:
    """A small class with ten methods, six of them async."""

    async def get(self, key: str) -> str | None:
        """Return a value."""

    async def put(self, key: str, value: str) -> None:
        """Set a value."""

    async def close(self) -> None:
        """Close it."""

    connect = open = delete = get
    name = is_open = settings = count = lambda _: None


@dataclass(frozen=True, slots=True)
class Subject:
    """A class to mock, and three of its coroutine functions with arguments that they take."""

    path: str
    calls: Mapping[str, tuple[object, ...]]

    @property
    def cls(self) -> type:
        """The class."""
        if self.path == "a small class":
            return Client
        module, _, name = self.path.rpartition(".")
        found: type = getattr(importlib.import_module(module), name)
        return found


SUBJECTS = (
    Subject("a small class", {"get": ("k",), "put": ("k", "v"), "close": ()}),
    Subject("asyncpg.Connection", {"fetch": ("q",), "fetchval": ("q",), "execute": ("q",)}),
    Subject("asyncpg.Pool", {"fetch": ("q",), "fetchval": ("q",), "execute": ("q",)}),
    # Of the others the standard mocks do not know that they are awaitable.
    Subject("redis.asyncio.Redis", {"execute_command": ("GET", "k"), "initialize": (), "aclose": ()}),
    Subject("aiokafka.AIOKafkaProducer", {"send_and_wait": ("t", b"v"), "start": (), "stop": ()}),
    Subject("websockets.asyncio.client.ClientConnection", {"send": ("m",), "recv": (), "close": ()}),
)


def finished(coroutine: Any) -> object:
    """Run *coroutine*, which waits for nothing, without the cost of an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as result:
        return result.value
    raise AssertionError("it waits")


def makers(cls: type) -> dict[str, Callable[[], Any]]:
    """Return what makes a mock of *cls*, by arm."""
    return {
        OURS: partial(isolated_mock, cls),
        BARE: AsyncMock,
        SPEC: partial(AsyncMock, spec=cls),
        AUTOSPEC: partial(create_autospec, cls, instance=True),
        PYTEST_MOCK: partial(by_pytest_mock, cls),
        DECOY: lambda: Decoy().mock(cls=cls),
    }


def by_pytest_mock(cls: type) -> Any:
    """Return what the fixture ``mocker`` makes, after which it forgets that."""
    mocker = MockerFixture(SimpleNamespace(getini=lambda _: False))  # type: ignore[arg-type]
    mock = mocker.create_autospec(cls, instance=True)
    mocker.stopall()
    return mock


def body(subject: Subject, make: Callable[[], Any]) -> Callable[[], None]:
    """Return a test: make a mock, set three results, await six calls, assert three times, reset."""
    calls = list(subject.calls.items())

    def test() -> None:
        mock = make()
        for name, _ in calls:
            getattr(mock, name).return_value = 7
        for name, args in calls * 2:
            finished(getattr(mock, name)(*args))
        for name, args in calls:
            getattr(mock, name).assert_awaited_with(*args)
        mock.reset_mock()

    return test


def decoy_body(subject: Subject) -> Callable[[], None]:
    """Return the same test for decoy, which is told of results and asked for calls in its own way."""
    calls = list(subject.calls.items())

    def test() -> None:
        decoy = Decoy()
        mock = decoy.mock(cls=subject.cls)
        for name, args in calls:
            decoy.when(finished(getattr(mock, name)(*args))).then_return(7)
        for name, args in calls * 2:
            finished(getattr(mock, name)(*args))
        for name, args in calls:
            decoy.verify(finished(getattr(mock, name)(*args)), times=2)
        decoy.reset()

    return test


def bodies(subject: Subject) -> dict[str, Callable[[], None]]:
    """Return the test of each arm."""
    arms = {arm: body(subject, make) for arm, make in makers(subject.cls).items() if arm != DECOY}
    return {**arms, DECOY: decoy_body(subject)}
