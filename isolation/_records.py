"""Records: what the cleanups of one unwinding raised, and what is to be raised in the end."""

from asyncio import CancelledError
from typing import cast

from isolation._cleanups import CleanupHandle
from isolation._deadlines import is_ours
from isolation._errors import CleanupCancelledError, CleanupError
from isolation._homes import cancellations, is_being_cancelled, is_trio_cancelled

INTERRUPTED = "it was interrupted, since the task that cleans up was cancelled; own_task=True would have protected it"
CANCELLED = (
    "it raised CancelledError, though nobody cancelled it; to end a task, cancel it and use asyncio.wait([task])"
)


class Record:
    """What the cleanups of one unwinding raised, and what is to be raised in the end.

    Attributes:
        errors: Everything, in order, for :attr:`ResourceManager.errors`; shared with the manager.
        failures: What the group will hold.
        is_interrupted_twice: Whether a second interrupt came, which stops the drain.
        count: How many cleanups were run.
    """

    __slots__ = (
        "_cancellation", "_ended_by", "_interrupt", "_is_interrupted", "_known", "_left", "_name", "_requests",
        "_title", "count", "errors", "failures", "is_interrupted_twice",
    )  # fmt: skip

    errors: list[BaseException]
    failures: list[Exception]
    is_interrupted_twice: bool
    count: int

    def __init__(self, name: str, errors: list[BaseException], title: str) -> None:
        self.errors = errors
        self.failures = []
        self.is_interrupted_twice = False
        self._is_interrupted = False
        self.count = 0
        self._name = name
        self._title = title
        self._interrupt: BaseException | None = None
        self._cancellation: BaseException | None = None
        self._ended_by: BaseException | None = None
        self._left = 0
        self._requests = self._known = cancellations()

    def begin_after(self, failure: BaseException | None) -> None:
        """Remember what ended the block: context managers may raise it again, and that is no failure of theirs."""
        self._requests = self._known = cancellations()
        self._ended_by = failure

    def begin_with(self, failure: BaseException | None) -> None:
        """Do the same, and raise it in the end if it is an interrupt or cancellation, whatever cleanups raise."""
        self.begin_after(failure)
        if failure is not None and not isinstance(failure, Exception):
            self._interrupt = failure

    def fail(self, handle: CleanupHandle, failure: BaseException) -> None:
        """Note what *handle* raised."""
        known = len(self.errors)
        rest = without(failure, self._ended_by)
        if isinstance(rest, Exception):
            hide_our_frames(rest)
            self._blame(handle, rest)
        elif rest is not None:
            self._fail_badly(handle, rest)
        for companion in companions(failure if rest is None else rest):
            self._blame(handle, companion)
        handle.end("failed" if len(self.errors) > known else "done")

    def _fail_badly(self, handle: CleanupHandle, failure: BaseException) -> None:
        interrupt = interrupt_in(failure)
        if interrupt is not None:
            self.is_interrupted_twice = self._is_interrupted
            self._is_interrupted = True
            # What ended the block may be no more than a skip.
            if self._interrupt is None or self._interrupt is self._ended_by:
                self._interrupt = interrupt
            self.errors.append(interrupt)
            if not isinstance(interrupt, KeyboardInterrupt):  # pytest prints the notes of that one in its banner
                interrupt.add_note(handle.blame(self._title))
        elif is_trio_cancelled(failure) or (isinstance(failure, CancelledError) and cancellations() > self._requests):
            self.hold_back(failure)
            if handle.terms.child is None:  # a child has noted whom of its own this has interrupted
                self._blame(handle, CleanupCancelledError(INTERRUPTED))
        else:
            said = f"it raised {type(failure).__name__}, which is no Exception: {failure}"
            translated = CleanupCancelledError(CANCELLED if isinstance(failure, CancelledError) else said)
            hide_our_frames(failure)
            translated.__cause__ = failure
            self._blame(handle, translated)

    def _blame(self, handle: CleanupHandle, failure: Exception) -> None:
        failure.add_note(handle.blame(self._title))
        self.add(failure)

    def add(self, failure: Exception) -> None:
        """Note a failure that will be in the group."""
        self.failures.append(failure)
        self.errors.append(failure)

    def leave(self, number: int, failure: Exception) -> None:
        """Note that a *number* of cleanups did not run, and why."""
        self._left = number
        self.add(failure)

    def hold_back(self, cancellation: BaseException) -> None:
        """Keep the cancellation of whoever cleans up until everything has run."""
        self._cancellation = self._cancellation or cancellation
        self._requests = cancellations()

    def take_interrupt(self) -> BaseException | None:
        """Return the interrupt or cancellation that must not wait for the errors, and forget it."""
        taken = self._interrupt or self._cancellation
        self._interrupt = self._cancellation = None
        return taken

    def first(self) -> BaseException | None:
        """Return what the only cleanup raised; an interrupt or a cancellation has the failures as its cause."""
        outcome = self.outcome()
        return next(iter(self.failures)) if isinstance(outcome, CleanupError) else outcome

    def outcome(self) -> BaseException | None:
        """Return what the outermost call has to raise: an interrupt, else a cancellation, else the group."""
        group = None
        if self.failures:
            failed, total = len(self.failures) - bool(self._left), self.count + self._left
            left = f", {self._left} did not run" if self._left else ""
            message = f"{failed} of {total} cleanups failed in {self._name!r}{left}"
            group = CleanupError(message, self.failures)
        if self._cancellation is not None and not is_being_cancelled(self._known):
            self._cancellation = None  # it was for a callback that ran others, and that took too long
        held_back = self._interrupt or self._cancellation
        if held_back is not None and group is not None and held_back.__cause__ is None:
            held_back.__cause__ = group
        return held_back or group


def without(failure: BaseException, other: BaseException | None) -> BaseException | None:
    """Return what is left of *failure* without *other*, which a task group puts into its own error."""
    if other is None:
        return failure
    if isinstance(failure, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", failure)
        found, rest = group.split(lambda each: each is other)
        return rest if found is not None else group  # a part is a copy: not the failure that others have seen
    return None if failure is other else failure


def interrupt_in(failure: BaseException) -> BaseException | None:
    """Return the KeyboardInterrupt or SystemExit that *failure* is or holds."""
    if isinstance(failure, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", failure)
        return next(filter(None, map(interrupt_in, group.exceptions)), None)
    return failure if isinstance(failure, (KeyboardInterrupt, SystemExit)) else None


def hide_our_frames(failure: BaseException) -> None:
    """Let the traceback of *failure* begin in the user's code."""
    trace = failure.__traceback__
    while trace is not None and is_ours(trace.tb_frame):
        trace = trace.tb_next
    failure.__traceback__ = trace


def companions(failure: BaseException) -> list[Exception]:
    """Return the errors that came with an interrupt or a cancellation: in one group, or as a manager collected them."""
    if isinstance(failure, Exception):
        return []
    if isinstance(failure, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", failure)
        errors = group.split(Exception)[0] if interrupt_in(group) is not None else None
        return list(errors.exceptions) if errors is not None else []
    cause = failure.__cause__
    if not isinstance(cause, CleanupError):
        return []
    failure.__cause__ = None
    return [cause]
