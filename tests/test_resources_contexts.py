"""Context managers are exited as in a with-block; child managers are unwound in their place."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

import anyio
import pytest

from isolation import (
    CleanupError,
    ManagerClosedError,
    ResourceManager,
)

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")
BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@asynccontextmanager
async def noting(calls: list[str], name: str) -> AsyncIterator[str]:
    """Note when the context is entered and left."""
    calls.append(f"+{name}")
    yield name
    await anyio.sleep(0)
    calls.append(f"-{name}")


@BACKENDS
@pytest.mark.parametrize("own_task", [False, True])
def test_contexts_are_left_in_reverse_order(backend: str, own_task: bool) -> None:
    """Each is left once, the last one first, in whatever task."""
    calls: list[str] = []

    async def main() -> None:
        async with ResourceManager() as manager:
            assert await manager.enter_async_context(noting(calls, "a"), own_task=own_task) == "a"
            await manager.enter_async_context(noting(calls, "b"), own_task=own_task)

    anyio.run(main, backend=backend)

    assert calls == ["+a", "+b", "-b", "-a"]


async def test_what_was_acquired_is_released_if_the_rest_of_the_setup_fails() -> None:
    """Registration happens at acquisition."""
    calls: list[str] = []

    async def setup(manager: ResourceManager) -> None:
        await manager.enter_async_context(noting(calls, "a"))
        raise ValueError("setup")

    manager = ResourceManager()
    with pytest.raises(ValueError, match="setup"):
        await setup(manager)
    await manager.cleanup_all()

    assert calls == ["+a", "-a"]


@pytest.mark.parametrize("own_task", [False, True])
async def test_a_context_that_fails_to_open_is_not_left(own_task: bool) -> None:
    """What its entering raised is raised."""
    manager = ResourceManager()

    @asynccontextmanager
    async def broken(*, connected: bool = False) -> AsyncIterator[None]:
        if not connected:
            raise ConnectionError("refused")
        yield

    with pytest.raises(ConnectionError, match="refused"):
        await manager.enter_async_context(broken(), own_task=own_task)

    assert manager.pending == []


async def test_a_context_knows_how_the_block_ended() -> None:
    """A transaction in a failing block is rolled back, as in a with-block of its own."""
    seen: list[BaseException] = []

    @contextmanager
    def transaction() -> Iterator[None]:
        try:
            yield
        except ValueError as failure:
            seen.append(failure)

    def use() -> None:
        with ResourceManager() as manager:
            manager.enter_context(transaction())
            raise ValueError("body")

    with pytest.raises(ValueError, match="body") as caught:
        use()

    assert seen == [caught.value]


async def test_a_failing_cleanup_is_not_thrown_into_a_context() -> None:
    """A transaction is committed although an unrelated connection failed to close."""
    committed: list[bool] = []

    @contextmanager
    def transaction() -> Iterator[None]:
        yield
        committed.append(True)

    manager = ResourceManager()
    manager.enter_context(transaction())
    manager.register(int, "connection")
    with pytest.raises(CleanupError):
        await manager.cleanup_all()

    assert committed == [True]


@pytest.mark.parametrize("own_task", [False, True])
@BACKENDS
def test_a_task_group_can_be_left_by_the_manager(backend: str, own_task: bool) -> None:
    """No scope of ours is open while a task group is left, although a cleanup before it was bounded."""
    calls: list[str] = []

    async def work() -> None:
        await anyio.sleep(0.01)
        calls.append("worked")

    async def main() -> None:
        async with ResourceManager(cleanup_timeout=5.0) as manager:
            group = await manager.enter_async_context(anyio.create_task_group(), own_task=own_task)
            manager.register(anyio.sleep, 0)
            group.start_soon(work)

    anyio.run(main, backend=backend)

    assert calls == ["worked"]


@pytest.mark.parametrize("own_task", [False, True])
async def test_nothing_is_entered_after_the_end(own_task: bool) -> None:
    """A context manager that nobody would leave is not entered."""
    calls: list[str] = []
    manager = ResourceManager()
    await manager.cleanup_all()

    with pytest.raises(ManagerClosedError):
        await manager.enter_async_context(noting(calls, "a"), own_task=own_task)

    assert calls == []


@pytest.mark.parametrize("own_task", [False, True])
async def test_a_context_that_comes_too_late_is_left_at_once(own_task: bool) -> None:
    """The manager may close while a context is entered."""
    manager = ResourceManager()
    ends: list[type[BaseException] | None] = []

    class Closing:
        async def __aenter__(self) -> None:
            await manager.cleanup_all()

        async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
            ends.append(kind)

    with pytest.raises(ManagerClosedError):
        await manager.enter_async_context(Closing(), own_task=own_task)

    assert ends == [ManagerClosedError]


def test_a_sync_context_that_comes_too_late_is_left_at_once() -> None:
    """The same for sync context managers."""
    manager = ResourceManager()
    ends: list[type[BaseException] | None] = []

    class Closing:
        def __enter__(self) -> None:
            manager.cleanup_all_sync()

        def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
            ends.append(kind)

    with pytest.raises(ManagerClosedError):
        manager.enter_context(Closing())

    assert ends == [ManagerClosedError]
