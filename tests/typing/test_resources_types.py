"""What type checkers accept of a manager, and what they report."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from io import StringIO
from typing import assert_type

import pytest

from isolation import CleanupHandle, ManagerState, ResourceManager, Survivor, safe_cleanup, safe_cleanup_sync


class Session:
    """A resource."""

    async def aclose(self) -> None:
        """Close it."""

    def flush(self, *, force: bool) -> int:
        """Write what is left."""
        return int(force)


def close_nothing() -> None:
    """Take no argument."""


def test_a_manager_gives_back_what_it_was_given() -> None:
    """`add` and `track` keep the type of the resource."""
    with ResourceManager() as manager:
        assert_type(manager, ResourceManager)
        assert_type(manager.add(Session()), Session)
        assert_type(manager.track(Session(), "session"), Session)
        assert_type(manager.add([1], lambda numbers: numbers.clear()), list[int])
        assert_type(manager.child("child"), ResourceManager)


async def test_cleanups_may_be_async_functions_or_names() -> None:
    """A cleanup takes the resource, whatever it returns."""
    async with ResourceManager() as manager:
        assert_type(manager.add(Session(), Session.aclose, timeout=2.0), Session)
        assert_type(manager.add(Session(), "aclose", priority=1, hold="weak"), Session)
        handle = manager.register(Session().flush, force=True)
        assert_type(handle, CleanupHandle)
        assert_type(handle.depends_on(manager.register(close_nothing)), CleanupHandle)
        assert_type(handle.where, str)


def test_what_a_manager_tells_is_typed() -> None:
    """The properties are read-only sequences."""
    manager = ResourceManager("orders", cleanup_timeout=1.0, deadline=2.0)
    assert_type(manager.state, ManagerState)
    assert_type(manager.pending, Sequence[CleanupHandle])
    assert_type(manager.not_run, Sequence[CleanupHandle])
    assert_type(manager.errors, Sequence[BaseException])
    assert_type(manager.survivors(explain=True), Sequence[Survivor])


async def test_safe_cleanup_tells_what_it_called() -> None:
    """Both colours take any object and return the name of a method."""
    assert_type(await safe_cleanup(Session(), timeout=1.0), str)
    assert_type(safe_cleanup_sync(StringIO()), str)
    with pytest.raises(TypeError, match="positional"):
        await safe_cleanup(Session(), 1.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def entering(
    manager: ResourceManager, cm: AbstractContextManager[int], acm: AbstractAsyncContextManager[str]
) -> None:
    """Get the values of context managers; only type checkers come here."""
    assert_type(manager.enter_context(cm), int)
    assert_type(await manager.enter_async_context(acm, own_task=True), str)


def test_wrong_uses_are_reported() -> None:
    """Each ignored line is an error of mypy and of pyright, or the ignore would be one."""
    with ResourceManager() as manager:
        flush = Session().flush
        manager.register(flush).release()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        manager.register(flush, forced=True).release()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        manager.add(Session(), close_nothing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match="hold must be"):
            manager.add(Session(), Session.aclose, hold="soft")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        for handle in manager.pending:
            handle.release()
    with pytest.raises(TypeError, match="positional"):
        ResourceManager("orders", 1.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
