"""A child manager is one entry of its parent."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from isolation import (
    CleanupError,
    CleanupTimeoutError,
    ResourceManager,
)

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")
BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


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


def boom(said: str) -> None:
    """Fail."""
    raise ValueError(said)


def interrupt() -> None:
    """Do what Ctrl-C does."""
    raise KeyboardInterrupt


async def test_a_child_that_is_run_early_keeps_its_failures_beside_an_interrupt() -> None:
    """The interrupt arrives, its cause has the rest."""
    manager = ResourceManager("parent")
    child = manager.child("child")
    child.register(boom, "lost")
    child.register(interrupt)

    with pytest.raises(KeyboardInterrupt) as caught:
        await manager.pending[0].run_now()

    assert isinstance(caught.value.__cause__, CleanupError)
    assert caught.value.__cause__.subgroup(ValueError) is not None


def test_children_give_back_the_interrupt_of_a_block_without_counting_it() -> None:
    """Ctrl-C in the body is one interrupt, however many children there are: everything runs."""
    calls: list[str] = []

    manager = ResourceManager("parent")
    manager.register(calls.append, "parent")
    for name in "abc":
        manager.child(name).register(calls.append, name)
    with pytest.raises(KeyboardInterrupt), manager:
        raise KeyboardInterrupt

    assert calls == ["c", "b", "a", "parent"]
    assert (manager.errors, manager.not_run) == ((), ())


async def test_children_are_no_failures_in_a_block_that_was_cancelled() -> None:
    """The cancellation of the body leaves as it is; no child has cancelled itself."""
    manager = ResourceManager("parent")

    async def body() -> None:
        async with manager:
            manager.child("child")
            await asyncio.sleep(60)

    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert manager.errors == ()


async def test_a_cancellation_in_a_child_hides_no_failure() -> None:
    """The child is no failure by itself; what failed in it and in the parent is the cause of the cancellation."""
    manager = ResourceManager("parent")
    manager.register(boom, "parent")
    child = manager.child("child")
    child.register(boom, "child")
    child.add("slow", lambda _: asyncio.sleep(0.01), own_task=True)

    task = asyncio.create_task(manager.cleanup_all())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    assert isinstance(caught.value.__cause__, CleanupError)
    inner, outer = caught.value.__cause__.exceptions
    assert isinstance(inner, CleanupError)
    assert [str(failure) for failure in (*inner.exceptions, outer)] == ["child", "parent"]


def test_the_failure_of_a_child_stays_the_same_object_in_a_block_that_failed() -> None:
    """Whoever looks for it in the errors of the child finds it."""
    manager = ResourceManager("parent")
    child = manager.child("child")
    child.register(boom_with_a_group)

    with pytest.raises(CleanupError) as caught, manager:
        raise RuntimeError("body")

    (inner,) = caught.value.exceptions
    assert isinstance(inner, CleanupError)
    assert inner.exceptions[0] is child.errors[0]


def boom_with_a_group() -> None:
    """Fail as a task group does."""
    raise ExceptionGroup("tasks", [ValueError("a"), KeyError("b")])
