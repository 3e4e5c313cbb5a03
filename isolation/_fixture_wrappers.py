"""Wrappers: what pytest and the async drivers are given to call for a managed fixture."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import update_wrapper

from isolation._fixture_definitions import FixtureDefinition, attach
from isolation._fixture_instances import FixtureInstance
from isolation._fixture_tasks import FixtureTask


def wrapped(definition: FixtureDefinition) -> Callable[..., object]:
    """Return a generator function of the colour that the driver expects, which looks like the user's function."""
    wrap = _owned if definition.own_task else _asynchronous if definition.is_async else _synchronous
    wrapper = wrap(definition)
    update_wrapper(wrapper, definition.function)
    attach(definition, wrapper)
    return wrapper


# A generator that is thrown something at its `yield` has a driver, pytest-trio, that cancels what it used.  One that is
# thrown GeneratorExit is collected: pytest has forgotten it, and says so, or the warning of its manager does.


def _synchronous(definition: FixtureDefinition) -> Callable[..., Iterator[object]]:
    def fixture(*bound: object, **values: object) -> Iterator[object]:
        __tracebackhide__ = True
        instance = FixtureInstance(definition)
        value = instance.set_up_sync(bound, values)
        try:
            yield value
        except GeneratorExit:
            raise
        except BaseException as failure:  # noqa: BLE001 - it is raised again
            instance.unwind_sync(failure)
        else:
            instance.unwind_sync()

    return fixture


def _asynchronous(definition: FixtureDefinition) -> Callable[..., AsyncIterator[object]]:
    async def fixture(*bound: object, **values: object) -> AsyncIterator[object]:
        __tracebackhide__ = True
        instance = FixtureInstance(definition)
        value = await instance.set_up(bound, values)
        try:
            yield value
        except GeneratorExit:
            raise
        except BaseException as failure:  # noqa: BLE001 - it is raised again
            await instance.unwind(failure)
        else:
            await instance.unwind()

    return fixture


def _owned(definition: FixtureDefinition) -> Callable[..., AsyncIterator[object]]:
    async def fixture(*bound: object, **values: object) -> AsyncIterator[object]:
        __tracebackhide__ = True
        instance = FixtureInstance(definition)
        task = FixtureTask(instance, bound, values)
        value = await task.enter()
        tasks = instance.tasks
        tasks.append(task)
        try:
            yield value
        finally:
            tasks.remove(task)
        await task.leave()

    return fixture
