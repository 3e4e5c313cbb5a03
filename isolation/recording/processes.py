"""Record child processes, however they are started."""

import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any

from isolation.recording._recorder import Recorder


def install(recorder: Recorder) -> None:
    """Wrap what starts processes, and note every fork."""
    patches = recorder.patches
    patches.wrap(subprocess.Popen, "__init__", lambda original: _wrap_popen(original, recorder))
    if not recorder.watches_forks:
        recorder.watches_forks = True
        _watch_forks(weakref.ref(recorder))


def install_multiprocessing(recorder: Recorder) -> None:
    """Wrap what starts processes of multiprocessing, once that is imported."""
    process_class = getattr(sys.modules.get("multiprocessing.process"), "BaseProcess", None)
    if process_class is None or recorder.has_multiprocessing:
        return
    recorder.has_multiprocessing = True
    recorder.patches.wrap(process_class, "start", lambda original: _wrap_process_start(original, recorder))


def _wrap_popen(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def __init__(process: subprocess.Popen[Any], *args: Any, **kwargs: Any) -> None:  # noqa: N807, ANN401 - stands for Popen's
        original(process, *args, **kwargs)
        _record(recorder, process, process.pid)

    return __init__


def _wrap_process_start(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def start(process: Any) -> None:  # noqa: ANN401 - multiprocessing's class
        forks = len(recorder.forks)
        original(process)
        del recorder.forks[forks:]  # the fork that it may have made is known by its process id now
        _record(recorder, process, process.pid)

    return start


def _record(recorder: Recorder, process: object, pid: int | None) -> None:
    origin = recorder.origin(2)
    if origin is not None and pid is not None:
        recorder.processes.add(process, origin)
        recorder.pids[pid] = origin


def _watch_forks(reference: "weakref.ref[Recorder]") -> None:
    # Wrapping `os.fork` would move the warnings that it gives to our module; hooks at fork do not know the new
    # process id, so the probe matches forks and unknown children by their order.
    def before() -> None:
        recorder = reference()
        origin = recorder.origin() if recorder is not None and recorder.is_active else None
        if recorder is not None and origin is not None:
            recorder.forks.append(origin)

    os.register_at_fork(before=before)
