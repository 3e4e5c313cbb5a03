"""The guard: what excuses what an owner leaves, and what becomes of it."""

import gc
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from isolation._findings import Finding
from isolation._judgements import NO_TERMS, Judgement, Terms
from isolation._origin import Origin
from isolation._owners import Owner
from isolation._settings import Allowance, Mode
from isolation._state_guard import StateGuard
from isolation.recording._recorder import OURS, UNLIMITED
from tests.boards import Board
from tests.guarded import guarding, kinds, leave_socket, leave_thread, settings
from tests.owned import an_owner


@pytest.fixture
def owner() -> Owner:
    """Give the owner of a test that does not exist."""
    return an_owner()


def test_a_clean_owner_has_no_judgements(owner: Owner) -> None:
    """Nothing was left, nothing is said, and its markers are not read."""
    with guarding(settings()) as guard:
        assert list(guard.end(owner, lambda: pytest.fail("asked"))) == []
        assert (guard.owners, owner.is_alive, guard.seconds > 0) == (1, False, True)


def test_what_an_owner_leaves_is_judged(owner: Owner, ends: ExitStack) -> None:
    """In mode report nothing is ended, and nothing fails."""
    with guarding(settings()) as guard:
        sock = leave_socket(ends, owner)
        suspicious = guard.is_suspicious(), (owner.is_alive)
        (judgement,) = guard.end(owner)

    assert (judgement.finding.kind, judgement.finding.owner) == ("socket", owner)
    assert (judgement.mode, judgement.restored, judgement.fails) == ("report", None, False)
    assert suspicious == (False, True)
    assert sock.fileno() != -1


def test_in_mode_restore_what_is_left_is_ended(owner: Owner, ends: ExitStack) -> None:
    """The next test starts clean."""
    with guarding(settings("restore")) as guard:
        sock = leave_socket(ends, owner)
        (judgement,) = guard.end(owner)

    assert (judgement.restored, judgement.fails, sock.fileno()) == (True, False, -1)


def test_in_mode_fail_what_is_left_is_an_error(owner: Owner, ends: ExitStack) -> None:
    """It is ended, and the test fails."""
    with guarding(settings("fail")) as guard:
        leave_socket(ends, owner)
        (judgement,) = guard.end(owner)

    assert (judgement.restored, judgement.fails) == (True, True)


def test_what_refuses_to_end_says_so(owner: Owner, ends: ExitStack) -> None:
    """The failed ending is part of the finding."""
    with guarding(settings("restore")) as guard:
        leave_thread(ends, owner)
        (judgement,) = guard.end(owner)

    assert judgement.restored is False
    assert judgement.finding.detail.endswith(", not ended: a thread cannot be ended from outside")


def test_what_an_ending_raises_is_part_of_the_finding(owner: Owner) -> None:
    """Every ending is tried."""

    def end(seconds: float) -> str | None:
        raise ValueError(f"broken after {seconds} s")

    finding = Finding(probe="tasks", kind="task", name="any", owner=owner, origin=None, severity="error", ending=end)
    with guarding(settings("fail")) as guard:
        (judgement,) = guard._judge([finding], owner, NO_TERMS)

    assert judgement.finding.detail == "not ended: ValueError: broken after 0.01 s"


def test_a_severity_can_be_set_by_kind(owner: Owner, ends: ExitStack) -> None:
    """Users know better what is bad for them."""
    with guarding(settings("fail", severities={"socket": "warning"})) as guard:
        leave_socket(ends, owner)
        (judgement,) = guard.end(owner)

    assert (judgement.finding.severity, judgement.fails) == ("warning", False)


def test_a_probe_that_is_off_does_not_look(owner: Owner, ends: ExitStack) -> None:
    """It costs nothing either."""
    with guarding(settings(probe_modes={"descriptors": "off"})) as guard:
        leave_socket(ends, owner)

        assert list(guard.end(owner)) == []


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (Terms(mode="fail"), [("fail", None)]),
        (Terms(mode="off"), []),
        (Terms(is_tracked=False), []),
        (Terms(allowed=frozenset({"descriptors"})), [("report", "marker")]),
        (Terms(allowed=frozenset({"tasks"})), [("report", None)]),
    ],
    ids=repr,
)
def test_the_markers_of_a_test_come_first(
    terms: Terms, expected: list[tuple[str, str | None]], owner: Owner, ends: ExitStack
) -> None:
    """A mode, an allowance, or no tracking at all."""
    with guarding(settings()) as guard:
        leave_socket(ends, owner)
        judgements = guard.end(owner, lambda: terms)

    assert [(judgement.mode, judgement.excused) for judgement in judgements] == expected


def test_the_markers_of_a_test_hold_for_its_blocks(owner: Owner, ends: ExitStack) -> None:
    """What a block has not told itself is its test's."""
    block = Owner("barrier", "no_leaks block", owner.nodeid, "block", owner)
    with guarding(settings()) as guard:
        leave_socket(ends, block)
        (judgement,) = guard.end(owner, lambda: Terms(allowed=frozenset({"descriptors"})))

    assert (judgement.excused, judgement.finding.owner) == ("marker", owner)


def test_the_markers_of_a_test_do_not_excuse_a_wider_fixture(owner: Owner, ends: ExitStack) -> None:
    """It came to its end at that test by chance."""
    server = Owner("fixture", "server", scope="module")
    with guarding(settings()) as guard:
        leave_socket(ends, server)
        server.is_alive = False
        (judgement,) = guard.end(owner, lambda: Terms(allowed=frozenset({"descriptors"})))

    assert (judgement.excused, judgement.finding.owner) == (None, server)


def test_what_is_excused_is_not_ended(owner: Owner, ends: ExitStack) -> None:
    """It is meant to stay."""
    allowance = Allowance(probe="threads", pattern="work*", by="name", line="threads: work* = name")
    with guarding(settings("fail", allowances=[allowance])) as guard:
        leave_thread(ends, owner)
        (judgement,) = guard.end(owner)

    assert (judgement.excused, judgement.restored, judgement.fails) == ("allowance", None, False)


def test_a_forked_copy_judges_nothing(owner: Owner, ends: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child must not report its parent's things."""
    with guarding(settings()) as guard:
        leave_socket(ends, owner)
        monkeypatch.setattr(guard.recorder, "pid", 1)

        assert (guard.end(owner), guard.finish()) == ((), ())


@pytest.mark.parametrize("is_collecting", [True, False])
def test_nothing_is_collected_while_the_guard_looks(
    is_collecting: bool, owner: Owner, ends: ExitStack, request: pytest.FixtureRequest
) -> None:
    """What a destructor says then would be said to the next test; afterwards all is as it was."""
    seen: list[bool] = []

    def note() -> Terms:
        seen.append(gc.isenabled())
        return NO_TERMS

    request.addfinalizer(gc.enable)
    with guarding(settings()) as guard:
        leave_socket(ends, owner)
        if not is_collecting:
            gc.disable()
        guard.end(owner, note)

    assert (seen, gc.isenabled()) == ([False], is_collecting)


def test_a_tracing_guard_keeps_full_stacks(owner: Owner) -> None:
    """And it notes what is opened."""
    with guarding(settings(is_tracing=True)) as guard:
        assert guard.recorder.depth == UNLIMITED
        assert guard.recorder.watches_opens


def test_what_fails_is_an_error_without_excuse(owner: Owner) -> None:
    """In mode fail, and in no other."""
    finding = Finding(probe="tasks", kind="task", name="any", owner=owner, origin=Origin(OURS), severity="error")
    judgements = [
        Judgement(finding=finding, mode="fail"),
        Judgement(finding=finding, mode="restore"),
        Judgement(finding=finding, mode="fail", excused="marker"),
        Judgement(finding=replace(finding, severity="warning"), mode="fail"),
    ]

    assert [judgement.fails for judgement in judgements] == [True, False, False, False]


class StubbornBoard(Board):
    """State that somebody changes again as soon as it is put back."""

    def settle(self) -> None:
        """Change it again."""
        self.state["MODE"] = "again"


def changed(board: Board, owner: Owner, mode: Mode = "restore", terms: Terms = NO_TERMS, **others: Any) -> Judgement:
    """Return the judgement of *owner*, who has changed *board*."""
    with guarding(settings(mode, **others), states=StateGuard({"environment": board})) as guard:
        board.state["MODE"] = "debug"
        (judgement,) = guard.end(owner, lambda: terms)
    return judgement


def test_changed_state_is_put_back(owner: Owner) -> None:
    """And what was derived from it is dropped."""
    board = Board()

    judgement = changed(board, owner)

    assert (judgement.restored, judgement.finding.detail, board.state, board.settled) == (True, "", {}, 1)


def test_changed_state_that_refuses_says_why(owner: Owner) -> None:
    """It is not dropped from the report."""
    board = Board()
    board.refusal = "it is frozen"

    judgement = changed(board, owner)

    assert (judgement.restored, judgement.finding.detail) == (False, "not put back: it is frozen")


def test_changed_state_that_does_not_stay_put_back_is_said(owner: Owner) -> None:
    """Something else is at work: a thread, or a descriptor."""
    judgement = changed(StubbornBoard(), owner)

    assert (judgement.restored, judgement.finding.detail) == (
        False,
        "not put back: somebody changed it again at once",
    )


@pytest.mark.parametrize(("place", "is_restored"), [("os.environ['MODE']", True), ("os.environ['OTHER']", None)])
def test_one_place_alone_is_put_back(owner: Owner, place: str, *, is_restored: bool | None) -> None:
    """Whatever the mode says."""
    assert changed(Board(), owner, "report", restore_only=place).restored is is_restored


def test_untracked_tests_answer_for_changes(owner: Owner) -> None:
    """`no_resource_tracking` is about resources."""
    assert changed(Board(), owner, "fail", terms=Terms(is_tracked=False)).fails


def test_an_owner_that_goes_on_is_asked(owner: Owner, ends: ExitStack) -> None:
    """What it has changed so far, and what those before it left alive, told already or not."""
    board = Board()
    with guarding(settings(), states=StateGuard({"environment": board})) as guard:
        leave_socket(ends, owner)
        guard.end(owner)
        board.state["MODE"] = "debug"

        assert [finding.name for finding in guard.changed_so_far()] == ["MODE"]
        assert kinds(guard.second_look()) == kinds(guard.second_look()) == ["socket"]


def test_without_probes_of_state_nothing_is_changed() -> None:
    """As far as anybody knows."""
    with guarding(settings()) as guard:
        assert guard.changed_so_far() == ()
