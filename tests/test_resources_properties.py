"""Whatever cleanups do, each runs once, the order holds, and every failure is reported once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation import CleanupCancelledError, CleanupError, CleanupHandle, CleanupTimeoutError, ResourceManager

SHORT = 0.002
KINDS = ("sync", "async", "raise", "raise async", "hang", "cancel", "register", "drain")
FAILING = {"raise": KeyError, "raise async": ValueError, "hang": CleanupTimeoutError, "cancel": CleanupCancelledError}


@dataclass
class Plan:
    """One cleanup of a random tree: what it does, and what it is registered with."""

    kind: str
    priority: int
    needs: list[int]
    own_task: bool
    is_in_child: bool


@dataclass
class Play:
    """What happened when a plan was carried out."""

    manager: ResourceManager
    child: ResourceManager
    order: list[int] = field(default_factory=list)
    late: int = 0

    def cleanup(self, number: int, kind: str) -> Callable[[object], object | Awaitable[object]]:
        """Return a cleanup of *kind* that notes *number* when it begins."""

        def begin(_: object) -> Awaitable[None] | None:
            self.order.append(number)
            if kind == "raise":
                raise KeyError(number)
            if kind == "register":
                self.manager.register(self.count_late)
            return None if kind in ("sync", "register") else self.run(number, kind)

        return begin

    async def run(self, number: int, kind: str) -> None:
        """Do what an async cleanup of *kind* does."""
        await anyio.sleep(10 if kind == "hang" else 0)
        if kind == "raise async":
            raise ValueError(number)
        if kind == "cancel":
            raise asyncio.CancelledError
        if kind == "drain":
            await self.manager.cleanup_all()

    def count_late(self) -> None:
        """Note a cleanup that was registered by another one."""
        self.late += 1


def plans() -> st.SearchStrategy[list[Plan]]:
    """Return trees of up to eight cleanups, each of which may need older ones of its manager."""
    one = st.builds(
        Plan,
        kind=st.sampled_from(KINDS),
        priority=st.integers(-1, 1),
        needs=st.lists(st.integers(0, 7), max_size=2),
        own_task=st.booleans(),
        is_in_child=st.booleans(),
    )
    return st.lists(one, max_size=8)


def prepare(tree: list[Plan]) -> tuple[Play, list[CleanupHandle]]:
    """Register the *tree*; only a cleanup of the parent drains, since a child does not run its parent's rest."""
    manager = ResourceManager("parent")
    play = Play(manager, manager.child("child"))
    handles: list[CleanupHandle] = []
    for number, plan in enumerate(tree):
        owner = play.child if plan.is_in_child else manager
        kind = "async" if plan.kind == "drain" and plan.is_in_child else plan.kind
        needed = [handles[i] for i in plan.needs if i < number and tree[i].is_in_child == plan.is_in_child]
        owner.add(
            number,
            play.cleanup(number, kind),
            name=str(number),
            priority=plan.priority,
            own_task=plan.own_task,
            depends_on=needed,
            track=False,
            timeout=SHORT if kind == "hang" else None,
        )
        handles.append(owner.pending[-1])
    return play, handles


def leaves(failure: BaseException) -> list[BaseException]:
    """Return the failures in *failure*, without the groups that they come in."""
    if isinstance(failure, CleanupError):
        return [leaf for inner in failure.exceptions for leaf in leaves(inner)]
    return [failure]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=100, deadline=None)
@given(tree=plans())
def test_every_cleanup_runs_once_in_order_and_every_failure_is_reported(backend: str, tree: list[Plan]) -> None:
    """The promises hold for random trees of failing, hanging, cancelling, registering and draining cleanups."""
    play, handles = prepare(tree)
    caught: list[BaseException] = []

    async def main() -> None:
        try:
            await play.manager.cleanup_all()
        except CleanupError as failure:
            caught.append(failure)

    anyio.run(main, backend=backend)

    assert sorted(play.order) == list(range(len(tree)))
    assert play.late == sum(plan.kind == "register" for plan in tree)
    for number, plan in enumerate(tree):
        for needed in plan.needs:
            if needed < number and tree[needed].is_in_child == plan.is_in_child:
                assert play.order.index(number) < play.order.index(needed)
    expected = sorted(FAILING[plan.kind].__name__ for plan in tree if plan.kind in FAILING)
    reported = [leaf for failure in caught for leaf in leaves(failure)]
    assert sorted(type(leaf).__name__ for leaf in reported) == expected
    assert len({id(leaf) for leaf in reported}) == len(reported)
    assert {handle.status for handle in handles} <= {"done", "failed"}
