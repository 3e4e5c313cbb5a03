"""The watchdog: a run that cannot exit says what holds it, and ends if it may."""

import atexit
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, TextIO

from isolation._origin import current_frames, show
from isolation.recording._recorder import Recorder

_FIRST_LOOK = 0.5
_ATEXIT_DEADLINE = 2.0
_MANAGERS = ("concurrent/futures/process.py", "multiprocessing/managers.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a run may end that something holds.

    Attributes:
        status: The exit status of pytest.
        may_end: Whether the process may be ended without waiting for what holds it.
        after: Seconds to wait before that.
        is_wanted: Whether the mode asks for it.
    """

    status: int
    may_end: bool
    after: float
    is_wanted: bool = False


class Watchdog:
    """Name what keeps the interpreter from exiting, and end it if that is allowed."""

    def __init__(self, recorder: Recorder, root: str, stream: TextIO) -> None:
        self._recorder = recorder
        self._root = root
        self._stream = stream

    def watch(self, ending: Exit) -> None:
        """Return at once if nothing holds the interpreter; otherwise report, and end the process if it may be."""
        if not self._holds_after(_FIRST_LOOK):
            return
        self._say(ending)
        if ending.may_end and self._holds_after(ending.after):
            self._leave(ending.status)

    def _holds_after(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while holding_threads() or self._processes():
            if time.monotonic() >= deadline:
                return True
            time.sleep(0.01)
        return False

    def _say(self, ending: Exit) -> None:
        lines = ["", "isolation: the tests are over, but these keep the interpreter from exiting"]
        frames = current_frames()
        for thread in holding_threads():
            lines.append(f"  thread {thread.name!r}{self._origin_of(thread)}")
            lines += _indented(frames.get(thread.ident or 0))
        lines += [
            f"  process {process.name!r} running, pid {process.pid}{self._origin_of(process)}"
            for process in self._processes()
        ]
        lines.append(_outlook(ending))
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()

    def _processes(self) -> Sequence[Any]:
        """Return the processes that hold the exit; pools and managers end their own."""
        return [process for process in holding_processes() if not self._is_managed(process)]

    def _is_managed(self, process: Any) -> bool:  # noqa: ANN401 - multiprocessing's class
        origin = self._recorder.processes.get(process)
        frames = origin.frames if origin is not None else ()
        return any(code.co_filename.endswith(_MANAGERS) for code, _ in frames)

    def _origin_of(self, thing: Any) -> str:  # noqa: ANN401 - a thread or a process
        table: Any = self._recorder.threads if isinstance(thing, threading.Thread) else self._recorder.processes
        origin = table.get(thing)
        if origin is None:
            return ""
        place = origin.created_at
        made = f", created at {show(place, self._root)}" if place is not None else ""
        return made + (f", by {origin.owner.judged.nodeid or origin.owner.judged.name}" if origin.owner else "")

    def _leave(self, status: int) -> None:
        for process in self._processes():
            process.kill()
        # The interpreter would run these only after its threads; coverage.py saves its data there.
        runner = threading.Thread(target=atexit._run_exitfuncs, daemon=True)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage,reportAttributeAccessIssue] - what the interpreter itself calls
        runner.start()
        runner.join(_ATEXIT_DEADLINE)
        sys.stdout.flush()
        self._stream.flush()
        os._exit(status)


def holding_threads() -> Sequence[threading.Thread]:
    """Return the threads that the interpreter waits for; an idle worker of a pool is not one of them."""
    own = (threading.main_thread(), threading.current_thread())
    threads = [thread for thread in threading.enumerate() if not thread.daemon and thread not in own]
    frames = current_frames() if threads else {}
    return [thread for thread in threads if not _ends_at_exit(thread, frames.get(thread.ident or 0))]


def _ends_at_exit(thread: threading.Thread, frame: FrameType | None) -> bool:
    # The interpreter tells pools to end, and they do unless a worker is busy.
    if type(thread).__name__ == "_ExecutorManagerThread":
        return True
    return frame is not None and frame.f_code.co_name == "_worker" and "concurrent" in frame.f_code.co_filename


def holding_processes() -> Sequence[Any]:
    """Return the processes that multiprocessing waits for at exit."""
    module: Any = sys.modules.get("multiprocessing")
    return [process for process in module.active_children() if not process.daemon] if module is not None else []


def is_debugged() -> bool:
    """Tell whether a debugger is at work; a tracer that measures coverage is none."""
    tracer = sys.gettrace()
    modules = (getattr(tracer, "__module__", "") or "", type(tracer).__module__)
    return "pydevd" in sys.modules or any(module.startswith(("bdb", "pdb", "pydevd")) for module in modules)


def _indented(frame: FrameType | None) -> list[str]:
    if frame is None:
        return []
    entries = [entry for entry in traceback.extract_stack(frame) if not _is_ours(entry)]
    return [f"    {line}" for entry in traceback.format_list(entries) for line in entry.rstrip().splitlines()]


def _is_ours(entry: traceback.FrameSummary) -> bool:
    """Tell whether *entry* is how every thread starts, which says nothing about this one."""
    return entry.name in ("_bootstrap", "_bootstrap_inner", "bootstrap")


def _outlook(ending: Exit) -> str:
    if not ending.may_end and ending.is_wanted:
        return "waiting for them: this process is debugged, or is not only there for this run"
    if not ending.may_end:
        return "waiting for them; --isolation-mode=restore ends the run instead"
    if ending.after:
        return f"the run is ended in {ending.after:g} s with status {ending.status}"
    return f"the run is ended now with status {ending.status}"
