"""A handle tells what became of a cleanup, and changes it."""

import asyncio
import functools
from unittest.mock import Mock

import pytest

from isolation import CleanupError, ManagerState, ResourceManager


class Connection:
    """A resource with an async and a sync way to close."""

    def __init__(self, name: str = "connection") -> None:
        self.name = name
        self.is_open = True

    async def aclose(self) -> None:
        """Close it."""
        await asyncio.sleep(0)
        self.is_open = False

    def close(self) -> None:
        """Close it."""
        self.is_open = False


async def test_a_handle_tells_what_became_of_its_cleanup() -> None:
    """The status follows the cleanup."""
    manager = ResourceManager()
    statuses: list[str] = []
    handle = manager.register(lambda: statuses.append(handle.status))
    failing = manager.register(Mock(side_effect=KeyError))
    statuses.append(handle.status)

    with pytest.raises(CleanupError):
        await manager.cleanup_all()

    assert [*statuses, handle.status, failing.status] == ["pending", "running", "done", "failed"]


async def test_a_handle_says_what_and_where() -> None:
    """Name and place survive the cleanup."""
    manager = ResourceManager()
    handle = manager.register(Connection().aclose)
    line = test_a_handle_says_what_and_where.__code__.co_firstlineno + 3

    await manager.cleanup_all()

    assert (
        repr(handle)
        == f"<CleanupHandle 'Connection.aclose' done, registered at tests/test_resources_handles.py:{line}>"
    )


@pytest.mark.parametrize(
    ("cleanup", "name"),
    [
        (Connection.close, "Connection.close"),
        (functools.partial(Connection.close), "Connection.close"),
        ("close", "Connection.close"),
        (Mock(), "Mock"),
    ],
)
def test_a_cleanup_is_named_as_its_author_named_it(cleanup: str, name: str) -> None:
    """Functions, partials, methods by name and callable objects have names that can be found in the code."""
    with ResourceManager() as manager:
        manager.add(Connection(), cleanup)

        assert [handle.name for handle in manager.pending] == [name]


def test_a_given_name_wins() -> None:
    """`name=` is how messages call the cleanup."""
    with ResourceManager() as manager:
        manager.add(Connection(), Connection.close, name="pool.close")

        assert [handle.name for handle in manager.pending] == ["pool.close"]


async def test_a_released_cleanup_never_runs() -> None:
    """Who takes a resource away from the manager cleans it up himself."""
    manager = ResourceManager()
    handle = manager.register(pytest.fail)

    handle.release()
    handle.release()
    await manager.cleanup_all()

    assert handle.status == "released"


async def test_a_cleanup_can_run_early_and_only_then() -> None:
    """`run_now` is the one time that the cleanup runs."""
    calls: list[str] = []
    manager = ResourceManager()
    handle = manager.register(calls.append, "closed")

    await handle.run_now()
    await handle.run_now()
    await manager.cleanup_all()

    assert (calls, handle.status, manager.state) == (["closed"], "done", ManagerState.CLOSED)


async def test_running_early_raises_the_failure_itself() -> None:
    """What `run_now` raised is recorded, and not raised again."""
    manager = ResourceManager("orders")
    handle = manager.register(int, "early")

    with pytest.raises(ValueError, match="invalid literal") as caught:
        await handle.run_now()
    await manager.cleanup_all()

    assert caught.value.__notes__ == [f"while cleaning up 'int' of 'orders' (registered at {handle.where})"]
    assert manager.errors == (caught.value,)


async def test_a_handle_outlives_its_manager() -> None:
    """A handle does not keep a manager alive, and is harmless without one."""
    manager = ResourceManager()
    handle, other = manager.register(print), manager.register(print)
    await manager.cleanup_all()
    del manager

    handle.release()
    await handle.run_now()

    assert handle.depends_on(other) is handle
    assert handle.status == "done"
