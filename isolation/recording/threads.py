"""Record threads and thread pools, and let a new thread know whose it is."""

import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any
from weakref import ref

from isolation import _compatibility
from isolation._origin import Origin, caller_frame
from isolation._owners import OWNER
from isolation.recording._recorder import Recorder


def install(recorder: Recorder) -> None:
    """Wrap what starts threads and makes thread pools."""
    patches = recorder.patches
    patches.wrap(threading.Thread, "start", lambda original: _wrap_start(original, recorder))
    patches.wrap(threading.Thread, _compatibility.BOOTSTRAP, lambda original: _wrap_bootstrap(original, recorder))
    patches.wrap(ThreadPoolExecutor, "__init__", lambda original: _wrap_executor(original, recorder))


def _wrap_start(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def start(thread: threading.Thread) -> None:
        caller = caller_frame(1)
        if caller.f_code is _compatibility.ADJUST_THREAD_COUNT:
            executor: ThreadPoolExecutor = caller.f_locals["self"]
            # Workers start late, in the middle of some test: they belong to whoever made the pool.
            origin: Origin | None = recorder.executors.get(executor) or Origin(None)
            recorder.worker_pools[thread] = ref(executor)
        else:
            origin = recorder.origin()
        if origin is not None:
            recorder.threads.add(thread, origin)
        original(thread)

    return start


def _wrap_bootstrap(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def bootstrap(thread: threading.Thread) -> None:
        # A new thread starts with an empty context.
        origin = recorder.threads.get(thread)
        if origin is not None:
            OWNER.set(origin.owner)
        original(thread)

    return bootstrap


def _wrap_executor(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def __init__(executor: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> None:  # noqa: N807, ANN401 - stands for the pool's
        original(executor, *args, **kwargs)
        origin = recorder.origin()
        caller = caller_frame(1)
        loop = _loop_that_makes(executor, caller) if origin is not None else None
        if origin is not None and loop is not None:
            loop_origin = recorder.loops.get(loop)
            # A loop's default executor is made by the first who needs it, and lives as long as the loop.
            origin = Origin(loop_origin.owner if loop_origin else None, origin.frames)
        if origin is not None:
            recorder.executors.add(executor, origin)

    return __init__


def _loop_that_makes(executor: ThreadPoolExecutor, caller: FrameType) -> AbstractEventLoop | None:
    if caller.f_code is _compatibility.RUN_IN_EXECUTOR:
        loop: AbstractEventLoop = caller.f_locals["self"]
        return loop
    # uvloop's loops are compiled and have no frames, but they name their executor.
    is_uvloops = _compatibility.executor_prefix(executor) == "uvloop"
    return _compatibility.running_loop() if is_uvloops else None
