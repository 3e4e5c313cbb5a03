"""Loops, tasks, timers and async generators are recorded."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
import uvloop

from isolation._owners import OWNER, Owner
from isolation.recording._recorder import OURS, Recorder
from isolation.recording.event_loops import install_uvloop, pending_tasks
from tests.owned import an_owner, owned_by

MakeLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


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


async def test_pending_tasks_are_those_that_are_not_done() -> None:
    """A task that is done has nothing left to do."""
    task = asyncio.create_task(asyncio.sleep(0))
    loop = asyncio.get_running_loop()
    before = task in pending_tasks(loop)

    await task

    assert (before, task in pending_tasks(loop)) == (True, False)
