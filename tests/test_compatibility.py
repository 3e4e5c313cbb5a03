"""Every private name of the standard library that the package reads is still there and still means the same.

A test that fails here says which project has changed, before anything is silently no longer seen.
"""

import ast
import asyncio
import contextvars
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from types import FrameType
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
import uvloop

from isolation import _compatibility as names
from isolation._origin import caller_frame
from tests.alone import said_by


def test_an_interpreter_tells_its_flags() -> None:
    """A process of our own is started as this one was; `multiprocessing` asks the same function."""
    script = "from isolation._compatibility import interpreter_flags; print(interpreter_flags())"

    run = subprocess.run([sys.executable, "-X", "utf8", "-B", "-c", script], capture_output=True, text=True, check=True)

    assert {"-B", "utf8"} <= set(ast.literal_eval(run.stdout))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that nobody runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def watch(monkeypatch: pytest.MonkeyPatch, target: type, name: str) -> list[FrameType]:
    """Return the frames from which *name* of *target* is called from now on."""
    original = getattr(target, name)
    callers: list[FrameType] = []

    def watched(*args: Any, **kwargs: Any) -> Any:
        callers.append(caller_frame(1))
        return original(*args, **kwargs)

    monkeypatch.setattr(target, name, watched)
    return callers


def test_a_pool_starts_its_workers_where_we_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are started by `_adjust_thread_count`, in which ``self`` is the pool."""
    callers = watch(monkeypatch, threading.Thread, "start")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        assert [frame.f_code for frame in callers] == [names.ADJUST_THREAD_COUNT]
        assert callers[0].f_locals["self"] is pool
        callers.clear()


async def test_a_loop_makes_its_default_executor_where_we_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default executor is made by `run_in_executor`, in which ``self`` is the loop."""
    callers = watch(monkeypatch, ThreadPoolExecutor, "__init__")

    await asyncio.to_thread(int)

    assert [frame.f_code for frame in callers] == [names.RUN_IN_EXECUTOR]
    assert callers[0].f_locals["self"] is asyncio.get_running_loop()
    callers.clear()


def test_a_thread_begins_where_we_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """`_bootstrap_inner` runs first in a new thread."""
    callers = watch(monkeypatch, threading.Thread, names.BOOTSTRAP)
    thread = threading.Thread(target=int)

    thread.start()
    thread.join()

    assert [frame.f_code.co_name for frame in callers] == ["_bootstrap"]
    callers.clear()


@pytest.mark.parametrize("loop_class", [asyncio.BaseEventLoop, uvloop.Loop])
def test_a_loop_sees_each_async_generator_where_we_look(loop_class: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook of a loop is called when a generator starts."""
    seen: list[object] = []
    monkeypatch.setattr(loop_class, names.ASYNCGEN_FIRSTITER, lambda _, generator: seen.append(generator))

    async def count() -> AsyncGenerator[int, None]:
        yield 1

    async def start() -> None:
        counting = count()
        await anext(counting)
        await counting.aclose()

    with asyncio.Runner(
        loop_factory=asyncio.new_event_loop if loop_class is asyncio.BaseEventLoop else uvloop.new_event_loop
    ) as runner:
        runner.run(start())

    assert len(seen) == 1


async def shield_timeout() -> None:
    """Wait with `asyncio.timeout`."""
    async with asyncio.timeout(3600):
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    "wait",
    [
        lambda: asyncio.sleep(3600),
        shield_timeout,
        lambda: asyncio.wait_for(asyncio.Event().wait(), 3600),
        lambda: asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=3600),
    ],
    ids=["sleep", "timeout", "wait_for", "wait"],
)
async def test_a_timer_that_wakes_a_task_is_none_of_its_own(wait: Callable[[], Any]) -> None:
    """What only wakes a task is judged with the task."""
    loop: Any = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    scheduled = len(loop._scheduled)
    found = names.timers(loop)

    for each in asyncio.all_tasks() - before:
        each.cancel()
    await asyncio.wait([task])
    assert scheduled > 0
    assert found == []


async def test_a_timer_with_a_callback_is_seen() -> None:
    """A loop can be asked for its timers, and a timer for its callback and its context."""
    loop = asyncio.get_running_loop()
    variable = contextvars.ContextVar[str]("variable")
    variable.set("here")
    handle = loop.call_later(3600, print)
    cancelled = loop.call_later(3600, print)
    cancelled.cancel()

    found = names.timers(loop)

    handle.cancel()
    context = names.timer_context(handle)
    assert (found, names.knows_timers(loop)) == ([handle], True)
    assert context is not None
    assert context[variable] == "here"


async def test_a_timer_tells_what_it_would_call() -> None:
    """The callback names the timer in reports."""
    handle = asyncio.get_running_loop().call_later(3600, print)

    callback = names.timer_callback(handle)

    handle.cancel()
    assert callback is print


def test_a_loop_of_uvloop_does_not_tell_its_timers() -> None:
    """Its timers are recorded instead; if it ever told them, that would be better."""
    loop = uvloop.new_event_loop()
    told = names.knows_timers(loop), names.timers(loop)
    loop.close()

    assert told == (False, [])


def test_a_runner_has_its_loop_from_first_use_to_end() -> None:
    """The loop of a runner is seen while there is one, and so is the context in which it runs."""
    runner = asyncio.Runner()
    before = names.runner_loop(runner), names.runner_context(runner)

    runner.run(asyncio.sleep(0))
    loop, context = names.runner_loop(runner), names.runner_context(runner)
    is_its_loop = loop is runner.get_loop()
    runner.close()

    assert before == (None, None)
    assert is_its_loop
    assert context is not None
    assert names.runner_loop(runner) is None


async def test_the_running_loop_is_known() -> None:
    """Without a running loop there is None, in no need of an exception."""
    assert names.running_loop() is asyncio.get_running_loop()
    assert await asyncio.to_thread(names.running_loop) is None


def test_a_pool_tells_its_workers_and_its_end() -> None:
    """A pool knows its workers, their names, and whether it is shut down."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="mail")
    pool.submit(int).result()
    open_pool = names.executor_is_shut_down(pool), len(names.executor_threads(pool))

    pool.shutdown()

    assert open_pool == (False, 1)
    assert (names.executor_is_shut_down(pool), names.executor_threads(pool)) == (True, [])
    assert names.executor_prefix(pool) == "mail"


def test_a_default_executor_of_uvloop_says_so() -> None:
    """A loop of uvloop is compiled and has no frames; its executor is known by its prefix."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        executors: list[str] = []

        async def name() -> str:
            return await asyncio.to_thread(lambda: threading.current_thread().name)

        executors.append(runner.run(name()))

    assert executors[0].startswith("uvloop")


def test_the_descriptors_of_a_loop_are_known(loop: asyncio.AbstractEventLoop) -> None:
    """A loop needs its selector and the two ends of its self-pipe."""
    mine = names.loop_descriptors(loop)

    loop.close()

    assert len(mine) == 3
    assert names.loop_descriptors(loop) == set()


async def test_a_transport_tells_its_loop() -> None:
    """A socket that a transport has is closed through it, in its loop."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    loop = names.transport_loop(writer.transport)
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()

    assert loop is asyncio.get_running_loop()


class Odd:
    """Something whose ``fileno`` is none."""

    fileno = "seven"


@pytest.mark.parametrize("thing", [object(), io.BytesIO(), Odd(), None], ids=lambda thing: type(thing).__name__)
def test_what_has_no_descriptor_gives_none(thing: object) -> None:
    """Many objects have a `fileno` that raises."""
    assert names.fileno(thing) == -1


def test_a_test_case_has_a_context_from_its_making_on() -> None:
    """Unittest copies the context when the instance is made, which under pytest is before its test."""
    case = IsolatedAsyncioTestCase("run")

    assert isinstance(names.test_case_context(case), contextvars.Context)


def test_multiprocessings_own_processes_are_known() -> None:
    """The resource tracker and the fork server belong to nobody's test."""
    script = """
from multiprocessing import forkserver, resource_tracker
from isolation import _compatibility as names
from isolation.probes._numbers import links
from isolation.probes.processes import children
print(names.helper_process_ids(), names.helper_descriptors())
before = set(links())
forkserver.ensure_running()
print(names.helper_process_ids() == children(), len(children()))
print(names.helper_descriptors() == set(links()) - before)
forkserver._forkserver._stop()
resource_tracker._resource_tracker._stop()
"""

    assert said_by(script).splitlines() == ["set() set()", "True 2", "True"]


def test_the_pipes_of_a_multiprocessing_process_are_known() -> None:
    """A started process keeps pipes until it is joined."""
    process = get_context("spawn").Process(target=int)
    before = names.process_descriptors(process)

    process.start()
    running = names.process_descriptors(process)
    process.join()

    assert before == set()
    assert running


def test_pytest_shows_a_group_of_hidden_frames() -> None:
    """Where we hide every frame of a group, pytest has something to show; where it would crash, we do not."""

    def fail() -> None:
        __tracebackhide__ = True
        raise ExceptionGroup("both", [ValueError("A"), ValueError("B")])

    with pytest.raises(ExceptionGroup) as caught:
        fail()
    caught.value.__traceback__ = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    shown = pytest.ExceptionInfo[BaseException].from_exception(caught.value)

    if names.shows_groups_without_frames():
        assert "ValueError: B" in str(shown.getrepr())
    else:  # pragma: no cover - before pytest 9.1
        with pytest.raises(IndexError):
            shown.getrepr()


async def test_asyncio_knows_whether_a_failure_was_seen() -> None:
    """It complains of those that nobody has asked for."""
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError)

    assert names.hides_failure(future)
    assert isinstance(future.exception(), ValueError)
    assert not names.hides_failure(future)


def test_the_environment_keeps_encoded_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set is there at once, in bytes."""
    monkeypatch.setenv("APP_TRACE", "on")

    data = names.environment_data(os.environ)

    assert data is not None
    assert data[b"APP_TRACE"] == b"on"


def test_a_mapping_of_its_own_is_no_environment() -> None:
    """Who replaced `os.environ` may have anything in it."""
    assert names.environment_data({"APP_TRACE": "on"}) is None


def test_handlers_are_told_without_their_names() -> None:
    """A number stays a number."""
    assert names.signal_handler(signal.SIGUSR2) is signal.SIG_DFL.value
    assert names.signal_handler(signal.SIGTERM) == signal.getsignal(signal.SIGTERM)


def test_blocked_signals_are_told_as_numbers() -> None:
    """They are those that the signal module names."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    try:
        assert names.blocked_signals() == signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert signal.SIGUSR2 in names.blocked_signals()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_runner_handles_interrupts_while_it_runs() -> None:
    """And only then."""

    async def is_handled() -> bool:
        return names.is_handler_of_runner(signal.getsignal(signal.SIGINT))

    assert asyncio.run(is_handled())
    assert not names.is_handler_of_runner(signal.getsignal(signal.SIGINT))


async def test_a_task_tells_in_which_context_it_runs() -> None:
    """Its own, not that of a callback that waits for it."""
    variable = contextvars.ContextVar[str]("variable")

    async def run() -> None:
        await asyncio.sleep(0)

    outer = contextvars.copy_context()
    inner = contextvars.copy_context()
    inner.run(variable.set, "inner")
    task = asyncio.create_task(run(), context=inner)
    task.add_done_callback(print, context=outer)
    context = names.context_of(task)
    task.remove_done_callback(print)
    await task

    assert context is not None
    assert context[variable] == "inner"
