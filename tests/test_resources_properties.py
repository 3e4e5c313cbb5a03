"""Whatever cleanups do, each runs once, the order holds, and every failure is reported once."""

import asyncio
from collections import Counter

import pytest
import trio
from hypothesis import given

from isolation import CleanupTimeoutError, ManagerState
from tests.played import INTERRUPTING, INTERRUPTS, Play, Program, number_in, programs


@pytest.mark.parametrize("driver", ["asyncio", "trio", "sync"])
@given(program=programs())
def test_the_promises_hold_for_any_program(driver: str, program: Program) -> None:
    """Failing, hanging, cancelling, registering, draining and releasing cleanups, in trees, with edges."""
    play = Play(program, driver)

    play.play()

    everything_runs_once(play)
    every_failure_is_reported_once(play)


def everything_runs_once(play: Play) -> None:
    """Check that each entry has run in its turn, or was released."""
    statuses = {number: handle.status for number, handle in play.handles.items()}
    assert play.problems == []
    assert {manager.state for manager in play.managers} == {ManagerState.CLOSED}
    assert {number: status for number, status in statuses.items() if status in UNFINISHED} == {}
    ran = [n for n, status in statuses.items() if status != "released" and n not in play.child_of]
    assert sorted(play.begun) == sorted(ran)


UNFINISHED = ("pending", "running", "not_run")


def every_failure_is_reported_once(play: Play) -> None:
    """Check that each failure was recorded and raised, and nothing else was."""
    recorded, raised = play.recorded(), play.raised()
    failed = [n for n, handle in play.handles.items() if handle.status == "failed" and n not in play.child_of]
    interrupted = [number_in(leaf) for leaf in recorded if isinstance(leaf, INTERRUPTS)]
    companions = [n for n in interrupted if n and play.entry_of[n].deed == "interrupt with a group"]
    assert Counter(filter(None, map(number_in, recorded))) == Counter([*failed, *companions])
    kept_back = {number_in(leaf) for leaf in recorded} - {number_in(leaf) for leaf in raised}
    assert [n for n in kept_back if not may_be_kept_back(play, n)] == []
    assert [leaf for leaf in raised if number_in(leaf) == 0 and not is_about_all(play, leaf)] == []


def may_be_kept_back(play: Play, number: int) -> bool:
    """Tell whether what entry *number* has raised need not be raised: another interrupt was."""
    return play.entry_of[number].deed in INTERRUPTING


def is_about_all(play: Play, leaf: BaseException) -> bool:
    """Tell whether *leaf* need not name an entry."""
    if isinstance(leaf, (asyncio.CancelledError, trio.Cancelled)) and play.is_cancelled:
        return True
    return isinstance(leaf, CleanupTimeoutError) or leaf.args == ("body",)
