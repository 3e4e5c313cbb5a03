"""Tasks that are left in the trio runners which anyio's pytest plugin keeps open."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import trio

from isolation._findings import Finding, Severity
from isolation._origin import Origin
from isolation.probes._scene import Left, Scene, severity_for
from isolation.recording import trio_tasks


def findings_of_run(tasks: Sequence[trio.lowlevel.Task], scene: Scene, severity: Severity) -> Sequence[Finding]:
    """Return which of *tasks* a run of trio is about to cancel because its main task is over."""
    table = scene.recorder.trio_tasks
    owned = [
        (task, table.get(task)) for task in tasks if _is_system_task(task) and not table.is_told(task, scene.number)
    ]
    left = [(task, origin) for task, origin in owned if origin is not None]
    for task, origin in left:
        table.tell(task, origin, scene.number)
    return [replace(_finding(task, origin, scene, is_closing=True), severity=severity) for task, origin in left]


def findings(runner: object, scene: Scene, *, is_closing: bool = False) -> Sequence[Finding]:
    """Return the tasks of *runner* whose owner is over, or all that were recorded if the runner *is_closing*."""

    def look() -> Left[Any]:
        return left(runner, scene, is_closing=is_closing)

    def rest(seconds: float) -> None:
        trio_tasks.rest(runner, seconds)

    orphans = scene.orphans(scene.recorder.trio_tasks, look, rest)
    return [_finding(task, origin, scene, is_closing=is_closing) for task, origin in orphans]


def left(runner: object, scene: Scene, *, is_closing: bool = False) -> Left[Any]:
    """Return what of *runner* is to be found now; inside a run of trio that run is meant, whatever *runner* is."""
    table = scene.recorder.trio_tasks
    owned = [(task, table.get(task)) for task in trio_tasks.tasks_of(runner) if not table.is_told(task, scene.number)]
    return [
        (task, origin)
        for task, origin in owned
        if origin is not None
        and not _is_of_library(task)
        and (origin.is_over or (is_closing and _is_system_task(task)))
    ]


def _is_of_library(task: trio.lowlevel.Task) -> bool:
    # trio's own tasks, and the one in which anyio waits for the end of the run to end its worker processes.
    return task.name.startswith(("<", "trio._core", "anyio._backends"))


def _is_system_task(task: trio.lowlevel.Task) -> bool:
    nursery = task.parent_nursery
    is_top = nursery is not None and nursery.parent_task.parent_nursery is None
    return is_top and not _is_of_library(task)


def _finding(task: trio.lowlevel.Task, origin: Origin, scene: Scene, *, is_closing: bool) -> Finding:
    from isolation.probes.tasks import suspended_at  # noqa: PLC0415 - that module imports this one late

    place = suspended_at(task.coro)
    return Finding(
        probe="tasks",
        kind="task",
        name=task.name.rpartition(".")[2],
        owner=origin.owner,
        origin=origin,
        severity=severity_for(origin, "error"),
        detail=f"pending at {scene.show(place)}" if place else "pending",
        hint="a trio task that no nursery of the test ends",
        # trio cannot cancel one task of somebody else's nursery; a closing runner cancels them all.
        ending=(lambda _: None) if is_closing else None,
    )
