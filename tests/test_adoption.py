"""Adoption: an object that lives longer than a test may keep what it started inside of that test."""

import asyncio
import contextvars
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import trio
import trio.testing

from isolation import _adoption
from isolation._adoption import DEPTH, adopters
from isolation._owners import Owner

CLIENT = Owner("fixture", "client", scope="session")
SERVER = Owner("fixture", "server", scope="module")


class Thing:
    """Something that a test is suspected to have left."""


def adopted(thing: Thing, root: object) -> bool:
    """Tell whether *thing* is adopted by the owner of *root*."""
    return adopters([thing], [(CLIENT, root)]) == {id(thing): CLIENT}


def function_over(thing: Thing) -> Callable[[], Thing]:
    """Return a function that closes over *thing*."""
    return lambda: thing


def empty_cell() -> Callable[[], object]:
    """Return a function that closes over a variable without a value."""
    value = None

    def read() -> object:
        return value  # noqa: F821 - that is the point

    del value
    return read


@pytest.mark.parametrize(
    "make",
    [
        lambda thing: thing,
        lambda thing: SimpleNamespace(pool=[{"socket": thing}]),
        function_over,
        lambda thing: SimpleNamespace(first=empty_cell(), second=function_over(thing)),
    ],
    ids=["itself", "in a pool", "in a closure", "beside an empty closure"],
)
def test_what_a_wider_fixture_holds_is_adopted(make: Callable[[Thing], object]) -> None:
    """A pooled connection is found through the client that holds the pool."""
    thing = Thing()

    assert adopted(thing, make(thing))


def context_with(thing: Thing) -> contextvars.Context:
    """Return a context in which a variable has *thing*."""
    context = contextvars.Context()
    context.run(contextvars.ContextVar[Thing]("thing").set, thing)
    return context


def loop_with(thing: Thing) -> asyncio.AbstractEventLoop:
    """Return a loop that has *thing*."""
    loop: asyncio.AbstractEventLoop = type("Loop", (asyncio.AbstractEventLoop,), {})()
    vars(loop)["thing"] = thing
    return loop


@pytest.mark.parametrize(
    "make",
    [context_with, loop_with, lambda _: sys.modules, lambda _: Thing, lambda _: adopted],
    ids=["a context", "a loop", "a module", "a class", "globals"],
)
def test_nothing_is_adopted_through(make: Callable[[Thing], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """From a loop, a context, a module or a class one reaches everything, which would excuse everything."""
    thing = Thing()
    monkeypatch.setattr(sys.modules[__name__], "KEPT", thing, raising=False)
    monkeypatch.setattr(Thing, "kept", thing, raising=False)

    assert not adopted(thing, make(thing))


def test_what_nobody_holds_is_not_adopted() -> None:
    """An orphan stays a leak."""
    assert not adopted(Thing(), SimpleNamespace())


def test_the_first_root_that_holds_a_thing_has_it() -> None:
    """Roots are asked in their order, and no longer than anything is missing."""
    first, second = Thing(), Thing()
    roots: list[tuple[Owner, object]] = [(CLIENT, [first]), (SERVER, [first, second]), (CLIENT, [second])]

    assert adopters([first, second], roots) == {id(first): CLIENT, id(second): SERVER}


def test_nothing_can_be_adopted_that_has_no_object() -> None:
    """A bare descriptor is nobody's."""
    assert adopters([None], [(CLIENT, [None])]) == {}


def test_the_walk_ends_at_a_depth() -> None:
    """What is too far away is not held in any sense a reader would understand."""
    thing = Thing()
    near: list[object] = [thing]
    for _ in range(DEPTH - 2):
        near = [near]

    assert adopted(thing, near)
    assert not adopted(thing, [near])


def test_the_walk_ends_at_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixture that holds a database in memory does not make every check slow."""
    monkeypatch.setattr(_adoption, "OBJECTS", 100)
    thing = Thing()
    few: list[object] = [[] for _ in range(10)]
    many: list[object] = [[] for _ in range(200)]

    assert adopted(thing, [*few, thing, *few])
    assert not adopted(thing, [*many, thing, *many])


def test_a_ring_of_objects_is_walked_once() -> None:
    """Objects that refer to each other do not hold the walk."""
    ring: list[object] = []
    ring.append(ring)

    assert not adopted(Thing(), ring)


def test_a_nursery_of_trio_keeps_its_own_tasks_only() -> None:
    """Through its place in the run's tree of cancel scopes one would reach every task of the run."""
    kept: list[bool] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            (own,) = nursery.child_tasks
            stray = trio.lowlevel.spawn_system_task(trio.sleep, 0)
            kept.extend(id(task) in adopters([task], [(CLIENT, nursery)]) for task in (own, stray))
            nursery.cancel_scope.cancel()
        await trio.testing.wait_all_tasks_blocked()

    trio.run(main)

    assert kept == [True, False]
