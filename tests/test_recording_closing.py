"""Each loop is seen once, just before it dies."""

import asyncio
import os
from collections.abc import Callable, Iterator

import pytest
import uvloop

from isolation.recording._recorder import OURS, ClosedBy, Recorder
from isolation.recording.event_loops import Closing, _callers
from tests.owned import owned_by

MakeLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


@pytest.fixture
def closings(recorder: Recorder) -> Iterator[list[ClosedBy]]:
    """Give the list of who has closed loops since."""
    closed_by: list[ClosedBy] = []
    recorder.closing_listeners.append(lambda _, by: closed_by.append(by))
    yield closed_by
    recorder.closing_listeners.clear()


def test_our_own_loops_are_not_recorded(recorder: Recorder, closings: list[ClosedBy]) -> None:
    """Neither their making nor their end is of interest."""
    with owned_by(OURS):
        loop = asyncio.new_event_loop()
        origin = recorder.loops.get(loop)
        loop.close()

    assert (origin, closings) == (None, [])


def test_a_loop_is_seen_once_before_a_runner_closes_it(closings: list[ClosedBy]) -> None:
    """The runner closes the loop in turn, which is no second end."""
    asyncio.run(asyncio.sleep(0))

    assert closings == ["user"]


def test_a_runner_that_was_not_used_has_no_loop_to_be_seen(closings: list[ClosedBy]) -> None:
    """A runner makes its loop when it is used, and closing it twice is closing it once."""
    runner = asyncio.Runner()
    runner.close()
    runner.close()

    assert closings == []


def test_a_runner_whose_loop_was_closed_by_hand_is_not_looked_into(
    recorder: Recorder, closings: list[ClosedBy]
) -> None:
    """The end of the loop has been seen already."""
    closed: list[asyncio.Runner] = []
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    runner.get_loop().close()

    Closing(recorder).wrap_runner_close(closed.append)(runner)

    assert (closings, closed) == (["hand"], [runner])


@LOOPS
def test_a_loop_that_is_closed_by_hand_is_seen(make: MakeLoop, closings: list[ClosedBy]) -> None:
    """It is too late to run it, but its tasks are still there; closing it again is nothing."""
    loop = make()

    loop.close()
    loop.close()

    assert closings == ["hand"]


async def test_a_running_loop_that_refuses_to_be_closed_is_not_seen(closings: list[ClosedBy]) -> None:
    """It goes on."""
    with pytest.raises(RuntimeError, match="Cannot close a running event loop"):
        asyncio.get_running_loop().close()

    assert closings == []


def test_a_forked_copy_does_not_look(
    recorder: Recorder, closings: list[ClosedBy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that closes a loop must not report its parent's tasks."""
    monkeypatch.setattr(recorder, "pid", os.getppid())

    asyncio.run(asyncio.sleep(0))

    assert closings == []


def test_the_callers_of_a_closing_end_with_the_program() -> None:
    """Every frame is offered until one decides."""
    assert [function for _, function in _callers()][-1] in ("_run_module_as_main", "Thread._bootstrap", "<module>")
