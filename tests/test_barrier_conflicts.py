"""Barriers that share state: nested, one after the other, or refused; in tasks, in threads, and in their loops."""

import asyncio
import contextvars
import os
import re
import signal
import threading
import types
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import anyio
import pytest
import trio

from isolation import (
    BarrierConflictError,
    CleanupError,
    attributes,
    environment,
    isolation_barrier,
    sync_isolation_barrier,
    working_directory,
)
from isolation._claims import CLAIMS, Claim, Claims
from tests.barred import Box, Stubborn

Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the plugin from making an error of what these tests do on purpose."""
    monkeypatch.setattr("isolation._barriers.LISTENERS", [])


def shown(text: object) -> str:
    """Return *text* without the numbers of the lines."""
    return re.sub(r"\.py:\d+", ".py:LINE", str(text))


def run_asyncio(main: Main) -> None:
    """Run *main* in asyncio."""
    asyncio.run(main())


both = pytest.mark.parametrize("run", [run_asyncio, trio.run], ids=["asyncio", "trio"])


@both
def test_overlapping_barriers_of_tasks_end_clean(run: Callable[[Main], None]) -> None:
    """A in, B in, A out, B out would leave A's value for ever; so B waits until A is out."""
    box = Box("box")

    async def main() -> None:
        a_is_in, seen = anyio.Event(), list[object]()

        async def first() -> None:
            async with isolation_barrier("overlap", box):
                box.value = "a"
                a_is_in.set()
                await anyio.lowlevel.checkpoint()

        async def second() -> None:
            await a_is_in.wait()
            async with isolation_barrier("overlap", box):
                seen.append(box.value)
                box.value = "b"

        async with anyio.create_task_group() as group:
            group.start_soon(first)
            group.start_soon(second)
        assert seen == ["before"]

    run(main)

    assert box.value == "before"


@both
def test_many_barriers_of_tasks_end_clean(run: Callable[[Main], None]) -> None:
    """Whatever they share with whom: each finds the state as it was."""
    boxes = [Box(str(number)) for number in range(3)]
    found: list[object] = []

    async def change(number: int) -> None:
        mine = [boxes[number % 3], boxes[(number + 1) % 3]]
        async with isolation_barrier("many", *mine):
            found.extend(box.value for box in mine)
            for box in mine:
                box.value = number
            await anyio.lowlevel.checkpoint()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for number in range(30):
                group.start_soon(change, number)

    run(main)

    assert set(found) == {"before"}
    assert [box.value for box in boxes] == ["before"] * 3


def test_overlapping_barriers_of_threads_end_clean() -> None:
    """Threads with loops of their own and threads without one take turns."""
    box = Box("box")
    found: list[object] = []
    start = threading.Barrier(8)

    def change() -> None:
        start.wait()
        for number in range(20):
            with sync_isolation_barrier("threads", box):
                found.append(box.value)
                box.value = number

    async def change_async() -> None:
        start.wait()
        for number in range(20):
            async with isolation_barrier("threads", box):
                found.append(box.value)
                box.value = number
                await asyncio.sleep(0)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(change) for _ in range(4)]
        futures += [pool.submit(run_asyncio, change_async) for _ in range(3)]
        futures += [pool.submit(trio.run, change_trio, start, box, found)]
        for future in futures:
            future.result()

    assert set(found) == {"before"}
    assert box.value == "before"
    assert len(found) == 160


async def change_trio(start: threading.Barrier, box: Box, found: list[object]) -> None:
    """Do the same in trio."""
    start.wait()
    for number in range(20):
        async with isolation_barrier("threads", box):
            found.append(box.value)
            box.value = number
            await trio.lowlevel.checkpoint()


async def test_disjoint_barriers_run_in_parallel() -> None:
    """Nobody waits for what is not his."""
    met = asyncio.Barrier(2)

    async def pass_through(box: Box) -> None:
        async with isolation_barrier("disjoint", box):
            await met.wait()

    await asyncio.gather(pass_through(Box("one")), pass_through(Box("two")))


async def test_barriers_are_nested_in_one_task() -> None:
    """Each puts back what it found."""
    box = Box("box")

    async with isolation_barrier("outer", box) as outer:
        box.value = "outer"
        async with isolation_barrier("inner", box) as inner:
            box.value = "inner"
        between = box.value

    assert (between, box.value) == ("outer", "before")
    assert (inner.parent, outer.parent) == (outer, None)


async def test_a_child_task_may_nest() -> None:
    """It inherits the barriers around its creator; a second child waits for the first."""
    box, found = Box("box"), list[object]()

    async def child(number: int) -> None:
        async with isolation_barrier("child", box):
            found.append(box.value)
            box.value = number
            await asyncio.sleep(0)

    async with isolation_barrier("parent", box):
        box.value = "parent"
        await asyncio.gather(child(1), child(2))
        after = box.value

    assert found == ["parent", "parent"]
    assert (after, box.value) == ("parent", "before")


def test_what_runs_in_a_thread_is_inside_of_its_barriers() -> None:
    """Also a loop whose context was copied before the barrier began, as runners of test frameworks do."""
    box = Box("box")

    async def change() -> None:
        async with isolation_barrier("inner", box, on_conflict="fail") as inner:
            box.value = "inner"
        parents.append(inner.parent)

    parents: list[object] = []
    with asyncio.Runner() as runner, sync_isolation_barrier("around", Box("other")) as around:
        runner.run(change())
        with sync_isolation_barrier("outer", box) as outer:
            runner.run(change())
            with sync_isolation_barrier("between", box) as between:
                runner.run(change())

    assert parents == [around, outer, between]


@both
def test_who_waits_too_long_is_told_who_holds_it(run: Callable[[Main], None]) -> None:
    """By both names, and what it was."""

    async def main() -> None:
        async def stranger() -> None:
            async with isolation_barrier("second", working_directory(), environment(), timeout=0.01):
                raise AssertionError("it must not begin")

        async with isolation_barrier("first", environment()):
            with pytest.raises(BarrierConflictError) as caught:
                await anyio.to_thread.run_sync(run_elsewhere, stranger)

        assert shown(caught.value) == (
            "barrier 'second' (tests/test_barrier_conflicts.py:LINE) cannot begin: "
            "barrier 'first' (tests/test_barrier_conflicts.py:LINE) holds 'environment' "
            "and did not let go of it in 0.01 s"
        )

    run(main)

    with sync_isolation_barrier("free", environment(), working_directory(), on_conflict="fail"):
        pass


def run_elsewhere(call: Main) -> None:
    """Run *call* in a thread with a loop of its own, so that nothing is inherited."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run_asyncio, call).result()


def test_who_does_not_want_to_wait_is_told_at_once() -> None:
    """With `on_conflict="fail"`."""
    with ThreadPoolExecutor(1) as pool, sync_isolation_barrier("first", environment()):
        future = pool.submit(enter, "second")
        failure = future.exception()

    assert shown(failure) == (
        "barrier 'second' (tests/test_barrier_conflicts.py:LINE) cannot begin: "
        "barrier 'first' (tests/test_barrier_conflicts.py:LINE) holds 'environment'"
    )


def enter(group: str, timeout: float | None = 30.0, on_conflict: Any = "fail") -> None:
    """Pass through a sync barrier around the environment."""
    with sync_isolation_barrier(group, environment(), on_conflict=on_conflict, timeout=timeout):
        pass


def test_a_thread_that_waits_too_long_is_told() -> None:
    """Like a task."""
    with ThreadPoolExecutor(1) as pool, sync_isolation_barrier("first", environment()):
        failure = pool.submit(enter, "second", 0.01, "wait").exception()

    assert str(failure).endswith("and did not let go of it in 0.01 s")


async def test_a_thread_does_not_wait_for_itself() -> None:
    """A sync barrier that waited for a task of its own thread would stop that task, too."""
    is_in, is_tried = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with isolation_barrier("first", environment()):
            is_in.set()
            await is_tried.wait()

    task = asyncio.create_task(hold())
    await is_in.wait()
    with pytest.raises(BarrierConflictError, match=r"in the same thread, which would wait for itself$"):
        enter("second", None, "wait")
    is_tried.set()
    await task


async def test_who_is_cancelled_while_it_waits_holds_nothing() -> None:
    """The next one gets it."""
    box = Box("box")
    is_in, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with isolation_barrier("first", box):
            is_in.set()
            await may_end.wait()

    async def want() -> None:
        async with isolation_barrier("second", box):
            raise AssertionError("it must not begin")

    holder = asyncio.create_task(hold())
    await is_in.wait()
    waiter = asyncio.create_task(want())
    await asyncio.sleep(0)
    waiter.cancel()
    with suppress(asyncio.CancelledError):
        await waiter
    may_end.set()
    await holder

    async with isolation_barrier("third", box, on_conflict="fail"):
        pass


async def test_who_is_served_and_cancelled_at_once_holds_nothing() -> None:
    """The one who lets go has given it already; the cancellation comes before it is noticed."""
    box = Box("box")
    is_in, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with isolation_barrier("first", box):
            is_in.set()
            await may_end.wait()

    async def want() -> None:
        async with isolation_barrier("second", box):
            raise AssertionError("it must not begin")

    holder = asyncio.create_task(hold())
    await is_in.wait()
    waiter = asyncio.create_task(want())
    holder.add_done_callback(lambda _: waiter.cancel())
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.wait([holder, waiter])

    assert waiter.cancelled()
    async with isolation_barrier("third", box, on_conflict="fail"):
        pass


@pytest.mark.isolation_allow("tasks", "loops", reason="it is destroyed while it waits")
def test_who_waits_in_a_loop_that_is_closed_is_passed_over() -> None:
    """Nobody would ever let go of what it was given."""
    box = Box("box")

    async def want() -> None:
        async with isolation_barrier("second", box):
            raise AssertionError("it must not begin")

    loop = asyncio.new_event_loop()
    with sync_isolation_barrier("first", box):
        # Another thread, so that it is a stranger.
        with ThreadPoolExecutor(1) as pool:
            task = pool.submit(start_in, loop, want).result()
        loop.close()

    with sync_isolation_barrier("third", box, on_conflict="fail"):
        pass
    with suppress(RuntimeError):  # of a scope of anyio that ends where no loop runs
        task.get_coro().close()
    task._log_destroy_pending = False


def start_in(loop: asyncio.AbstractEventLoop, main: Main) -> Any:
    """Run the first step of *main* in *loop*."""
    task = loop.create_task(main())
    loop.call_later(0.001, loop.stop)
    loop.run_forever()
    return task


async def test_a_child_does_not_outlive_the_barrier_of_its_parent() -> None:
    """The parent waits for it, since it would restore what the parent has changed."""
    box = Box("box")
    is_in = asyncio.Event()

    async def child() -> None:
        async with isolation_barrier("child", box):
            is_in.set()
            box.value = "child"
            await asyncio.sleep(0.01)

    async with isolation_barrier("parent", box, tasks="ignore") as parent:
        box.value = "parent"
        task = asyncio.create_task(child(), name="child")
        await is_in.wait()

    assert task.done()
    assert box.value == "before"
    assert parent.escaped_tasks == ["child"]


@pytest.mark.parametrize("patience", [{"timeout": 0.01}, {"on_conflict": "fail"}], ids=["wait", "fail"])
async def test_a_child_that_will_not_end_is_told_of(patience: Any) -> None:
    """All is restored then, and stays so when the child ends at last."""
    box, other = Box("box"), Box("other")
    is_in, may_end = asyncio.Event(), asyncio.Event()

    async def child() -> None:
        async with isolation_barrier("child", box, other):
            is_in.set()
            other.value = "child"
            await may_end.wait()

    with pytest.raises(BarrierConflictError) as caught:  # noqa: PT012 - the block is what raises
        async with isolation_barrier("parent", box, tasks="ignore", **patience):
            box.value = "parent"
            task = asyncio.create_task(child())
            await is_in.wait()
    restored = box.value
    may_end.set()
    await task

    assert shown(caught.value) == (
        "barrier 'parent' (tests/test_barrier_conflicts.py:LINE) has ended before barrier 'child' "
        "(tests/test_barrier_conflicts.py:LINE), which began inside of it; "
        "all is restored, and the inner one will restore nothing of it"
    )
    assert (restored, box.value, other.value) == ("before", "before", "before")


def test_a_thread_that_was_given_the_context_may_not_outlive_it_either() -> None:
    """The same for sync barriers, and the failure of the block goes first."""
    box = Box("box")
    is_in, may_end = threading.Event(), threading.Event()

    def child() -> None:
        with sync_isolation_barrier("child", box):
            is_in.set()
            may_end.wait()

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(BarrierConflictError, match="has ended before barrier 'child'"):  # noqa: PT012 - the block is what raises
            with sync_isolation_barrier("parent", box, timeout=0.01):
                pool.submit(contextvars.copy_context().run, child)
                is_in.wait()
        may_end.set()

    assert box.value == "before"


async def test_nothing_can_be_nested_in_what_ends() -> None:
    """A task that comes too late is a stranger."""
    box, found = Box("box"), list[object]()
    is_restored = asyncio.Event()

    async def late() -> None:
        await is_restored.wait()
        async with isolation_barrier("late", box) as barrier:
            found.extend([box.value, barrier.parent])

    async with isolation_barrier("early", box, tasks="ignore"):
        box.value = "early"
        task = asyncio.create_task(late())
    is_restored.set()
    await task

    assert found == ["before", None]


async def test_two_problems_are_raised_together() -> None:
    """A child that goes on, and a target that cannot be restored."""
    box = Box("box")
    is_in = asyncio.Event()

    async def child() -> None:
        async with isolation_barrier("child", box):
            is_in.set()
            await asyncio.sleep(10)

    with pytest.raises(CleanupError) as caught:  # noqa: PT012 - the block is what raises
        async with isolation_barrier(
            "parent", box, Stubborn("one", restore=KeyError("one")), tasks="ignore", on_conflict="fail"
        ):
            task = asyncio.create_task(child())
            await is_in.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert [type(failure) for failure in caught.value.exceptions] == [BarrierConflictError, KeyError]


async def test_attributes_of_one_object_are_one_state() -> None:
    """Which of them does not matter: who restores all would restore the other's, too."""
    box = Box("box")

    async def second() -> None:
        async with isolation_barrier("second", attributes(box), on_conflict="fail"):
            raise AssertionError("it must not begin")

    async with isolation_barrier("first", attributes(box, "value")):
        with pytest.raises(BarrierConflictError, match="holds 'attributes of Box'"):
            await asyncio.to_thread(run_elsewhere, second)


def test_a_task_that_is_destroyed_lets_go() -> None:
    """It runs through the end of its barrier once more, where nothing can be awaited any more."""
    box = Box("box")

    async def hold() -> None:
        async with isolation_barrier("first", box):
            box.value = "inside"
            await forever()

    coroutine = hold()
    coroutine.send(None)
    coroutine.close()

    assert box.value == "before"
    with sync_isolation_barrier("second", box, on_conflict="fail"):
        pass


@types.coroutine
def forever() -> Iterator[None]:
    """Wait without any loop."""
    yield


def test_the_environment_is_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that set the same variable see their own value until they are through."""
    monkeypatch.delenv("ISOLATION_TEST", raising=False)
    start = threading.Barrier(4)

    def change(number: int) -> bool:
        start.wait()
        with sync_isolation_barrier("environment", environment()):
            before = "ISOLATION_TEST" in os.environ
            os.environ["ISOLATION_TEST"] = str(number)
            return not before and os.environ["ISOLATION_TEST"] == str(number)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(change, range(4)))
    assert "ISOLATION_TEST" not in os.environ


def test_an_interrupt_ends_the_waiting_for_a_thread() -> None:
    """What is nested is taken from it, and all is restored."""
    box = Box("box")
    is_in, may_end = threading.Event(), threading.Event()
    main = threading.get_ident()

    def child() -> None:
        with sync_isolation_barrier("child", box):
            is_in.set()
            while not CLAIMS.waiting:
                may_end.wait(0.001)
            signal.pthread_kill(main, signal.SIGINT)
            may_end.wait()

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the block is what raises
            with sync_isolation_barrier("parent", box):
                box.value = "parent"
                pool.submit(contextvars.copy_context().run, child)
                is_in.wait()
        restored = box.value
        may_end.set()

    assert (restored, box.value) == ("before", "before")


async def test_a_destroyed_task_does_not_wait_for_its_children() -> None:
    """They are stopped from restoring what it had changed."""
    box = Box("box")
    is_in, may_end = asyncio.Event(), asyncio.Event()

    async def child() -> None:
        async with isolation_barrier("child", box):
            is_in.set()
            await may_end.wait()

    async def parent() -> None:
        async with isolation_barrier("parent", box, tasks="ignore"):
            box.value = "parent"
            tasks.append(asyncio.create_task(child()))
            await forever()

    tasks: list[asyncio.Task[None]] = []
    coroutine = parent()
    coroutine.send(None)
    await is_in.wait()
    coroutine.close()
    restored = box.value
    may_end.set()
    await tasks[0]

    assert (restored, box.value) == ("before", "before")


async def test_claims_are_taken_at_once_if_they_are_free_again() -> None:
    """Somebody may let go between the first try and the waiting."""
    claims = Claims()

    assert await claims.take_async(Claim("first", None, ["place"]), 0) is None
    assert claims.take_sync(Claim("second", None, ["other place"]), 0) is None


def test_who_is_interrupted_while_it_waits_holds_nothing() -> None:
    """A thread, too."""
    claims = Claims()
    holder, waiter = Claim("first", None, ["place"]), Claim("second", None, ["place"])
    claims.take(holder)
    waiter.thread = -1
    wrong: Any = "soon"

    with pytest.raises(TypeError):
        claims.take_sync(waiter, wrong)
    claims.release(holder)

    assert claims.waiting == 0
    assert not waiter.is_held
