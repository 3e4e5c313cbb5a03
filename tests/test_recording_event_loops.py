"""Loops, tasks, timers and async generators are recorded; each loop is seen just before it dies."""

import asyncio
import contextvars
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
import uvloop

from isolation._owners import OWNER, Owner
from isolation.recording._recorder import OURS, ClosedBy, Recorder
from isolation.recording.event_loops import Closing, _callers, install_uvloop, pending_tasks
from tests.owned import an_owner, owned_by

MakeLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


@pytest.fixture
def closings(recorder: Recorder) -> Iterator[list[ClosedBy]]:
    """Give the list of who has closed loops since."""
    closed_by: list[ClosedBy] = []
    recorder.closing_listeners.append(lambda _, by: closed_by.append(by))
    yield closed_by
    recorder.closing_listeners.clear()


@pytest.fixture
def owner() -> Owner:
    """Give the owner of a test that does not exist."""
    return an_owner()


def run(make: MakeLoop, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *main* in a loop that *make* makes."""
    with asyncio.Runner(loop_factory=make) as runner:
        runner.run(main())


@LOOPS
def test_a_loop_is_recorded(make: MakeLoop, recorder: Recorder, owner: Owner) -> None:
    """Whoever makes a loop owns it."""
    with owned_by(owner):
        loop = make()
    origin = recorder.loops.get(loop)
    loop.close()

    assert origin is not None
    assert origin.owner is owner


@LOOPS
def test_a_task_is_recorded(make: MakeLoop, recorder: Recorder, owner: Owner) -> None:
    """Whoever creates a task owns it, and the line is the call."""
    found: list[tuple[object, str]] = []

    async def main() -> None:
        with owned_by(owner):
            task = asyncio.create_task(asyncio.sleep(0))
        await task
        origin = recorder.tasks.get(task)
        assert origin is not None
        assert origin.created_at is not None
        found.append((origin.owner, origin.created_at.function))

    run(make, main)

    assert found == [(owner, "main")]


async def test_a_task_in_a_context_of_its_own_belongs_to_the_owner_there(recorder: Recorder, owner: Owner) -> None:
    """Who is current in the given context owns the task; in an empty one, who is current here."""
    given = contextvars.Context()
    given.run(OWNER.set, owner)
    loop = asyncio.get_running_loop()
    here = an_owner("here")

    with owned_by(here):
        tasks = [loop.create_task(asyncio.sleep(0), context=context) for context in (given, contextvars.Context())]
    await asyncio.wait(tasks)

    origins = [recorder.tasks.get(task) for task in tasks]
    assert [origin.owner for origin in origins if origin is not None] == [owner, here]


async def test_our_own_tasks_and_timers_are_not_recorded(recorder: Recorder) -> None:
    """A guard must not find itself."""
    with owned_by(OURS):
        task = asyncio.create_task(asyncio.sleep(0))
        handle = asyncio.get_running_loop().call_later(3600, print)
    handle.cancel()
    await task

    assert (recorder.tasks.get(task), recorder.timers.get(handle)) == (None, None)


@LOOPS
def test_a_timer_is_recorded(make: MakeLoop, recorder: Recorder, owner: Owner) -> None:
    """Whoever sets a timer owns it; what only wakes a task is left out."""
    owners: list[object] = []

    async def main() -> None:
        with owned_by(owner):
            handle = asyncio.get_running_loop().call_later(3600, print)
            waking = asyncio.get_running_loop().call_later(3600, asyncio.get_running_loop().stop)
        origin = recorder.timers.get(handle)
        owners.extend([origin and origin.owner, recorder.timers.get(waking)])
        handle.cancel()
        waking.cancel()

    run(make, main)

    assert owners == [owner, None]


def test_a_timer_of_uvloop_is_remembered_with_its_loop(recorder: Recorder) -> None:
    """A loop of uvloop does not tell what it has scheduled."""
    loops: list[bool] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        handle = loop.call_later(3600, print)
        loops.append(recorder.timer_loops[handle]() is loop)
        handle.cancel()

    run(uvloop.new_event_loop, main)

    assert loops == [True]


@LOOPS
@pytest.mark.parametrize("is_ours", [False, True])
def test_an_async_generator_is_recorded(make: MakeLoop, is_ours: bool, recorder: Recorder, owner: Owner) -> None:
    """Whoever starts a generator owns it, unless it is our own doing."""
    found: list[object] = []

    async def count() -> AsyncGenerator[int, None]:
        yield 1

    async def main() -> None:
        counting = count()
        with owned_by(OURS if is_ours else owner):
            await anext(counting)
        origin = recorder.generators.get(counting)  # type: ignore[arg-type]  # it is one
        found.append(origin and origin.owner)
        await counting.aclose()

    run(make, main)

    assert found == [None if is_ours else owner]


def test_our_own_loops_are_not_recorded(recorder: Recorder, closings: list[ClosedBy]) -> None:
    """Neither their making nor their end is of interest."""
    with owned_by(OURS):
        loop = asyncio.new_event_loop()
        origin = recorder.loops.get(loop)
        loop.close()

    assert (origin, closings) == (None, [])


def test_a_loop_is_seen_once_before_a_runner_closes_it(closings: list[ClosedBy]) -> None:
    """The runner closes the loop in turn, which is no second end."""
    asyncio.run(asyncio.sleep(0))

    assert closings == ["user"]


def test_a_runner_that_was_not_used_has_no_loop_to_be_seen(closings: list[ClosedBy]) -> None:
    """A runner makes its loop when it is used, and closing it twice is closing it once."""
    runner = asyncio.Runner()
    runner.close()
    runner.close()

    assert closings == []


def test_a_runner_whose_loop_was_closed_by_hand_is_not_looked_into(
    recorder: Recorder, closings: list[ClosedBy]
) -> None:
    """The end of the loop has been seen already."""
    closed: list[asyncio.Runner] = []
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    runner.get_loop().close()

    Closing(recorder).wrap_runner_close(closed.append)(runner)

    assert (closings, closed) == (["hand"], [runner])


@LOOPS
def test_a_loop_that_is_closed_by_hand_is_seen(make: MakeLoop, closings: list[ClosedBy]) -> None:
    """It is too late to run it, but its tasks are still there; closing it again is nothing."""
    loop = make()

    loop.close()
    loop.close()

    assert closings == ["hand"]


async def test_a_running_loop_that_refuses_to_be_closed_is_not_seen(closings: list[ClosedBy]) -> None:
    """It goes on."""
    with pytest.raises(RuntimeError, match="Cannot close a running event loop"):
        asyncio.get_running_loop().close()

    assert closings == []


def test_a_forked_copy_does_not_look(
    recorder: Recorder, closings: list[ClosedBy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that closes a loop must not report its parent's tasks."""
    monkeypatch.setattr(recorder, "pid", os.getppid())

    asyncio.run(asyncio.sleep(0))

    assert closings == []


def test_what_runs_in_a_runner_belongs_to_who_runs_it(recorder: Recorder) -> None:
    """Without a context of its own, a runner would give everything to whoever used it first."""

    async def current() -> Owner | None:
        return OWNER.get()

    owners = [an_owner("first"), an_owner("second"), an_owner("third")]
    with asyncio.Runner() as runner:
        found = []
        for owner in owners:
            with owned_by(owner):
                found.append(runner.run(current()))

    assert found == owners


def test_a_context_that_is_given_to_a_runner_is_left_alone(recorder: Recorder, owner: Owner) -> None:
    """Who gives a context decides what is in it."""

    async def current() -> Owner | None:
        return OWNER.get()

    with asyncio.Runner() as runner, owned_by(owner):
        found = runner.run(current(), context=contextvars.Context())

    assert found is None


def test_a_runner_that_runs_already_refuses_with_its_own_words(recorder: Recorder) -> None:
    """Its context is in use then, which is no reason to fail otherwise."""
    runner = asyncio.Runner()

    async def again() -> str:
        coroutine = asyncio.sleep(0)
        try:
            runner.run(coroutine)
        except RuntimeError as failure:
            return str(failure)
        finally:
            coroutine.close()
        return ""

    with runner:
        said = runner.run(again())

    assert said == "Runner.run() cannot be called from a running event loop"


def test_a_test_case_runs_for_whom_it_is_run(recorder: Recorder, owner: Owner) -> None:
    """Its context was copied when pytest made the instance, before the owner was set."""
    found: list[Owner | None] = []

    class Case(IsolatedAsyncioTestCase):
        async def test(self) -> None:
            found.append(OWNER.get())

    with owned_by(None):
        case = Case("test")
    with owned_by(owner):
        case.run()

    assert found == [owner]


def test_a_test_case_without_the_context_that_we_know_is_run_as_ever(recorder: Recorder) -> None:
    """What is not there is not set; the failure that follows here is unittest's own."""
    stranger: Any = object()

    with pytest.raises(AttributeError, match="_setupAsyncioRunner"):
        IsolatedAsyncioTestCase.run(stranger)


def test_without_uvloop_nothing_of_it_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is optional."""
    monkeypatch.delitem(__import__("sys").modules, "uvloop")
    recorder = Recorder()

    install_uvloop(recorder)

    assert recorder.uvloop_class is None


def test_the_callers_of_a_closing_end_with_the_program() -> None:
    """Every frame is offered until one decides."""
    assert [function for _, function in _callers()][-1] in ("_run_module_as_main", "Thread._bootstrap", "<module>")


async def test_pending_tasks_are_those_that_are_not_done() -> None:
    """A task that is done has nothing left to do."""
    task = asyncio.create_task(asyncio.sleep(0))
    loop = asyncio.get_running_loop()
    before = task in pending_tasks(loop)

    await task

    assert (before, task in pending_tasks(loop)) == (True, False)
