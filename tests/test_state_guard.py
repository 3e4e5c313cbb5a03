"""Who answers for a change: the test, or the fixture of wider scope."""

import pytest

from isolation._changes import ABSENT
from isolation._owners import Owner
from isolation._state_guard import StateGuard
from tests.boards import Board, FramedBoard, RootedBoard

TEST = Owner("test", "test_a", "test_a.py::test_a")
MODULE = Owner("fixture", "db", "test_a.py", "module")
SESSION = Owner("fixture", "server", "", "session")


@pytest.fixture
def board() -> Board:
    """Return a state to change."""
    return Board()


@pytest.fixture
def guard(board: Board) -> StateGuard:
    """Return a guard of it, in a run that has begun."""
    guard = StateGuard({"environment": board})
    guard.begin()
    return guard


def said(guard: StateGuard, owner: Owner = TEST) -> list[tuple[str, str, str | None, str | None]]:
    """Return what a test that ends now answers for: owner, name, before, after."""
    found = guard.end(owner)
    return [
        (finding.owner.name if finding.owner else "", finding.name, finding.before, finding.after) for finding in found
    ]


def set_up(guard: StateGuard, board: Board, owner: Owner, **made: object) -> None:
    """Set up a fixture that makes *made*."""
    guard.fixture_begins()
    board.state.update(made)
    guard.fixture_is_set_up(owner)


def tear_down(guard: StateGuard, board: Board, owner: Owner, **made: object) -> None:
    """Tear down a fixture, which makes *made*; absent is what it removes."""
    guard.fixture_ends()
    board.state.update(made)
    for name in [name for name, value in made.items() if value is ABSENT]:
        del board.state[name]
    guard.fixture_ended(owner)


def test_what_a_test_changes_is_its_own(guard: StateGuard, board: Board) -> None:
    """What it leaves is the baseline of the next one."""
    board.state["MODE"] = "debug"

    assert said(guard) == [("test_a", "MODE", "absent", "'debug'")]
    assert said(guard) == []


def test_what_is_put_back_within_the_test_is_nothing(guard: StateGuard, board: Board) -> None:
    """Though somebody looked meanwhile."""
    board.state["MODE"] = "debug"
    seen = [finding.name for finding in guard.peek(TEST)]
    del board.state["MODE"]

    assert seen == ["MODE"]
    assert said(guard) == []


def test_what_was_there_before_the_first_test_is_of_the_collection(board: Board) -> None:
    """Imports of tests change state, too; it is noted and fails nobody."""
    guard = StateGuard({"environment": board})
    guard.start("environment")
    board.state["DJANGO"] = "settings"
    guard.begin()

    (finding,) = guard.end(TEST)

    assert finding.owner is not None
    assert (finding.owner.name, finding.name, finding.severity) == ("collection", "DJANGO", "note")


def test_what_frameworks_change_around_a_test_is_nobodys() -> None:
    """Filters inside of catch_warnings are others than outside."""
    board = FramedBoard()
    guard = StateGuard({"environment": board})
    guard.begin()
    board.state["filters"] = 1
    guard.begin()

    assert said(guard) == []


def test_what_a_wider_fixture_makes_is_where_its_tests_begin(guard: StateGuard, board: Board) -> None:
    """And what it undoes at its end is no finding."""
    set_up(guard, board, MODULE, MODE="test")
    first = said(guard)
    tear_down(guard, board, MODULE, MODE=ABSENT)

    assert first == []
    assert said(guard) == []


def test_what_a_wider_fixture_does_not_undo_is_its_own(guard: StateGuard, board: Board) -> None:
    """Not the last test's, in whose teardown it ends."""
    set_up(guard, board, MODULE, MODE="test")
    tear_down(guard, board, MODULE)

    assert said(guard) == [("db", "MODE", "absent", "'test'")]


def test_what_a_teardown_changes_is_the_fixtures(guard: StateGuard, board: Board) -> None:
    """Nobody else made it."""
    set_up(guard, board, MODULE)
    tear_down(guard, board, MODULE, CLOSED="yes")

    assert said(guard) == [("db", "CLOSED", "absent", "'yes'")]


def test_what_a_teardown_changes_otherwise_is_compared_with_the_beginning(guard: StateGuard, board: Board) -> None:
    """Two changes of a fixture are one."""
    set_up(guard, board, MODULE, MODE="test")
    tear_down(guard, board, MODULE, MODE="after")

    assert said(guard) == [("db", "MODE", "absent", "'after'")]


def test_what_the_session_leaves_is_a_note(guard: StateGuard, board: Board) -> None:
    """Nothing comes after it."""
    set_up(guard, board, SESSION, MODE="test")
    tear_down(guard, board, SESSION)

    (finding,) = guard.finish()

    assert finding.severity == "note"


def test_a_teardown_that_undoes_what_the_test_changed_settles_it(guard: StateGuard, board: Board) -> None:
    """A fixture that clears at its end clears for its last test as well."""
    set_up(guard, board, MODULE)
    board.state["ROW"] = 1
    tear_down(guard, board, MODULE, ROW=ABSENT)

    assert said(guard) == []


def test_a_teardown_that_undoes_both_changes_settles_both(guard: StateGuard, board: Board) -> None:
    """The test's change of what the fixture had made is gone with it."""
    set_up(guard, board, MODULE, MODE="test")
    board.state["MODE"] = "broken"
    tear_down(guard, board, MODULE, MODE=ABSENT)

    assert said(guard) == []


def test_what_a_test_changed_before_a_fixture_is_its_own(guard: StateGuard, board: Board) -> None:
    """A fixture that is asked for in the body does not answer for the lines before."""
    board.state["EARLY"] = 1
    set_up(guard, board, MODULE, MODE="test")

    assert said(guard) == [("test_a", "EARLY", "absent", "1")]


def test_a_fixture_set_up_by_another_answers_for_itself(guard: StateGuard, board: Board) -> None:
    """``getfixturevalue`` in a set-up: each has what it made, and neither has the other's."""
    guard.fixture_begins()
    board.state["OUTER"] = 1
    set_up(guard, board, MODULE, INNER=2)
    board.state["LATER"] = 3
    guard.fixture_is_set_up(SESSION)
    tear_down(guard, board, MODULE)

    assert said(guard) == [("db", "INNER", "absent", "2")]


def test_values_of_fixtures_are_watched_while_they_live() -> None:
    """Under the name of the fixture, and where it belongs if that is not the whole session."""
    board = RootedBoard()
    guard = StateGuard({"environment": board})
    guard.begin()
    for owner in (MODULE, SESSION):
        guard.add_root(owner, owner.scope)

    before = dict(board.roots)
    guard.fixture_ended(MODULE)

    assert before == {"fixture test_a.py::db": "module", "fixture server": "session"}
    assert board.roots == {"fixture server": "session"}


def test_what_a_teardown_does_to_its_own_value_is_nothing() -> None:
    """A client that is closed, a table that is emptied: nobody sees it any more."""
    board = RootedBoard()
    guard = StateGuard({"environment": board})
    guard.begin()
    value = board.state = {"rows": 3}
    board.start()
    guard.add_root(MODULE, value)
    guard.fixture_ends()
    value.clear()
    guard.fixture_ended(MODULE)

    assert said(guard) == []


def test_a_finding_can_put_its_place_back(guard: StateGuard, board: Board) -> None:
    """To what the owner found, not to what came in between."""
    board.state["MODE"] = "one"
    guard.peek(TEST)
    board.state["MODE"] = "two"

    (finding,) = guard.end(TEST)

    assert finding.ending is not None
    assert finding.ending(0.0) is None
    assert board.state == {}
    assert guard.settle() == []
    assert board.settled == 1


def test_a_fixture_whose_change_was_changed_again_is_told_of(guard: StateGuard, board: Board) -> None:
    """The test that did it has not undone it; both are what the place has lost."""
    set_up(guard, board, MODULE, MODE="fixture")
    board.state["MODE"] = "test"
    of_test = said(guard)
    tear_down(guard, board, MODULE)

    assert of_test == [("test_a", "MODE", "'fixture'", "'test'")]
    assert said(guard) == [("db", "MODE", "absent", "'fixture'")]
    assert [(finding.before, finding.after) for finding in guard.unsettled()] == [("absent", "'test'")]


def test_findings_come_in_the_order_of_putting_back() -> None:
    """What the test changed last may be what the rest depends on."""
    first, second = Board(), Board()
    first.name, second.name = "environment", "cwd"
    guard = StateGuard({"environment": first, "cwd": second})
    guard.begin()
    second.state["PLACE"] = "there"
    guard.fixture_begins()
    guard.fixture_is_set_up(MODULE)
    first.state["MODE"] = "debug"

    assert [finding.probe for finding in guard.end(TEST)] == ["environment", "cwd"]


def test_a_later_test_that_puts_it_back_has_changed_nothing(guard: StateGuard, board: Board) -> None:
    """It has cleaned up; what is changed after that is a change again."""
    board.state["MODE"] = "one"
    first = said(guard)
    del board.state["MODE"]
    second = said(guard)
    board.state["MODE"] = "one"

    assert (first, second) == ([("test_a", "MODE", "absent", "'one'")], [])
    assert said(guard) == first


def test_a_test_puts_back_what_frameworks_changed_meanwhile() -> None:
    """What counts is what was there at first."""
    board = FramedBoard()
    guard = StateGuard({"environment": board})
    guard.begin()
    board.state["MODE"] = "one"
    guard.end(TEST)
    board.state["MODE"] = "two"
    guard.begin()
    del board.state["MODE"]

    assert said(guard) == []


def test_what_the_collection_made_is_not_to_be_put_back(board: Board) -> None:
    """A test that takes it away changes state."""
    guard = StateGuard({"environment": board})
    guard.start("environment")
    board.state["DJANGO"] = "settings"
    guard.begin()
    guard.end(TEST)
    del board.state["DJANGO"]

    assert said(guard) == [("test_a", "DJANGO", "'settings'", "absent")]


def test_a_set_up_that_puts_it_back_settles_it(guard: StateGuard, board: Board) -> None:
    """And the test is compared with the clean state, in which its body begins."""
    board.state.update(MODE="one", OTHER="one")
    guard.end(TEST)
    del board.state["MODE"]
    board.state["OTHER"] = "two"
    settled = guard.body_begins()
    board.state["MODE"] = "three"

    assert settled == [(TEST, "environment", "os.environ['MODE']")]
    assert said(guard) == [("test_a", "OTHER", "'one'", "'two'"), ("test_a", "MODE", "absent", "'three'")]


def test_only_the_next_set_up_can_settle_it(guard: StateGuard, board: Board) -> None:
    """The test between has run with what was left."""
    board.state["MODE"] = "one"
    guard.end(TEST)
    guard.end(TEST)
    del board.state["MODE"]

    assert list(guard.body_begins()) == []
    assert said(guard) == []


def test_what_the_guard_puts_back_is_settled(guard: StateGuard, board: Board) -> None:
    """Nobody looks for it any more."""
    board.state["MODE"] = "one"
    (finding,) = guard.end(TEST)
    assert finding.ending is not None
    finding.ending(0.0)

    assert list(guard.body_begins()) == []


def test_what_a_fixture_undoes_is_settled(guard: StateGuard, board: Board) -> None:
    """A test of a module changes what the module's fixture has made, and the end of that fixture clears it away."""
    set_up(guard, board, MODULE, MODE="test")
    board.state["MODE"] = "broken"
    guard.end(TEST)
    tear_down(guard, board, MODULE, MODE=ABSENT)
    guard.end(TEST)
    settled = list(guard.unsettled())
    board.state["MODE"] = "test"

    assert settled == []
    assert said(guard) == [("test_a", "MODE", "absent", "'test'")]


def test_what_a_fixture_puts_back_at_its_end_is_settled_for_all(guard: StateGuard, board: Board) -> None:
    """Whichever of its tests have changed it: after it nobody finds it changed."""
    set_up(guard, board, MODULE)
    for value in ("one", "two"):
        board.state["MODE"] = value
        guard.end(TEST)
    guard.fixture_ends()
    del board.state["MODE"]

    assert guard.fixture_ended(MODULE) == [(TEST, "environment", "os.environ['MODE']")] * 2
    assert (said(guard), list(guard.unsettled())) == ([], [])


def test_what_a_fixture_sets_up_anew_is_told_once(guard: StateGuard, board: Board) -> None:
    """`setup_module` makes it each time that pytest comes to the module, in random order often."""
    found: list[object] = []
    for value in ("one", "two"):
        owner = Owner("fixture", "db", "test_a.py", "module")
        set_up(guard, board, owner, MODE=value)
        tear_down(guard, board, owner)
        found += said(guard)

    assert found == [("db", "MODE", "absent", "'one'")]
