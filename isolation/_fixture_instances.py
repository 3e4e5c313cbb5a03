"""Fixture instances: one managed fixture while it lives, and the stack that is unwound at its end."""

from asyncio import CancelledError
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from typing import cast

import pytest

from isolation._cleanups import NO_KEYWORDS, PLAIN, CleanupHandle, Details, Terms
from isolation._compatibility import is_interrupted
from isolation._errors import CleanupCancelledError, CleanupError, FixtureYieldError, SetupCancelledError
from isolation._fixture_definitions import MANAGER, FixtureDefinition
from isolation._homes import is_trio_cancelled
from isolation._resources import ResourceManager, stack_of
from isolation._stack import NO_DETAILS

_OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception)
_TAIL = Terms(label="the code after yield", is_context=True)
_ASYNC_TAIL = Terms(label="the code after yield", is_context=True, is_async=True)


class FixtureInstance:
    """One managed fixture while it lives.

    Its stack holds, from the bottom, what the fixture's own code acquires, the code after its ``yield``, and the
    cleanup callbacks, the first of them on top.

    Attributes:
        definition: What it is an instance of.
        manager: Its private manager.
    """

    __slots__ = ("_frames", "_stack", "definition", "manager")

    definition: FixtureDefinition
    manager: ResourceManager

    def __init__(self, definition: FixtureDefinition) -> None:
        self.definition = definition
        self.manager = ResourceManager(definition.name, cleanup_timeout=definition.cleanup_timeout)
        self._stack = stack_of(self.manager)
        self._frames = ((definition.code, 0),) if definition.code is not None else ()

    def set_up_sync(self, bound: Sequence[object], values: Mapping[str, object]) -> object:
        """Call the fixture's function and return the fixture's value."""
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

    async def set_up(self, bound: Sequence[object], values: Mapping[str, object]) -> object:
        """Call the fixture's async function and return the fixture's value."""
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

    def unwind_sync(self, details: Details = NO_DETAILS) -> None:
        """Run the whole stack; raise what went wrong, so that pytest's own bookkeeping survives it."""
        __tracebackhide__ = True
        try:
            self._stack.unwind_sync(None, details)
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            raised = leaving_teardown(failure)
        else:
            return
        raise raised

    async def unwind(self, details: Details = NO_DETAILS) -> None:
        """Run the whole stack; raise what went wrong, so that pytest's own bookkeeping survives it."""
        __tracebackhide__ = True
        try:
            await self._stack.unwind(None, details)
        except BaseException as failure:  # noqa: BLE001 - it is raised, perhaps as another one
            raised = leaving_teardown(failure)
        else:
            return
        raise raised

    def give_up_sync(self, failure: BaseException) -> None:
        """Release what was acquired before *failure* ended the set-up, and raise what that comes to."""
        __tracebackhide__ = True
        try:
            self._stack.unwind_sync(None, (type(failure), failure, failure.__traceback__))
        except BaseException as raised:  # noqa: BLE001 - it is raised below
            self._raise_from_setup(failure, raised)
        self._raise_from_setup(failure, None)

    async def give_up(self, failure: BaseException) -> None:
        """Release what was acquired before *failure* ended the set-up, and raise what that comes to."""
        __tracebackhide__ = True
        try:
            await self._stack.unwind(None, (type(failure), failure, failure.__traceback__))
        except BaseException as raised:  # noqa: BLE001 - it is raised below
            self._raise_from_setup(failure, raised)
        self._raise_from_setup(failure, None)

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

    def _call(self, bound: Sequence[object], values: Mapping[str, object]) -> object:
        __tracebackhide__ = True
        given = self.definition.given
        accepted = {name: value for name, value in values.items() if name in given}
        if MANAGER in given:
            accepted[MANAGER] = self.manager
        return self.definition.function(*bound, **accepted)

    def _push_callbacks(self, value: object) -> None:
        for callback, takes_value in reversed(self.definition.callbacks):
            self._push(callback, PLAIN, (value,) if takes_value else ())

    def _push(self, call: Callable[..., object], terms: Terms, arguments: Sequence[object] = ()) -> None:
        # Where these come from is the fixture, not the driver that happened to call us.
        stack = self._stack
        stack.push(CleanupHandle(stack.me, call, arguments, NO_KEYWORDS, self._frames, terms=terms))

    def _no_value(self) -> FixtureYieldError:
        return FixtureYieldError(f"managed fixture {self.definition.name!r} did not yield a value")

    def _one_too_many(self) -> FixtureYieldError:
        return FixtureYieldError(f"managed fixture {self.definition.name!r} yielded more than once")

    def _raise_from_setup(self, failure: BaseException, raised: BaseException | None) -> None:
        __tracebackhide__ = True
        group = raised if isinstance(raised, CleanupError) else getattr(raised, "__cause__", None)
        if isinstance(raised, KeyboardInterrupt) or must_leave(failure):
            raise raised or failure
        if isinstance(group, CleanupError):
            # Both are shown: the error of the set-up as the cause, then what failed while it was undone.
            raise unwrapped(group) from failure
        raise leaving_setup(failure, self.definition.name)


def leaving_setup(failure: BaseException, fixture: str) -> BaseException:
    """Return what may leave the set-up of *fixture* for *failure*; pytest loses finalizers for the others."""
    if isinstance(failure, (Exception, *_OUTCOMES)) or must_leave(failure):
        return failure
    said = f"fixture {fixture!r} raised {type(failure).__name__}, which is no Exception, in its set-up"
    translated = SetupCancelledError(said)
    translated.__cause__ = failure
    return translated


def must_leave(failure: BaseException) -> bool:
    """Tell whether pytest or the driver has to see *failure* as it is: Ctrl-C, `pytest.exit`, a cancelled scope."""
    if isinstance(failure, (KeyboardInterrupt, pytest.exit.Exception)) or is_trio_cancelled(failure):
        return True
    # asyncio.Runner answers the first Ctrl-C with a cancellation, and makes the interrupt of what comes back.
    return isinstance(failure, CancelledError) and is_interrupted()


def leaving_teardown(failure: BaseException) -> BaseException:
    """Return what may leave the teardown of a fixture for *failure*.

    pytest forgets the other finalizers of a node when one raises what is no Exception.
    """
    if isinstance(failure, CleanupError):
        return unwrapped(failure)
    if isinstance(failure, (SystemExit, CancelledError)) and not must_leave(failure):
        said = f"the teardown raised {type(failure).__name__}, which is no Exception"
        translated = CleanupCancelledError(f"{said}: {failure}" if str(failure) else said)
        translated.__cause__ = failure
        return translated
    return failure


def unwrapped(group: CleanupError) -> BaseException:
    """Return the only error of *group*, the exit that somebody asked for, or *group* itself."""
    wish = next((error for error in group.exceptions if isinstance(error, pytest.exit.Exception)), None)
    if len(group.exceptions) > 1:
        if wish is not None:
            wish.__cause__ = group
        return wish or group
    (only,) = list(group.exceptions)
    # A group cannot hold the outcomes of pytest; alone, they are what the user wanted to happen.
    if isinstance(only, CleanupCancelledError) and isinstance(only.__cause__, _OUTCOMES):
        for note in getattr(only, "__notes__", ()):
            only.__cause__.add_note(note)
        return only.__cause__
    return only


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
        except BaseException as raised:
            if raised is not failure:
                raise
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
        except BaseException as raised:
            if raised is not failure:
                raise
            return
        await generator.aclose()
        raise too_many()

    return leave
