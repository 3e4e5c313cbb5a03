"""Loops that nobody closed, and the timers and generators in them."""

import asyncio
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from types import AsyncGeneratorType

import pytest
import uvloop

from isolation._findings import Finding
from isolation.probes._scene import Scene
from isolation.probes.loops import LoopsProbe, end_loop
from isolation.recording._recorder import OURS, ClosedBy
from tests.owned import an_owner, ended, owned_by

MakeLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


@pytest.fixture
def probe(scene: Scene) -> LoopsProbe:
    """Give a probe."""
    return LoopsProbe(scene)


@pytest.fixture
def loop(probe: LoopsProbe) -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that is known and that nobody runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def ring() -> None:
    """Do nothing."""


async def count() -> AsyncGenerator[int, None]:
    """Yield a number."""
    yield 1


def suspended(loop: asyncio.AbstractEventLoop) -> AsyncGeneratorType[int, None]:
    """Return a generator that waits at its yield in *loop*."""
    counting = count()
    assert isinstance(counting, AsyncGeneratorType)

    async def start() -> None:
        await anext(counting)

    loop.run_until_complete(start())
    return counting


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Return kind, name and severity of *findings*."""
    return [(found.kind, found.name, found.severity) for found in findings]


def test_an_unclosed_loop_is_found(probe: LoopsProbe) -> None:
    """Who makes a loop closes it."""
    with ended():
        loop = asyncio.new_event_loop()

    (found,) = probe.findings(None)

    loop.close()
    assert brief([found]) == [("loop", type(loop).__name__, "error")]
    assert (found.detail, found.hint) == ("never closed", "")


def test_a_found_loop_is_closed_with_all_that_is_in_it(probe: LoopsProbe) -> None:
    """The next test starts without it."""
    with ended():
        loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(3600))
    (found,) = probe.findings(None)

    assert found.ending is not None
    assert found.ending(30) is None
    assert (loop.is_closed(), task.cancelled()) == (True, True)


def test_a_loop_that_runs_in_another_thread_is_told_so_and_stopped(probe: LoopsProbe) -> None:
    """Its thread ends then, and is a finding of its own."""
    with ended():
        loop = asyncio.new_event_loop()
    runs = threading.Event()
    loop.call_soon(runs.set)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runs.wait()

    (found,) = probe.findings(None)
    refusal = end_loop(loop, 30)

    thread.join()
    loop.close()
    assert (found.detail, refusal) == ("running in another thread", None)


def test_a_loop_that_was_made_on_demand_is_a_warning(probe: LoopsProbe) -> None:
    """Nobody asked for a loop by name, so few know that there is one to close."""
    with ended(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        loop = asyncio.DefaultEventLoopPolicy().get_event_loop()

    (found,) = probe.findings(None)

    loop.close()
    assert (found.severity, found.hint) == ("warning", "made on demand by get_event_loop()")


@LOOPS
def test_a_timer_of_an_owner_that_is_over_is_found(make: MakeLoop, probe: LoopsProbe) -> None:
    """It fires in the middle of somebody else's test."""
    loop = make()
    with ended() as owner:
        handle = loop.call_later(3600, ring)

    (found,) = probe.findings(None)
    suspicious = probe.is_suspicious(None)

    handle.cancel()
    loop.close()
    assert (found.kind, found.severity, found.owner) == ("timer", "error", owner)
    assert found.detail.startswith("due in 3600 s")
    assert not suspicious


def test_a_timer_is_named_by_its_callback(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A reader learns what would be called, and where that is."""
    with ended():
        handle = loop.call_later(3600, ring)
        other = loop.call_later(3600, print)

    found = {finding.name: finding.detail for finding in probe.findings(None)}

    handle.cancel()
    other.cancel()
    line = ring.__code__.co_firstlineno
    assert found == {"ring": f"due in 3600 s of test_probe_loops.py:{line} in ring", "print": "due in 3600 s"}


def test_a_found_timer_is_cancelled(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """The next test starts without it."""
    with ended():
        handle = loop.call_later(3600, ring)
    (found,) = probe.findings(None)

    assert found.ending is not None
    assert found.ending(0) is None
    assert handle.cancelled()


def test_a_timer_that_fires_within_the_grace_is_not_found(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """It was late, not left."""
    fired: list[bool] = []
    with ended():
        loop.call_later(0.001, fired.append, True)
    suspicious = probe.is_suspicious(None)

    assert list(probe.findings(None)) == []
    assert (suspicious, fired) == (True, [True])


def test_a_timer_that_nobody_saw_being_set_belongs_to_its_context(
    probe: LoopsProbe, scene: Scene, loop: asyncio.AbstractEventLoop
) -> None:
    """Asyncio keeps the context in which a timer was set."""
    with ended() as owner:
        handle = loop.call_later(3600, ring)
    scene.recorder.timers.forget(handle)

    (found,) = probe.findings(None)

    handle.cancel()
    assert found.owner is owner


def test_our_own_timers_are_not_found(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A guard must not find itself."""
    with owned_by(OURS):
        handle = loop.call_later(3600, ring)

    found = probe.findings_at_close(loop, "framework")

    handle.cancel()
    assert list(found) == []


def test_a_suspended_generator_is_found(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """It waits at a yield for somebody who may never come back."""
    with ended():
        counting = suspended(loop)

    (found,) = probe.findings(None)

    assert brief([found]) == [("async_generator", "count", "warning")]
    line = count.__code__.co_firstlineno + 2
    assert found.detail == f"suspended at test_probe_loops.py:{line} in count"
    assert found.ending is not None
    assert found.ending(30) is None
    assert counting.ag_frame is None


def test_a_generator_that_came_to_its_end_is_not_found(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """Its object may live on."""
    with ended():
        counting = suspended(loop)
    loop.run_until_complete(counting.aclose())

    assert list(probe.findings(None)) == []


def test_a_generator_of_a_closed_loop_is_not_found(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """It was told when its loop was closed."""
    other = asyncio.new_event_loop()
    with ended():
        counting = suspended(other)
    other.run_until_complete(other.shutdown_asyncgens())
    other.close()

    assert list(probe.findings(None)) == []
    assert counting.ag_frame is None


def test_a_generator_of_unknown_loop_is_not_found(
    probe: LoopsProbe, scene: Scene, loop: asyncio.AbstractEventLoop
) -> None:
    """Nobody could close it."""
    with ended():
        counting = suspended(loop)
    del scene.recorder.generator_loops[counting]

    assert list(probe.findings(None)) == []
    loop.run_until_complete(counting.aclose())


@pytest.mark.parametrize(("closed_by", "severity"), [("framework", "warning"), ("hand", "warning"), ("user", "note")])
def test_a_dying_loop_tells_what_it_takes_with_it_once(
    closed_by: ClosedBy, severity: str, probe: LoopsProbe, loop: asyncio.AbstractEventLoop
) -> None:
    """Timers never fire, generators are closed silently."""
    with owned_by(an_owner()):
        handle = loop.call_later(3600, ring)
        counting = suspended(loop)

    first, second = (probe.findings_at_close(loop, closed_by) for _ in range(2))

    handle.cancel()
    loop.run_until_complete(counting.aclose())
    assert brief(first) == [("timer", "ring", severity), ("async_generator", "count", severity)]
    assert list(second) == []


def test_a_dying_loop_leaves_its_generators_to_itself(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """It closes them when it is closed."""
    counting = suspended(loop)

    (found,) = probe.findings_at_close(loop, "framework")

    loop.run_until_complete(counting.aclose())
    assert found.ending is None


def test_a_dying_loop_does_not_tell_of_others(probe: LoopsProbe, loop: asyncio.AbstractEventLoop) -> None:
    """A generator of a loop that goes on is left to that loop, and one that has ended to nobody."""
    other = asyncio.new_event_loop()
    counting, ended_one = suspended(loop), suspended(other)
    other.run_until_complete(ended_one.aclose())

    found = probe.findings_at_close(other, "framework")

    other.close()
    loop.run_until_complete(counting.aclose())
    assert list(found) == []


def test_without_loops_there_is_nothing_to_look_at(probe: LoopsProbe) -> None:
    """A clean test pays next to nothing."""
    probe.snapshot()

    assert probe.findings(None) == ()
    probe.restore(None)
