"""Cleanups run newest first, unless priorities or dependencies say otherwise."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from isolation import ResourceManager


def noting(calls: list[str], name: str) -> str:
    """Note a call; a cleanup that returns something is fine."""
    calls.append(name)
    return name


@contextmanager
def context(calls: list[str], name: str) -> Iterator[str]:
    """Note when the context is left."""
    yield name
    calls.append(name)


async def test_a_lower_priority_goes_first() -> None:
    """Priority decides before age does."""
    closed: list[str] = []
    manager = ResourceManager()
    for name, priority in (("late", 10), ("older", 0), ("newer", 0), ("first", -1)):
        manager.add(name, closed.append, priority=priority)

    await manager.cleanup_all()

    assert closed == ["first", "newer", "older", "late"]


async def test_a_dependency_beats_priority_and_age() -> None:
    """Nothing is closed before what needs it."""
    closed: list[str] = []
    manager = ResourceManager()
    schema = manager.add("schema", closed.append, priority=-5)
    manager.add("pool", closed.append, priority=9, depends_on=[schema])
    manager.add("cache", closed.append)

    await manager.cleanup_all()

    assert closed == ["cache", "pool", "schema"]


async def test_a_dependency_between_handles_can_be_added_later() -> None:
    """`depends_on` of a handle reverses the order of registration."""
    calls: list[str] = []
    manager = ResourceManager()
    older = manager.register(calls.append, "older")
    newer = manager.register(calls.append, "newer")

    assert older.depends_on(newer) is older
    await manager.cleanup_all()

    assert calls == ["older", "newer"]


async def test_a_cycle_is_refused_at_once() -> None:
    """The call that would close the circle fails, and changes nothing."""
    calls: list[str] = []
    manager = ResourceManager()
    a, b, c = (manager.register(calls.append, name) for name in "abc")
    a.depends_on(b)
    b.depends_on(c)

    with pytest.raises(ValueError, match="cannot run before") as caught:
        c.depends_on(a)
    await manager.cleanup_all()

    assert str(caught.value).endswith("which already has to run before it")
    assert calls == ["a", "b", "c"]


async def test_nothing_depends_on_itself() -> None:
    """The shortest circle is one."""
    async with ResourceManager() as manager:
        handle = manager.register(print)

        with pytest.raises(ValueError, match="cannot run before"):
            handle.depends_on(handle)


async def test_an_unknown_dependency_is_refused_at_once() -> None:
    """A resource that nobody added cannot be waited for, and nothing is registered."""
    manager = ResourceManager("orders")

    with pytest.raises(ValueError, match=r"^'pool' is neither a cleanup nor a pending resource of 'orders'$"):
        manager.add("session", print, depends_on=["pool"])

    assert manager.pending == []


async def test_a_handle_of_another_manager_is_refused() -> None:
    """There is no order between two managers."""
    async with ResourceManager() as manager, ResourceManager("other") as other:
        handle = manager.register(noting, [], "ours")

        with pytest.raises(ValueError, match="is neither a cleanup nor a pending resource of 'other'"):
            other.register(noting, [], "theirs").depends_on(handle)


async def test_what_has_run_needs_no_order() -> None:
    """A dependency on a cleanup that is over is satisfied."""
    calls: list[str] = []
    manager = ResourceManager()
    over = manager.register(calls.append, "over")
    await over.run_now()

    manager.add("new", calls.append, depends_on=[over])
    over.depends_on(manager.pending[0])
    await manager.cleanup_all()

    assert calls == ["over", "new"]


async def test_context_managers_are_never_reordered() -> None:
    """Neither priority nor dependency exits an outer context before an inner one."""
    calls: list[str] = []
    manager = ResourceManager()
    outer = manager.enter_context(context(calls, "outer"))
    manager.add("x", calls.append, priority=-9, depends_on=[outer])
    manager.enter_context(context(calls, "inner"))
    manager.enter_context(context(calls, "innermost"))

    await manager.cleanup_all()

    assert calls == ["x", "innermost", "inner", "outer"]


async def test_contexts_keep_their_order_among_priorities() -> None:
    """It does not matter whether the first priority came before the first context."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.add("last", calls.append, priority=1)
    manager.enter_context(context(calls, "outer"))
    manager.enter_context(context(calls, "inner"))

    await manager.cleanup_all()

    assert calls == ["inner", "outer", "last"]


async def test_the_order_of_contexts_is_part_of_the_circle() -> None:
    """A dependency that would exit an outer context first is refused."""
    async with ResourceManager() as manager:
        manager.enter_context(context([], "outer"))
        manager.enter_context(context([], "inner"))
        outer, inner = manager.pending

        with pytest.raises(ValueError, match=r"'context' pending.* cannot run before .*'context' pending"):
            outer.depends_on(inner)


async def test_an_outer_context_cannot_be_exited_early() -> None:
    """`run_now` keeps the order of contexts, and of dependencies."""
    async with ResourceManager() as manager:
        manager.enter_context(context([], "outer"))
        manager.enter_context(context([], "inner"))
        outer = manager.pending[0]

        with pytest.raises(ValueError, match="cannot run now, since it has to run after"):
            await outer.run_now()

        assert outer.status == "pending"


async def test_releasing_the_middle_keeps_the_order_of_the_ends() -> None:
    """What was given away still stands between the two that it connected."""
    calls: list[str] = []
    manager = ResourceManager()
    last = manager.register(calls.append, "last")
    middle = manager.register(calls.append, "middle")
    first = manager.register(calls.append, "first")
    last.depends_on(middle)
    middle.depends_on(first)

    middle.release()
    await manager.cleanup_all()

    assert calls == ["last", "first"]


async def test_late_cleanups_keep_to_priorities() -> None:
    """What is registered during the drain takes its place in it."""
    calls: list[str] = []
    manager = ResourceManager()
    manager.add("last", calls.append, priority=2)
    manager.register(lambda: (manager.add("middle", calls.append, priority=1), None)[1])
    manager.register(calls.append, "first")

    await manager.cleanup_all()

    assert calls == ["first", "middle", "last"]


@pytest.mark.parametrize("priority", [0, 1])
def test_a_drain_is_not_quadratic(priority: int) -> None:
    """Four times as many cleanups need four times as many calls, not sixteen times."""

    def calls(count: int) -> int:
        manager = ResourceManager()
        for _ in range(count):
            manager.add("x", id, priority=priority, track=False)
        events: list[str] = []
        sys.setprofile(lambda _frame, event, _argument: events.append(event))
        manager.cleanup_all_sync()
        sys.setprofile(None)
        return len(events)

    small, large = calls(500), calls(2_000)

    assert small > 500
    assert large < 5 * small
