"""Time is bounded where it can be, and told where it cannot."""

import asyncio
import threading
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from isolation import CleanupError, CleanupTimeoutError, ResourceManager


def wait_for_the_watch() -> None:
    """Return when our timer has looked, however busy the machine is."""
    while any(isinstance(thread, threading.Timer) for thread in threading.enumerate()):
        time.sleep(0.005)


BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def failures(manager: ResourceManager) -> list[tuple[type[BaseException], str]]:
    """Return what was recorded, as types and messages."""
    return [(type(failure), str(failure)) for failure in manager.errors]


@BACKENDS
@pytest.mark.parametrize("own_task", [False, True])
def test_a_hanging_cleanup_is_cancelled_and_stops_nothing(backend: str, own_task: bool) -> None:
    """The timeout is a failure, and the rest runs."""
    calls: list[str] = []

    async def hang(_: str) -> None:
        await anyio.sleep(10)

    async def main() -> None:
        manager = ResourceManager()
        manager.add("rest", calls.append)
        manager.add("hang", hang, timeout=0.02, own_task=own_task)
        with pytest.raises(CleanupError):
            await manager.cleanup_all()
        assert failures(manager) == [(CleanupTimeoutError, "it exceeded its timeout of 0.02 s and was cancelled")]

    anyio.run(main, backend=backend)

    assert calls == ["rest"]


async def test_a_cleanup_that_swallows_its_cancellation_is_still_late() -> None:
    """The scope does not say so, the clock does."""
    manager = ResourceManager(cleanup_timeout=0.02)

    async def swallow() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(10)

    manager.register(swallow)
    with pytest.raises(CleanupError):
        await manager.cleanup_all()

    assert failures(manager) == [(CleanupTimeoutError, "it exceeded its timeout of 0.02 s and was cancelled")]


async def test_what_a_late_cleanup_raises_says_that_it_was_late() -> None:
    """One failure, with what both had to say."""
    manager = ResourceManager("orders", cleanup_timeout=0.02)

    async def fail() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            int("x")

    handle = manager.register(fail)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert caught.value.exceptions[0].__notes__ == [
        "it had been cancelled because it exceeded its timeout of 0.02 s",
        f"while cleaning up '{handle.name}' of 'orders' (registered at {handle.where})",
    ]


async def test_a_failure_in_time_has_no_such_note() -> None:
    """A bounded cleanup that fails at once is an ordinary failure."""
    manager = ResourceManager("orders", cleanup_timeout=5.0)

    async def fail() -> None:
        int("x")

    manager.register(fail)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert len(caught.value.exceptions[0].__notes__) == 1


async def test_a_stubborn_cleanup_is_abandoned_and_named() -> None:
    """Only a task of its own can be left behind: once cancelled, once abandoned, 0.04 s in all."""
    manager = ResourceManager()
    release = asyncio.Event()

    async def refuse(_: str) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    manager.add("pool", refuse, timeout=0.02, own_task=True)
    with pytest.raises(CleanupError):
        await manager.cleanup_all()
    (left,) = asyncio.all_tasks() - {asyncio.current_task()}
    release.set()
    await left

    assert left.get_name() == "cleanup of refuse"
    assert failures(manager) == [
        (CleanupTimeoutError, "it exceeded its timeout of 0.02 s and goes on, since it refuses to be cancelled")
    ]


async def test_a_slow_sync_cleanup_says_where_it_was() -> None:
    """Nobody can interrupt it; the stack tells what it waited for."""
    manager = ResourceManager(cleanup_timeout=0.02)
    line = test_a_slow_sync_cleanup_says_where_it_was.__code__.co_firstlineno + 6

    def close() -> None:
        wait_for_the_watch()

    manager.register(close)
    with pytest.raises(CleanupError):
        await manager.cleanup_all()

    ((kind, said),) = failures(manager)
    assert kind is CleanupTimeoutError
    assert said.startswith(
        "it exceeded its timeout of 0.02 s and cannot be interrupted; it was at\n"
        f"  tests/test_resources_time.py:{line} in close\n"
        "  tests/test_resources_time.py:"
    )


def test_a_slow_sync_cleanup_may_fail_as_well() -> None:
    """Its own failure counts, with a note."""
    manager = ResourceManager(cleanup_timeout=0.02)

    def close() -> None:
        wait_for_the_watch()
        int("x")

    manager.register(close)
    with pytest.raises(CleanupError) as caught:
        manager.cleanup_all_sync()

    notes = caught.value.exceptions[0].__notes__
    assert notes[0].startswith("it exceeded its timeout of 0.02 s and cannot be interrupted; it was at\n")


def test_a_slow_sync_cleanup_may_be_interrupted_by_hand() -> None:
    """Ctrl-C leaves without a note, which pytest would print in its banner."""
    manager = ResourceManager(cleanup_timeout=0.02)

    def close() -> None:
        wait_for_the_watch()
        raise KeyboardInterrupt

    manager.register(close)
    with pytest.raises(KeyboardInterrupt) as caught:
        manager.cleanup_all_sync()

    assert not hasattr(caught.value, "__notes__")


async def test_what_a_slow_call_returns_is_awaited_all_the_same() -> None:
    """A slow start is no reason to leave the rest of a cleanup undone."""
    calls: list[str] = []
    manager = ResourceManager(cleanup_timeout=0.02)

    async def close() -> None:
        calls.append("closed")

    def begin() -> Awaitable[None]:
        wait_for_the_watch()
        return close()

    manager.register(begin)
    await manager.cleanup_all()

    assert calls == ["closed"]


def test_a_fast_sync_cleanup_is_not_reported() -> None:
    """The timeout of what comes back in time has no effect."""
    with ResourceManager(cleanup_timeout=5.0) as manager:
        manager.register(int)

    assert manager.errors == ()


def test_foreign_code_has_no_line_of_the_users() -> None:
    """A wait in the standard library is shown where it is; one in C is not seen at all."""
    manager = ResourceManager(cleanup_timeout=0.02)
    manager.register(time.sleep, 0.2)
    manager.register(threading.Event().wait, 0.2)

    with pytest.raises(CleanupError):
        manager.cleanup_all_sync()

    started = "it exceeded its timeout of 0.02 s and cannot be interrupted; it was at"
    assert str(manager.errors[0]).startswith(f"{started}\n  threading.py:")
    assert str(manager.errors[1]) == f"{started} an unknown place"


@BACKENDS
def test_the_deadline_bounds_all_of_them(backend: str) -> None:
    """What is running is cancelled, what has not begun is named."""

    async def main() -> None:
        manager = ResourceManager("orders", cleanup_timeout=5.0)
        handles = [manager.register(anyio.sleep, 10) for _ in range(3)]
        with pytest.raises(CleanupError) as caught:
            await manager.cleanup_all(deadline=0.02)
        left = "".join(f"\n  'sleep' (registered at {handle.where})" for handle in handles[1::-1])
        assert failures(manager) == [
            (CleanupTimeoutError, "it exceeded the deadline of 0.02 s and was cancelled"),
            (CleanupTimeoutError, f"the deadline of 0.02 s passed before 2 cleanups of 'orders' could run{left}"),
        ]
        assert str(caught.value) == "1 of 3 cleanups failed in 'orders', 2 did not run (2 sub-exceptions)"
        assert [handle.status for handle in handles] == ["not_run", "not_run", "failed"]

    anyio.run(main, backend=backend)


async def test_a_shorter_timeout_wins_over_the_deadline() -> None:
    """Each cleanup has the smaller of its timeout and what is left."""
    manager = ResourceManager(cleanup_timeout=0.01, deadline=5.0)
    manager.register(asyncio.sleep, 10)

    with pytest.raises(CleanupError):
        await manager.cleanup_all()

    assert failures(manager) == [(CleanupTimeoutError, "it exceeded its timeout of 0.01 s and was cancelled")]


def test_relative_paths_survive_a_deleted_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may delete its working directory; places are absolute then."""
    manager = ResourceManager()
    handle = manager.register(int)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert handle.where.startswith("/")
    manager.cleanup_all_sync()
