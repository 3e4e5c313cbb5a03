"""What pytest has to do for managed fixtures: check them, order them, choose their driver, watch their tasks."""

import functools
import inspect
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, cast

import pytest

from isolation import _fixture_graph
from isolation._compatibility import can_hide, claim_for_asyncio
from isolation._errors import LoopScopeWarning
from isolation._fixture_definitions import definition_of
from isolation._fixture_tasks import FixtureTask, run_test
from isolation._live_fixtures import LIVE


class ManagedFixtures:
    """The hooks of one run that uses managed fixtures."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._own_tasks: set[str] = set()
        self._warned: set[tuple[str, str, str]] = set()
        self._has_asyncio = config.pluginmanager.has_plugin("asyncio")

    def check(self, made: object) -> None:
        """Refuse fixtures of the tests *made* that cannot be set up, warn of those that will not work, order the rest.

        Raises:
            pytest.Collector.CollectError: If a fixture depends on one that does not exist, or on itself.
        """
        items = cast("list[object]", made) if isinstance(made, list) else [made]
        for item in items:
            if isinstance(item, pytest.Function):
                self._check(item)
            elif isinstance(item, pytest.Class) and _is_test_case(item.obj):
                # Its collector makes the tests without asking anybody.
                item.collect = functools.partial(self._collect, item.collect)  # type: ignore[method-assign]

    def _collect(self, collect: Callable[[], Iterable[pytest.Item | pytest.Collector]]) -> Iterator[Any]:
        for item in collect():
            self.check(item)
            yield item

    def _check(self, item: pytest.Function) -> None:
        managed = _fixture_graph.managed_by(item)
        if managed:
            _fixture_graph.check(item, managed)
            _fixture_graph.sort(item, managed)
            self._own_tasks.update(name for name, definition in managed if definition.own_task)
            self._warn(item, managed)

    def _warn(self, item: pytest.Function, managed: _fixture_graph.Managed) -> None:
        for mismatch in _fixture_graph.loop_mismatches(item, managed):
            if mismatch in self._warned:
                continue
            self._warned.add(mismatch)
            name, scope, own = mismatch
            item.warn(
                LoopScopeWarning(
                    f"async fixture {name!r} runs on the {scope}-scoped event loop but {item.nodeid} runs on the "
                    f"{own}-scoped one; objects bound to a loop will fail with 'attached to a different loop'"
                )
            )

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Let pytest-asyncio run a managed async fixture, in strict mode too, unless another driver runs the test."""
        __tracebackhide__ = can_hide
        definition = definition_of(fixturedef.func)
        if definition is not None:
            definition.requests[:] = [request]
        if definition is not None and definition.is_async and not definition.has_driver and self._has_asyncio:
            scope = _fixture_graph.loop_scope_of(definition, fixturedef, self._config)
            claim_for_asyncio(fixturedef.func, is_claimed=not _is_foreign(request), loop_scope=scope)
        return (yield)

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run the test so that it fails as soon as a fixture that it uses crashes in its background."""
        __tracebackhide__ = True
        test: Any = getattr(item, "obj", None)
        if not isinstance(item, pytest.Function) or not self._may_crash(item):
            return (yield)
        if not inspect.iscoroutinefunction(test):
            self._refuse_crashed(item)
            return (yield)
        item.obj = self._guarded(test, item)
        try:
            return (yield)
        finally:
            item.obj = test

    def _may_crash(self, item: pytest.Function) -> bool:
        return not self._own_tasks.isdisjoint(item.fixturenames)

    def _guarded(self, test: Callable[..., Awaitable[object]], item: pytest.Function) -> Callable[..., object]:
        @functools.wraps(test)
        async def run(*args: object, **kwargs: object) -> None:
            __tracebackhide__ = True
            await run_test(self._tasks(item), functools.partial(test, *args, **kwargs))

        return run

    def _refuse_crashed(self, item: pytest.Function) -> None:
        __tracebackhide__ = True
        for task in self._tasks(item):
            if task.has_crashed:
                raise task.remember()

    def _tasks(self, item: pytest.Function) -> Sequence[FixtureTask]:
        live = cast("list[FixtureTask]", self._config.stash[LIVE].tasks)
        used = set(_fixture_graph.used_by(item))
        return [task for task in live if task.fixturedef in used]


def _is_test_case(cls: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(cls, unittest.TestCase)


def _is_foreign(request: pytest.FixtureRequest) -> bool:
    """Tell whether anyio or pytest-trio runs the test that asks for the fixture."""
    return "anyio_backend" in request.fixturenames or request.node.get_closest_marker("trio") is not None
