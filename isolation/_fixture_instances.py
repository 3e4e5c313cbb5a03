"""Fixture instances: one managed fixture while it lives, and the stack that is unwound at its end."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import cast

from isolation._cleanups import NO_KEYWORDS, PLAIN, CleanupHandle, Details, Terms
from isolation._compatibility import fixture_of
from isolation._deadlines import working_directory
from isolation._errors import FixtureYieldError
from isolation._fixture_definitions import MANAGER, FixtureDefinition
from isolation._leaving import leaving_setup, leaving_teardown
from isolation._live_fixtures import LIVE
from isolation._origin import relative
from isolation._resources import ResourceManager, stack_of, tracker_of
from isolation._stack import NO_DETAILS

_TAIL = Terms(label="the code after yield", is_context=True)
_ASYNC_TAIL = Terms(label="the code after yield", is_context=True, is_async=True)


_GROUP = Terms(label="the isolation group")
_NO_GROUP = nullcontext()


class FixtureInstance:
    """One managed fixture while it lives.

    Its stack holds, from the bottom, what the fixture's own code acquires, the code after its ``yield``, and the
    cleanup callbacks, the first of them on top.

    Attributes:
        definition: What it is an instance of.
        manager: Its private manager.
        fixturedef: The definition that pytest has of it, None if the plugin is switched off.
        tasks: Those of fixtures that live in one of their own.
    """

    __slots__ = ("_stack", "definition", "fixturedef", "manager", "tasks")

    definition: FixtureDefinition
    manager: ResourceManager
    fixturedef: object
    tasks: list[object]

    def __init__(self, definition: FixtureDefinition) -> None:
        self.definition = definition
        self.manager = ResourceManager(definition.name, cleanup_timeout=definition.cleanup_timeout)
        self._stack = stack_of(self.manager)
        self._stack.title = definition.title
        self.fixturedef = None
        self.tasks = []
        if definition.requests:  # else the plugin is switched off
            request = definition.requests.pop()
            live = request.config.stash[LIVE]
            live.attach(request, self.manager)
            self.fixturedef = fixture_of(request)
            self.tasks = live.tasks

    def set_up_sync(self, bound: Sequence[object], values: dict[str, object]) -> object:
        """Call the fixture's function and return the fixture's value; release what it has acquired if that fails."""
        __tracebackhide__ = True
        try:
            with self._joined():
                return self._begin_sync(bound, values)
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            ended_by = failure
        raise self._undo_sync(ended_by)  # not above: it is no context of what fails now

    async def set_up(self, bound: Sequence[object], values: dict[str, object]) -> object:
        """Call the fixture's async function and return its value; release what it has acquired if that fails."""
        __tracebackhide__ = True
        try:
            with self._joined():
                return await self._begin(bound, values)
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            ended_by = failure
        raise await self._undo(ended_by)  # not above: it is no context of what fails now

    def unwind_sync(self, ended_by: BaseException | None = None) -> None:
        """Run the whole stack; raise what went wrong, so that pytest's own bookkeeping survives it.

        Args:
            ended_by: What the driver has thrown at the ``yield``; raised again if nothing else is.
        """
        __tracebackhide__ = True
        raised = ended_by
        try:
            self._stack.unwind_sync(None, details_of(ended_by))
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            raised = leaving_teardown(failure)
        if raised is not None:
            raise raised

    async def unwind(self, ended_by: BaseException | None = None) -> None:
        """Do the same in the loop of the fixture."""
        __tracebackhide__ = True
        raised = ended_by
        try:
            await self._stack.unwind(None, details_of(ended_by))
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            raised = leaving_teardown(failure)
        if raised is not None:
            raise raised

    def _joined(self) -> AbstractContextManager[None]:
        """Let what the set-up registers belong to the group of the fixture, if it has one, until the fixture ends."""
        group = self.definition.isolation_group
        if group is None:
            return _NO_GROUP
        from isolation._groups import GROUPS, Joining  # noqa: PLC0415 - few fixtures have one

        joining = Joining(group)
        self._push(joining.leave, _GROUP)
        return GROUPS.join(joining)

    def _begin_sync(self, bound: Sequence[object], values: dict[str, object]) -> object:
        __tracebackhide__ = True
        result = self._call(bound, values)
        if self.definition.is_generator:
            generator = cast("Generator[object, None, None]", result)
            try:
                result = next(generator)
            except StopIteration:
                raise self._no_value() from None
            self._push(_leave_sync(generator, self._one_too_many), _TAIL)
        self._push_callbacks(result)
        return result

    async def _begin(self, bound: Sequence[object], values: dict[str, object]) -> object:
        __tracebackhide__ = True
        result = self._call(bound, values)
        if self.definition.is_generator:
            generator = cast("AsyncGenerator[object, None]", result)
            try:
                value = await anext(generator)
            except StopAsyncIteration:
                raise self._no_value() from None
            self._push(_leave(generator, self._one_too_many), _ASYNC_TAIL)
        else:
            value = await cast("Awaitable[object]", result)
        self._push_callbacks(value)
        return value

    def _undo_sync(self, failure: BaseException) -> BaseException:
        try:
            self._stack.unwind_sync(None, details_of(failure))
        except BaseException as second:  # noqa: BLE001 - it is raised by whoever asks
            return leaving_setup(failure, self.definition.name, second)
        return leaving_setup(failure, self.definition.name)

    async def _undo(self, failure: BaseException) -> BaseException:
        try:
            await self._stack.unwind(None, details_of(failure))
        except BaseException as second:  # noqa: BLE001 - it is raised by whoever asks
            return leaving_setup(failure, self.definition.name, second)
        return leaving_setup(failure, self.definition.name)

    async def end_after_crash(self, details: Details, describe: Callable[[BaseException], BaseException]) -> None:
        """Run the whole stack inside of a task that was cancelled, and raise what *describe* makes of the outcome."""
        __tracebackhide__ = True
        try:
            await self._stack.unwind(None, details)
        except BaseException as failure:  # noqa: BLE001 - it is raised, as another one
            raised = describe(failure)
        else:  # pragma: no cover - unwinding raises the cancellation that it was told of
            return
        raise raised

    def _call(self, bound: Sequence[object], values: dict[str, object]) -> object:
        __tracebackhide__ = True
        definition = self.definition
        for name in definition.injected:
            del values[name]
        if MANAGER in definition.given:
            values[MANAGER] = self.manager
        return definition.function(*bound, **values)

    def _push_callbacks(self, value: object) -> None:
        if self.definition.isolation_group is not None:
            from isolation._groups import join  # noqa: PLC0415 - few fixtures have one

            join(value)
        last = None
        for callback, takes_value in reversed(self.definition.callbacks):
            handle = self._push(callback, PLAIN, (value,) if takes_value else ())
            last = last or handle
        if last is not None and value is not None:
            tracker_of(self.manager).add(value, None, self.definition.frames, last)

    def _push(self, call: Callable[..., object], terms: Terms, arguments: Sequence[object] = ()) -> CleanupHandle:
        # Where these come from is the fixture, not the driver that happened to call us.
        stack = self._stack
        handle = CleanupHandle(stack.me, call, arguments, NO_KEYWORDS, self.definition.frames, terms=terms)
        stack.push(handle)
        return handle

    def _no_value(self) -> FixtureYieldError:
        return self._yielded("did not yield a value")

    def _one_too_many(self) -> FixtureYieldError:
        return self._yielded("yielded more than once")

    def _yielded(self, what: str) -> FixtureYieldError:
        file, line = self.definition.place
        error = FixtureYieldError(f"managed fixture {self.definition.name!r} {what}")
        error.add_note(f"it is written at {relative(file, working_directory())}:{line}")
        return error


def details_of(failure: BaseException | None) -> Details:
    """Return what the exit of a context manager is told of *failure*."""
    return NO_DETAILS if failure is None else (type(failure), failure, failure.__traceback__)


def _leave_sync(
    generator: Generator[object, None, None], too_many: Callable[[], FixtureYieldError]
) -> Callable[..., None]:
    """Return what runs the code after ``yield``, as the exit of a context manager."""

    def leave(_kind: object, failure: BaseException | None, _trace: object) -> None:
        __tracebackhide__ = True
        try:
            if failure is None:
                next(generator)
            else:
                generator.throw(failure)
        except StopIteration:
            return
        generator.close()
        raise too_many()

    return leave


def _leave(
    generator: AsyncGenerator[object, None], too_many: Callable[[], FixtureYieldError]
) -> Callable[..., Coroutine[object, object, None]]:
    """Return what runs the code after ``yield``, as the exit of an async context manager."""

    async def leave(_kind: object, failure: BaseException | None, _trace: object) -> None:
        __tracebackhide__ = True
        try:
            if failure is None:
                await anext(generator)
            else:
                await generator.athrow(failure)
        except StopAsyncIteration:
            return
        await generator.aclose()
        raise too_many()

    return leave
