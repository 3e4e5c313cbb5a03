"""Anything is closed by the method that it has, and what goes wrong is raised."""

import asyncio
from collections.abc import Awaitable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock, create_autospec

import anyio
import pytest

from isolation import (
    AsyncCleanupRequiredError,
    CleanupCancelledError,
    CleanupTimeoutError,
    safe_cleanup,
    safe_cleanup_sync,
)

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])
ORDER = ["aclose", "close", "stop", "shutdown", "disconnect", "terminate", "cancel"]


class Pool:
    """A resource whose cleanup does what a test says."""

    def __init__(self, failure: BaseException | None = None, seconds: float = 0) -> None:
        self.failure = failure
        self.seconds = seconds
        self.is_open = True

    async def aclose(self) -> None:
        """Close it."""
        await anyio.sleep(self.seconds)
        self.is_open = False
        if self.failure is not None:
            raise self.failure


class Proxy:
    """An object that answers every name, as clients of remote procedures do."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda: self.calls.append(name)


class ClosableProxy(Proxy):
    """One that has a method of its own, too."""

    def stop(self) -> None:
        """Stop it."""
        self.calls.append("really stopped")


class Server:
    """A server that wants to know how long to wait."""

    async def stop(self, grace: float) -> None:
        """Stop it."""


@pytest.mark.parametrize("number", range(len(ORDER)))
@pytest.mark.parametrize("is_async", [False, True])
async def test_the_methods_have_an_order_of_preference(number: int, is_async: bool) -> None:
    """Of those that an object has, the first is called, once, and its name returned."""
    methods = {name: AsyncMock() if is_async else Mock() for name in ORDER[number:]}

    assert await safe_cleanup(SimpleNamespace(**methods), timeout=5.0) == ORDER[number]
    assert [name for name, method in methods.items() if method.call_count] == [ORDER[number]]


@BACKENDS
def test_an_async_method_is_awaited(backend: str) -> None:
    """On asyncio and on trio."""
    pool = Pool()

    assert anyio.run(safe_cleanup, pool, backend=backend) == "aclose"
    assert not pool.is_open


async def test_what_a_plain_function_returns_is_awaited() -> None:
    """Not every function that has to be awaited is an async one."""
    pool = Pool()

    def close() -> Awaitable[None]:
        return pool.aclose()

    await safe_cleanup(SimpleNamespace(close=close))

    assert not pool.is_open


async def test_what_is_no_method_or_needs_arguments_is_passed_over() -> None:
    """A flag called `close` closes nothing, `disconnect(user)` is for somebody else."""
    stop = Mock()

    assert await safe_cleanup(SimpleNamespace(close=True, disconnect=lambda user: None, cancel=stop)) == "cancel"
    stop.assert_called_once_with()


async def test_what_does_not_say_what_it_needs_is_called() -> None:
    """Functions of extensions may have no signature."""
    assert await safe_cleanup(SimpleNamespace(close=vars)) == "close"


async def test_what_a_method_raises_is_raised_with_a_note() -> None:
    """The failure itself, not a group; it says what failed and who asked for it."""
    failure = ConnectionError("already gone")
    line = test_what_a_method_raises_is_raised_with_a_note.__code__.co_firstlineno + 6

    with pytest.raises(ConnectionError) as caught:
        await safe_cleanup(Pool(failure))

    assert caught.value is failure
    assert failure.__notes__ == [
        f"while cleaning up 'Pool.aclose' of 'safe_cleanup()' (registered at tests/test_safe_cleanup.py:{line})"
    ]


@BACKENDS
def test_a_hanging_method_is_cancelled_after_the_timeout(backend: str) -> None:
    """The error says how long it had, the note what it was."""
    pool = Pool(seconds=60)

    async def main() -> None:
        with pytest.raises(CleanupTimeoutError, match=r"exceeded its timeout of 0\.02 s(.|\n)*'Pool\.aclose'"):
            await safe_cleanup(pool, timeout=0.02)

    anyio.run(main, backend=backend)

    assert pool.is_open


async def test_a_method_that_cancels_itself_has_failed() -> None:
    """Its `CancelledError` cancels nobody else."""
    with pytest.raises(CleanupCancelledError, match="nobody cancelled it"):
        await safe_cleanup(Pool(asyncio.CancelledError()))


@BACKENDS
def test_a_cancelled_scope_does_not_cut_it_short(backend: str) -> None:
    """A test that was cancelled still closes what it has."""
    pool = Pool()

    async def main() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await safe_cleanup(pool)

    anyio.run(main, backend=backend)

    assert not pool.is_open


async def test_a_cancelled_caller_stays_cancelled() -> None:
    """Who is cancelled while he waits gets his `CancelledError`."""
    task = asyncio.create_task(safe_cleanup(Pool(seconds=60)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_an_interrupt_leaves_as_it_is() -> None:
    """Ctrl-C is no failure of a cleanup."""
    with pytest.raises(KeyboardInterrupt):
        await safe_cleanup(SimpleNamespace(close=Mock(side_effect=KeyboardInterrupt)))


NONE_OF = f"it has none of {', '.join(ORDER)}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "cannot clean up None, which was never made"),
        (Pool, "cannot clean up the class Pool; pass an instance of it"),
        (42, f"cannot clean up 'int' object: {NONE_OF}"),
        (nullcontext(), f"cannot clean up 'nullcontext' object: {NONE_OF}; it is a context manager, enter it instead"),
        (asyncio.Lock(), f"cannot clean up 'Lock' object: {NONE_OF}; it is a context manager, enter it instead"),
        (Server(), f"cannot clean up 'Server' object: {NONE_OF}; its stop() needs arguments"),
        (Proxy(), f"cannot clean up 'Proxy' object: {NONE_OF}"),
    ],
)
async def test_what_cannot_be_closed_is_refused(wrong: object, said: str) -> None:
    """Nothing is done silently, least of all nothing."""
    with pytest.raises(TypeError) as caught:
        await safe_cleanup(wrong)

    assert str(caught.value) == said


async def test_an_object_that_answers_everything_is_asked_for_what_its_class_has() -> None:
    """What `__getattr__` makes up is no way to close anything."""
    proxy = ClosableProxy()

    assert await safe_cleanup(proxy) == "stop"
    assert proxy.calls == ["really stopped"]


async def test_an_object_that_refuses_to_answer_is_asked_for_what_its_class_has() -> None:
    """A proxy may raise anything when it is not bound."""

    class Unbound:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("working outside of application context")

        def close(self) -> None:
            """Close it."""

    assert await safe_cleanup(Unbound()) == "close"


async def test_a_proxy_of_one_thing_is_closed_through_it() -> None:
    """What answers for another object has what that one has."""

    class Wrapper:
        def __init__(self, wrapped: object) -> None:
            self.wrapped = wrapped

        def __getattr__(self, name: str) -> Any:
            return getattr(self.wrapped, name)

    pool = Pool()

    assert await safe_cleanup(Wrapper(pool)) == "aclose"
    assert not pool.is_open


async def test_a_mock_is_closed_as_its_specification_says() -> None:
    """What stands for a task is no task; without a specification the first method is as good as any."""
    anything, task, pool = AsyncMock(), Mock(spec=asyncio.Task), create_autospec(Pool, instance=True)

    assert [await safe_cleanup(mock) for mock in (anything, task, pool)] == ["aclose", "cancel", "aclose"]
    assert [len(mock.mock_calls) for mock in (anything, task, pool)] == [1, 1, 1]
    pool.aclose.assert_awaited_once_with()


def test_sync_code_has_a_twin() -> None:
    """It runs what is async in a loop of its own, and raises what that raises."""
    failure = ConnectionError("already gone")
    close = Mock()

    with pytest.raises(ConnectionError) as caught:
        safe_cleanup_sync(Pool(failure))

    assert caught.value is failure
    assert safe_cleanup_sync(SimpleNamespace(close=close)) == "close"
    close.assert_called_once_with()


def test_the_twin_bounds_the_time_too() -> None:
    """A hanging method is cancelled."""
    with pytest.raises(CleanupTimeoutError, match=r"exceeded its timeout of 0\.02 s"):
        safe_cleanup_sync(Pool(seconds=60), timeout=0.02)


async def test_the_twin_does_not_wait_for_its_own_loop() -> None:
    """It runs nothing then, and says what to call instead."""
    pool = Pool()

    with pytest.raises(AsyncCleanupRequiredError) as caught:
        safe_cleanup_sync(pool)

    assert str(caught.value) == (
        "'Pool.aclose' is async and could only run in the loop of this thread; "
        "nothing was run, await safe_cleanup() there"
    )
    assert pool.is_open


@pytest.mark.parametrize("to_await", ["coroutine", "future"])
async def test_the_twin_says_what_was_called_and_not_awaited(to_await: str) -> None:
    """Nobody knows that a plain function returns what has to be awaited before it does."""

    def close() -> Awaitable[None]:
        return Pool().aclose() if to_await == "coroutine" else asyncio.get_running_loop().create_future()

    with pytest.raises(AsyncCleanupRequiredError) as caught:
        safe_cleanup_sync(SimpleNamespace(close=close))

    assert str(caught.value) == (
        "'SimpleNamespace.close' is async and could only run in the loop of this thread; "
        "it was called, but what it returned was not awaited: use safe_cleanup() there"
    )
