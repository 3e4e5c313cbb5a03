"""Anchors: fixtures of ours that hold the loop of an async driver open, or clean up in it; made when first needed."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import pytest

from isolation._fixture_graph import SCOPES
from isolation._leaving import leaving_teardown
from isolation._live_fixtures import LIVE
from isolation._test_phase import PhasedManager

TEST_MANAGER = pytest.StashKey[PhasedManager]()
"""Where an item keeps its manager while the fixture `resource_manager` lives."""
IN_ANYIO = "_isolation_release_resources"
IN_TRIO = "_isolation_resources_in_trio"
_PLUGIN = "isolation_anchors"


def in_asyncio(scope: str) -> str:
    """Return the name of the fixture that gives the loop of pytest-asyncio of that *scope*."""
    return f"_isolation_loop_of_{scope}"


def is_async_test(item: pytest.Item) -> bool:
    """Tell whether pytest-asyncio, which is loaded, runs *item*."""
    import pytest_asyncio  # noqa: PLC0415 - it may be switched off

    return bool(pytest_asyncio.is_async_test(item))


def register(config: pytest.Config) -> None:
    """Let the tests of *config* find the anchors."""
    if not config.pluginmanager.has_plugin(_PLUGIN):
        anchors = ModuleType(_PLUGIN)
        vars(anchors).update(_anchors(config))
        config.pluginmanager.register(anchors, _PLUGIN)


def _anchors(config: pytest.Config) -> dict[str, Any]:
    anchors = {
        IN_ANYIO: pytest.fixture(_release_in_anyio, name=IN_ANYIO),
        IN_TRIO: pytest.fixture(_give_in_trio, name=IN_TRIO),
    }
    if config.pluginmanager.has_plugin("asyncio"):
        anchors.update({in_asyncio(scope): _loop_of(scope) for scope in SCOPES})
    return anchors


def _loop_of(scope: Any) -> Any:  # noqa: ANN401 - pytest-asyncio's
    import pytest_asyncio  # noqa: PLC0415 - it may be switched off

    async def loop() -> AbstractEventLoop:
        return asyncio.get_running_loop()

    return pytest_asyncio.fixture(loop, loop_scope=scope, name=in_asyncio(scope))


async def _release_in_anyio(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    __tracebackhide__ = True
    manager = request.node.stash[TEST_MANAGER]
    request.config.stash[LIVE].attach(request, manager)
    yield
    try:
        await manager.cleanup_all()
    except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
        raised = leaving_teardown(failure)
    else:
        return
    raise raised


async def _give_in_trio(request: pytest.FixtureRequest) -> AsyncIterator[PhasedManager]:
    manager = request.node.stash[TEST_MANAGER]
    yield manager
    await manager.release()  # an error here would be one of the test; the teardown raises it
