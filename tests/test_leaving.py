"""What may leave a fixture: an error that came alone as itself, and nothing for which pytest forgets finalizers."""

import asyncio
import traceback
from collections.abc import Callable

import pytest

from isolation import CleanupCancelledError, CleanupError, ResourceManager
from isolation._leaving import after, before, leaving_teardown


def failure_of(*cleanups: BaseException) -> BaseException:
    """Return what a manager raises whose *cleanups* raise these exceptions, the first one first."""
    manager = ResourceManager("orders")
    for failure in reversed(cleanups):
        manager.register(_raising, failure)
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever it is
        manager.cleanup_all_sync()
    return caught.value


def _raising(failure: BaseException) -> None:
    raise failure


def test_an_error_that_comes_alone_leaves_as_itself() -> None:
    """It keeps its cause and its note, and is no group."""
    alone = ValueError("alone")
    alone.__cause__ = OSError("cut")

    assert leaving_teardown(failure_of(alone)) is alone
    assert isinstance(alone.__cause__, OSError)
    assert alone.__notes__[0].startswith(
        "while cleaning up '_raising' of 'orders' (registered at tests/test_leaving.py:"
    )


def test_several_errors_leave_as_a_group() -> None:
    """Nobody hides anybody."""
    leaving = leaving_teardown(failure_of(ValueError("A"), KeyError("B")))

    assert isinstance(leaving, CleanupError)
    assert list(map(repr, leaving.exceptions)) == ["ValueError('A')", "KeyError('B')"]


def test_a_failure_that_somebody_declared_leaves_as_itself() -> None:
    """A group cannot hold `pytest.fail`; alone it is what the user wanted to be read."""
    declared = pytest.fail.Exception("the pool is not empty")

    assert leaving_teardown(failure_of(declared)) is declared
    assert declared.__notes__[0].startswith("while cleaning up ")


@pytest.mark.parametrize("failure", [SystemExit(3), asyncio.CancelledError("stop")], ids=repr)
def test_what_pytest_stumbles_over_leaves_as_an_error(failure: BaseException) -> None:
    """Pytest forgets the other finalizers of a node for what is no Exception."""
    leaving = leaving_teardown(failure_of(failure))

    assert isinstance(leaving, CleanupCancelledError)


def test_ctrl_c_leaves_as_it_is() -> None:
    """The run is to end."""
    interrupt = KeyboardInterrupt()

    assert leaving_teardown(failure_of(interrupt, ValueError("A"))) is interrupt


def chained(cause: BaseException | None = None, context: BaseException | None = None) -> BaseException:
    """Return an error with this *cause* or, if there is none, with this *context*, which is hidden."""
    error = ValueError()
    error.__cause__, error.__context__ = cause, context
    return error


def its_own_cause() -> BaseException:
    """Return what ``raise error from error`` raises."""
    error = ValueError()
    error.__cause__ = error
    return error


CHAINS: dict[str, Callable[[], BaseException]] = {
    "alone": ValueError,
    "a cause": lambda: chained(KeyError()),
    "a hidden context": lambda: chained(context=KeyError()),
    "its own cause": its_own_cause,
    "a circle": lambda: chained(its_own_cause()),
}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("join", [before, after])
def test_two_errors_are_both_shown(chain: str, join: Callable[..., BaseException]) -> None:
    """One that hides what came before it, or that is its own cause, hides no other, and has an end."""
    error = CHAINS[chain]()

    joined = join(OSError("other"), error)

    assert joined is error
    assert "OSError: other" in "".join(traceback.format_exception(joined))


async def test_a_cancellation_of_who_tears_down_leaves_as_it_is() -> None:
    """A runner that closes its loop cancels once, and waits for ever for a task that makes an error of it."""
    cancellation = asyncio.CancelledError()
    left: list[BaseException] = []

    async def tear_down() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.append(leaving_teardown(cancellation))

    task = asyncio.create_task(tear_down())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert left == [cancellation]
