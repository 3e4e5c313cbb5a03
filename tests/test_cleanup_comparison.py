"""What others do with three cleanups of which two fail, beside what a manager does.

C needs B, B needs A; so C is cleaned up first.  C's cleanup raises what the column says, B's ValueError, A's is fine.
The rows of the others are facts about their installed versions: if one of them improves, its row fails, and the
documentation has to be corrected.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import dependency_injector.containers
import dependency_injector.providers
import dishka
import pytest
import svcs
import that_depends
from that_depends import providers

from isolation import CleanupError, ResourceManager

pytestmark = pytest.mark.filterwarnings("ignore:Container was garbage-collected with pending cleanups:ResourceWarning")
Run = Callable[[BaseException, list[str]], Awaitable[None]]


class A:
    """Something that needs nothing."""


class B(A):
    """Something that needs A."""


class C(A):
    """Something that needs B."""


def closing(name: str, failure: BaseException, closed: list[str]) -> None:
    """Clean up *name*: note it, and fail if it is C or B."""
    closed.append(name)
    if name == "C":
        raise failure
    if name == "B":
        raise ValueError("B")


def resource(name: str, failure: BaseException, closed: list[str]) -> Callable[..., AsyncIterator[Any]]:
    """Return an async generator function, as containers want them."""

    async def resource(*_: object) -> AsyncIterator[str]:
        yield name
        closing(name, failure, closed)

    return resource


async def exit_stack(failure: BaseException, closed: list[str]) -> None:
    """Unwind with `contextlib`."""
    async with AsyncExitStack() as stack:
        for name in "ABC":
            stack.callback(closing, name, failure, closed)


async def with_svcs(failure: BaseException, closed: list[str]) -> None:
    """Unwind with svcs."""
    registry = svcs.Registry()
    for name, kind in (("A", A), ("B", B), ("C", C)):
        registry.register_factory(kind, resource(name, failure, closed), enter=True)
    async with svcs.Container(registry) as container:
        for kind in (A, B, C):
            await container.aget(kind)


async def with_dishka(failure: BaseException, closed: list[str]) -> None:
    """Unwind with dishka."""
    provider = dishka.Provider(scope=dishka.Scope.APP)

    async def a() -> AsyncIterator[A]:
        yield A()
        closing("A", failure, closed)

    async def b(_: A) -> AsyncIterator[B]:
        yield B()
        closing("B", failure, closed)

    async def c(_: B) -> AsyncIterator[C]:
        yield C()
        closing("C", failure, closed)

    for source in (a, b, c):
        provider.provide(source)
    container = dishka.make_async_container(provider)
    await container.get(C)
    await container.close()


async def with_that_depends(failure: BaseException, closed: list[str]) -> None:
    """Unwind with that-depends."""

    class Container(that_depends.BaseContainer):
        alias = f"comparison of {type(failure).__name__}"
        a = providers.Resource(resource("A", failure, closed))
        b = providers.Resource(resource("B", failure, closed), a.cast)
        c = providers.Resource(resource("C", failure, closed), b.cast)

    await Container.c.resolve()
    await Container.tear_down()


async def with_dependency_injector(failure: BaseException, closed: list[str]) -> None:
    """Unwind with dependency-injector."""

    class Container(dependency_injector.containers.DeclarativeContainer):
        a = dependency_injector.providers.Resource(resource("A", failure, closed))
        b = dependency_injector.providers.Resource(resource("B", failure, closed), a)
        c = dependency_injector.providers.Resource(resource("C", failure, closed), b)

    container = Container()
    await container.c()
    await cast("Awaitable[None]", container.shutdown_resources())


async def manager(failure: BaseException, closed: list[str]) -> None:
    """Unwind with a manager."""
    resources = ResourceManager("comparison")
    for name in "ABC":
        resources.add(name, lambda it: closing(it, failure, closed))
    await resources.cleanup_all()


def outcome(run: Run, failure: BaseException) -> tuple[str, list[BaseException]]:
    """Return what was cleaned up, and what the caller saw: what was raised, or what its group holds."""
    closed: list[str] = []
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(run(failure, closed))
    except BaseExceptionGroup as group:
        return "".join(closed), list(group.exceptions)
    except BaseException as raised:  # noqa: BLE001 - what is raised is the subject
        return "".join(closed), [raised]
    finally:
        # An interrupt leaves through the loop and strands the task that it came from.
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    return "".join(closed), []


TABLE: list[tuple[Run, str, list[str], str, list[str], str, list[str]]] = [
    # who, then for KeyError, CancelledError and KeyboardInterrupt: who was cleaned up, what the caller saw
    (exit_stack, "CBA", ["ValueError"], "CBA", ["ValueError"], "CBA", ["ValueError"]),
    (with_svcs, "CBA", [], "C", ["CancelledError"], "C", ["KeyboardInterrupt"]),
    (with_dishka, "CBA", ["KeyError", "ValueError"], "C", ["CancelledError"], "C", ["KeyboardInterrupt"]),
    (with_that_depends, "C", ["KeyError"], "C", ["CancelledError"], "C", ["KeyboardInterrupt"]),
    (with_dependency_injector, "C", ["KeyError"], "C", ["CancelledError"], "C", ["KeyboardInterrupt"]),
    (
        *(manager, "CBA", ["KeyError", "ValueError"]),
        *("CBA", ["CleanupCancelledError", "ValueError"], "CBA", ["KeyboardInterrupt"]),
    ),
]
CELLS = [
    pytest.param(row[0], failure, row[column], row[column + 1], id=f"{row[0].__name__}-{failure.__name__}")
    for row in TABLE
    for column, failure in ((1, KeyError), (3, asyncio.CancelledError), (5, KeyboardInterrupt))
]


@pytest.mark.parametrize(("run", "failure", "closed", "seen"), CELLS)
def test_a_cell_of_the_table(run: Run, failure: type[BaseException], closed: str, seen: list[str]) -> None:
    """Who is cleaned up, and what the caller learns, is as the table says."""
    cleaned_up, raised = outcome(run, failure("C"))
    names = [type(one).__name__ for one in raised]
    del raised
    gc.collect()  # now, when what svcs says about its own failure is expected

    assert (cleaned_up, names) == (closed, seen)


def test_an_exit_stack_forgets_the_first_failure() -> None:
    """Nothing leads from the error that arrives to the one that came first."""
    _, (raised,) = outcome(exit_stack, KeyError("C"))

    assert raised.__context__ is None


def test_a_manager_keeps_what_an_interrupt_replaced() -> None:
    """The interrupt leaves; its cause has the other failure."""
    _, (raised,) = outcome(manager, KeyboardInterrupt("C"))

    assert isinstance(raised.__cause__, CleanupError)
    assert list(map(repr, raised.__cause__.exceptions)) == ["ValueError('B')"]
