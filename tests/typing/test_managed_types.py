"""What type checkers accept of a managed fixture, and what they report."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import assert_type

import pytest
import pytest_asyncio

from isolation import FixtureScope, ResourceManager, managed_fixture


class Pool:
    """A resource."""

    async def aclose(self) -> None:
        """Close it."""

    def close(self) -> int:
        """Close it."""
        return 0


def log_out() -> None:
    """Take no argument."""


@managed_fixture
def bare(resource_manager: ResourceManager) -> int:
    """Return a value."""
    return len(resource_manager.pending)


@managed_fixture(scope=FixtureScope.SESSION, dependencies=["bare", bare], priority=3, own_task=True)
async def in_a_task() -> AsyncIterator[Pool]:
    """Yield a value."""
    yield Pool()


@managed_fixture(cleanup_callbacks=[Pool.aclose, log_out, Pool.close], cleanup_timeout=1.0, isolation_group="database")
async def asynchronous() -> Pool:
    """Return a value."""
    return Pool()


@managed_fixture(cleanup_callbacks=[Pool.close, log_out], params=[1, 2], ids=str, scope="module", name="renamed")
def yielding() -> Iterator[Pool]:
    """Yield a value."""
    yield Pool()


@managed_fixture(using=pytest_asyncio.fixture, loop_scope="session")
async def driven() -> int:
    """Be made by another decorator."""
    return 1


def test_a_bare_fixture_keeps_its_signature() -> None:
    """Editors show what was written."""
    assert_type(managed_fixture(log_out_again), Callable[[], None])


def log_out_again() -> None:
    """Take no argument."""


def test_wrong_use_is_reported() -> None:
    """A scope that does not exist, and a callback that cannot be called, are errors of the type checker."""
    with pytest.raises(ValueError, match=r"unknown scope 'modul' in @managed_fixture; did you mean 'module'\?"):
        managed_fixture(scope="modul")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="must be functions, got 'aclose'"):
        managed_fixture(cleanup_callbacks=["aclose"])(log_out_again)  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
