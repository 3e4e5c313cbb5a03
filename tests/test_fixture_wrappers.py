"""What a driver is given to call for a managed fixture, called by a driver that does not behave."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from isolation import ResourceManager, managed_fixture


def made(**options: Any) -> Callable[..., Any]:
    """Return a decorator that gives what a driver is given."""
    decorate: Any = managed_fixture(using=lambda **_: lambda wrapper: wrapper, **options)
    return decorate  # type: ignore[no-any-return]


def test_a_generator_that_is_forgotten_says_so() -> None:
    """Nothing is run when it is collected, at any time and in any thread; the manager names what has not run."""

    @made()
    def repository(resource_manager: ResourceManager) -> int:
        resource_manager.register(print, "released")
        return 1

    generator = repository()
    assert next(generator) == 1

    holder = [generator]
    del generator

    with pytest.warns(ResourceWarning, match="'repository' was collected with 1 cleanup that never ran"):
        holder.clear()


async def test_an_async_generator_that_is_forgotten_says_so() -> None:
    """It may be closed when its loop has stopped, and then nothing can be awaited."""

    @made()
    async def repository(resource_manager: ResourceManager) -> int:
        resource_manager.register(print, "released")
        return 1

    generator = repository()
    assert await anext(generator) == 1

    with pytest.warns(ResourceWarning, match="'repository' was collected with 1 cleanup that never ran"):
        await generator.aclose()


async def test_a_task_that_is_forgotten_goes_on() -> None:
    """The guard finds it."""

    @made(own_task=True)
    async def repository() -> "asyncio.Task[object] | None":
        return asyncio.current_task()

    generator = repository()
    task = await anext(generator)

    await generator.aclose()

    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("thrown", [ValueError("mine"), asyncio.CancelledError(), KeyboardInterrupt()])
def test_what_is_thrown_is_raised_again(thrown: BaseException) -> None:
    """The code after yield does not run, a finally does, and resources are released; nothing else is said."""
    ran: list[str] = []

    @made()
    def repository(resource_manager: ResourceManager) -> Any:
        resource_manager.register(ran.append, "released")
        try:
            yield
            ran.append("after")
        finally:
            ran.append("finally")

    generator = repository()
    next(generator)

    expected = type(thrown) if not isinstance(thrown, asyncio.CancelledError) else RuntimeError
    with pytest.raises(expected) as raised:
        generator.throw(thrown)

    assert thrown in (raised.value, raised.value.__cause__)
    assert ran == ["finally", "released"]


async def test_what_a_generator_makes_of_it_is_raised() -> None:
    """As by a with-block."""

    @made()
    async def repository() -> Any:
        try:
            yield
        except ValueError as failure:
            raise KeyError("instead") from failure

    generator = repository()
    await anext(generator)

    with pytest.raises(KeyError, match="instead"):
        await generator.athrow(ValueError())
