"""Drivers: who runs an async test, and so in which loop the resource manager of that test has to clean up."""

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, Literal
from unittest import TestCase

import pytest

from isolation._anchors import IN_ANYIO, IN_TRIO, TEST_MANAGER, in_asyncio, is_async_test, register
from isolation._compatibility import fixture_graph, fixture_loop_scope, is_in_trio, running_loop
from isolation._fixture_definitions import MANAGER
from isolation._fixture_graph import test_loop_scope
from isolation._leaving import leaving_teardown
from isolation._live_fixtures import LIVE
from isolation._test_phase import PhasedManager

Driver = Literal["asyncio", "anyio", "trio"]


def manager_of(request: pytest.FixtureRequest) -> Iterator[object]:
    """Give the manager of the test of *request*, for pytest-trio its placeholder; clean up when its users are done."""
    __tracebackhide__ = True
    item = request.node
    manager = item.stash[TEST_MANAGER] = PhasedManager(item.name)
    request.config.stash[LIVE].attach(request, manager)
    driver = _driver_of(request)
    given = _prepared(request, manager, driver)
    with _wrapped(item, manager):
        yield given
    del item.stash[TEST_MANAGER]
    if driver == "anyio":
        return  # its anchor comes down next, and closes the manager in the loop
    try:
        manager.cleanup_all_sync()
    except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
        raised = leaving_teardown(failure)
    else:
        return
    raise raised


def _driver_of(request: pytest.FixtureRequest) -> Driver | None:
    """Return who can run an async fixture for the test of *request* now."""
    if running_loop() is not None or is_in_trio():
        return None  # the test runs already
    has_plugin = request.config.pluginmanager.has_plugin
    if has_plugin("asyncio") and is_async_test(request.node):
        return "asyncio"
    if has_plugin("anyio") and "anyio_backend" in request.fixturenames:
        return "anyio"
    if "pytest_trio" in sys.modules and request.node.get_closest_marker("trio") is not None:
        return "trio" if _is_argument(request.node) else None
    return "asyncio" if has_plugin("asyncio") and _async_users(request.node) else None


def _prepared(request: pytest.FixtureRequest, manager: PhasedManager, driver: Driver | None) -> object:
    """Set up what *manager* needs of *driver*, so that this comes down later; return what the fixture gives."""
    if driver is None:
        return manager
    register(request.config)
    if driver == "anyio":
        request.getfixturevalue(IN_ANYIO)
    elif driver == "trio":
        return request.getfixturevalue(IN_TRIO)
    else:
        loops = [request.getfixturevalue(in_asyncio(scope)) for scope in _loop_scopes(request.node)]
        manager.lend(loops[0])
    return manager


@contextmanager
def _wrapped(item: Any, manager: PhasedManager) -> Generator[None]:  # noqa: ANN401 - of unittest, doctest or Python
    """Let the body of *item* clean up at its end what it registers."""
    test = item.obj
    if test is None:  # a doctest
        yield
        return
    item.obj = manager.releasing(test)
    is_looked_up = isinstance(item.instance, TestCase) and iscoroutinefunction(test)
    if is_looked_up:
        setattr(item.instance, item.name, item.obj)
    try:
        yield
    finally:
        item.obj = test
        if is_looked_up:
            delattr(item.instance, item.name)


def _async_users(item: pytest.Item) -> Sequence[Any]:
    """Return the functions of the async fixtures of *item* that ask for the manager."""
    _, definitions = fixture_graph(item)
    used = [found[-1] for found in definitions.values() if MANAGER in found[-1].argnames]
    return [each.func for each in used if iscoroutinefunction(each.func) or isasyncgenfunction(each.func)]


def _loop_scopes(item: pytest.Item) -> Sequence[str]:
    """Return the scopes of the loops in which *item* and its async fixtures run, that of the test first."""
    scopes: list[str] = []
    if is_async_test(item):
        scopes.append(test_loop_scope(item))
    default: str = item.config.getini("asyncio_default_fixture_loop_scope") or "function"
    default = "function" if default == "fixture-scope" else default
    scopes += [fixture_loop_scope(function) or default for function in _async_users(item)]
    return list(dict.fromkeys(scopes))


def _is_argument(item: pytest.Item) -> bool:
    """Tell whether all that ask for the manager are arguments of the test, directly or not.

    Of what is async, pytest-trio runs only this, and nothing at all of what depends on something async.
    """
    arguments, definitions = fixture_graph(item)
    reached: set[str] = set()
    ahead = list(arguments)
    while ahead:
        name = ahead.pop()
        if name not in reached and name in definitions:
            reached.add(name)
            ahead += definitions[name][-1].argnames
    asking = {name for name, found in definitions.items() if MANAGER in found[-1].argnames}
    return MANAGER in reached and asking <= reached
