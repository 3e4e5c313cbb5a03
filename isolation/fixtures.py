"""The fixtures that users request."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar, cast, overload

import pytest

if TYPE_CHECKING:  # not at every start of pytest
    from unittest.mock import AsyncMock

    from isolation._resources import ResourceManager
    from isolation.mocks._context import MockContext
    from isolation.mocks._patching import IsolatedPatch

T = TypeVar("T")


class MockFactory(Protocol):
    """What the fixture ``isolated_mock`` gives: `isolation.isolated_mock`, bound to the test."""

    @overload
    def __call__(
        self, cls: None = None, *, name: str = ..., plain: bool = ..., copy_args: bool = ...
    ) -> "AsyncMock": ...

    @overload
    def __call__(
        self, cls: type[T], *, name: str = ..., plain: bool = ..., copy_args: bool = ..., wraps: object = ...
    ) -> T: ...

    @overload
    def __call__(
        self, cls: Callable[..., T], *, name: str = ..., plain: bool = ..., copy_args: bool = ..., wraps: object = ...
    ) -> T: ...


@pytest.fixture
def resource_manager(request: pytest.FixtureRequest) -> "Iterator[ResourceManager]":
    """Own what the test, and the fixtures that ask for this one, must release.

    What the test registers is cleaned up before the fixtures that it used, in the loop of the test.
    What fixtures register is cleaned up after their own teardown.
    What fails is an error of the teardown.
    """
    __tracebackhide__ = True
    from isolation._drivers import manager_of  # noqa: PLC0415 - imported when a test needs it

    yield from cast("Iterator[ResourceManager]", manager_of(request))


@pytest.fixture
def mock_context(request: pytest.FixtureRequest) -> "MockContext":
    """Own the mocks of the test: what was not done with them as said is told when all fixtures are torn down."""
    from isolation._mock_plugin import mock_plugin  # noqa: PLC0415 - imported when a test needs it

    return mock_plugin(request.config).open(request)


@pytest.fixture
def isolated_mock(mock_context: "MockContext") -> MockFactory:
    """Give `isolation.isolated_mock`, bound to the test: `isolated_mock(asyncpg.Pool)`."""

    def make(
        cls: type[object] | None = None,
        *,
        name: str = "",
        plain: bool = False,
        copy_args: bool = False,
        wraps: object = None,
    ) -> object:
        return mock_context.mock(cls, name=name, plain=plain, copy_args=copy_args, wraps=wraps)

    make.__qualname__ = "isolated_mock"  # as errors of arguments call it
    return cast("MockFactory", make)


@pytest.fixture
def isolated_patch(mock_context: "MockContext") -> "Iterator[IsolatedPatch]":
    """Replace names by mocks of what is there until the test is over: `isolated_patch("app.db.pool")`.

    Every patch is undone, the newest first, even if one cannot be; the failures are an error of the teardown.
    """
    __tracebackhide__ = True
    from isolation.mocks._patching import IsolatedPatch  # noqa: PLC0415 - imported when a test needs it

    with IsolatedPatch(context=mock_context) as patch:
        yield patch


@pytest.fixture
def isolated_kafka_mock(mock_context: "MockContext") -> "AsyncMock":
    """Mock the class that `isolation_services` binds ``kafka`` to."""
    __tracebackhide__ = True
    return mock_context.service("kafka")


@pytest.fixture
def isolated_postgres_mock(mock_context: "MockContext") -> "AsyncMock":
    """Mock the class that `isolation_services` binds ``postgres`` to."""
    __tracebackhide__ = True
    return mock_context.service("postgres")


@pytest.fixture
def isolated_redis_mock(mock_context: "MockContext") -> "AsyncMock":
    """Mock the class that `isolation_services` binds ``redis`` to."""
    __tracebackhide__ = True
    return mock_context.service("redis")


@pytest.fixture
def isolated_websocket_mock(mock_context: "MockContext") -> "AsyncMock":
    """Mock the class that `isolation_services` binds ``websocket`` to."""
    __tracebackhide__ = True
    return mock_context.service("websocket")


@pytest.fixture
def isolated_http_mock(mock_context: "MockContext") -> "AsyncMock":
    """Mock the class that `isolation_services` binds ``http`` to."""
    __tracebackhide__ = True
    return mock_context.service("http")


@pytest.fixture
def isolated_workflow_coordinator_mock(mock_context: "MockContext") -> "AsyncMock":
    """Mock the class that `isolation_services` binds ``workflow_coordinator`` to."""
    __tracebackhide__ = True
    return mock_context.service("workflow_coordinator")
