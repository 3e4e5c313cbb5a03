"""Child processes that run, or that ended and were never waited for, when their owner is over."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isolation import _compatibility
from isolation._findings import Finding
from isolation._origin import Origin
from isolation._owners import Owner
from isolation.probes._scene import Scene, severity_for

_waitid, _listdir, _open = os.waitid, os.listdir, open
_TASKS = "/proc/self/task"
_STEP = 0.002


class ProcessesProbe:
    """Find children: running ones and zombies."""

    name = "processes"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: set[int] = set()
        self._had_children = True

    def snapshot(self) -> None:
        """Let go of processes that are gone; a child that nobody has seen being made is no later owner's."""
        recorder = self._scene.recorder
        if not (self._had_children or recorder.pids or recorder.forks or self._known):
            return  # the last look saw no child, and nobody has made one since
        if has_children():
            self._known.update(children() - recorder.pids.keys())
            recorder.forks.clear()
        elif recorder.pids or recorder.forks or self._known:
            recorder.pids.clear()
            recorder.forks.clear()
            self._known.clear()

    def findings(self, before: None, /) -> Sequence[Finding]:
        """Return the children whose owner is over; a child that nobody has seen being made is the last owner's."""
        del before
        self._had_children = has_children()
        suspects = self._suspects() if self._had_children else []
        if not suspects:
            return ()
        adopters = self._scene.adopters([self._process(pid) for pid in suspects])
        for pid in suspects:
            adopter = adopters.get(id(self._process(pid)))
            if adopter is not None:
                self.give(pid, adopter)
        left = self._remaining()
        self._known.update(left)
        return [self._finding(pid, self._origin(pid)) for pid in left]

    def is_suspicious(self, before: None, /) -> bool:
        """Tell whether anything is left now."""
        del before
        return has_children() and bool(self._suspects())

    def restore(self, before: None, /) -> None:
        """Do nothing: each finding has its own ending."""

    def look(self) -> set[int]:
        """Return the process ids of all children."""
        return children() if has_children() else set()

    def claim(self, before: set[int], owner: Owner) -> None:
        """Give the children that are there now and were not *before* to *owner*, unless they have one."""
        for pid in self.look() - before:
            if pid not in self._scene.recorder.pids:
                self.give(pid, owner)

    def give(self, pid: int, owner: Owner) -> None:
        """Note that the child *pid* is *owner*'s from now on."""
        known = self._scene.recorder.pids.get(pid)
        self._scene.recorder.pids[pid] = Origin(owner, known.frames if known is not None else ())
        self._known.discard(pid)

    def _remaining(self) -> list[int]:
        left = self._scene.remaining(lambda: [(pid, Origin(None)) for pid in self._suspects()])
        return [pid for pid, _ in left]

    def _suspects(self) -> list[int]:
        pids = self._scene.recorder.pids
        fresh = children() - self._known - _compatibility.helper_process_ids()
        return sorted(pid for pid in fresh if pid not in pids or pids[pid].is_over)

    def _origin(self, pid: int) -> Origin | None:
        recorder = self._scene.recorder
        if pid in recorder.pids:
            return recorder.pids[pid]
        over = [origin for origin in recorder.forks if origin.is_over]
        if not over:
            return None
        # Process ids grow in the order of the forks; the child that is looked at is the oldest unknown one.
        recorder.forks.remove(over[0])
        return over[0]

    def _process(self, pid: int) -> Any:  # noqa: ANN401 - Popen or multiprocessing.Process
        return next((process for process, _ in self._scene.recorder.processes.living() if process.pid == pid), None)

    def _finding(self, pid: int, origin: Origin | None) -> Finding:
        is_zombie = state(pid) == "Z"
        process = self._process(pid)
        return Finding(
            probe=self.name,
            kind="zombie" if is_zombie else "process",
            name=command(pid, process),
            owner=origin.owner if origin is not None else None,
            origin=origin,
            severity=severity_for(origin, "warning" if is_zombie and _is_asyncios(origin) else "error"),
            detail=f"ended, never waited for, pid {pid}" if is_zombie else f"running, pid {pid}",
            ending=lambda seconds: end_process(pid, process, seconds),
        )


def _is_asyncios(origin: Origin | None) -> bool:
    # Whether asyncio's watcher waits for a killed child before the loop dies is a matter of microseconds.
    return origin is not None and any("/asyncio/" in code.co_filename for code, _ in origin.frames)


def has_children() -> bool:
    """Tell whether this process has any child, without taking the status of one that has ended."""
    try:
        _waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children() -> set[int]:
    """Return the process ids of the children of every thread of this process."""
    found: set[int] = set()
    for thread in _listdir(_TASKS):
        try:
            with _open(f"{_TASKS}/{thread}/children", encoding="ascii") as file:
                found.update(map(int, file.read().split()))
        except FileNotFoundError:
            continue  # the thread has ended since
    return found


def state(pid: int) -> str:
    """Return the state letter of process *pid*, empty if it is gone; ``"Z"`` is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def command(pid: int, process: Any) -> str:  # noqa: ANN401 - Popen, multiprocessing.Process or None
    """Return what process *pid* runs, as its user wrote it if possible."""
    if isinstance(process, subprocess.Popen):
        arguments = process.args
        return arguments if isinstance(arguments, str) else " ".join(map(os.fsdecode, _as_list(arguments)))
    if process is not None:
        return str(process.name)
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "unknown"


def _as_list(arguments: Any) -> list[Any]:  # noqa: ANN401 - what Popen takes
    return [arguments] if isinstance(arguments, bytes | os.PathLike) else list(arguments)


def end_process(pid: int, process: Any, seconds: float) -> str | None:  # noqa: ANN401 - Popen, multiprocessing.Process or None
    """Terminate process *pid*, kill it if it lives after *seconds*, and wait for it; return None or why it goes on."""
    if state(pid) != "Z":
        os.kill(pid, signal.SIGTERM)
        if not _ends_within(pid, seconds):
            os.kill(pid, signal.SIGKILL)
            _ends_within(pid, seconds)
    return _reap(pid, process)


def _ends_within(pid: int, seconds: float) -> bool:
    # Counted, not timed: a test may have stopped the clock for good.
    for _ in range(int(seconds / _STEP) + 1):
        if state(pid) in ("Z", ""):
            return True
        time.sleep(_STEP)
    return False


def _reap(pid: int, process: Any) -> str | None:  # noqa: ANN401 - Popen, multiprocessing.Process or None
    if state(pid) not in ("Z", ""):
        return "it survives SIGKILL"
    if isinstance(process, subprocess.Popen):
        process.wait()  # through its object, so that the return code arrives there
    elif process is not None:
        process.join()
    else:
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            return None  # somebody else has waited for it
    return None
