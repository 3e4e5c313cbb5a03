"""The phase of the test: what its body registers is cleaned up at its end, before what was registered before."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import anyio
import pytest

from isolation import AsyncCleanupRequiredError, CleanupError, ManagerState
from isolation._test_phase import PhasedManager


def body(manager: PhasedManager, *names: str, said: list[str]) -> Callable[[], None]:
    """Return a test that registers cleanups of these names."""

    def test() -> None:
        for name in names:
            manager.register(said.append, name)

    return test


class Reraising:
    """A context manager that raises again what has ended its block."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        """Raise *failure*."""
        assert failure is not None
        raise failure


def test_the_body_cleans_up_what_it_registers_and_nothing_else() -> None:
    """What was registered before stays, and the manager stays open for more."""
    said: list[str] = []
    manager = PhasedManager("test_it")
    manager.register(said.append, "fixture's")

    manager.releasing(body(manager, "a", "b", said=said))()

    assert said == ["b", "a"]
    assert [handle.name for handle in manager.pending] == ["list.append"]
    assert manager.state is ManagerState.OPEN
    manager.cleanup_all_sync()
    assert said == ["b", "a", "fixture's"]


def test_priorities_never_reach_behind_the_beginning_of_the_body() -> None:
    """A fixture's cleanup that would come first by its priority waits until its fixture is done."""
    said: list[str] = []
    manager = PhasedManager("test_it")
    manager.add("fixture's", said.append, priority=-1)

    def test() -> None:
        manager.add("late", said.append, priority=1)
        manager.add("early", said.append)

    manager.releasing(test)()

    assert said == ["early", "late"]
    manager.cleanup_all_sync()
    assert said == ["early", "late", "fixture's"]


def test_what_a_fixtures_cleanup_has_to_precede_waits_for_that() -> None:
    """A dependency wins: the test's own cleanup is left to the end."""
    said: list[str] = []
    manager = PhasedManager("test_it")
    fixtures = manager.register(said.append, "fixture's")

    def test() -> None:
        fixtures.depends_on(manager.register(said.append, "test's"))

    manager.releasing(test)()

    assert said == []
    manager.cleanup_all_sync()
    assert said == ["fixture's", "test's"]


def test_a_cleanup_of_the_body_may_register_and_may_clean_up_all() -> None:
    """What it registers runs next; a cleanup that asks for everything closes the manager."""
    said: list[str] = []
    manager = PhasedManager("test_it")
    manager.add("fixture's", said.append, priority=1)

    def test() -> None:
        manager.register(said.append, "first")
        manager.register(manager.cleanup_all_sync)
        manager.register(lambda: manager.register(said.append, "nested"))

    manager.releasing(test)()

    assert said == ["nested", "first", "fixture's"]
    assert manager.state is ManagerState.CLOSED
    manager.cleanup_all_sync()


def test_what_fails_in_the_body_is_raised_at_the_end_with_all_others() -> None:
    """Nothing is raised out of the body, and nothing twice."""
    manager = PhasedManager("test_it")
    manager.register(int, "fixture's")

    def test() -> int:
        manager.register(int, "test's")
        return 7

    assert manager.releasing(test)() == 7
    with pytest.raises(CleanupError) as caught:
        manager.cleanup_all_sync()

    assert str(caught.value) == "2 of 2 cleanups failed in 'test_it' (2 sub-exceptions)"
    assert [str(failure).partition(": ")[2] for failure in caught.value.exceptions] == [
        '"test\'s"',
        '"fixture\'s"',
    ]
    manager.cleanup_all_sync()


async def test_a_body_that_fails_cleans_up_and_fails() -> None:
    """Its exception is no context of what cleanups raise."""
    manager = PhasedManager("test_it")
    failure = AssertionError("body")

    async def test() -> None:
        manager.register(int, "test's")
        raise failure

    with pytest.raises(AssertionError) as caught:
        await manager.releasing(test)()

    assert caught.value is failure
    assert [error.__context__ for error in manager.errors] == [None]
    with pytest.raises(CleanupError, match="1 of 1 cleanups failed"):
        await manager.cleanup_all()


def test_a_sync_body_that_fails_cleans_up_and_fails() -> None:
    """Context managers learn what has ended the body, and may raise it again."""
    manager = PhasedManager("test_it")

    def test() -> None:
        manager.enter_context(suppress(OSError))
        manager.enter_context(Reraising())
        raise AssertionError("body")

    with pytest.raises(AssertionError, match="body"):
        manager.releasing(test)()

    manager.cleanup_all_sync()


async def test_a_task_group_that_wraps_the_failure_of_the_body_has_not_failed() -> None:
    """Only what else was in its group is an error."""
    manager = PhasedManager("test_it")

    async def crash() -> None:
        raise OSError("background")

    async def test() -> None:
        await manager.enter_async_context(anyio.create_task_group())
        raise AssertionError("body")

    async def test_crashing() -> None:
        group = await manager.enter_async_context(asyncio.TaskGroup())
        group.create_task(crash())
        await asyncio.sleep(0)  # the task has failed, and nobody knows yet
        raise AssertionError("body")

    with pytest.raises(AssertionError):
        await manager.releasing(test)()
    with pytest.raises(AssertionError):
        await manager.releasing(test_crashing)()

    assert [repr(error) for error in manager.errors] == [
        "ExceptionGroup('unhandled errors in a TaskGroup', [OSError('background')])"
    ]
    with pytest.raises(ExceptionGroup):
        await manager.cleanup_all()


def test_an_interrupt_is_not_kept_until_the_end() -> None:
    """It is raised at once, when the rest of the body's cleanups has run; the end raises the errors only."""
    manager = PhasedManager("test_it")

    def interrupt() -> None:
        raise KeyboardInterrupt

    def test() -> None:
        manager.register(int, "rest")
        manager.register(interrupt)

    with pytest.raises(KeyboardInterrupt):
        manager.releasing(test)()
    with pytest.raises(CleanupError, match="1 of 2 cleanups failed in 'test_it'"):
        manager.cleanup_all_sync()


def test_a_body_whose_loop_is_gone_leaves_its_cleanups_to_the_end() -> None:
    """A coroutine that is thrown away must not await anything."""
    said: list[str] = []
    manager = PhasedManager("test_it")

    async def test() -> None:
        manager.register(said.append, "closed")
        await asyncio.sleep(0)

    running = manager.releasing(test)()
    running.send(None)
    running.close()

    assert said == []
    manager.cleanup_all_sync()
    assert said == ["closed"]


async def test_a_sync_body_in_a_running_loop_leaves_what_is_async() -> None:
    """Nothing is run that would wait for the loop of this thread, and the end says so."""
    manager = PhasedManager("test_it")

    def test() -> None:
        manager.register(asyncio.sleep, 0)

    def test_hidden() -> None:
        manager.register(lambda: asyncio.sleep(0))

    manager.releasing(test_hidden)()
    manager.releasing(test)()

    with pytest.raises(AsyncCleanupRequiredError):
        manager.cleanup_all_sync()
    assert [handle.status for handle in manager.pending] == ["pending", "pending"]
    await manager.cleanup_all()


def test_a_lent_loop_runs_what_was_registered_where_none_ran() -> None:
    """What a sync fixture opens for an async test is closed in the loop of that test; a closed loop is not used."""
    loop = asyncio.new_event_loop()
    seen: list[bool] = []
    manager = PhasedManager("test_it")
    manager.lend(loop)

    async def close() -> None:
        seen.append(asyncio.get_running_loop() is loop)

    manager.releasing(lambda: manager.register(close))()
    manager.register(close)
    loop.close()
    manager.cleanup_all_sync()

    assert seen == [True, False]


def test_the_newest_may_register_for_ever_in_vain() -> None:
    """A cleanup that registers itself again is stopped, and named at the end."""
    manager = PhasedManager("test_it")

    def again() -> None:
        manager.register(again)

    manager.releasing(again)()

    with pytest.raises(CleanupError) as caught:
        manager.cleanup_all_sync()
    assert str(caught.value.exceptions[0]).startswith("10000 cleanups were registered by cleanups before 1 cleanup")


async def test_a_body_may_clean_up_everything_itself() -> None:
    """Nothing is left for the end then, and what failed was raised in the body."""
    manager = PhasedManager("test_it")
    manager.register(int, "fixture's")

    async def test() -> None:
        with pytest.raises(CleanupError):
            await manager.cleanup_all()

    await manager.releasing(test)()

    await manager.cleanup_all()
