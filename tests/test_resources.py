"""A manager calls each cleanup once, newest first, and tells what became of it."""

import asyncio
import os
import warnings
from unittest.mock import AsyncMock, Mock

import pytest

from isolation import CleanupError, CleanupHandle, ManagerClosedError, ManagerState, ResourceManager


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


async def test_cleanup_runs_newest_first() -> None:
    """A consumer is closed before the database that it reads from."""
    closed: list[str] = []
    manager = ResourceManager("orders")
    manager.add("database", closed.append)
    manager.add("consumer", closed.append)

    await manager.cleanup_all()

    assert closed == ["consumer", "database"]


async def test_a_callback_gets_its_arguments() -> None:
    """`register` passes on positional and keyword arguments."""
    close = Mock(return_value=None)
    manager = ResourceManager()
    manager.register(close, 1, force=True)

    await manager.cleanup_all()

    close.assert_called_once_with(1, force=True)


@pytest.mark.parametrize("cleanup", [Connection.aclose, Connection.close, "aclose", "close", lambda it: it.aclose()])
async def test_a_resource_is_closed_whatever_its_cleanup_is(cleanup: str) -> None:
    """A function or the name of a method will do, async or not, hidden in a lambda or not."""
    manager = ResourceManager()
    connection = manager.add(Connection(), cleanup)

    await manager.cleanup_all()

    assert not connection.is_open


def test_a_method_that_does_not_exist_is_refused_at_once() -> None:
    """A typing error fails where it is written, not at teardown."""
    manager = ResourceManager()

    with pytest.raises(AttributeError, match="has no attribute 'clse'"):
        manager.add(Connection(), "clse")

    assert manager.pending == []


async def test_a_block_cleans_up_at_its_end() -> None:
    """A manager is an async context manager."""
    async with ResourceManager() as manager:
        connection = manager.add(Connection(), Connection.aclose)

    assert not connection.is_open


def test_a_sync_block_cleans_up_at_its_end() -> None:
    """A manager is a context manager."""
    with ResourceManager() as manager:
        connection = manager.add(Connection(), Connection.aclose)

    assert not connection.is_open


async def test_a_second_call_does_nothing() -> None:
    """Neither cleanups nor their errors come twice."""
    manager = ResourceManager()
    manager.register(Mock(side_effect=KeyError("once")))
    with pytest.raises(CleanupError):
        await manager.cleanup_all()

    await manager.cleanup_all()
    manager.cleanup_all_sync()

    assert [str(error) for error in manager.errors] == ["'once'"]


async def test_a_manager_is_open_then_closing_then_closed() -> None:
    """The state tells where a manager is in its life."""
    manager = ResourceManager()
    states = [manager.state]
    manager.register(lambda: states.append(manager.state))

    await manager.cleanup_all()

    assert [*states, manager.state] == [ManagerState.OPEN, ManagerState.CLOSING, ManagerState.CLOSED]


async def test_nothing_can_be_registered_after_the_end() -> None:
    """What would never be cleaned up is refused."""
    manager = ResourceManager("orders")
    await manager.cleanup_all()

    with pytest.raises(ManagerClosedError) as caught:
        manager.register(print)

    assert (
        str(caught.value)
        == "'orders' has already cleaned up and never runs this one; register it earlier, or elsewhere"
    )


async def test_what_a_cleanup_registers_runs_in_the_same_drain() -> None:
    """Closing a pool may open a connection, which is closed as well."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.register(calls.append, "older")

    def close() -> None:
        calls.append("newer")
        manager.register(calls.append, "late")

    manager.register(close)

    await manager.cleanup_all()

    assert calls == ["newer", "late", "older"]


async def test_endless_registration_comes_to_an_end() -> None:
    """A cleanup that registers itself again is stopped after ten thousand times, and named."""
    manager = ResourceManager("orders")

    def again() -> None:
        manager.register(again)

    again()
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    (failure,) = caught.value.exceptions
    assert [handle.name for handle in manager.not_run] == ["again"]
    assert str(failure).startswith(
        "10000 cleanups were registered by cleanups before 1 cleanup of 'orders' could run\n  'again' (registered at "
    )


def test_a_forgotten_manager_names_what_never_ran() -> None:
    """A manager that is collected with pending cleanups warns, since nobody will run them."""
    managers = [ResourceManager("orders")]
    handle = managers[0].register(Connection().close)

    with pytest.warns(ResourceWarning) as caught:
        managers.clear()

    assert str(caught[0].message) == (
        f"'orders' was collected with 1 cleanup that never ran\n  'Connection.close' (registered at {handle.where})"
    )


def test_a_long_list_is_cut() -> None:
    """Ten names are enough to find the place."""
    managers = [ResourceManager()]
    for _ in range(12):
        managers[0].register(print)

    with pytest.warns(ResourceWarning) as caught:
        managers.clear()

    assert str(caught[0].message).count("'print'") == 10
    assert str(caught[0].message).endswith("\n  and 2 more")


def test_a_forked_child_deletes_nothing_of_its_parent() -> None:
    """A child process inherits the manager, and cleans up nothing of it."""
    read, write = os.pipe()
    manager = ResourceManager("orders")
    handle = manager.register(os.write, write, b"closed ")
    if not (child := os.fork()):  # pragma: no cover - the child leaves without writing its coverage
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            manager.cleanup_all_sync()
            asyncio.new_event_loop().run_until_complete(handle.run_now())
        os.write(write, str(caught[0].message).encode())
        os._exit(len(caught))

    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = os.read(read, 1000).decode()
    manager.cleanup_all_sync()

    assert said == "'orders' was made in another process, so this one cleans up nothing of it"
    assert (status, os.read(read, 1000)) == (2, b"closed ")
    os.close(read)
    os.close(write)


async def test_another_process_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning names the manager; nothing is run, nothing is lost."""
    calls: list[str] = []
    manager = ResourceManager("orders")
    handle = manager.register(calls.append, "closed")

    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 1)
        with pytest.warns(ResourceWarning, match="this one cleans up nothing of it"):
            await manager.cleanup_all()
        with pytest.warns(ResourceWarning, match="'orders' was made in another process"):
            await handle.run_now()

    assert (calls, len(manager.pending)) == ([], 1)
    await manager.cleanup_all()


async def test_a_manager_shows_its_state() -> None:
    """The `repr` says what a debugger wants to know."""
    manager = ResourceManager("orders")
    manager.register(print)

    assert repr(manager) == "<ResourceManager 'orders' open, 1 pending>"
    await manager.cleanup_all()
    assert repr(manager) == "<ResourceManager 'orders' closed, 0 pending>"


async def test_an_async_mock_is_awaited() -> None:
    """Doubles of async methods can be cleanups."""
    close = AsyncMock()
    async with ResourceManager() as manager:
        handle: CleanupHandle = manager.register(close)

    close.assert_awaited_once_with()
    assert handle.status == "done"
