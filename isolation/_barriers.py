"""Barriers: blocks that put back what was changed inside of them, one after the other where they share state."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, get_args

from isolation._arguments import check_seconds, one_of_two
from isolation._compatibility import is_in_trio
from isolation._errors import BarrierConflictError, CleanupError, TaskEscapedError
from isolation._escaped_tasks import EscapedTasks, Policy
from isolation._groups import check_group, checked
from isolation._origin import capture
from isolation._passages import Barrier, Frames, Passage
from isolation._settings import one_of
from isolation._targets import Target

OnConflict = Literal["wait", "fail"]
POLICIES: Sequence[str] = get_args(Policy)
_ADVICE = 'await or cancel it inside the barrier, or choose tasks="cancel", "wait" or "ignore"'
LISTENERS: list[Callable[[BaseException], None]] = []
"""Who wants to know what went wrong at the end of a block that had failed itself, so that it could not be raised.

Only the last is told: a run of pytest inside of another one has begun after that.
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a barrier was asked for."""

    group: str
    on_conflict: OnConflict = "wait"
    timeout: float | None = 30.0
    tasks: Policy = "fail"

    @property
    def patience(self) -> float | None:
        """Return the seconds to wait for others; None for ever."""
        return 0.0 if self.on_conflict == "fail" else self.timeout

    def check(self, place: str) -> None:
        """Make sure that they mean something, where *place* says them.

        Raises:
            TypeError: If one is of the wrong kind.
            ValueError: If one has no meaning.
        """
        __tracebackhide__ = True
        check_group(self.group)
        one_of_two(self.on_conflict, "wait", "fail", "on_conflict")
        check_seconds(self.timeout, "timeout")
        one_of(self.tasks, POLICIES, "policy for tasks", place)


def isolation_barrier(
    group: str,
    /,
    *targets: Target,
    on_conflict: OnConflict = "wait",
    timeout: float | None = 30.0,
    tasks: Policy = "fail",
) -> AbstractAsyncContextManager[Barrier, None]:
    """Put back at the end of an ``async with`` block what it has changed of the targets of *group* and of *targets*.

    What nobody has registered is not isolated.  The environment and the working directory are restored first, then the
    others, the last that was registered first; what was derived from them, as caches are, is dropped last.
    Barriers that share a target come one after the other, in whatever tasks and threads they are; a barrier that is
    begun inside of another one, also by a task that was started there, is nested in it.

    Args:
        group: The name of a group; see :func:`isolate`.
        targets: More targets, for this block only; context variables among them are reset, also to *unset*.
        on_conflict: Whether to wait for what another barrier holds, or to fail at once.
        timeout: Seconds to wait for it, and at the end for barriers inside of this one; None for ever.
        tasks: What happens to tasks that were started inside and outlive the block: they are cancelled and that is an
            error (``"fail"``), or they are only cancelled; they are waited for, as long as *timeout*; or nothing
            happens (``"ignore"``).  trio cannot cancel them, so ``"cancel"`` is refused there.

    Raises:
        BarrierConflictError: If another barrier holds a target, or one inside of this one outlives it.
        TaskEscapedError: If a task outlives the block; all is restored then.
        CleanupError: If targets could not be restored; each was tried.  If the block raises itself, its exception goes
            on, and what went wrong is a note on it.
        TypeError: If *group* is no string, or one of *targets* can neither be taken nor restored.
    """
    __tracebackhide__ = True
    terms = Terms(group, on_conflict, timeout, tasks)
    terms.check("isolation_barrier()")
    return AsyncBarrier(terms, capture(1, 1), checked(targets))


def sync_isolation_barrier(
    group: str, /, *targets: Target, on_conflict: OnConflict = "wait", timeout: float | None = 30.0
) -> AbstractContextManager[Barrier, None]:
    """Do the same for a ``with`` block, without looking at tasks.

    Args:
        group: The name of a group; see :func:`isolate`.
        targets: More targets, for this block only.
        on_conflict: Whether to wait for what another barrier holds, or to fail at once.  A barrier in the same thread
            cannot be waited for: that fails at once, too.
        timeout: Seconds to wait for it, and at the end for barriers inside of this one; None for ever.

    Raises:
        BarrierConflictError: As :func:`isolation_barrier`.
        CleanupError: As :func:`isolation_barrier`.
        TypeError: As :func:`isolation_barrier`.

    >>> import os
    >>> from isolation import environment
    >>> with sync_isolation_barrier("doctest", environment()) as barrier:
    ...     os.environ["GREETING"] = "hello"
    >>> barrier.changed
    ["os.environ['GREETING']"]
    """
    __tracebackhide__ = True
    terms = Terms(group, on_conflict, timeout)
    terms.check("sync_isolation_barrier()")
    return SyncBarrier(terms, capture(1, 1), checked(targets))


class SyncBarrier(AbstractContextManager[Barrier, None]):
    """What `sync_isolation_barrier` returns."""

    __slots__ = ("_passage",)

    def __init__(self, terms: "Terms", frames: Frames, listed: Sequence[Target] = ()) -> None:
        self._passage = Passage(terms.group, listed, terms.patience, frames)

    def __enter__(self) -> Barrier:
        __tracebackhide__ = True
        self._passage.use()
        self._passage.prepare_sync()
        return self._passage.begin()

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        passage, problems = self._passage, list[BaseException]()
        try:
            nested = passage.finish()
            if nested is not None:
                problems += filter(None, [passage.outlived_sync(nested)])
        except BaseException as interruption:
            _tell([*problems, *passage.end()], interruption, passage)
            raise
        problems += passage.end()
        if problems:
            _raise(problems, failure, passage)


class AsyncBarrier(AbstractAsyncContextManager[Barrier, None]):
    """What `isolation_barrier` returns."""

    __slots__ = ("_passage", "_policy", "_timeout")

    def __init__(
        self, terms: "Terms", frames: Frames, listed: Sequence[Target] = (), *, only_variables: bool = False
    ) -> None:
        self._passage = Passage(terms.group, listed, terms.patience, frames, only_variables=only_variables)
        self._policy: Policy = terms.tasks
        self._timeout = terms.timeout

    async def __aenter__(self) -> Barrier:
        __tracebackhide__ = True
        if self._policy == "cancel" and is_in_trio():
            raise ValueError('trio cannot cancel the task of another nursery; choose tasks="fail", "wait" or "ignore"')
        self._passage.use()
        await self._passage.prepare()
        return self._passage.begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        passage, problems = self._passage, list[BaseException]()
        try:
            tasks = EscapedTasks(passage.is_around)
            if tasks.look():
                await self._end(tasks, failure, problems)
            nested = passage.finish()
            if nested is not None and isinstance(failure, GeneratorExit):  # the loop is gone: nothing can be awaited
                problems += filter(None, [passage.outlived_sync(nested, is_waiting=False)])
            elif nested is not None:
                problems += filter(None, [await passage.outlived(nested)])
        except BaseException as interruption:
            _tell([*problems, *passage.end()], interruption, passage)
            raise
        # Nothing is awaited from here on, so that nobody can cut it short.
        problems += passage.end()
        if problems:
            _raise(problems, failure, passage)

    async def _end(self, tasks: EscapedTasks, failure: BaseException | None, problems: list[BaseException]) -> None:
        if isinstance(failure, GeneratorExit):
            tasks.abandon(self._policy)
        else:
            await tasks.end(self._policy, self._timeout)
        self._passage.barrier.escaped_tasks = tasks.names
        if tasks.complaints:
            is_one = len(tasks.complaints) == 1
            count, what = ("1 task has", "it was") if is_one else (f"{len(tasks.complaints)} tasks have", "they were")
            lines = [f"{count} outlived {self._passage}, inside of which {what} started", *tasks.complaints]
            problems.append(TaskEscapedError("\n  ".join(lines) + f"\n{_ADVICE}"))


def _raise(problems: Sequence[BaseException], failure: BaseException | None, passage: Passage) -> None:
    """Raise what went wrong at the end, unless the block has failed itself: then that goes on, and is told."""
    __tracebackhide__ = True
    if failure is None:
        raise _joined(problems, passage)
    _tell(problems, failure, passage)


def _tell(problems: Sequence[BaseException], failure: BaseException, passage: Passage) -> None:
    """Let *failure*, which goes on, and whoever listens know of the *problems*."""
    if not problems:
        return
    for listener in LISTENERS[-1:]:
        listener(_joined(problems, passage))
    if not isinstance(failure, KeyboardInterrupt):  # pytest would print the note in its banner
        for problem in problems:
            failure.add_note("\n".join([f"{type(problem).__name__}: {problem}", *getattr(problem, "__notes__", ())]))


def _joined(problems: Sequence[BaseException], passage: Passage) -> BaseException:
    errors = [problem for problem in problems if isinstance(problem, Exception)]
    if len(errors) < len(problems):
        return next(problem for problem in problems if not isinstance(problem, Exception))
    is_ours = len(errors) == 1 and isinstance(errors[0], (BarrierConflictError, TaskEscapedError))
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return errors[0] if is_ours else CleanupError(f"{count} at the end of {passage}", errors)
