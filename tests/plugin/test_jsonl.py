"""The report for machines: one object per line, with the keys that the reference promises."""

import json
import platform

import pytest

from tests.plugin.said import REPORT, findings, records

SOCKETS = """
    import socket
    import pytest

    kept = []

    @pytest.fixture(scope="module")
    def server():
        kept.append(socket.socket())

    @pytest.fixture
    def client():
        kept.append(socket.socket())

    def test_leaks(client):
        pass

    @pytest.mark.isolation_allow("descriptors")
    def test_may_leak():
        kept.append(socket.socket())

    def test_last(server):
        pass

    def teardown_module():
        kept[1].close()
"""


def test_the_first_line_describes_the_run(pytester: pytest.Pytester) -> None:
    """Mode, profile and versions are known before the first finding is read."""
    pytester.makepyfile("def test_passes(): pass")

    pytester.runpytest_inprocess("--isolation-mode=restore", "--isolation-profile=staging", REPORT)

    run = records(pytester.path)[0]
    assert {key: run[key] for key in ("record", "schema", "mode", "profile", "pytest", "python")} == {
        "record": "run",
        "schema": 1,
        "mode": "restore",
        "profile": "staging",
        "pytest": pytest.__version__,
        "python": platform.python_version(),
    }
    assert any(plugin.startswith("pytest-isolation-") for plugin in run["plugins"])


def test_the_last_line_sums_up(pytester: pytest.Pytester) -> None:
    """Counts by kind, the score, and what was not watched stand at the end."""
    pytester.makepyfile(SOCKETS)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    summary = dict(records(pytester.path)[-1])
    assert summary.pop("guard_us_per_test") > 0
    assert summary.pop("first_look_ms") > 0
    assert summary == {
        "record": "summary",
        "tests": 3,
        "findings": {"socket": 2},
        "notes": 0,
        "excused": 1,
        "survivors": 0,
        "open_mocks": {},
        "isolation_score": 0.666667,
        "loops_inspected": 0,
        "blind": [],
    }


def test_a_finding_has_all_keys(pytester: pytest.Pytester) -> None:
    """A finding says whose it is, what, how bad, where it was made, and what became of it."""
    pytester.makepyfile(test_it=SOCKETS)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert findings(pytester.path)[0] == {
        "record": "finding",
        "test": "test_it.py::test_leaks",
        "owner": {"kind": "test", "name": "test_leaks", "nodeid": "test_it.py::test_leaks", "scope": "function"},
        "probe": "descriptors",
        "kind": "socket",
        "severity": "error",
        "name": "AF_INET, not connected",
        "place": None,
        "unit": None,
        "detail": "",
        "hint": "held by test_it:kept",
        "fixture": "client",
        "origin": [
            {"file": "test_it.py", "line": 12, "function": "client", "source": "kept.append(socket.socket())"},
        ],
        "before": None,
        "after": None,
        "restored": True,
        "excused": None,
        "worker": None,
    }


def test_a_fixture_of_wider_scope_has_no_test(pytester: pytest.Pytester) -> None:
    """What a module's fixture left is no test's: `test` is null, the owner is the fixture."""
    pytester.makepyfile(test_it=SOCKETS)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    last = findings(pytester.path)[-1]
    assert last["test"] is None
    assert last["owner"] == {"kind": "fixture", "name": "server", "nodeid": "test_it.py", "scope": "module"}


def test_what_is_excused_is_in_the_report(pytester: pytest.Pytester) -> None:
    """A machine sees what people are spared."""
    pytester.makepyfile(SOCKETS)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    excuses = [(record["owner"]["name"], record["excused"], record["restored"]) for record in findings(pytester.path)]
    assert excuses == [("test_leaks", None, True), ("test_may_leak", "marker", None), ("server", None, True)]


def test_names_are_not_escaped(pytester: pytest.Pytester) -> None:
    """Text stays readable: nothing outside of ASCII is escaped, and one line is one object."""
    pytester.makepyfile(
        test_it="""
        import threading

        ended = threading.Event()

        def teardown_module():
            ended.set()

        def test_leaks():
            threading.Thread(target=ended.wait, daemon=True, name="Wächter\\n2").start()

        def test_comes_next():
            pass
        """
    )

    pytester.runpytest_inprocess(REPORT)

    lines = (pytester.path / "report.jsonl").read_text(encoding="utf-8").splitlines()
    assert "Wächter\\n2" in lines[1]
    assert json.loads(lines[1])["name"] == "Wächter\n2"


def test_a_report_is_written_for_each_path(pytester: pytest.Pytester) -> None:
    """The option can be given more than once, and a path may lead elsewhere."""
    pytester.makepyfile("def test_passes(): pass")
    other = pytester.mkdir("reports") / "isolation.jsonl"

    pytester.runpytest_inprocess(REPORT, f"--isolation-report={other}")

    assert other.read_text() == (pytester.path / "report.jsonl").read_text()


def test_a_run_without_tests_writes_its_report(pytester: pytest.Pytester) -> None:
    """Whoever reads reports finds one, also if nothing ran."""
    pytester.runpytest_inprocess(REPORT)

    assert [(record["record"], record.get("tests")) for record in records(pytester.path)] == [
        ("run", None),
        ("summary", 0),
    ]


def test_paths_are_relative_to_the_root(pytester: pytest.Pytester) -> None:
    """A report of one machine can be compared with that of another, wherever the run was started."""
    directory = pytester.mkdir("tests")
    (directory / "test_deep.py").write_text(
        "import socket\nkept = []\ndef test_leaks(): kept.append(socket.socket())\n"
    )

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT, "tests/test_deep.py")

    assert findings(pytester.path)[0]["origin"][0]["file"] == "tests/test_deep.py"
