"""A context manager may live in a task of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar

import anyio
import pytest

from isolation import (
    CleanupCancelledError,
    CleanupError,
    CleanupTimeoutError,
    ResourceManager,
    SetupCancelledError,
)
from isolation._owner_tasks import OwnerTask

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")
BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@BACKENDS
def test_a_crash_in_the_background_is_reported_once(backend: str) -> None:
    """A task group in an own task that lost a child is reported when it is left."""

    async def crash() -> None:
        raise ConnectionError("lost")

    async def main() -> None:
        manager = ResourceManager()
        group = await manager.enter_async_context(anyio.create_task_group(), own_task=True)
        group.start_soon(crash)
        await anyio.sleep(0.01)
        with pytest.raises(CleanupError) as caught:
            await manager.cleanup_all()
        (failure,) = caught.value.exceptions
        assert isinstance(failure, ExceptionGroup)
        assert repr(failure.exceptions) == "(ConnectionError('lost'),)"

    anyio.run(main, backend=backend)


async def test_a_suppressed_crash_is_no_failure() -> None:
    """A context manager in an own task may swallow what cancelled it."""

    @asynccontextmanager
    async def forgiving() -> AsyncIterator[asyncio.Task[None] | None]:
        with suppress(asyncio.CancelledError):
            yield asyncio.current_task()

    manager = ResourceManager()
    task = await manager.enter_async_context(forgiving(), own_task=True)
    assert task is not None
    task.cancel()
    await asyncio.wait([task])

    await manager.cleanup_all()

    assert manager.errors == ()


async def test_a_cancelled_own_task_is_a_failure() -> None:
    """A context manager that lets its cancellation out has failed."""

    class Plain:
        async def __aenter__(self) -> asyncio.Task[None] | None:
            return asyncio.current_task()

        async def __aexit__(self, *_: object) -> None:
            pass

    manager = ResourceManager()
    task = await manager.enter_async_context(Plain(), own_task=True)
    assert task is not None
    task.cancel()
    await asyncio.wait([task])

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [type(failure) for failure in caught.value.exceptions] == [CleanupCancelledError]


@BACKENDS
def test_an_own_task_hands_its_context_variables_over(backend: str) -> None:
    """What the entering sets is seen by whoever entered."""

    @asynccontextmanager
    async def tenant() -> AsyncIterator[None]:
        token = TENANT.set("acme")
        yield
        TENANT.reset(token)

    async def main() -> None:
        async with ResourceManager() as manager:
            await manager.enter_async_context(tenant(), own_task=True)
            assert TENANT.get() == "acme"

    anyio.run(main, backend=backend)


async def test_an_entering_that_is_cancelled_by_itself_is_an_error() -> None:
    """A CancelledError out of nowhere must not look like a cancelled test."""

    @asynccontextmanager
    async def confused(*, connected: bool = False) -> AsyncIterator[None]:
        if not connected:
            raise asyncio.CancelledError
        yield

    manager = ResourceManager()
    with pytest.raises(SetupCancelledError) as caught:
        await manager.enter_async_context(confused(), own_task=True)

    assert str(caught.value).endswith("confused was cancelled while it was entered")


@BACKENDS
def test_a_cancelled_entering_is_undone(backend: str) -> None:
    """Whoever is cancelled while he enters a context in an own task leaves nothing behind."""
    calls: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        try:
            await anyio.sleep(10)
            yield
        finally:
            calls.append("undone")

    async def main() -> None:
        manager = ResourceManager()
        with anyio.move_on_after(0.01):
            await manager.enter_async_context(slow(), own_task=True)
        assert (calls, manager.pending) == (["undone"], [])

    anyio.run(main, backend=backend)


async def test_an_own_task_bounds_the_exit() -> None:
    """Only in a task of its own can a hanging exit be ended."""

    @asynccontextmanager
    async def hanging() -> AsyncIterator[None]:
        yield
        await asyncio.sleep(10)

    manager = ResourceManager(cleanup_timeout=0.02)
    await manager.enter_async_context(hanging(), own_task=True)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [str(failure) for failure in caught.value.exceptions] == [
        "it exceeded its timeout of 0.02 s and was cancelled"
    ]


async def test_a_slow_exit_is_reported_and_not_interrupted() -> None:
    """Without a task of its own, an exit takes as long as it takes."""
    calls: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        yield
        await asyncio.sleep(0.03)
        calls.append("left")

    manager = ResourceManager(cleanup_timeout=0.01)
    await manager.enter_async_context(slow())
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert calls == ["left"]
    assert [(type(failure), str(failure)) for failure in caught.value.exceptions] == [
        (
            CleanupTimeoutError,
            "it exceeded its timeout of 0.01 s and was not interrupted; own_task=True would have bounded it",
        )
    ]


async def test_a_task_that_is_cancelled_before_it_begins_has_ended() -> None:
    """Whoever stops it at once does not wait for ever, and learns that nothing was done."""
    task = OwnerTask(lambda: asyncio.sleep(0), "x")

    async with asyncio.timeout(5):
        await task.stop()

    with pytest.raises(asyncio.CancelledError, match="before it began"):
        await task.finish(None)


@BACKENDS
def test_an_exit_in_its_own_task_may_clean_up(backend: str) -> None:
    """It is called by the cleanup that it asks for, though its task is older, and does not wait for that."""
    calls: list[str] = []

    async def main() -> None:
        manager = ResourceManager()
        manager.register(calls.append, "older")

        @asynccontextmanager
        async def session() -> AsyncIterator[None]:
            yield
            await manager.cleanup_all()
            calls.append("left")

        await manager.enter_async_context(session(), own_task=True)
        with anyio.fail_after(5):
            await manager.cleanup_all()

    anyio.run(main, backend=backend)

    assert calls == ["older", "left"]
