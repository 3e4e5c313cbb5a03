"""State that a test leaves changed: who did it is said, it is put back, and it fails the test if that is wanted."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, error, findings, section, verdict

ENVIRONMENT = """
    import os

    import pytest

    @pytest.fixture(scope="module", autouse=True)
    def mode():
        os.environ["MODE"] = "test"
        yield
        del os.environ["MODE"]

    def test_changes():
        os.environ["MODE"] = "debug"

    def test_relies_on_it():
        assert os.environ["MODE"] == "test"

    def test_puts_back(monkeypatch):
        monkeypatch.setenv("MODE", "other")
"""
FIXTURES = """
    import os

    import pytest

    @pytest.fixture(scope="module")
    def forgetful():
        os.environ["LEFT"] = "1"

    @pytest.fixture(scope="module")
    def tidy():
        os.environ["TIDY"] = "1"
        yield
        del os.environ["TIDY"]

    def test_one(forgetful, tidy): pass
    def test_two(): pass
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what runs in this process leave."""
    for name in ("MODE", "LEFT", "TIDY", "RUNS", "AT_IMPORT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_report_says_who_changed_what(pytester: pytest.Pytester) -> None:
    """The place, what it held and what it holds; the outcomes are those without the plugin."""
    pytester.makepyfile(ENVIRONMENT)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=2, failed=1)
    assert section(result) == [
        "test_report_says_who_changed_what.py::test_changes changed",
        "  os.environ['MODE']: 'test' -> 'debug'",
        "1 finding in 1 of 3 tests · score 0.667 · guard N µs per test",
    ]


def test_restore_puts_back_what_the_fixture_made(pytester: pytest.Pytester) -> None:
    """The next test finds what its fixture of wider scope has set, and the fixture can undo it."""
    pytester.makepyfile(test_it=ENVIRONMENT)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=3)
    assert [(found["test"], found["restored"]) for found in findings(pytester.path)] == [
        ("test_it.py::test_changes", True)
    ]


def test_fail_makes_it_an_error_of_the_test(pytester: pytest.Pytester) -> None:
    """It says what to do about it."""
    pytester.makepyfile(test_it=ENVIRONMENT)

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=3, errors=1)
    assert error(result, "test_changes") == [
        "test_it.py::test_changes left 1 place changed",
        "  os.environ['MODE']: 'test' -> 'debug'",
        'put them back in a teardown, or mark the test with @pytest.mark.isolation_allow("environment", reason="...")',
    ]
    result.stdout.fnmatch_lines(["ERROR test_it.py::test_changes - ContaminationError: test_it.py::test_changes*"])


def test_a_wider_fixture_answers_for_what_it_does_not_undo(pytester: pytest.Pytester) -> None:
    """Not the test in whose teardown it ends."""
    pytester.makepyfile(test_it=FIXTURES)

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2, errors=1)
    assert error(result, "test_two") == [
        "fixture 'forgetful' (scope=module) of test_it.py left 1 place changed",
        "  os.environ['LEFT']: absent -> '1'",
        "put them back in its teardown, or excuse them in isolation_allow",
    ]


def test_leaks_and_changes_stand_together(pytester: pytest.Pytester) -> None:
    """One error for all that a test left."""
    pytester.makepyfile(
        test_it="""
        import os, socket
        kept = []
        def test_both():
            kept.append(socket.socket())
            os.environ["MODE"] = "debug"
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    assert error(result, "test_both") == [
        "test_it.py::test_both left 1 thing behind",
        "  socket AF_INET, not connected, created at test_it.py:4 in test_both; held by test_it:kept",
        "test_it.py::test_both left 1 place changed",
        "  os.environ['MODE']: absent -> 'debug'",
        (
            "close or put them back in a teardown, "
            'or mark the test with @pytest.mark.isolation_allow("descriptors", "environment", reason="...")'
        ),
    ]
    result.stdout.fnmatch_lines(["ERROR test_it.py::test_both - LeakError: *"])


def test_a_place_that_many_change_is_one_line(pytester: pytest.Pytester) -> None:
    """With a count, the last of them, and the setting that excuses it if it is meant."""
    pytester.makepyfile(
        test_it="""
        import os, pytest
        @pytest.mark.parametrize("number", range(9))
        def test_counts(number): os.environ["RUNS"] = str(number)
        """
    )

    result = pytester.runpytest_inprocess()

    assert section(result) == [
        "test_it.py::test_counts[0] changed",
        "  os.environ['RUNS']: absent -> '0'",
        "    so do 8 more, the last of them test_it.py::test_counts[8]",
        "    shared state by design? then excuse it: isolation_allow = environment: os.environ['RUNS'] = path",
        "1 finding in 9 of 9 tests · score 0.000 · guard N µs per test",
    ]


@pytest.mark.parametrize("allowance", ["environment: RU* = name", "environment: os.environ['RUNS'] = path"])
def test_a_place_can_be_excused(pytester: pytest.Pytester, allowance: str) -> None:
    """By its name or by its path, literally or as a pattern."""
    pytester.makeini(f"{SETTINGS}isolation_allow = {allowance}\n")
    pytester.makepyfile("import os\ndef test_runs(): os.environ['RUNS'] = '1'")

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=1)
    assert verdict(result) == "isolation: 1 test left nothing behind (1 excused) · guard N µs per test"


def test_a_marker_allows_changes(pytester: pytest.Pytester) -> None:
    """`no_resource_tracking` does not: it is about leaks."""
    pytester.makepyfile(
        """
        import os, pytest
        @pytest.mark.isolation_allow("environment", reason="it is what is tested")
        def test_allowed(): os.environ["RUNS"] = "1"
        @pytest.mark.no_resource_tracking
        def test_untracked(): os.environ["RUNS"] = "2"
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2, errors=1)
    assert verdict(result) == "1 finding in 1 of 2 tests (1 excused) · score 0.500 · guard N µs per test"


def test_a_probe_of_state_has_a_mode_of_its_own(pytester: pytest.Pytester) -> None:
    """Others go on as the mode of the run says."""
    pytester.makepyfile(ENVIRONMENT)

    result = pytester.runpytest_inprocess("--isolation-probes=environment=restore")

    result.assert_outcomes(passed=3)


def test_what_the_collection_changes_is_a_note(pytester: pytest.Pytester) -> None:
    """Imports of test modules set variables; nobody's test is to blame, and nothing fails."""
    pytester.makepyfile("import os\nos.environ['AT_IMPORT'] = '1'\ndef test_it(): pass")

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "-v")

    result.assert_outcomes(passed=1)
    assert section(result) == [
        "collection changed",
        "  os.environ['AT_IMPORT']: absent -> '1'",
        "1 test left nothing behind (1 in notes) · guard N µs per test",
    ]


def test_one_place_alone_can_be_put_back(pytester: pytest.Pytester) -> None:
    """That is how a diagnosis proves that it is this place that matters."""
    pytester.makepyfile(
        """
        import os
        def test_changes(): os.environ.update(MODE="debug", RUNS="1")
        def test_looks(): assert (os.environ.get("MODE"), os.environ.get("RUNS")) == (None, "1")
        """
    )

    result = pytester.runpytest_inprocess("--isolation-restore-only=os.environ['MODE']")

    result.assert_outcomes(passed=2)


def test_workers_of_xdist_count_a_place_once(pytester: pytest.Pytester) -> None:
    """Each has state of its own; a place is a place."""
    pytester.makepyfile(
        """
        import os, pytest
        @pytest.mark.parametrize("number", range(4))
        def test_counts(number): os.environ["RUNS"] = str(number + 1)
        """
    )

    result = pytester.runpytest_subprocess("-n2", "-q")

    assert section(result)[-1].startswith("1 finding in 4 of 4 tests")


def test_a_run_that_stops_early_says_what_its_fixtures_left(pytester: pytest.Pytester) -> None:
    """They end after the last test."""
    pytester.makepyfile(test_it=FIXTURES.replace("(forgetful, tidy): pass", "(forgetful, tidy): assert False"))

    result = pytester.runpytest_inprocess("-x")

    assert section(result) == [
        "fixture 'forgetful' (scope=module) of test_it.py changed",
        "  os.environ['LEFT']: absent -> '1'",
        "1 finding in 0 of 1 test and 1 fixture · score 1.000 · guard N µs per test",
    ]


def test_what_the_next_set_up_puts_back_is_a_note(pytester: pytest.Pytester) -> None:
    """Many suites clean up where a test begins; only what nobody has put back is left."""
    pytester.makepyfile(
        test_it="""
        import os, pytest
        @pytest.fixture(autouse=True)
        def clean(): os.environ.pop("MODE", None)
        def test_one(): os.environ["MODE"] = "one"
        def test_two(): assert "MODE" not in os.environ; os.environ["MODE"] = "two"
        def test_three(): assert "MODE" not in os.environ
        """
    )

    result = pytester.runpytest_inprocess("-v")

    result.assert_outcomes(passed=3)
    assert section(result) == [
        "test_it.py::test_one changed",
        "  os.environ['MODE']: absent -> 'one'; the set-up of the next test puts it back",
        "    so does test_it.py::test_two",
        "3 tests left nothing behind (1 in notes) · guard N µs per test",
    ]


def test_what_a_wider_fixture_puts_back_is_a_note(pytester: pytest.Pytester) -> None:
    """By a copy that it has saved, too; it has changed nothing itself, nor has the test in whose teardown it ends."""
    pytester.makepyfile(
        test_it="""
        import pytest
        registry = {"a": object()}
        @pytest.fixture(scope="module", autouse=True)
        def fresh():
            global registry
            saved = registry.copy()
            yield
            registry = saved
        def test_one(): registry["b"] = 1
        def test_two(): registry["c"] = 1
        """
    )

    result = pytester.runpytest_inprocess("-v", "--isolation-probes=singletons")

    assert section(result) == [
        "test_it.py::test_one changed",
        "  test_it.registry['b']: absent -> 1; fixture 'fresh' puts it back at its end",
        "2 tests left nothing behind (1 in notes) · guard N µs per test",
    ]
