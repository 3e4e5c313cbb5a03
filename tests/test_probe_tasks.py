"""Tasks that are pending when their owner is over, or when their loop dies."""

import asyncio
import sys
from collections.abc import Awaitable, Coroutine, Generator, Iterator
from typing import Any

import pytest

from isolation._findings import Severity
from isolation.probes._scene import Scene
from isolation.probes.tasks import TasksProbe, name_of, suspended_at
from isolation.recording._recorder import ClosedBy
from tests.owned import an_owner, ended, owned_by


@pytest.fixture
def probe(scene: Scene) -> TasksProbe:
    """Give a probe."""
    return TasksProbe(scene)


@pytest.fixture
def loop(probe: TasksProbe) -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that is known and that nobody runs; what is left in it is cancelled."""
    loop = asyncio.new_event_loop()
    yield loop
    if loop.is_closed():
        return
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
    loop.close()


class TestRunner:
    """Runs tests in a task, as anyio does."""

    __test__ = False

    async def _run_tests_and_fixtures(self) -> None:
        await heartbeat()


async def heartbeat() -> None:
    """Go on for an hour; the loop holds what waits for its clock."""
    await asyncio.sleep(3600)


def leave(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None] | None = None) -> None:
    """Start a task in *loop*."""
    task = loop.create_task(coroutine if coroutine is not None else heartbeat())
    begin(loop)
    del task


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Let what was created in *loop* begin."""
    loop.run_until_complete(asyncio.sleep(0))


def test_a_pending_task_is_found_with_its_place(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A reader learns what it is, what it waits for, and whose it is."""
    with ended() as owner:
        leave(loop)

    (found,) = probe.findings(None)

    line = heartbeat.__code__.co_firstlineno + 2
    assert (found.kind, found.name, found.severity) == ("task", "heartbeat", "error")
    assert found.detail == f"pending at test_probe_tasks.py:{line} in heartbeat"
    assert found.owner is owner


def test_a_task_is_found_once(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """It is told when its owner ends, and not at every later test."""
    with ended():
        leave(loop)
    suspicious = probe.is_suspicious(None)

    first, second = probe.findings(None), probe.findings(None)

    assert (suspicious, len(first), len(second), probe.is_suspicious(None)) == (True, 1, 0, False)


def test_a_task_of_a_living_owner_is_not_found(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A server of a wider fixture goes on."""
    with owned_by(an_owner()):
        leave(loop)

    assert list(probe.findings(None)) == []


def test_a_task_that_ends_within_the_grace_is_not_found(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """It was slow, not leaked."""
    with ended():
        leave(loop, asyncio.sleep(0.001))

    assert list(probe.findings(None)) == []


def test_tasks_of_frameworks_are_not_found(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A test runner runs tests in a task of its own."""
    with ended():
        leave(loop, TestRunner()._run_tests_and_fixtures())

    assert list(probe.findings(None)) == []


def test_without_loops_there_is_nothing_to_look_at(probe: TasksProbe) -> None:
    """A clean test pays next to nothing."""
    probe.snapshot()

    assert probe.findings(None) == ()
    probe.restore(None)


def test_with_closed_loops_there_is_nothing_to_look_at(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """What was in them has been seen when they were closed."""
    loop.close()

    assert list(probe.findings(None)) == []


def test_a_found_task_is_cancelled(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """The next test starts without it."""
    with ended():
        task = loop.create_task(heartbeat())
    (found,) = probe.findings(None)

    assert found.ending is not None
    assert found.ending(30) is None
    assert task.cancelled()


@pytest.mark.parametrize(("closed_by", "severity"), [("framework", "error"), ("hand", "warning"), ("user", "note")])
def test_who_closes_a_loop_decides_how_bad_its_tasks_are(
    closed_by: ClosedBy, severity: Severity, probe: TasksProbe, loop: asyncio.AbstractEventLoop
) -> None:
    """A dying loop takes everything with it, whoever owns it."""
    with owned_by(an_owner()):
        leave(loop)

    (found,) = probe.findings_at_close(loop, closed_by)

    assert found.severity == severity


def test_a_runner_ends_its_tasks_itself(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """There is nothing left to do for us."""
    task = loop.create_task(heartbeat())

    (found,) = probe.findings_at_close(loop, "framework")

    assert found.ending is not None
    assert found.ending(30) is None
    assert not task.cancelling()


def test_a_dying_loop_tells_its_tasks_once(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """What was told before is not told again."""
    leave(loop)

    first, second = (probe.findings_at_close(loop, "framework") for _ in range(2))

    assert (len(first), list(second)) == (1, [])


def test_a_dying_loop_gives_its_tasks_the_grace(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A task that was cancelled and not yet run ends."""
    task = loop.create_task(heartbeat())
    begin(loop)
    task.cancel()

    assert list(probe.findings_at_close(loop, "framework")) == []


def test_a_task_that_nobody_saw_being_created_is_found_in_a_dying_loop(
    probe: TasksProbe, scene: Scene, loop: asyncio.AbstractEventLoop
) -> None:
    """A direct `Task(...)` has no stack; its context tells the owner where Python lets one read it."""
    owner = an_owner()
    with owned_by(owner):
        task = asyncio.Task(heartbeat(), loop=loop)

    (found,) = probe.findings_at_close(loop, "framework")

    assert found.owner is (owner if sys.version_info >= (3, 12) else None)
    assert scene.recorder.tasks.is_told(task, scene.number)


async def test_a_task_is_named_by_its_user_or_by_its_function() -> None:
    """Numbers that asyncio gives say nothing."""
    given = asyncio.create_task(heartbeat(), name="pulse")
    numbered = asyncio.create_task(heartbeat())
    names = name_of(given), name_of(numbered)

    given.cancel()
    numbered.cancel()
    await asyncio.wait([given, numbered])

    assert names == ("pulse", "heartbeat")


class Waiting(Awaitable[None]):
    """An awaitable that waits in a generator."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from asyncio.Event().wait().__await__()


async def waits_in_generator() -> None:
    """Wait for an awaitable of one's own."""
    await Waiting()


async def test_the_innermost_line_of_the_user_is_where_a_task_waits(loop: asyncio.AbstractEventLoop) -> None:
    """Through coroutines and generators, down to what the user has written."""
    coroutines = [heartbeat(), waits_in_generator()]
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    await asyncio.sleep(0)

    places = [suspended_at(coroutine) for coroutine in coroutines]

    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert [place.function for place in places if place is not None] == ["heartbeat", "__await__"]


class Compiled(Coroutine[None, None, None]):
    """A coroutine that is not written in Python, as Cython makes them."""

    def send(self, value: None) -> None:
        """Go on."""

    def throw(self, *failure: Any) -> None:
        """Come to an end by *failure*."""
        raise failure[0]

    def close(self) -> None:
        """Come to an end."""

    def __await__(self) -> Generator[None, None, None]:
        yield


def test_nothing_waits_nowhere() -> None:
    """What has no frame has no place."""
    assert suspended_at(object()) is None


def test_a_task_without_a_place_is_just_pending(probe: TasksProbe, loop: asyncio.AbstractEventLoop) -> None:
    """What is not a coroutine of Python tells nothing."""
    with ended():
        leave(loop, Compiled())

    (found,) = probe.findings(None)

    assert found.detail == "pending"


def test_the_task_that_a_runner_was_called_for_is_not_found(probe: TasksProbe) -> None:
    """After an interrupt it is still there, and it ends with its runner."""

    async def interrupted() -> None:
        asyncio.get_running_loop().call_soon(_interrupt)
        await asyncio.sleep(3600)

    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            runner.get_loop().run_until_complete(interrupted())

        assert list(probe.findings_at_close(runner.get_loop(), "framework")) == []


def _interrupt() -> None:
    raise KeyboardInterrupt
