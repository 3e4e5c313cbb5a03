"""Escaped tasks: those that were started inside of a block and are still there when it ends."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, Literal

import anyio.lowlevel
from anyio import CancelScope, sleep

from isolation._compatibility import context_of
from isolation._deadlines import working_directory
from isolation._homes import current_home
from isolation._origin import Place, awaited_frames, innermost, show

Policy = Literal["fail", "cancel", "wait", "ignore"]
IsInside = Callable[[Context], bool]
_TICKS = 3
PATIENCE = 1.0
"""Seconds that a task has to end after it was cancelled."""


class EscapedTasks:
    """Find the tasks of this loop, or of this run of trio, whose context is inside of a block, and end them.

    Attributes:
        names: Those that have outlived the block.
        complaints: What there is to say of those that should not have, a line for each.
    """

    names: Sequence[str]
    complaints: Sequence[str]

    def __init__(self, is_inside: IsInside) -> None:
        self._is_inside = is_inside
        self._home = current_home()
        self._is_trio = self._home is not None and not isinstance(self._home, asyncio.AbstractEventLoop)
        self.names, self.complaints = [], []

    def look(self) -> Sequence[Any]:
        """Return the tasks that are there now; none if the loop has gone away."""
        if self._home is None:
            return ()
        return _of_trio(self._is_inside) if self._is_trio else _of_asyncio(self._is_inside)

    def abandon(self, policy: Policy) -> None:
        """Do what can be done at once."""
        tasks = self.look()
        self.names = list(map(name_of, tasks))
        if policy != "ignore" and not self._is_trio:
            _cancel(tasks)

    async def end(self, policy: Policy, seconds: float | None) -> None:
        """Do what *policy* says with the tasks; wait at most *seconds* if it says that.

        Nobody can cut this short but a second cancellation.
        """
        if policy == "ignore":
            self.abandon(policy)
            return
        with CancelScope(shield=True):
            left = await self._wait(seconds) if policy == "wait" else await self._rest()
            self.names = list(map(name_of, left))
            places = list(map(_described, left))
            stubborn = await self._cancel(left)
            self.complaints = places if policy != "cancel" else stubborn

    async def _cancel(self, tasks: Sequence[Any]) -> Sequence[str]:
        """Cancel *tasks*, unless they are trio's, and return what there is to say of those that go on."""
        if self._is_trio or not tasks:
            return []
        _cancel(tasks)
        return [f"{_described(task)} and refuses to be cancelled" for task in await self._wait(PATIENCE)]

    async def _rest(self) -> Sequence[Any]:
        """Return what is left after a moment: a task that is about to end has not escaped."""
        for _ in range(_TICKS):
            await anyio.lowlevel.checkpoint()
            if not self.look():
                break
        return self.look()

    async def _wait(self, seconds: float | None) -> Sequence[Any]:
        ends_at = None if seconds is None else time.monotonic() + seconds
        step = 0.0
        while (left := self.look()) and (ends_at is None or time.monotonic() < ends_at):
            await sleep(step)
            step = min(step * 2 or 0.0005, 0.02)
        return left


def _of_asyncio(is_inside: IsInside) -> Sequence[asyncio.Task[Any]]:
    tasks = asyncio.all_tasks()
    if len(tasks) == 1:
        return ()
    me = asyncio.current_task()
    here = context_of(me) if me is not None else None
    contexts = ((task, context_of(task)) for task in tasks if task is not me)
    # What shares our very context may have been there before us: that context tells nothing about it.
    inside = [task for task, context in contexts if context is not None and context is not here and is_inside(context)]
    return sorted(inside, key=name_of)


def _of_trio(is_inside: IsInside) -> Sequence[Any]:
    trio: Any = sys.modules["trio"]
    ahead = [trio.lowlevel.current_root_task()]
    found: list[Any] = []
    while ahead:
        task = ahead.pop()
        ahead += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
        if task is not trio.lowlevel.current_task() and is_inside(task.context):
            found.append(task)
    return sorted(found, key=name_of)


def _cancel(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task.cancel()


def name_of(task: Any) -> str:  # noqa: ANN401 - of asyncio or of trio
    """Return the name of *task*, that of its function if nobody has given it one."""
    if not hasattr(task, "get_name"):
        return str(task.name).rpartition(".")[2]
    given = str(task.get_name())
    prefix, _, number = given.partition("-")
    is_given = prefix != "Task" or not number.isdecimal()
    return given if is_given else str(getattr(task.get_coro(), "__qualname__", given))


def _described(task: Any) -> str:  # noqa: ANN401 - of asyncio or of trio
    coroutine = task.get_coro() if hasattr(task, "get_coro") else task.coro
    frames = [(frame.f_code, frame.f_lasti) for frame in reversed(awaited_frames(coroutine))]
    place: Place | None = innermost(frames)
    said = f" pending at {show(place, working_directory())}" if place is not None else " pending"
    return f"task {name_of(task)!r}{said}"
