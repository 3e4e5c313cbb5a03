"""Tasks that are pending when their owner is over, or when their loop dies: asyncio's and trio's."""

import asyncio
import re
import sys
from asyncio import AbstractEventLoop
from collections.abc import Sequence
from typing import Any

from isolation import _compatibility
from isolation._event_loop import cancel, is_idle, spin
from isolation._findings import Finding, Severity
from isolation._origin import Origin, Place, awaited_frames, innermost
from isolation._owners import OWNER
from isolation.probes._scene import Left, Scene, severity_for
from isolation.recording._recorder import ClosedBy
from isolation.recording.event_loops import pending_tasks

_UNNAMED = re.compile(r"Task-\d+")
_RUNNERS = frozenset({"Runner.run", "BaseEventLoop.run_until_complete"})
_FRAMEWORK = re.compile(r"TestRunner\._|_asyncioLoopRunner|(\w+\.)?shutdown_\w+$|BaseEventLoop\.")
_SEVERITIES: dict[ClosedBy, Severity] = {"framework": "error", "user": "note", "hand": "warning"}


class TasksProbe:
    """Find pending tasks."""

    name = "tasks"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def snapshot(self) -> None:
        """Remember nothing: every task knows its owner."""

    def findings(self, before: None, /) -> Sequence[Finding]:
        """Return the tasks in open loops and in open trio runners whose owner is over."""
        del before
        recorder = self._scene.recorder
        if not recorder.loops and not recorder.trio_runners and not _compatibility.is_in_trio():
            return ()
        left = self._scene.orphans(recorder.tasks, self._look) if self._scene.open_loops() else ()
        found = [self._finding(task, origin, "error", is_dying=False) for task, origin in left]
        return [*found, *self._trio_findings()]

    def is_suspicious(self, before: None, /) -> bool:
        """Tell whether anything is left now."""
        del before
        return bool(self._pending()) or (_compatibility.is_in_trio() and self._is_left_in_trio())

    def restore(self, before: None, /) -> None:
        """Do nothing: each finding has its own ending."""

    def findings_at_close(self, loop: AbstractEventLoop, closed_by: ClosedBy, /) -> Sequence[Finding]:
        """Return the tasks that are pending in *loop*, whoever owns them."""
        if not self._dying(loop):
            return ()
        self._scene.begin()
        if closed_by == "hand" or not is_idle(loop):
            left = self._dying(loop)
        else:
            left = self._scene.remaining(lambda: self._dying(loop), lambda seconds: spin(loop, seconds))
        for task, origin in left:
            self._scene.recorder.tasks.tell(task, origin, self._scene.number)
        severity = _SEVERITIES[closed_by]
        return [self._finding(task, origin, severity, is_dying=closed_by != "hand") for task, origin in left]

    def _look(self) -> Left[asyncio.Task[Any]]:
        return [(task, origin) for task, origin in self._pending() if not _is_on_its_way(task)]

    def _pending(self) -> Left[asyncio.Task[Any]]:
        found = [pair for loop in self._scene.open_loops() for pair in self._dying(loop)]
        return [(task, origin) for task, origin in found if origin.is_over]

    def _dying(self, loop: AbstractEventLoop) -> Left[asyncio.Task[Any]]:
        owned = ((task, self._origin(task)) for task in pending_tasks(loop) if not self._is_told(task))
        left = [(task, origin) for task, origin in owned if not _is_of_framework(task, origin)]
        return self._scene.recorder.tasks.oldest_first(left)

    def _is_told(self, task: asyncio.Task[Any]) -> bool:
        return self._scene.recorder.tasks.is_told(task, self._scene.number)

    def _origin(self, task: asyncio.Task[Any]) -> Origin:
        known = self._scene.recorder.tasks.get(task)
        if known is not None:
            return known
        if sys.version_info >= (
            3,
            12,
        ):  # pragma: no cover - `Task(...)` called directly; its context cannot be read on 3.11
            return Origin(task.get_context().get(OWNER))
        return Origin(None)  # pragma: no cover - only before 3.12

    def _finding(self, task: asyncio.Task[Any], origin: Origin, severity: Severity, *, is_dying: bool) -> Finding:
        place = suspended_at(task.get_coro())
        return Finding(
            probe=self.name,
            kind="task",
            name=name_of(task),
            owner=origin.owner,
            origin=origin,
            severity=severity_for(origin, severity),
            detail=f"pending at {self._scene.show(place)}" if place else "pending",
            ending=(lambda _: None) if is_dying else (lambda seconds: cancel(task, seconds)),
        )

    def _trio_findings(self) -> Sequence[Finding]:
        if _compatibility.is_in_trio():
            return self.findings_in_trio(None)
        table = self._scene.recorder.trio_runners
        return [finding for runner, _ in table.living() for finding in self.findings_in_trio(runner)]

    def findings_in_trio(self, runner: object, *, is_closing: bool = False) -> Sequence[Finding]:
        """Return the tasks of *runner*, one of anyio's for trio or the run that goes on, that nobody will end."""
        from isolation.probes import trio_tasks  # noqa: PLC0415 - imports trio, which is loaded if there is a runner

        return trio_tasks.findings(runner, self._scene, is_closing=is_closing)

    def _is_left_in_trio(self) -> bool:
        from isolation.probes import trio_tasks  # noqa: PLC0415 - imports trio, which is loaded if there is a run

        return bool(trio_tasks.left(None, self._scene))

    def findings_of_trio_run(self, tasks: Sequence[Any], severity: Severity) -> Sequence[Finding]:
        """Return which of *tasks* trio is about to cancel silently."""
        from isolation.probes import trio_tasks  # noqa: PLC0415 - imports trio, which is loaded if there is a run

        return trio_tasks.findings_of_run(tasks, self._scene, severity)


def name_of(task: asyncio.Task[Any]) -> str:
    """Return the name that the user gave *task*, else that of its coroutine function."""
    given = task.get_name()
    return getattr(task.get_coro(), "__qualname__", given) if _UNNAMED.fullmatch(given) else given


def suspended_at(awaitable: object) -> Place | None:
    """Return the innermost line of the user's code in which *awaitable* waits."""
    return innermost([(frame.f_code, frame.f_lasti) for frame in reversed(awaited_frames(awaitable))])


def _is_on_its_way(task: asyncio.Task[Any]) -> bool:
    # Cancelled, and nobody can let its running loop go on from here: it ends when it is its turn.
    return task.cancelling() > 0 and task.get_loop().is_running()


def _is_of_framework(task: asyncio.Task[Any], origin: Origin) -> bool:
    # The task that a runner was called for ends with that call; after an interrupt it is still there, and no leak.
    maker = next((code for code, _ in origin.frames if not code.co_filename.endswith("asyncio/tasks.py")), None)
    is_main = maker is not None and maker.co_qualname in _RUNNERS
    return is_main or _FRAMEWORK.match(getattr(task.get_coro(), "__qualname__", "")) is not None
