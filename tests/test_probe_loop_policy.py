"""The event-loop policy, and the loop that is set in the main thread."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import uvloop

from isolation._changes import ABSENT, Change
from isolation._compatibility_state import loop_policy
from isolation.probes._loop_policy import LoopPolicy

CLEARED = "asyncio.get_event_loop() raises from now on, as asyncio.run() leaves it"


@pytest.fixture(autouse=True)
def own_policy() -> Iterator[None]:
    """Use a policy that nobody else uses."""
    before = loop_policy()
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
    yield
    asyncio.set_event_loop_policy(before)  # type: ignore[arg-type]


@pytest.fixture
def watch() -> LoopPolicy:
    """Give what compares the policy and its loop."""
    watch = LoopPolicy("interpreter")
    watch.start()
    return watch


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that nobody runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_another_policy_is_found_and_put_back(watch: LoopPolicy) -> None:
    """Every later loop is of another kind."""
    before, after = asyncio.get_event_loop_policy(), uvloop.EventLoopPolicy()
    asyncio.set_event_loop_policy(after)

    (found,) = watch.look()

    assert (found.probe, found.kind, found.severity) == ("interpreter", "loop_policy", "error")
    assert (found.place, found.unit) == ("asyncio.get_event_loop_policy()", "asyncio.get_event_loop_policy()")
    assert (found.before, found.after) == (before, after)
    assert put_back(found) is None
    assert asyncio.get_event_loop_policy() is before
    assert not watch.look()


def test_the_default_policy_is_made_when_it_is_needed(watch: LoopPolicy) -> None:
    """Whether it is there already does not matter, nor which one of two."""
    asyncio.set_event_loop_policy(None)
    watch.start()
    asyncio.get_event_loop_policy()
    assert not watch.look()
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())

    assert not watch.look()


def test_looking_makes_no_policy(watch: LoopPolicy) -> None:
    """It would be there for everybody."""
    asyncio.set_event_loop_policy(None)
    watch.start()
    watch.look()

    assert loop_policy() is None


def test_what_run_leaves_is_a_note(watch: LoopPolicy) -> None:
    """Everybody calls it, and somebody is the first."""

    async def nothing() -> None: ...

    asyncio.run(nothing())

    (found,) = watch.look()

    assert (found.place, found.before, found.after) == ("asyncio.get_event_loop()", ABSENT, None)
    assert (found.severity, found.detail) == ("note", CLEARED)
    assert put_back(found) is None
    assert not watch.look()
    asyncio.run(nothing())
    watch.look()
    asyncio.run(nothing())
    assert not watch.look()


def test_a_loop_that_is_left_set_is_a_note_and_unset(watch: LoopPolicy, loop: asyncio.AbstractEventLoop) -> None:
    """That it is open is a finding of its own."""
    asyncio.set_event_loop(loop)

    (found,) = watch.look()

    assert (found.before, found.after, found.severity, found.detail) == (ABSENT, loop, "note", "")
    assert put_back(found) is None
    assert not watch.look()


def test_a_closed_loop_that_is_left_set_is_an_error(watch: LoopPolicy, loop: asyncio.AbstractEventLoop) -> None:
    """Everybody who asks for a loop gets it."""
    asyncio.set_event_loop(loop)
    loop.close()

    assert [(change.severity, change.detail) for change in watch.look()] == [("error", "closed")]
    asyncio.set_event_loop(None)
    assert [change.severity for change in watch.look()] == ["note"]


def test_a_loop_that_is_taken_away_is_a_note_and_set(watch: LoopPolicy, loop: asyncio.AbstractEventLoop) -> None:
    """As `asyncio.run` does to everybody who has set one."""
    asyncio.set_event_loop(loop)
    watch.start()
    asyncio.set_event_loop(None)

    (found,) = watch.look()

    assert (found.before, found.after, found.severity, found.detail) == (loop, None, "note", CLEARED)
    assert put_back(found) is None
    assert asyncio.get_event_loop_policy().get_event_loop() is loop
    assert not watch.look()


def test_a_new_policy_that_knows_no_loop_is_a_note(watch: LoopPolicy, loop: asyncio.AbstractEventLoop) -> None:
    """It makes one when it is asked."""
    asyncio.set_event_loop(loop)
    watch.start()
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())

    (found,) = watch.look()

    assert (found.after, found.severity, found.detail) == (ABSENT, "note", "")


def test_what_runs_a_loop_has_it_set(watch: LoopPolicy) -> None:
    """While it runs; after that it is judged what is set then."""
    found: list[Any] = []

    async def look() -> None:
        found.extend(watch.look())

    asyncio.run(look())

    assert not found
    assert [change.after for change in watch.look()] == [None]
