"""CPython's own tests of unittest.mock hold for our mocks, but for those that known.toml lists with a reason."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conformance.run import MODULES, Counts, Known, described, objections

SCRIPT = Path(__file__).parent / "conformance" / "run.py"
KNOWN = Known({"testwith": 2}, {"testwith.A.test_typo": "asks for a private name"})


@pytest.fixture(scope="module")
def results() -> Mapping[str, Mapping[str, object]]:
    """Run all modules once, in a process of their own: they set policies and leave what a guard would find."""
    run = subprocess.run([sys.executable, SCRIPT, "--json"], capture_output=True, text=True, check=True)
    made: Mapping[str, Mapping[str, object]] = json.loads(run.stdout)
    return made


@pytest.mark.parametrize("name", MODULES)
def test_as_many_tests_pass_as_are_recorded(name: str, results: Mapping[str, Mapping[str, object]]) -> None:
    """No count falls below its floor, and no test that is listed as failing passes."""
    if not results:
        pytest.skip("this interpreter comes without CPython's tests")

    assert results[name]["objections"] == []


def test_every_test_holds_for_the_standard_mocks() -> None:
    """What stands in for the constructors makes no test fail by itself."""
    run = subprocess.run([sys.executable, SCRIPT, "--standard", "testmock"], capture_output=True, text=True, check=True)

    assert "NO KNOWN REASON" not in run.stdout


def test_a_count_below_the_floor_is_an_objection() -> None:
    """Fewer tests pass than did."""
    counts = Counts(passed=["testwith.A.test_one"])

    assert objections("testwith", counts, KNOWN) == ["testwith: 1 tests pass, 2 did"]


def test_a_test_that_is_listed_and_passes_is_an_objection() -> None:
    """The list of what fails stays true."""
    counts = Counts(passed=["testwith.A.test_one", "testwith.A.test_typo"])

    assert objections("testwith", counts, KNOWN) == ["testwith.A.test_typo passes: take it out of known.toml"]


def test_a_failing_test_is_shown_with_its_reason() -> None:
    """Who reads the counts learns why the others fail, and which of them nobody has looked at."""
    counts = Counts(failed={"testwith.A.test_typo": "AssertionError: 1", "testwith.A.test_two": "...\nTypeError: 2\n"})

    assert list(described(counts, KNOWN, why=False)) == [
        "  testwith.A.test_typo: asks for a private name",
        "  testwith.A.test_two: NO KNOWN REASON, TypeError: 2",
    ]


def test_a_reason_may_hold_for_some_versions_only(tmp_path: Path) -> None:
    """CPython changes its tests, so a test may fail on one version and not on another."""
    path = tmp_path / "known.toml"
    path.write_text(
        """\
        [floors]
        "3.13" = { testwith = 3 }
        [[failing]]
        reason = "asks for a private name"
        pythons = ["3.13"]
        tests = ["testwith.A.test_typo"]
        """
    )

    assert Known.read(path, "3.13") == Known({"testwith": 3}, {"testwith.A.test_typo": "asks for a private name"})
    assert Known.read(path, "3.12") == Known({}, {})
