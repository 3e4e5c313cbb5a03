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
