"""Record the tasks of the trio runners that anyio's pytest plugin keeps open, and look into these runners."""

from collections.abc import Callable
from typing import Any

import trio

from isolation._owners import OWNER
from isolation.recording._recorder import OURS, Recorder


class _Spawned(trio.abc.Instrument):
    """Notes every task when it is spawned, in the context of the task that spawns it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Record *task*; system tasks share one context, so their owner can only be noted here."""
        origin = self._recorder.origin()
        if origin is not None:
            self._recorder.trio_tasks.add(task, origin)


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
        return original(runner, lambda *args, **kwargs: instrumented(func(*args, **kwargs)), *args, **kwargs)

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
    token = OWNER.set(OURS)
    try:
        found: list[trio.lowlevel.Task] = runner._call_in_runner_task(_collect)  # noqa: SLF001 - looked up by the wrapper
    finally:
        OWNER.reset(token)
    return found


def rest(runner: Any, seconds: float) -> None:  # noqa: ANN401 - anyio's class
    """Let the tasks of *runner* run for *seconds*."""
    token = OWNER.set(OURS)
    try:
        runner._call_in_runner_task(trio.sleep, seconds)  # noqa: SLF001 - looked up by the wrapper
    finally:
        OWNER.reset(token)


async def _collect() -> list[trio.lowlevel.Task]:
    root = trio.lowlevel.current_root_task()
    pending = [task for nursery in (root.child_nurseries if root else ()) for task in nursery.child_tasks]
    found: list[trio.lowlevel.Task] = []
    while pending:
        task = pending.pop()
        found.append(task)
        pending.extend(child for nursery in task.child_nurseries for child in nursery.child_tasks)
    return found
