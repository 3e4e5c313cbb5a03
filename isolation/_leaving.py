"""Leaving: which exception may leave a fixture for what happened in it, so that pytest's own bookkeeping survives."""

from asyncio import CancelledError

import pytest

from isolation._causes import causes
from isolation._compatibility import is_interrupted
from isolation._errors import CleanupCancelledError, CleanupError, SetupCancelledError
from isolation._homes import cancellations, is_trio_cancelled

_OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception)


def leaving_setup(failure: BaseException, fixture: str, second: BaseException | None = None) -> BaseException:
    """Return what may leave the set-up of *fixture* for *failure*; pytest loses finalizers for what is no `Exception`.

    Args:
        failure: What ended the set-up.
        fixture: The name of the fixture.
        second: What was raised when that was undone.
    """
    undone = _undone(failure, second)
    if undone is not None:
        is_error = isinstance(failure, (Exception, pytest.fail.Exception)) and not must_leave(undone)
        return before(undone, failure) if is_error else after(failure, undone)
    if isinstance(failure, (Exception, *_OUTCOMES)) or must_leave(failure):
        return failure
    said = f"fixture {fixture!r} raised {type(failure).__name__}, which is no Exception, in its set-up"
    return after(failure, SetupCancelledError(said))


def _undone(failure: BaseException, second: BaseException | None) -> BaseException | None:
    """Return what went wrong while a set-up that *failure* had ended was undone, from what that raised."""
    if second is None:
        return None
    if second is not failure:
        return leaving_teardown(second)
    # What is no Exception is raised again, with the errors as its cause.
    group = failure.__cause__
    if not isinstance(group, CleanupError) or (must_leave(failure) and not is_trio_cancelled(failure)):
        return None
    failure.__cause__ = None
    return unwrapped(group)


def before(other: BaseException, last: BaseException) -> BaseException:
    """Return *last*, which summaries name, with *other* shown before it."""
    *_, end = causes(last, only_shown=True)
    end.__cause__ = None
    end.__context__ = other
    end.__suppress_context__ = False
    return last


def after(first: BaseException, then: BaseException) -> BaseException:
    """Return *then*, of which *first* is shown as the cause, behind all that caused it anyway."""
    chain = list(causes(then, only_shown=True))
    if not isinstance(then, KeyboardInterrupt) and not any(error is first for error in chain):
        chain[-1].__cause__ = first
    return then


def must_leave(failure: BaseException) -> bool:
    """Tell whether pytest or the driver has to see *failure* as it is: Ctrl-C, `pytest.exit`, a cancelled scope."""
    if isinstance(failure, (KeyboardInterrupt, pytest.exit.Exception)) or is_trio_cancelled(failure):
        return True
    # asyncio.Runner answers the first Ctrl-C with a cancellation, and makes the interrupt of what comes back.  A runner
    # that closes cancels its tasks once, and waits for ever for one that does something else then, as anyio's would.
    return isinstance(failure, CancelledError) and (is_interrupted() or cancellations() > 0)


def leaving_teardown(failure: BaseException) -> BaseException:
    """Return what may leave the teardown of a fixture for *failure*.

    pytest forgets the other finalizers of a node when one raises what is no `Exception`.
    """
    group = failure.__cause__ if is_trio_cancelled(failure) else failure  # nobody looks for causes of a cancellation
    if isinstance(group, CleanupError):
        return unwrapped(group)
    if isinstance(failure, Exception) or must_leave(failure):
        return failure
    said = f"the teardown raised {type(failure).__name__}, which is no Exception"
    return after(failure, CleanupCancelledError(f"{said}: {failure}" if str(failure) else said))


def unwrapped(group: CleanupError) -> BaseException:
    """Return the only error of *group*, the exit that somebody asked for, or *group* itself."""
    wish = next((error for error in group.exceptions if isinstance(error, pytest.exit.Exception)), None)
    if wish is not None:
        wish.__notes__.pop()  # pytest would print it in its banner
        return after(group, wish) if len(group.exceptions) > 1 else wish
    return group if len(group.exceptions) > 1 else _outcome_of(next(iter(group.exceptions)))


def _outcome_of(error: Exception) -> BaseException:
    """Return what *error* stands for, since a group cannot hold the outcomes of pytest.

    A failure is what the user wanted to be seen; the others would be taken for the outcome of the test.
    """
    outcome = error.__cause__ if isinstance(error, CleanupCancelledError) else None
    if outcome is None or type(outcome) is not pytest.fail.Exception:
        return error
    for note in getattr(error, "__notes__", ()):
        outcome.add_note(note)
    return outcome
