"""The phase of the test: what is registered while the body of a test runs is unwound at its end, before all else."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from isolation._cleanups import Details
from isolation._resources import ResourceManager
from isolation._stack import NO_DETAILS


class PhasedManager(ResourceManager):
    """A manager that a test shares with its fixtures, and whose newest part can be unwound by itself."""

    # Why the body of the test is wrapped
    #
    # What a test registers has to go before the fixtures that it used, in the loop of the test, while that runs.  Only
    # the end of the test's own function is all of that for every driver: anyio closes its loop with the test, unless a
    # fixture holds it; unittest closes it before any fixture comes down; pytest-trio tears fixtures down while pytest
    # believes that the test runs, and never runs an async fixture that is not an argument; and a fixture that is set up
    # last is torn down first only until the body asks for another one with getfixturevalue().  It is also the only
    # place in the task of the test, in which alone its task groups, cancel scopes and context variables can be left.
    #
    # A failure there is no failure of the body, so it waits for the teardown, which raises it with all the others.

    def lend(self, loop: AbstractEventLoop) -> None:
        """Let what is registered where no loop runs be cleaned up in *loop*, which is idle then."""
        self._stack.loop = loop

    def releasing(self, test: Callable[..., Any]) -> Callable[..., Any]:
        """Return *test* such that what is registered during its call is cleaned up at its end."""
        return self._releasing_async(test) if iscoroutinefunction(test) else self._releasing_sync(test)

    def _releasing_async(self, test: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(test)
        async def run(*args: object, **kwargs: object) -> object:
            __tracebackhide__ = True
            begun, result, details = self._stack.order.newest, None, NO_DETAILS
            try:
                result = await test(*args, **kwargs)
            except GeneratorExit:  # the loop is gone, so nothing can be awaited
                raise
            except BaseException as failure:  # noqa: BLE001 - raised below, so that it is no context of other errors
                details = (type(failure), failure, failure.__traceback__)
            await self._stack.unwind_since(begun, details)
            return _outcome(result, details)

        return run

    def _releasing_sync(self, test: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(test)
        def run(*args: object, **kwargs: object) -> object:
            __tracebackhide__ = True
            begun, result, details = self._stack.order.newest, None, NO_DETAILS
            try:
                result = test(*args, **kwargs)
            except BaseException as failure:  # noqa: BLE001 - raised below, so that it is no context of other errors
                details = (type(failure), failure, failure.__traceback__)
            self._stack.unwind_since_sync(begun, details)
            return _outcome(result, details)

        return run

    async def release(self) -> None:
        """Clean everything up, and leave what failed to the end."""
        await self._stack.unwind_since(0, NO_DETAILS)


def _outcome(result: object, details: Details) -> object:
    __tracebackhide__ = True
    failure = details[1]
    if failure is None:
        return result
    try:
        raise failure
    finally:
        del failure, details
