"""`get_contamination_summary()` and `validate_suite_isolation()`: how isolated the tests are, as plain data."""

import asyncio
import json
from typing import Any

import pytest

from isolation import IsolationError, get_contamination_summary, validate_suite_isolation
from isolation._suite_isolation import FORMULA, GUARDED_RUNS
from tests.plugin.said import REPORT

CONFTEST = """
    import json, os, pathlib
    import pytest
    from isolation import get_contamination_summary, validate_suite_isolation

    def dump(data):
        pathlib.Path(os.environ["DUMP"]).write_text(json.dumps(data))
"""
CHANGES = """
    import os, socket
    import pytest
    from conftest import *

    def test_first(): os.environ["MODE"] = "one"
    def test_second(): os.environ["MODE"] = "two"
    def test_clean(): pass
"""


@pytest.fixture
def dumped(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs tests and returns what one of them dumped."""
    for name in ("MODE", "LEFT", "DUMP"):
        monkeypatch.setenv(name, str(pytester.path / "dump.json"))
    for name in ("MODE", "LEFT"):
        monkeypatch.delenv(name)
    pytester.makeconftest(CONFTEST)

    def run(asking: str, *options: str, before: str = CHANGES) -> Any:
        pytester.makepyfile(test_it=before + asking)
        pytester.runpytest_inprocess("-p", "no:anyio", *options)
        return json.loads((pytester.path / "dump.json").read_text())

    return run


def test_outside_of_a_run_there_is_no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that asks gets empty data."""
    monkeypatch.setattr("isolation._suite_isolation.GUARDED_RUNS", [])

    assert get_contamination_summary() == {"tests": 0, "by_test": {}, "by_state": {}, "by_kind": {}}


def test_the_summary_tells_per_test_per_state_per_kind(dumped: Any) -> None:
    """Who changed it first and last, what it was and is."""
    said = dumped("""
    def test_asks(): dump(get_contamination_summary())
    """)

    counts = {
        "count": 2,
        "states": 1,
        "tests": 2,
        "first": "test_it.py::test_first",
        "last": "test_it.py::test_second",
        "restored": 0,
        "not_restored": 0,
        "excused": 0,
    }
    assert said == {
        "tests": 3,
        "by_test": {
            f"test_it.py::test_{which}": [
                {
                    "probe": "environment",
                    "kind": "environment_variable",
                    "severity": "error",
                    "place": "os.environ['MODE']",
                    "unit": "os.environ['MODE']",
                    "before": before,
                    "after": after,
                    "restored": None,
                    "excused": None,
                }
            ]
            for which, before, after in (("first", "absent", "'one'"), ("second", "'one'", "'two'"))
        },
        "by_state": {
            "os.environ['MODE']": {
                "probe": "environment",
                "kind": "environment_variable",
                "severity": "error",
                "before": "absent",
                "after": "'two'",
                **counts,
            }
        },
        "by_kind": {"environment_variable": counts},
    }


def test_the_summary_tells_what_was_put_back(dumped: Any) -> None:
    """A state that was put back holds what it held before."""
    said = dumped(
        """
    def test_asks(): dump(get_contamination_summary())
    """,
        "--isolation-mode=restore",
    )

    state = said["by_state"]["os.environ['MODE']"]
    assert (state["before"], state["after"], state["restored"]) == ("absent", "absent", 2)


def test_a_fixture_of_wider_scope_stands_under_its_name(dumped: Any) -> None:
    """It is no test."""
    said = dumped("""
    class TestLater:
        @pytest.fixture(scope="class", autouse=True)
        def leaves(self): os.environ["LEFT"] = "1"
        def test_it(self): pass

    def test_asks(): dump(get_contamination_summary())
    """)

    assert list(said["by_test"])[-1] == "leaves (class) test_it.py::TestLater"


def test_the_score_is_the_share_of_tests_without_findings(dumped: Any) -> None:
    """The findings behind it are there, and what the look saw."""
    said = dumped("""
    async def test_asks():
        os.environ["OTHER"] = "three"
        dump(await validate_suite_isolation())
        del os.environ["OTHER"]
    """)

    assert said.pop("findings")[0]["test"] == "test_it.py::test_first"
    assert said == {
        "isolation_score": 1 - 2 / 3,
        "formula": FORMULA,
        "tests": 3,
        "tests_with_findings": 2,
        "tests_excused": 0,
        "still_alive": [],
        "still_changed": [
            {
                "place": "os.environ['MODE']",
                "before": "absent",
                "after": "'two'",
                "last": "test_it.py::test_second",
            }
        ],
        "changed_by_current_test": [{"place": "os.environ['OTHER']", "before": "absent", "after": "'three'"}],
        "active_patches": [],
    }


def test_excused_tests_are_counted_apart(dumped: Any) -> None:
    """They lower no score."""
    said = dumped(
        """
    async def test_asks(): dump(await validate_suite_isolation())
    """,
        "-o",
        "isolation_allow=environment: MODE = name",
    )

    assert (said["isolation_score"], said["tests_excused"], said["still_changed"]) == (1.0, 2, [])


def test_a_second_look_sees_what_is_there_now(dumped: Any) -> None:
    """What was reported and is still alive, and patches that nobody has stopped."""
    said = dumped(
        """
    import unittest.mock
    kept = []
    patch = unittest.mock.patch("os.sep", "\\\\")

    def test_leaks():
        kept.append(socket.socket())
        patch.start()

    async def test_asks():
        dump(await validate_suite_isolation())

    def test_cleans_up():
        kept.pop().close()
        patch.stop()
    """,
        before="\n    import os, socket\n    from conftest import *\n",
    )

    assert [(found["test"], found["kind"]) for found in said["still_alive"]] == [("test_it.py::test_leaks", "socket")]
    assert (said["tests_with_findings"], said["active_patches"]) == (1, ["os.sep"])


def test_without_tests_the_score_is_whole(dumped: Any) -> None:
    """The test that asks is not over."""
    said = dumped(
        """
    async def test_asks(): dump(await validate_suite_isolation())
    """,
        before="\n    from conftest import *\n",
    )

    assert (said["isolation_score"], said["tests"]) == (1.0, 0)


def test_the_end_of_the_session_can_ask(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a hook of a conftest, about all tests, and under pytest-xdist about those of all workers."""
    monkeypatch.setenv("DUMP", str(pytester.path / "dump.json"))
    pytester.makeconftest(
        CONFTEST
        + """
    import asyncio

    def pytest_sessionfinish(session):
        if not hasattr(session.config, "workerinput"):
            dump(asyncio.run(validate_suite_isolation()))
    """
    )
    pytester.makepyfile("import os\ndef test_one(): os.environ['ONE'] = '1'\ndef test_two(): pass")

    pytester.runpytest_subprocess("-n2")

    said = json.loads((pytester.path / "dump.json").read_text())
    assert (said["tests"], said["isolation_score"]) == (2, 0.5)


def test_without_a_guard_there_is_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """A score that nobody measured would pass every assertion."""
    monkeypatch.setattr("isolation._suite_isolation.GUARDED_RUNS", [])

    with pytest.raises(IsolationError) as failure:
        asyncio.run(validate_suite_isolation())

    assert str(failure.value) == (
        "nobody guards this run, so that there is no score; run it with isolation_mode = report, restore or fail"
    )


def test_a_run_that_is_over_is_not_asked(pytester: pytest.Pytester) -> None:
    """Runs inside of others leave nothing behind."""
    before = len(GUARDED_RUNS)
    pytester.makepyfile("def test_it(): pass")

    pytester.runpytest_inprocess(REPORT)

    assert len(GUARDED_RUNS) == before


def test_what_is_put_back_is_not_changed_any_more(dumped: Any) -> None:
    """By whomever: the look is at the place, not at old findings."""
    said = dumped("""
    def test_puts_back(): del os.environ["MODE"]
    async def test_asks(): dump(await validate_suite_isolation())
    """)

    assert (said["tests_with_findings"], said["still_changed"]) == (2, [])
