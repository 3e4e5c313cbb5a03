"""Tasks of trio are recorded, in runs of trio and in the runners of anyio's plugin."""

from collections.abc import Iterator, Sequence
from typing import Any

import anyio.pytest_plugin
import pytest
import trio
import trio.testing

from isolation._compatibility import test_runner_of as runner_class_of
from isolation._compatibility import trio_runner_is_open
from isolation._findings import Severity
from isolation.recording._recorder import OURS, Recorder
from isolation.recording.trio_tasks import rest, tasks_of
from tests.owned import an_owner, owned_by

Told = list[tuple[Severity, list[str]]]


@pytest.fixture
def runner(recorder: Recorder) -> Iterator[Any]:
    """Give a runner of anyio's for trio, in use."""
    plugin: Any = anyio.pytest_plugin
    runner_class: Any = runner_class_of(plugin.get_async_backend("trio"))
    with runner_class() as runner:
        runner.run_test(trio.sleep, {"seconds": 0})
        yield runner


@pytest.fixture
def told(recorder: Recorder) -> Told:
    """Give the list of what runs of trio were about to cancel."""
    told: Told = []

    def listen(tasks: Sequence[Any], severity: Severity) -> None:
        told.append((severity, [task.name for task in tasks if task.name.startswith("trio.sleep")]))

    recorder.trio_run_listeners.append(listen)
    return told


async def leave_system_task() -> trio.lowlevel.Task:
    """Start a task that no nursery ends."""
    return trio.lowlevel.spawn_system_task(trio.sleep_forever, name="trio.sleep forever")


async def leave_nothing() -> None:
    """Do nothing."""


def names(tasks: Sequence[trio.lowlevel.Task]) -> list[str]:
    """Return the names of those of *tasks* that tests start."""
    return [task.name for task in tasks if task.name.startswith("trio.sleep")]


def test_a_task_of_trio_is_recorded(recorder: Recorder) -> None:
    """Whoever spawns a task owns it, although system tasks share one context."""
    owner = an_owner()

    with owned_by(owner):
        task = trio.run(leave_system_task)

    origin = recorder.trio_tasks.get(task)
    assert origin is not None
    assert origin.owner is owner


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_task_of_nobodys_concern_is_not_recorded(is_ours: bool, recorder: Recorder) -> None:
    """Neither our own doing is recorded, nor anything when nobody records."""

    async def main() -> trio.lowlevel.Task:
        with owned_by(OURS if is_ours else None):
            if not is_ours:
                recorder.users = 0
            return await leave_system_task()

    task = trio.run(main)
    recorder.users = 1

    assert recorder.trio_tasks.get(task) is None


@pytest.mark.parametrize(("leave", "names"), [(leave_system_task, ["trio.sleep forever"]), (leave_nothing, [])])
def test_a_run_tells_what_it_is_about_to_cancel(leave: Any, names: list[str], told: Told) -> None:
    """When the main task is over, trio cancels the system tasks silently; a user's own run makes notes of them."""
    trio.run(leave)

    assert told == [("note", names)]


def test_only_the_end_of_the_main_task_is_the_end_of_a_run(told: Told) -> None:
    """Tasks below it come and go."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(leave_nothing)
        trio.lowlevel.spawn_system_task(leave_nothing)
        await trio.testing.wait_all_tasks_blocked()

    trio.run(main)

    assert len(told) == 1


def test_a_run_of_pytest_trio_is_a_frameworks(told: Told) -> None:
    """What it is about to cancel there is worth a warning."""
    namespace: dict[str, Any] = {"__name__": "pytest_trio.plugin", "trio": trio, "main": leave_nothing}

    exec("trio.run(main)", namespace)

    assert told == [("warning", [])]


def test_instruments_of_the_caller_are_kept(recorder: Recorder) -> None:
    """Recording adds one of its own."""

    class Counting(trio.abc.Instrument):
        runs = 0

        def before_run(self) -> None:
            Counting.runs += 1

    trio.run(leave_nothing, instruments=[Counting()])

    assert Counting.runs == 1


def test_a_run_that_goes_on_already_is_met_once() -> None:
    """A recorder that begins inside of a run records what is spawned from then on."""
    recorder = Recorder()

    async def main() -> list[trio.lowlevel.Task]:
        recorder.acquire()
        recorder.acquire()
        tasks = [await leave_system_task()]
        recorder.release()
        recorder.release()
        return [*tasks, await leave_system_task()]

    first, second = trio.run(main)

    assert (recorder.trio_tasks.get(first) is not None, recorder.trio_tasks.get(second)) == (True, None)
    assert len(recorder.trio_roots) <= 1


def test_tasks_in_a_runner_are_recorded(recorder: Recorder, runner: Any) -> None:
    """The owner of the call is the owner of what it spawns."""
    owner = an_owner()

    with owned_by(owner):
        task = runner.run_fixture(leave_system_task, {})

    origin = recorder.trio_tasks.get(task)
    assert origin is not None
    assert origin.owner is owner


@pytest.mark.isolation_allow("tasks", reason="left on purpose")
def test_the_tasks_of_a_runner_can_be_asked_for(runner: Any) -> None:
    """System tasks and all below them are told."""

    async def leave_child() -> None:
        async def parent() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever, name="trio.sleep child")
                await trio.sleep_forever()

        trio.lowlevel.spawn_system_task(parent, name="trio.sleep parent")
        await trio.testing.wait_all_tasks_blocked()

    runner.run_test(leave_child, {})

    assert sorted(names(tasks_of(runner))) == ["trio.sleep child", "trio.sleep parent"]


def test_inside_of_a_run_its_own_tasks_are_told(recorder: Recorder) -> None:
    """No runner can be called from there."""

    async def main() -> list[str]:
        await leave_system_task()
        return names(tasks_of(None))

    assert trio.run(main) == ["trio.sleep forever"]


def test_a_runner_that_is_not_in_use_has_no_tasks(recorder: Recorder) -> None:
    """Asking does not start it."""
    plugin: Any = anyio.pytest_plugin
    runner_class: Any = runner_class_of(plugin.get_async_backend("trio"))
    runner = runner_class()

    rest(runner, 0)

    assert tasks_of(runner) == []
    assert not trio_runner_is_open(runner)


def test_a_runner_can_be_given_time(runner: Any) -> None:
    """A task that is about to end does so meanwhile."""

    async def leave_brief() -> None:
        trio.lowlevel.spawn_system_task(trio.sleep, 0.001, name="trio.sleep brief")

    runner.run_test(leave_brief, {})

    rest(runner, 0.05)

    assert names(tasks_of(runner)) == []


def test_inside_of_a_run_time_just_passes(recorder: Recorder) -> None:
    """Nothing can end meanwhile."""

    async def main() -> None:
        rest(None, 0)

    trio.run(main)


@pytest.mark.isolation_allow("tasks", reason="left on purpose")
def test_the_end_of_a_runner_is_told_before_its_tasks_are_cancelled(recorder: Recorder) -> None:
    """Listeners can still look into it; a runner that was never used has nothing to see."""
    plugin: Any = anyio.pytest_plugin
    runner_class: Any = runner_class_of(plugin.get_async_backend("trio"))
    seen: list[list[str]] = []
    recorder.trio_listeners.append(lambda runner: seen.append(names(tasks_of(runner))))

    with runner_class():
        pass
    with runner_class() as runner:
        runner.run_fixture(leave_system_task, {})

    assert seen == [["trio.sleep forever"]]
    assert recorder.trio_runners.get(runner) is None


def test_our_own_use_of_a_runner_is_not_recorded(recorder: Recorder) -> None:
    """A guard must not find itself."""
    plugin: Any = anyio.pytest_plugin
    runner_class: Any = runner_class_of(plugin.get_async_backend("trio"))

    with owned_by(OURS), runner_class() as runner:
        runner.run_test(leave_nothing, {})

        assert recorder.trio_runners.get(runner) is None
