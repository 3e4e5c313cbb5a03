"""The guard: whose the things are that are left."""

import asyncio
from contextlib import ExitStack

import pytest
import trio

from isolation._owners import Owner
from isolation._settings import Mode
from tests.guarded import guarding, kinds, leave_file, leave_socket, leave_thread, settings
from tests.owned import an_owner, owned_by

KEPT: list[object] = []


@pytest.fixture
def owner() -> Owner:
    """Give the owner of a test that does not exist."""
    return an_owner()


def test_what_nobody_owns_is_the_last_owners(owner: Owner, ends: ExitStack) -> None:
    """Somebody has to answer for a file that was opened during the test."""
    with guarding(settings()) as guard:
        leave_file(ends)
        (judgement,) = guard.end(owner)

    assert judgement.finding.owner is owner


def test_a_fixtures_leak_is_its_tests(owner: Owner, ends: ExitStack) -> None:
    """The origin keeps the fixture's name."""
    client = Owner("fixture", "client", owner.nodeid, parent=owner)
    with guarding(settings()) as guard:
        leave_socket(ends, client)
        (judgement,) = guard.end(owner)

    assert judgement.finding.owner is owner
    assert judgement.finding.origin is not None
    assert judgement.finding.origin.fixture == "client"


def test_a_holder_may_keep_what_a_test_opens(owner: Owner, ends: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was declared by the user, and is of use."""
    monkeypatch.setattr("tests.guarded.KEPT", KEPT, raising=False)
    with guarding(settings(holders=["tests.guarded:KEPT", "tests.guarded:OTHERS"])) as guard:
        KEPT.append(leave_socket(ends, owner))
        judgements = guard.end(owner)
        KEPT.clear()

    assert list(judgements) == []
    assert guard.allowances.used == {"tests.guarded:KEPT"}


def test_a_live_fixture_may_keep_what_a_test_opens(owner: Owner, ends: ExitStack) -> None:
    """A pool in a session's client is the client's."""
    client, pool = Owner("fixture", "client", scope="session"), list[object]()
    with guarding(settings(), live=lambda: [(client, pool)]) as guard:
        pool.append(leave_socket(ends, owner))

        assert list(guard.end(owner)) == []


def test_what_is_opened_in_the_set_up_of_a_fixture_is_the_fixtures(owner: Owner, ends: ExitStack) -> None:
    """Two looks tell, whatever opened it."""
    server = Owner("fixture", "server", scope="module")
    with guarding(settings()) as guard:
        looks = guard.look_for_fixture()
        leave_file(ends)
        guard.claim_for_fixture(looks, server)

        assert list(guard.end(owner)) == []


def test_a_run_inside_of_this_one_judges_its_own_tests(owner: Owner, ends: ExitStack) -> None:
    """Both use the same recorder."""
    session = Owner("session", "session", scope="session")
    own = Owner("test", "test_own", "test_own", parent=session)
    with guarding(settings(), session=session) as guard:
        leave_socket(ends, owner)
        leave_thread(ends, own)
        owner.is_alive = False
        judgements = guard.end(own)

    assert kinds(judgements) == ["thread"]


def test_a_task_in_a_loop_that_died_is_found_at_the_end_of_its_owner(owner: Owner) -> None:
    """It was seen just before."""

    async def leave() -> None:
        tasks.append(asyncio.create_task(asyncio.sleep(3600)))

    tasks: list[asyncio.Task[None]] = []
    with guarding(settings()) as guard:
        with owned_by(owner):
            asyncio.run(leave())
        judgements = guard.end(owner)

    assert kinds(judgements) == ["task"]
    assert guard.loops_inspected == 1


@pytest.mark.parametrize(("probe", "expected"), [("report", ["task"]), ("off", [])])
def test_a_task_that_a_run_of_trio_cancelled_is_found(probe: Mode, expected: list[str], owner: Owner) -> None:
    """It was seen just before, if anybody looks for tasks."""

    async def leave() -> None:
        trio.lowlevel.spawn_system_task(trio.sleep_forever)

    with guarding(settings(probe_modes={"tasks": probe})) as guard:
        with owned_by(owner):
            trio.run(leave)
        judgements = guard.end(owner)

    assert kinds(judgements) == expected


def test_a_runner_of_trio_is_looked_into_at_its_end(owner: Owner) -> None:
    """Only the probe of tasks does; a runner that is not in use has none."""
    with guarding(settings()) as guard:
        guard._trio_closing(object())

        assert list(guard.end(owner)) == []


def test_a_finished_run_tells_of_owners_only(owner: Owner, ends: ExitStack) -> None:
    """After the last test nobody answers for what nobody owns."""
    with guarding(settings()) as guard:
        leave_socket(ends, owner)
        leave_file(ends)
        owner.is_alive = False
        judgements = guard.finish()

    assert kinds(judgements) == ["socket"]
