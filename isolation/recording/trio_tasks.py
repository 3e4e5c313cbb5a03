"""Record the tasks of the trio runners that anyio's pytest plugin keeps open, and look into these runners."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import trio

from isolation._compatibility import trio_runner_is_open
from isolation._findings import Severity
from isolation._origin import caller_frame
from isolation._owners import OWNER
from isolation.recording._recorder import OURS, Recorder


class _Spawned(trio.abc.Instrument):
    """Notes every task when it is spawned, in the context of the task that spawns it."""

    def __init__(self, recorder: Recorder, severity: Severity | None = None) -> None:
        self._recorder = recorder
        self._severity: Severity | None = severity

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        """Look at what *task* leaves to trio, which cancels it silently, if it is the main task of a run."""
        severity = self._severity
        if severity is not None and is_main(task):
            # Once the main task is over, the last system task to end would look like it.
            self._severity = None
            for listener in list(self._recorder.trio_run_listeners):
                listener(_below(trio.lowlevel.current_root_task()), severity)

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Record *task*; system tasks share one context, so their owner can only be noted here."""
        origin = self._recorder.origin() if self._recorder.is_active else None
        if origin is not None:
            self._recorder.trio_tasks.add(task, origin)


def install_run(recorder: Recorder) -> None:
    """Wrap `trio.run`, which pytest-trio and users call."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, instruments: Sequence[Any] = (), **options: Any) -> Any:  # noqa: ANN401 - stands for trio's
            __tracebackhide__ = True
            caller = str(caller_frame(1).f_globals.get("__name__", ""))
            severity: Severity = "warning" if caller.startswith("pytest_trio") else "note"
            return original(*args, instruments=[*instruments, _Spawned(recorder, severity)], **options)

        return run

    recorder.patches.wrap(trio, "run", make)


def meet_run(recorder: Recorder) -> None:
    """Record what is spawned from now on in the run around the caller, which began before anybody recorded."""
    root = trio.lowlevel.current_root_task() if trio.lowlevel.in_trio_task() else None
    if root is not None and root not in recorder.trio_roots:
        recorder.trio_roots.add(root)
        trio.lowlevel.add_instrument(_Spawned(recorder))


def install(runner_class: type, recorder: Recorder) -> None:
    """Wrap the calls into, and the end of, anyio's trio runner."""
    recorder.patches.wrap(runner_class, "_call_in_runner_task", lambda original: _wrap_call(original, recorder))
    recorder.patches.wrap(runner_class, "__exit__", lambda original: _wrap_exit(original, recorder))


def _wrap_call(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    async def instrumented(awaitable: Any) -> Any:  # noqa: ANN401 - the awaitable's result
        __tracebackhide__ = True
        trio.lowlevel.add_instrument(_Spawned(recorder))
        return await awaitable

    def call_in_runner_task(runner: object, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for anyio's
        __tracebackhide__ = True
        if recorder.trio_runners.get(runner) is not None:
            return original(runner, func, *args, **kwargs)
        origin = recorder.origin()
        if origin is not None:
            recorder.trio_runners.add(runner, origin)

        def first(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
            return instrumented(func(*args, **kwargs))

        return original(runner, first, *args, **kwargs)

    return call_in_runner_task


def _wrap_exit(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def __exit__(runner: Any, *args: object) -> None:  # noqa: ANN401, N807 - stands for anyio's
        if recorder.trio_runners.get(runner) is not None:
            for listener in list(recorder.trio_listeners):
                listener(runner)
            recorder.trio_runners.forget(runner)
        original(runner, *args)

    return __exit__


def tasks_of(runner: Any) -> list[trio.lowlevel.Task]:  # noqa: ANN401 - anyio's class
    """Return the system tasks of *runner* and all below them; its main task ends with its last test."""
    if trio.lowlevel.in_trio_task():
        # Asked from inside, by a block: no runner can take a call until it is back in its own loop.
        return _below(trio.lowlevel.current_root_task())
    if not trio_runner_is_open(runner):
        return []
    token = OWNER.set(OURS)
    try:
        found: list[trio.lowlevel.Task] = runner._call_in_runner_task(_collect)  # noqa: SLF001 - looked up by the wrapper
    finally:
        OWNER.reset(token)
    return found


def rest(runner: Any, seconds: float) -> None:  # noqa: ANN401 - anyio's class
    """Let the tasks of *runner* run for *seconds*."""
    if trio.lowlevel.in_trio_task():
        time.sleep(seconds)
        return
    if not trio_runner_is_open(runner):
        return
    token = OWNER.set(OURS)
    try:
        runner._call_in_runner_task(trio.sleep, seconds)  # noqa: SLF001 - looked up by the wrapper
    finally:
        OWNER.reset(token)


async def _collect() -> list[trio.lowlevel.Task]:
    return _below(trio.lowlevel.current_root_task())


def is_main(task: trio.lowlevel.Task) -> bool:
    """Tell whether *task* is the one that a run was started for."""
    root = trio.lowlevel.current_root_task()
    nursery = task.parent_nursery
    return (
        nursery is not None and root is not None and root is nursery.parent_task and root.child_nurseries[-1] is nursery
    )


def _below(root: trio.lowlevel.Task | None) -> list[trio.lowlevel.Task]:
    pending = [task for nursery in (root.child_nurseries if root else ()) for task in nursery.child_tasks]
    found: list[trio.lowlevel.Task] = []
    while pending:
        task = pending.pop()
        found.append(task)
        pending.extend(child for nursery in task.child_nurseries for child in nursery.child_tasks)
    return found
