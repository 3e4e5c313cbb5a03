"""Fixture tasks: managed fixtures that live in a task of their own, and the tests that fail when one crashes."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import cast

from anyio import CancelScope

from isolation._deadlines import Limit, working_directory
from isolation._errors import CleanupError, CleanupTimeoutError, FixtureTaskCrashedError
from isolation._fixture_instances import FixtureInstance
from isolation._leaving import leaving_setup, leaving_teardown, unwrapped
from isolation._origin import relative
from isolation._owner_tasks import OwnedContext
from isolation._stack import NO_DETAILS

_PATIENCE = Limit(5.0, "the patience of a test")
"""How long a test waits for a crashed fixture to say why, when that hangs in its own teardown."""


class FixtureTask:
    """A managed fixture that is set up, used and torn down in one task of its own.

    Attributes:
        name: The name of the fixture.
        has_crashed: Whether the task came to its end before its time.
        is_reported: Whether a test has said so.
        fixturedef: The definition of the fixture that pytest has.
    """

    name: str
    has_crashed: bool
    is_reported: bool
    fixturedef: object

    def __init__(self, instance: FixtureInstance, bound: Sequence[object], values: dict[str, object]) -> None:
        self.name = instance.definition.name
        self.has_crashed = False
        self.is_reported = False
        self.fixturedef = instance.fixturedef
        self._instance = instance
        self._watchers: list[Callable[[], object]] = []
        self._context = _Context(_Life(self, instance, bound, values), self.name)
        self._context.crashed = self._crash

    async def enter(self) -> object:
        """Set the fixture up and return its value."""
        __tracebackhide__ = True
        try:
            return await self._context.enter()
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            raised = leaving_setup(failure, self.name)
        raise raised

    async def leave(self) -> None:
        """Tear it down and raise what went wrong, unless a test has already said it."""
        __tracebackhide__ = True
        try:
            held_back = await self._context.leave(NO_DETAILS, self._limit())
        except FixtureTaskCrashedError:
            if not self.is_reported:
                raise
        except CleanupTimeoutError as failure:
            failure.add_note(f"while tearing down fixture {self.name!r} ({self._place()})")
            raise
        else:
            if held_back is not None:
                raise leaving_teardown(held_back)

    @contextmanager
    def watched_by(self, stop: Callable[[], object]) -> Generator[None]:
        """Call *stop* if it crashes within the block."""
        self._watchers.append(stop)
        try:
            yield
        finally:
            self._watchers.remove(stop)

    async def report(self) -> FixtureTaskCrashedError:
        """Return why it crashed, for a test to raise; its teardown does not raise it again."""
        self.is_reported = True
        failure = await self._context.failure_within(_PATIENCE)
        hangs = "crashed while it was in use, and hangs in its teardown"
        error = failure if isinstance(failure, FixtureTaskCrashedError) else self._error(hangs, failure)
        return error.with_traceback(None)  # of a task that nobody knows; its cause has the one that matters

    def remember(self) -> FixtureTaskCrashedError:
        """Return that it crashed before this test, and why if that is known."""
        cause = getattr(self._context.failure, "__cause__", None)
        self.is_reported = self.is_reported or cause is not None
        return self._error("has crashed before this test", cause)

    def describe(self, raised: BaseException) -> FixtureTaskCrashedError:
        """Return the error for what its teardown *raised* after a crash."""
        group = raised.__cause__
        if isinstance(group, CleanupError):
            return self._error("crashed while it was in use", unwrapped(group))
        return self._error("ended while it was in use, and has handled the reason itself", None)

    def _error(self, verdict: str, cause: BaseException | None) -> FixtureTaskCrashedError:
        cause = _innermost(cause) if cause is not None else None  # pytest shows a group twice, its only error once
        why = f": {cause!r}" if cause is not None else ""
        error = FixtureTaskCrashedError(f"fixture {self.name!r} ({self._place()}) {verdict}{why}")
        error.__cause__ = cause
        return error

    def _crash(self) -> None:
        self.has_crashed = True
        for stop in list(self._watchers):
            stop()

    def _limit(self) -> Limit | None:
        timeout = self._instance.definition.cleanup_timeout
        if timeout is None:
            return None
        count = max(len(self._instance.manager.pending), 1)
        each = f" for each of {count} cleanups" if count > 1 else ""
        return Limit(timeout * count, f"its timeout of {timeout:g} s{each}")

    def _place(self) -> str:
        file, line = self._instance.definition.place
        return f"{relative(file, working_directory())}:{line}"


class _Context(OwnedContext[object]):
    """A task that tells when it ends before its time."""

    crashed: Callable[[], object]

    def notice(self) -> None:
        """Be told that a crash has ended it before its time."""
        self.crashed()


class _Life:
    """Set-up and teardown of an instance, as a context manager."""

    def __init__(
        self, task: FixtureTask, instance: FixtureInstance, bound: Sequence[object], values: dict[str, object]
    ) -> None:
        self._task = task
        self._instance = instance
        self._bound = bound
        self._values = values

    async def __aenter__(self) -> object:
        __tracebackhide__ = True
        return await self._instance.set_up(self._bound, self._values)

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        if failure is None:
            await self._instance.unwind()
            return
        await self._instance.end_after_crash((kind, failure, trace), self._task.describe)


async def run_test(tasks: Sequence[FixtureTask], test: Callable[[], Awaitable[object]]) -> None:
    """Run *test*, cancel it as soon as one of *tasks* crashes, and raise why."""
    __tracebackhide__ = True
    for task in tasks:
        if task.has_crashed:
            raise task.remember() if task.is_reported else await task.report()
    trace = None
    with CancelScope() as scope:
        try:
            await _watch(list(tasks), scope.cancel, test)
        except BaseException as failure:
            trace = failure.__traceback__  # where the test was
            raise
    if scope.cancelled_caught:
        crashed = next(task for task in tasks if task.has_crashed)
        raise (await crashed.report()).with_traceback(trace)


async def _watch(tasks: list[FixtureTask], stop: Callable[[], object], test: Callable[[], Awaitable[object]]) -> None:
    __tracebackhide__ = True
    if not tasks:
        await test()
        return
    with tasks.pop().watched_by(stop):
        await _watch(tasks, stop, test)


def _innermost(failure: BaseException) -> BaseException:
    """Return the error that *failure* is about, if that is one."""
    while isinstance(failure, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", failure)
        if len(group.exceptions) > 1:
            return group
        (failure,) = list(group.exceptions)
    return failure
