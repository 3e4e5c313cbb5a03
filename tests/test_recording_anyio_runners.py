"""Under anyio's plugin each test and fixture is its own owner, although all run in one task."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import anyio.pytest_plugin
import pytest

from isolation._compatibility import test_runner_of as runner_class_of
from isolation._owners import OWNER, Owner
from isolation.recording import anyio_runners
from isolation.recording._recorder import Recorder
from tests.owned import an_owner, owned_by


def make_runner(backend: str) -> Any:
    """Return a new test runner, as anyio's plugin makes one."""
    plugin: Any = anyio.pytest_plugin
    runner_class = runner_class_of(plugin.get_async_backend(backend))
    assert runner_class is not None
    return runner_class()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_each_call_into_a_runner_has_its_own_owner(backend: str, recorder: Recorder) -> None:
    """The runner's task keeps the context of the first comer; the owner of each call is set there."""
    found: list[Owner | None] = []

    async def note() -> None:
        found.append(OWNER.get())

    owners = [an_owner("first"), an_owner("second")]
    with make_runner(backend) as runner:
        for owner in owners:
            with owned_by(owner):
                runner.run_test(note, {})

    assert found == owners


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_generator_fixture_keeps_its_value_and_its_teardown(backend: str, recorder: Recorder) -> None:
    """Setting the owner changes nothing of what the runner returns."""
    events: list[str] = []

    async def client() -> AsyncGenerator[str, None]:
        yield "client"
        events.append("closed")

    with make_runner(backend) as runner:
        values = list(runner.run_asyncgen_fixture(client, {}))

    assert (values, events) == (["client"], ["closed"])


def test_a_task_in_a_runner_belongs_to_the_caller(recorder: Recorder) -> None:
    """What a test starts there is the test's, not that of a fixture that came first."""
    tasks: list[asyncio.Task[None]] = []

    async def start() -> None:
        tasks.append(asyncio.create_task(asyncio.sleep(0)))

    fixture, test = an_owner("fixture"), an_owner("test")
    with make_runner("asyncio") as runner:
        for owner in (fixture, test):
            with owned_by(owner):
                runner.run_test(start, {})

    origins = [recorder.tasks.get(task) for task in tasks]
    assert [origin.owner for origin in origins if origin is not None] == [fixture, test]


def test_a_runner_class_is_wrapped_once(recorder: Recorder) -> None:
    """The plugin asks for its backend again and again."""
    wrapped = [type(make_runner("asyncio"))._call_in_runner_task for _ in range(2)]

    assert wrapped[0] is wrapped[1]


def test_a_backend_without_test_runners_is_left_alone(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version of anyio may have them elsewhere: then its tests have no owners, and run."""
    backend = type("Backend", (), {})
    wrapped: Any = anyio_runners._wrap_get_backend(lambda: backend, recorder)

    assert wrapped() is backend
    assert backend not in recorder.runner_classes


def test_without_anyios_plugin_nothing_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is wrapped when it is loaded."""
    for module in ("trio", "anyio.pytest_plugin"):
        monkeypatch.delitem(sys.modules, module)
    recorder = Recorder()

    anyio_runners.install(recorder)

    assert (recorder.has_trio, recorder.has_anyio) == (False, False)


def test_nothing_is_wrapped_twice(recorder: Recorder) -> None:
    """Each look for late arrivals finds trio and anyio again."""
    before = len(recorder.patches._done)

    anyio_runners.install(recorder)

    assert (recorder.has_trio, recorder.has_anyio) == (True, True)
    assert len(recorder.patches._done) == before
