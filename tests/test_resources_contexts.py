"""Context managers are exited as in a with-block; child managers are unwound in their place."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar

import anyio
import pytest

from isolation import (
    CleanupCancelledError,
    CleanupError,
    CleanupTimeoutError,
    ManagerClosedError,
    ResourceManager,
    SetupCancelledError,
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
            "it exceeded its timeout of 0.01 s and was not interrupted; enter it with own_task=True to bound it",
        )
    ]


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


async def test_a_child_is_unwound_in_its_place() -> None:
    """What a child owns goes together, between what is newer and what is older."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(calls.append, "older")
    child = manager.child("child")
    manager.register(calls.append, "newer")
    child.register(calls.append, "child 1")
    child.register(calls.append, "child 2")

    await manager.cleanup_all()

    assert calls == ["newer", "child 2", "child 1", "older"]


def test_a_child_is_unwound_from_sync_code() -> None:
    """The same without a loop."""
    calls: list[str] = []
    with ResourceManager() as manager:
        manager.child("child").register(calls.append, "child")

    assert calls == ["child"]


async def test_a_child_that_was_cleaned_up_leaves_its_parent() -> None:
    """A manager per session does not collect the managers of every test."""
    manager = ResourceManager()
    child = manager.child("child")
    await child.cleanup_all()

    assert manager.pending == []
    await manager.cleanup_all()


async def test_the_failures_of_a_child_are_one_failure_of_its_parent() -> None:
    """The group of the child, with its name, is in the group of the parent."""
    manager = ResourceManager("session")
    manager.child("test").register(int, "x")

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [str(failure) for failure in caught.value.exceptions] == [
        "1 of 1 cleanups failed in 'test' (1 sub-exception)"
    ]


async def test_an_interrupt_in_a_child_keeps_the_failures_of_both() -> None:
    """The interrupt leaves as it is; its cause has the failures of parent and child."""
    manager = ResourceManager("session")
    child = manager.child("test")
    child.register(int, "child")
    child.enter_context(context_that_raises(KeyboardInterrupt()))
    manager.register(int, "parent")

    with pytest.raises(KeyboardInterrupt) as caught:
        await manager.cleanup_all()

    assert isinstance(caught.value.__cause__, CleanupError)
    assert [type(failure) for failure in caught.value.__cause__.exceptions] == [ValueError, CleanupError]


@contextmanager
def context_that_raises(failure: BaseException) -> Iterator[None]:
    """Raise *failure* when it is left."""
    yield
    raise failure


async def test_the_deadline_of_a_parent_bounds_its_children() -> None:
    """A child has what is left of its parent's deadline."""
    manager = ResourceManager(deadline=0.02)
    manager.child("test").register(asyncio.sleep, 10)

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    (group,) = caught.value.exceptions
    assert isinstance(group, CleanupError)
    assert [type(failure) for failure in group.exceptions] == [CleanupTimeoutError]
