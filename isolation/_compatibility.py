"""Every private name of other projects that this package touches, each looked up here and nowhere else.

Checked with CPython 3.11.7, 3.12.1 and 3.13.0, pytest 8.4 and 9.2, pytest-asyncio 1.2 and 1.5, anyio 4.9 and 4.16,
trio 0.30 and 0.35, uvloop 0.21 and 0.23.  A name that is missing switches off what needs it, not the run: every
function answers "nothing" then, and `tests/test_compatibility.py` fails as soon as one of these projects changes.
"""

import asyncio
import gc
import os
import signal
import subprocess
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from functools import partial
from pathlib import Path
from threading import Thread
from traceback import walk_tb
from types import CodeType, FrameType, MethodType, ModuleType
from typing import Any, NamedTuple, Protocol, cast

from isolation._causes import causes

ADJUST_THREAD_COUNT: CodeType | None = getattr(
    getattr(ThreadPoolExecutor, "_adjust_thread_count", None), "__code__", None
)
"""The code in which a thread pool starts a worker; `ThreadPoolExecutor._adjust_thread_count`."""

RUN_IN_EXECUTOR: CodeType = asyncio.BaseEventLoop.run_in_executor.__code__
"""The code in which a loop makes its default executor."""

BOOTSTRAP = "_bootstrap_inner"
"""The method of `threading.Thread` that runs first in a new thread."""

ASYNCGEN_FIRSTITER = "_asyncgen_firstiter_hook"
"""The method of a loop that sees each async generator when it starts."""

WAKERS = frozenset({"_set_result_unless_cancelled", "_on_timeout", "_release_waiter", "stop"})
"""The names of timer callbacks that only wake or cancel a task which is judged itself, or stop the loop."""

_PASSED = frozenset({"asyncio.runners", "contextlib", "isolation.recording.event_loops"})
_FRAMEWORK_RUNNERS = {
    "pytest_asyncio.plugin": "",
    "pytest_asyncio._runner": "",
    "unittest.async_case": "",
    "anyio._backends._asyncio": "TestRunner.",
}


class FixtureDef(Protocol):
    """The part of a pytest fixture definition that is read here."""

    cached_result: Any


def runner_loop(runner: asyncio.Runner) -> AbstractEventLoop | None:
    """Return the loop of *runner*, None before its first use and after its end."""
    return getattr(runner, "_loop", None)


def runner_context(runner: asyncio.Runner) -> Context | None:
    """Return the context that *runner* uses for every `run()` without one."""
    return getattr(runner, "_context", None)


def is_interrupted() -> bool:
    """Tell whether an `asyncio.Runner` that runs here was interrupted, and has cancelled its task for that."""
    handler = signal.getsignal(signal.SIGINT)
    runner = getattr(getattr(handler, "func", None), "__self__", None)
    return bool(getattr(runner, "_interrupt_count", 0)) or bool(CANCELLED_FOR_INTERRUPT)


CANCELLED_FOR_INTERRUPT: list[object] = []
"""The runners whose task we have cancelled ourselves, after an interrupt that was raised out of its loop."""

_ON_SIGINT: CodeType | None = getattr(getattr(asyncio.Runner, "_on_sigint", None), "__code__", None)


def is_second_interrupt(failure: BaseException) -> bool:
    """Tell whether *failure* was raised since an `asyncio.Runner` was interrupted again; the first one cancels."""
    return any(frame.f_code is _ON_SIGINT for frame, _ in walk_tb(failure.__traceback__))


def hides_failure(future: "asyncio.Future[object]") -> bool:
    """Tell whether *future* has failed, and nobody has asked for it so far."""
    return bool(getattr(future, "_log_traceback", False))


def timers(loop: AbstractEventLoop) -> list[asyncio.TimerHandle]:
    """Return the pending timers of *loop* that run a callback of somebody, not those that only wake a task."""
    scheduled: list[asyncio.TimerHandle] = getattr(loop, "_scheduled", [])
    return [handle for handle in list(scheduled) if not handle.cancelled() and not _only_wakes(handle)]


def knows_timers(loop: AbstractEventLoop) -> bool:
    """Tell whether *loop* can be asked for its timers; uvloop's cannot."""
    return hasattr(loop, "_scheduled")


def _only_wakes(handle: asyncio.TimerHandle) -> bool:
    callback = getattr(handle, "_callback", None)
    return getattr(callback, "__name__", "") in WAKERS


def timer_context(handle: asyncio.TimerHandle) -> Context | None:
    """Return the context in which *handle* was scheduled."""
    return getattr(handle, "_context", None)


def timer_callback(handle: asyncio.TimerHandle) -> object:
    """Return what *handle* would call."""
    return getattr(handle, "_callback", None)


def transport_loop(transport: object) -> AbstractEventLoop | None:
    """Return the loop that *transport* belongs to."""
    return getattr(transport, "_loop", None)


def running_loop() -> AbstractEventLoop | None:
    """Return the loop that runs in this thread, None if there is none."""
    return asyncio._get_running_loop()  # noqa: SLF001 - documented for those who implement loops


def executor_is_shut_down(executor: ThreadPoolExecutor) -> bool:
    """Tell whether *executor* no longer accepts work."""
    return bool(getattr(executor, "_shutdown", False))


def executor_threads(executor: ThreadPoolExecutor) -> list[Thread]:
    """Return the workers of *executor* that run."""
    return [thread for thread in list(getattr(executor, "_threads", ())) if thread.is_alive()]


def executor_prefix(executor: ThreadPoolExecutor) -> str:
    """Return the prefix of the names of the workers of *executor*."""
    return str(getattr(executor, "_thread_name_prefix", ""))


def loop_descriptors(loop: AbstractEventLoop) -> set[int]:
    """Return the descriptors that *loop* needs for itself: its selector and its self-pipe."""
    owned = (getattr(loop, name, None) for name in ("_selector", "_ssock", "_csock"))
    return {number for number in map(fileno, owned) if number >= 0}


def fileno(obj: object) -> int:
    """Return the descriptor of *obj*, -1 if it has none or is closed."""
    method: Any = getattr(obj, "fileno", None)
    try:
        return int(method()) if method is not None else -1
    except (OSError, ValueError, TypeError):
        return -1


def test_case_context(case: object) -> Context | None:
    """Return the context in which *case*, of `IsolatedAsyncioTestCase`, runs; it was copied when *case* was made."""
    return getattr(case, "_asyncioTestContext", None)


def closed_by_framework(frames: Iterable[tuple[str, str]]) -> bool:
    """Tell whether *frames*, pairs of module and function, innermost first, close the runner of a test framework."""
    for module, function in frames:
        if module in _PASSED:
            continue
        prefix = _FRAMEWORK_RUNNERS.get(module)
        return prefix is not None and function.startswith(prefix)
    return False


def fixture_value(fixturedef: FixtureDef) -> object:
    """Return what the live fixture *fixturedef* gave, None if it is not set up or failed."""
    cached = fixturedef.cached_result
    return cached[0] if cached is not None and cached[2] is None else None


def fixture_finalizers(fixturedef: FixtureDef) -> Sequence[object]:
    """Return what *fixturedef* will call at its end: these hold its suspended generator, and so its local variables."""
    finalizers: Sequence[object] = getattr(fixturedef, "_finalizers", ())
    return list(finalizers)


_WAITED: Mapping[CodeType, str] = {
    asyncio.Runner.run.__code__: "task",
    asyncio.BaseEventLoop.run_until_complete.__code__: "future",
}


def _waited_for(frame: FrameType) -> Any:  # noqa: ANN401 - a future of anything
    found: Any = frame.f_locals.get(_WAITED[frame.f_code]) if frame.f_code in _WAITED else None
    return cast("Any", found) if isinstance(found, asyncio.Future) else None


def tasks_waited_for(frame: FrameType | None) -> Sequence[asyncio.Task[Any]]:
    """Return the task for which the code at *frame* runs a loop, and the other tasks of that loop."""
    while frame is not None:
        future = _waited_for(frame)
        if future is not None:
            tasks: set[asyncio.Task[Any]] = asyncio.all_tasks(future.get_loop())
            return sorted(tasks, key=lambda each: (each is not future, each.get_name()))
        frame = frame.f_back
    return ()


def waited_for_in(failure: BaseException) -> Sequence[asyncio.Future[Any]]:
    """Return for what loops were run, out of which *failure* was raised."""
    futures = [_waited_for(frame) for frame, _ in walk_tb(failure.__traceback__)]
    return [future for future in futures if future is not None]


def abandon_tasks(loop: AbstractEventLoop) -> None:
    """Let nobody wait for the tasks of *loop*, as a runner does when it closes."""
    for task in asyncio.all_tasks(loop):
        asyncio._unregister_task(task)  # noqa: SLF001 - documented for those who implement tasks


def fixture_of(request: object) -> Any:  # noqa: ANN401 - of pytest, which must not be imported here
    """Return the definition of the fixture that *request* was given to, None if it is a test's."""
    return getattr(request, "_fixturedef", None)


def finish_fixture(fixturedef: Any, request: object) -> None:  # noqa: ANN401 - of pytest
    """Let pytest run the finalizers of *fixturedef*, unless they have run."""
    fixturedef.finish(request)


def remember_failure(fixturedef: Any, request: object, failure: BaseException) -> None:  # noqa: ANN401 - of pytest
    """Let *fixturedef* be a fixture whose set-up raised *failure*, as pytest does for an `Exception`."""
    fixturedef.cached_result = (None, fixturedef.cache_key(request), (failure, failure.__traceback__))


class Lost(NamedTuple):
    """What pytest has given up when a teardown raised.

    Attributes:
        node: Whose teardown it was; None if no finalizer was called at all.
        finalizers: Those that it did not come to, newest last.
        errors: Those of earlier finalizers, which nobody would see.
    """

    node: object
    finalizers: list[Callable[[], object]]
    errors: Sequence[BaseException]


_TEARDOWN_NAMES = frozenset({"self", "node", "finalizers", "exceptions", "these_exceptions"})


def _teardown_code() -> CodeType | None:
    setup_state = getattr(sys.modules.get("_pytest.runner"), "SetupState", None)
    return getattr(getattr(setup_state, "teardown_exact", None), "__code__", None)


def knows_lost_finalizers() -> bool:
    """Tell whether pytest tears down where we expect it, and keeps there what we look for."""
    code = _teardown_code()
    fixture_def = getattr(sys.modules.get("_pytest.fixtures"), "FixtureDef", None)
    has_names = code is not None and set(code.co_varnames) >= _TEARDOWN_NAMES
    return has_names and hasattr(fixture_def, "finish") and hasattr(fixture_def, "cache_key")


def setup_nodes(session: Any) -> Sequence[Any]:  # noqa: ANN401 - of pytest
    """Return the nodes of *session* that are set up, the session first."""
    return list(session._setupstate.stack)  # noqa: SLF001 - asked for here, for everybody


def forget_nodes(session: Any) -> None:  # noqa: ANN401 - of pytest
    """Let pytest tear down nothing any more."""
    session._setupstate.stack.clear()  # noqa: SLF001 - asked for here, for everybody


def teardown_exact(session: Any, nextitem: object) -> None:  # noqa: ANN401 - of pytest
    """Let pytest tear down what *nextitem* does not need."""
    session._setupstate.teardown_exact(nextitem)  # noqa: SLF001 - asked for here, for everybody


def lost_in_teardown(session: Any, failure: BaseException) -> Lost:  # noqa: ANN401 - of pytest
    """Return what pytest has given up when *failure* ended a teardown of *session*."""
    code = _teardown_code()
    for error in causes(failure):
        for frame, _ in walk_tb(error.__traceback__):
            if frame.f_code is code and frame.f_locals["self"] is session._setupstate:  # noqa: SLF001 - the same
                return _given_up(frame.f_locals, [failure, error, *getattr(error, "exceptions", ())])
    return Lost(None, [], ())


def _given_up(names: Mapping[str, Any], raised: Sequence[BaseException]) -> Lost:
    errors: list[BaseException] = [*names["exceptions"], *names.get("these_exceptions", ())]
    # pytest raises what it has collected when it is through, then nothing of it is lost.
    seen = {id(error) for error in raised}
    return Lost(names.get("node"), names.get("finalizers", []), [error for error in errors if id(error) not in seen])


def torn_down_in(failure: BaseException) -> tuple[Any, Any] | None:
    """Return the definition of the fixture in whose teardown *failure* was raised, and its request."""
    fixture_def = getattr(sys.modules.get("_pytest.fixtures"), "FixtureDef", None)
    code = getattr(getattr(fixture_def, "finish", None), "__code__", None)
    frames = [frame.f_locals for frame, _ in walk_tb(failure.__traceback__) if frame.f_code is code]
    return (frames[-1]["self"], frames[-1]["request"]) if frames else None


def visible_fixtures(item: Any) -> set[str]:  # noqa: ANN401 - pytest's class
    """Return the names of the fixtures that *item* could use; nothing if pytest keeps them elsewhere."""
    manager: Any = getattr(item.session, "_fixturemanager", None)
    of_node = getattr(manager, "_get_all_fixture_defs_for_node", None)
    if of_node is not None:
        return {fixturedef.argname for fixturedef in of_node(item)}
    names: Iterable[str] = getattr(manager, "_arg2fixturedefs", ())  # before pytest 9.1
    return {name for name in names if manager.getfixturedefs(name, item)}


def claim_for_asyncio(function: Any, *, is_claimed: bool, loop_scope: str | None) -> None:  # noqa: ANN401 - a function or method
    """Let pytest-asyncio run the async fixture *function*, or not; None leaves its loop as configured."""
    function = getattr(function, "__func__", function)
    function._force_asyncio_fixture = is_claimed  # noqa: SLF001 - what `pytest_asyncio.fixture` sets
    if loop_scope is not None:
        function._loop_scope = loop_scope  # noqa: SLF001 - the same


def shows_groups_without_frames() -> bool:
    """Tell whether pytest can show an exception group when every frame of it is hidden; before 9.1 it crashes."""
    version: tuple[object, ...] = getattr(sys.modules.get("pytest"), "version_tuple", ())
    return version[:2] >= (9, 1)


def can_hide(excinfo: Any) -> bool:  # noqa: ANN401 - of pytest
    """Tell whether a frame of ours may be hidden from the traceback of *excinfo*, for ``__tracebackhide__``."""
    return not isinstance(excinfo.value, BaseExceptionGroup) or shows_groups_without_frames()


def anyio_plugin() -> ModuleType | None:
    """Return anyio's pytest plugin if it is loaded and asks for its backends where we expect it."""
    plugin = sys.modules.get("anyio.pytest_plugin")
    return plugin if hasattr(plugin, "get_async_backend") else None


def test_runner_of(backend: type) -> type | None:
    """Return the class of the test runners of anyio's *backend*."""
    return getattr(sys.modules.get(backend.__module__), "TestRunner", None)


def stuck_anyio_runner() -> Any:  # noqa: ANN401 - of anyio
    """Return anyio's runner for asyncio if it cannot run a fixture, since its task is busy with another, or is over.

    Whatever is raised out of its loop leaves it like that, as Ctrl-C does.
    """
    runner: Any = getattr(sys.modules.get("anyio.pytest_plugin"), "_current_runner", None)
    task = getattr(runner, "_runner_task", None)
    if task is None or runner.get_loop().is_running():
        return None
    is_idle = not task.done() and runner._send_stream.statistics().tasks_waiting_receive  # noqa: SLF001 - asked for here
    return None if is_idle else runner


def cancel_anyio_runner(runner: Any) -> asyncio.Future[Any]:  # noqa: ANN401 - of anyio
    """Cancel the task of *runner* as anyio does when a test was interrupted, and return it; the next one is another."""
    task: asyncio.Future[Any] = runner._runner_task  # noqa: SLF001 - asked for here, for everybody
    task.cancel()
    runner._send_stream.close()  # noqa: SLF001 - the same
    runner._runner_task = None  # noqa: SLF001 - the same
    return task


def replace_anyio_calls(runner: Any, call: Callable[..., object]) -> None:  # noqa: ANN401 - of anyio
    """Let *call* be what *runner* does with the functions that it is to run."""
    runner._call_in_runner_task = call  # noqa: SLF001 - asked for here, for everybody


def is_in_trio() -> bool:
    """Tell whether a task of trio is the caller; a guest run that waits for its host is none.  Does not import trio."""
    lowlevel = getattr(sys.modules.get("trio"), "lowlevel", None)
    return lowlevel is not None and lowlevel.in_trio_task()


def trio_runner_is_open(runner: object) -> bool:
    """Tell whether *runner*, one of anyio's for trio, has a trio loop that waits for work."""
    return getattr(runner, "_send_stream", None) is not None


def interpreter_flags() -> Sequence[str]:
    """Return the options with which this interpreter was started, for another one like it."""
    flags: Callable[[], list[str]] | None = getattr(subprocess, "_args_from_interpreter_flags", None)
    return flags() if flags is not None else ()


def process_descriptors(process: object) -> set[int]:
    """Return the pipes by which multiprocessing learns that *process* has ended."""
    popen = getattr(process, "_popen", None)
    numbers = getattr(getattr(popen, "finalizer", None), "_args", ()) or ()
    return {number for number in numbers if isinstance(number, int)}


def children_file_exists() -> bool:
    """Tell whether the kernel lists the children of a thread."""
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def helper_process_ids() -> set[int]:
    """Return the processes that multiprocessing keeps for itself: its resource tracker and its fork server."""
    return {pid for pid in _multiprocessing_attribute("_resource_tracker", "_forkserver", name="_pid") if pid} | {
        pid for pid in _multiprocessing_attribute("_forkserver", name="_forkserver_pid") if pid
    }


def helper_descriptors() -> set[int]:
    """Return the descriptors that multiprocessing keeps for itself."""
    names = ("_fd", "_forkserver_alive_fd")
    return {
        number
        for name in names
        for number in _multiprocessing_attribute("_resource_tracker", "_forkserver", name=name)
        if number is not None
    }


def _multiprocessing_attribute(*holders: str, name: str) -> Iterator[int | None]:
    modules = {"_resource_tracker": "multiprocessing.resource_tracker", "_forkserver": "multiprocessing.forkserver"}
    for holder in holders:
        module = sys.modules.get(modules[holder])
        yield getattr(getattr(module, holder, None), name, None)


def fixture_graph(item: object) -> tuple[Sequence[str], Mapping[str, Sequence[Any]]]:
    """Return the arguments of the test *item*, and the definitions of all its fixtures, those that are used last."""
    info: Any = getattr(item, "_fixtureinfo", None)
    return getattr(info, "argnames", ()), getattr(info, "name2fixturedefs", {})


def fixture_loop_scope(function: object) -> str | None:
    """Return the scope of the loop that `pytest_asyncio.fixture` was asked for, None if nobody asked."""
    scope: str | None = getattr(function, "_loop_scope", None)
    return scope


def is_in_scope() -> bool:
    """Tell whether a cancel scope of anyio or trio is, or may be, around the current task."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - documented, and cheap
    task = asyncio.current_task(loop) if loop is not None else None
    if task is None:
        return True  # of trio, which has scopes around everything
    states: Mapping[Any, Any] | None = getattr(sys.modules.get("anyio._backends._asyncio"), "_task_states", None)
    if states is None:
        return True
    state = states.get(task)
    return state is not None and getattr(state, "cancel_scope", True) is not None


def environment_data(environ: object) -> dict[Any, Any] | None:
    """Return what `os.environ` keeps its variables in, encoded; it is forty times faster to compare."""
    data: dict[Any, Any] = getattr(environ, "_data", {})
    return data if type(data) is dict and hasattr(environ, "_data") else None


def active_patches() -> Sequence[Any]:
    """Return the patches of `unittest.mock` that were started and not stopped, oldest first; checked on 3.11 to 3.13.

    Nothing is imported for it: without the module there is none.
    """
    patch = getattr(sys.modules.get("unittest.mock"), "_patch", None)
    return list(getattr(patch, "_active_patches", ()))


_SIGNALS: Any = sys.modules.get("_signal", signal)

signal_handler: Callable[[int], object] = _SIGNALS.getsignal
"""Like `signal.getsignal`, which is twenty times slower: it looks for a name for each handler."""


def blocked_signals() -> set[int]:
    """Return the signals that are blocked in this thread; like `signal.pthread_sigmask`, for the same reason."""
    blocked: set[int] = _SIGNALS.pthread_sigmask(signal.SIG_BLOCK, ())
    return blocked


def is_handler_of_runner(handler: object) -> bool:
    """Tell whether *handler* is what an `asyncio.Runner` sets for SIGINT while it runs."""
    method: Any = handler.func if type(handler) is partial else None
    return type(method) is MethodType and getattr(method.__func__, "__code__", None) is _ON_SIGINT


def context_of(task: asyncio.Task[Any]) -> Context | None:
    """Return the context in which *task* runs; before 3.12 only the garbage collector can tell it."""
    get = getattr(task, "get_context", None)
    if get is not None:  # pragma: no cover - Python 3.12 and later
        return cast("Context", get())
    # The latter is that of a task that is written in Python.
    held = [*gc.get_referents(task), getattr(task, "_context", None)]  # pragma: no cover - Python 3.11
    return next((each for each in held if type(each) is Context), None)  # pragma: no cover - Python 3.11
