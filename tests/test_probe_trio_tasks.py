"""Tasks that are left in trio's runs and in the runners of anyio's plugin."""

from collections.abc import Iterator, Sequence
from typing import Any

import anyio.pytest_plugin
import pytest
import trio
import trio.testing

from isolation._compatibility import test_runner_of as runner_class_of
from isolation._findings import Finding
from isolation.probes._scene import Scene
from isolation.probes.tasks import TasksProbe
from tests.owned import an_owner, ended, owned_by

pytestmark = pytest.mark.isolation_allow("tasks", reason="trio's tasks end with their run only")


@pytest.fixture
def probe(scene: Scene) -> TasksProbe:
    """Give a probe."""
    return TasksProbe(scene)


@pytest.fixture
def runner(probe: TasksProbe) -> Iterator[Any]:
    """Give a runner of anyio's for trio, in use."""
    plugin: Any = anyio.pytest_plugin
    runner_class: Any = runner_class_of(plugin.get_async_backend("trio"))
    with runner_class() as runner:
        runner.run_test(trio.sleep, {"seconds": 0})
        yield runner


async def leave() -> None:
    """Start a task that no nursery ends."""
    trio.lowlevel.spawn_system_task(trio.sleep_forever)


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Return kind, name and severity of *findings*."""
    return [(found.kind, found.name, found.severity) for found in findings]


def test_a_task_in_a_runner_is_found_once(probe: TasksProbe, runner: Any) -> None:
    """It is told when its owner ends, and nobody can end it but the runner."""
    with ended() as owner:
        runner.run_test(leave, {})

    (found,), second = probe.findings(None), probe.findings(None)

    assert brief([found]) == [("task", "sleep_forever", "error")]
    assert found.detail.startswith("pending at trio/")
    assert (found.hint, found.ending) == ("a trio task that no nursery of the test ends", None)
    assert (found.owner, list(second)) == (owner, [])


def test_a_task_that_ends_within_the_grace_is_not_found(probe: TasksProbe, runner: Any, scene: Scene) -> None:
    """The runner runs meanwhile."""
    scene.grace = 30
    scene.begin()

    async def leave_brief() -> None:
        trio.lowlevel.spawn_system_task(trio.sleep, 0.001)

    with ended():
        runner.run_test(leave_brief, {})

    assert list(probe.findings(None)) == []


def test_resting_lets_runners_run(scene: Scene, runner: Any) -> None:
    """What a test left in a runner ends while anything else is waited for."""
    ended_at: list[float] = []

    async def leave_brief() -> None:
        async def brief_task() -> None:
            ended_at.append(trio.current_time())

        trio.lowlevel.spawn_system_task(brief_task)

    runner.run_test(leave_brief, {})

    scene.rest(0.001)

    assert len(ended_at) == 1


def test_a_task_of_a_living_owner_is_not_found(probe: TasksProbe, runner: Any) -> None:
    """A server of a wider fixture goes on, until the runner is closed."""
    with owned_by(an_owner()):
        runner.run_test(leave, {})

    now, at_its_end = probe.findings(None), probe.findings_in_trio(runner, is_closing=True)

    assert list(now) == []
    assert brief(at_its_end) == [("task", "sleep_forever", "error")]
    assert at_its_end[0].ending is not None
    assert at_its_end[0].ending(0) is None


def test_inside_of_a_run_its_own_tasks_are_found(probe: TasksProbe) -> None:
    """A block looks around itself."""
    results: list[object] = []

    async def main() -> None:
        with ended():
            await leave()
        results.extend([probe.is_suspicious(None), brief(probe.findings(None)), probe.is_suspicious(None)])

    trio.run(main)

    assert results == [True, [("task", "sleep_forever", "error")], False]


def test_a_run_tells_what_it_is_about_to_cancel(probe: TasksProbe) -> None:
    """Trio's own tasks, and those below the tasks of others, are left out."""

    async def parent() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)

    async def main() -> list[Finding]:
        task = trio.lowlevel.spawn_system_task(parent)
        await trio.testing.wait_all_tasks_blocked()
        (child,) = task.child_nurseries[0].child_tasks
        root = trio.lowlevel.current_root_task()
        assert root is not None
        own = [each for nursery in root.child_nurseries for each in nursery.child_tasks]
        tasks = [*own, child]
        found = [probe.findings_of_trio_run(tasks, "warning"), probe.findings_of_trio_run(tasks, "warning")]
        return [each for some in found for each in some]

    found = trio.run(main)

    assert ("task", "parent", "warning") in brief(found)
    assert "sleep_forever" not in [each.name for each in found]
    assert len(found) == len({each.name for each in found})
