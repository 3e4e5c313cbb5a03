"""Barriers and resettables in pytest's words: the marker, the settings, and when the beginning is."""

import inspect
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import CodeType
from typing import Any
from unittest import TestCase

import pytest

from isolation import _barriers
from isolation._barriers import AsyncBarrier, SyncBarrier, Terms
from isolation._compatibility import fixture_graph
from isolation._errors import CleanupError, TaskEscapedError
from isolation._fixture_definitions import frames_of
from isolation._groups import GROUPS
from isolation._leaving import leaving_teardown
from isolation._resettables import Resettable, resettable
from isolation._settings import Settings

MARKER = "isolation_barrier"
_FIXTURE = "_isolation_barrier"


class TaskEscapedFailure(TaskEscapedError, pytest.fail.Exception):  # type: ignore[name-defined, misc]  # noqa: N818 - a function's attribute
    """A `TaskEscapedError` that pytest shows without the frames of whoever runs the test: none of them is to blame."""

    def __init__(self, message: str) -> None:
        TaskEscapedError.__init__(self, message)
        self.msg = message
        self.pytrace = False

    def __str__(self) -> str:
        return str(self.msg)


# The name under which users can catch it, and which pytest prints in its short summary.
TaskEscapedFailure.__module__, TaskEscapedFailure.__qualname__ = "isolation", "TaskEscapedError"


class BarrierPlugin:
    """Puts barriers around the tests that are marked, and takes the baseline of what was registered.

    Args:
        mark: What was registered since then belongs to this run.
    """

    def __init__(self, mark: int) -> None:
        self._mark = mark
        self._unraised: list[BaseException] = []

    def begin(self, items: Iterable[pytest.Item], settings: Settings) -> None:
        """Register the singletons of *settings*, take baselines, and give *items* their barriers."""
        _barriers.LISTENERS.append(self._unraised.append)
        for singleton in settings.singletons:
            resettable(singleton)
        for each in self._own():
            each.meet(again=True)
        for item in items:
            if item.get_closest_marker(MARKER) is not None:
                _put_barrier_first(item)

    def pytest_unconfigure(self) -> None:
        """Stop listening."""
        _barriers.LISTENERS.remove(self._unraised.append)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Take the baseline of what was imported since the last test."""
        for each in self._own():
            each.meet()

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let no task that the body of a marked async test starts outlive it."""
        __tracebackhide__ = True
        test: Any = getattr(item, "obj", None)
        marks = list(item.iter_markers(MARKER)) if inspect.iscoroutinefunction(test) else []
        if not marks:
            return (yield)
        for mark in marks:
            test = _inside(test, mark, item)
        with _replaced(item, test):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Raise what went wrong at the end of a barrier whose block had failed itself."""
        __tracebackhide__ = True
        try:
            result = yield
        except BaseException as failure:
            problem = self._take_unraised()
            if problem is not None:
                failure.add_note(f"{type(problem).__name__}: {problem}")
            raise
        problem = self._take_unraised()
        if problem is not None:
            raise leaving_teardown(problem)
        return result

    @pytest.fixture(name=_FIXTURE)
    def barrier(self, request: pytest.FixtureRequest) -> Iterator[None]:
        """Put a barrier around the body of a marked test and its function-scoped fixtures."""
        __tracebackhide__ = True
        try:
            with ExitStack() as stack:
                for mark in reversed(list(request.node.iter_markers(MARKER))):
                    stack.enter_context(SyncBarrier(terms_of(mark), _frames(request.node)))
                yield
        except CleanupError as failures:
            problem = leaving_teardown(failures)
        else:
            return
        raise problem

    def _take_unraised(self) -> BaseException | None:
        """Return what could not be raised in this test, if there was anything."""
        problems, self._unraised[:] = list(self._unraised), []
        parts = [part for each in problems for part in (each.exceptions if isinstance(each, CleanupError) else [each])]
        errors = [part for part in parts if isinstance(part, Exception)]
        if len(errors) < len(parts):
            return next(part for part in parts if not isinstance(part, Exception))
        if len(problems) > 1:
            return CleanupError(f"{len(errors)} problems at the ends of barriers", errors)
        return next(iter(problems), None)

    def _own(self) -> Sequence[Resettable]:
        return [target for target in GROUPS.added_since(self._mark) if isinstance(target, Resettable)]


def terms_of(mark: pytest.Mark) -> Terms:
    """Return what *mark* asks for."""
    return Terms(*mark.args, **mark.kwargs)


def _frames(item: pytest.Item) -> Sequence[tuple[CodeType, int]]:
    return frames_of(getattr(item, "function", None))


def _put_barrier_first(item: pytest.Item) -> None:
    """Let the barrier be the first function-scoped fixture of *item*: what wider ones have made is not its business."""
    names: list[str] = getattr(item, "fixturenames", [])
    definitions = fixture_graph(item)[1]
    scopes = ((number, definitions[name][-1].scope) for number, name in enumerate(names) if name in definitions)
    if _FIXTURE not in names:  # parametrized siblings share the list
        names.insert(next((number for number, scope in scopes if scope == "function"), len(names)), _FIXTURE)


def _inside(test: Callable[..., Any], mark: pytest.Mark, item: pytest.Item) -> Callable[..., Any]:
    """Return *test* inside of a barrier for what only its own task can put back: context variables, and its tasks."""

    @wraps(test)
    async def run(*args: object, **kwargs: object) -> None:
        __tracebackhide__ = True
        has_passed = False
        try:
            async with AsyncBarrier(terms_of(mark), _frames(item), only_variables=True):
                await test(*args, **kwargs)
                has_passed = True
        except TaskEscapedError as failure:
            if not has_passed:
                raise
            escaped = str(failure)
        else:
            return
        raise TaskEscapedFailure(escaped)

    return run


@contextmanager
def _replaced(item: Any, test: Callable[..., Any]) -> Generator[None]:  # noqa: ANN401 - of unittest or Python
    """Let pytest call *test* instead of the body of *item*."""
    body, instance = item.obj, item.instance
    item.obj = test
    is_looked_up = isinstance(instance, TestCase)
    if is_looked_up:
        setattr(instance, item.name, test)
    try:
        yield
    finally:
        item.obj = body
        if is_looked_up:
            setattr(instance, item.name, body)
