"""What probes share: the grace period, adoption, and who has been told of what."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from isolation._findings import Severity
from isolation._origin import Origin, Place
from isolation._owners import Owner
from isolation.probes._scene import Scene, severity_for
from isolation.recording._recorder import Recorder
from isolation.recording._tables import OriginTable
from tests.owned import an_owner

ORIGIN = Origin(None)
CLIENT = Owner("fixture", "client", scope="session")


class Thing:
    """Something that is left."""


@pytest.fixture
def loop(recorder: Recorder) -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that is known and that nobody runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def over() -> Origin:
    """Return the origin of something whose owner is over."""
    owner = an_owner()
    owner.is_alive = False
    return Origin(owner)


def test_each_scene_has_a_number_of_its_own(recorder: Recorder) -> None:
    """Guards are told of things one by one."""
    assert Scene(recorder, "", 0).number != Scene(recorder, "", 0).number


def test_paths_are_shown_from_the_root(recorder: Recorder) -> None:
    """Reports do not repeat where the project is."""
    assert Scene(recorder, "/home/me", 0).show(Place("/home/me/app.py", 1, "main")) == "app.py:1 in main"


def test_closed_loops_are_of_no_interest(scene: Scene, loop: asyncio.AbstractEventLoop) -> None:
    """Nothing can happen in them."""
    while_open = scene.open_loops()

    loop.close()

    assert (while_open, scene.open_loops()) == ([loop], [])


def test_without_candidates_no_time_passes(scene: Scene) -> None:
    """A clean test pays nothing."""
    rests: list[float] = []

    assert list(scene.remaining(list, rests.append)) == []
    assert rests == []


def test_what_ends_within_the_grace_is_not_left(scene: Scene) -> None:
    """Each look begins anew: what ends may have started something else."""
    looks = iter([[("first", ORIGIN)], [("second", ORIGIN)], []])

    assert list(scene.remaining(lambda: next(looks), lambda _: None)) == []


def test_what_is_there_after_the_grace_is_left(scene: Scene) -> None:
    """The steps grow, and together they do not exceed the grace by more than one."""
    rests: list[float] = []

    left = scene.remaining(lambda: [("stays", ORIGIN)], rests.append)

    assert left == [("stays", ORIGIN)]
    assert rests == sorted(rests[:-1]) + rests[-1:]
    assert sum(rests) == pytest.approx(scene.grace)


def test_the_grace_is_for_all_that_one_owner_left(scene: Scene) -> None:
    """A second probe gets what the first has left of it; the next owner begins anew."""
    rests: list[float] = []

    def wait() -> int:
        rests.clear()
        scene.remaining(lambda: [("stays", ORIGIN)], rests.append)
        return len(rests)

    waits = [wait(), wait()]
    scene.begin()

    assert waits[0] > 0
    assert waits[1] == 0
    assert wait() == waits[0]


async def _end() -> None:
    """End in the first step."""


def test_idle_loops_run_meanwhile(scene: Scene, loop: asyncio.AbstractEventLoop) -> None:
    """A task that is about to end needs its loop."""
    # One step of the loop: how many more there is time for depends on the machine.
    task = loop.create_task(_end())

    scene.rest(0.001)

    assert task.done()


def test_time_passes_without_loops(scene: Scene) -> None:
    """A thread that is about to end needs no loop."""
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()

    scene.remaining(lambda: [(thread, ORIGIN)] if not done.is_set() else [])

    assert done.is_set()
    thread.join()


def test_what_a_wider_fixture_holds_is_given_to_it(scene: Scene) -> None:
    """An adopted thing has the fixture as its owner from now on."""
    table: OriginTable[Thing] = OriginTable()
    adopted, orphan = Thing(), Thing()
    for thing in (adopted, orphan):
        table.add(thing, over())
    scene.adopters = lambda things: {id(thing): CLIENT for thing in things if thing is adopted}

    orphans = scene.orphans(table, lambda: table.left(scene.number))

    origin = table.get(adopted)
    assert [thing for thing, _ in orphans] == [orphan]
    assert origin is not None
    assert origin.owner is CLIENT


def test_what_is_left_is_told_once(scene: Scene) -> None:
    """No later test is blamed for it."""
    table: OriginTable[Thing] = OriginTable()
    thing = Thing()
    table.add(thing, over())

    first, second = (scene.orphans(table, lambda: table.left(scene.number)) for _ in range(2))

    assert (len(first), len(second)) == (1, 0)


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (None, "error"),
        (an_owner(), "error"),
        (Owner("fixture", "server", scope="module"), "error"),
        (Owner("session", "session", scope="session"), "error"),
        (CLIENT, "note"),
    ],
    ids=repr,
)
def test_what_a_session_fixture_leaves_is_a_note(owner: Owner | None, expected: Severity) -> None:
    """Everything ends then anyway."""
    assert severity_for(Origin(owner), "error") == expected


def test_what_has_no_origin_is_as_severe_as_ever() -> None:
    """Nobody knows whose it is."""
    assert severity_for(None, "warning") == "warning"
