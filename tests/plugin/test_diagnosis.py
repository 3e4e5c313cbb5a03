"""The diagnosis of a run: which failed tests it looks at, what it says, and that it changes nothing."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from isolation._diagnosis_plugin import limit_of
from tests.plugin.said import REPORT, Record, records

APP = """
    import os

    def set_up(mode):
        os.environ["APP_MODE"] = mode

    def speed():
        return 2 if os.environ.get("APP_MODE") == "fast" else 1
"""
SUITE = """
    import app

    def test_other():
        pass

    def test_polluter():
        app.set_up("fast")

    def test_victim():
        assert app.speed() == 1
"""
RUN = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:trio", "--isolation-diagnose")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_MODE", "")
    monkeypatch.delenv("APP_MODE")


def section(result: pytest.RunResult) -> Sequence[str]:
    """Return the lines of the diagnosis, without the time that it took."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.strip("=") == " isolation: diagnosis ")
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith("=="))
    return [line.partition(" in ")[0] if " runs in " in line else line for line in lines[start + 1 : end]]


def diagnoses(pytester: pytest.Pytester) -> Sequence[Record]:
    """Return the records of the diagnosis in the report."""
    return [record for record in records(pytester.path) if record["record"] == "diagnosis"]


def test_the_polluter_the_state_and_the_line_are_named(pytester: pytest.Pytester) -> None:
    """Below the summary of what was left; the outcome of the run is what it was, and so is the working tree."""
    pytester.makepyfile(app=APP, test_it=SUITE)

    result = pytester.runpytest_subprocess(*RUN, REPORT, timeout=100)

    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert section(result) == [
        (
            "test_it.py::test_victim fails because test_it.py::test_polluter left os.environ['APP_MODE']: "
            "absent -> 'fast', changed at app.py:4 in set_up"
        ),
        "  it passes alone",
        "  it fails after that test",
        "  it passes again when only that place is put back",
        (
            "  see it with: pytest test_it.py::test_polluter test_it.py::test_victim "
            "-p no:cacheprovider -p no:hypothesispytest -p no:trio -p no:randomly"
        ),
        "  4 runs",
    ]
    (record,) = diagnoses(pytester)
    assert (record["verdict"], record["others"]) == ("order-dependent", ["test_it.py::test_polluter"])
    assert (record["place"], record["line"]["line"]) == ("os.environ['APP_MODE']", 4)
    files = {path.name for path in pytester.path.iterdir()}
    assert {file for file in files if "." in file} == {"app.py", "report.jsonl", "test_it.py", "tox.ini"}


def test_the_command_shows_it(pytester: pytest.Pytester) -> None:
    """Also where the polluter stands below its victim, and where the user is not in the root directory."""
    below = "\n\n".join(reversed(SUITE.split("\n\n")))
    tests = pytester.mkdir("tests")
    (tests / "app.py").write_text(f"if True:{APP}")
    (tests / "test_it.py").write_text(f"import app\nif True:\n{below.replace('    import app', '')}")
    pytester.makeini("[pytest]\n")
    arguments = [*RUN, "--isolation-order=reverse", "--isolation-report=report.jsonl"]

    subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=tests, check=False, capture_output=True)
    record = next(
        json.loads(line) for line in (tests / "report.jsonl").read_text().splitlines() if '"diagnosis"' in line
    )
    shown = subprocess.run(
        f"{sys.executable} -m {record['command']}", cwd=tests, shell=True, check=False, capture_output=True, text=True
    )

    assert record["command"].startswith("pytest test_it.py::test_polluter test_it.py::test_victim ")
    assert "1 failed, 1 passed" in shown.stdout


def test_parallel_runs_are_diagnosed_by_the_controller(pytester: pytest.Pytester) -> None:
    """The order is that of the worker in which the test failed."""
    pytester.makepyfile(app=APP, test_it=SUITE)

    result = pytester.runpytest_subprocess(*RUN, "-n1", REPORT, timeout=100)

    result.assert_outcomes(passed=2, failed=1)
    (record,) = diagnoses(pytester)
    assert (record["verdict"], record["others"], record["worker"]) == (
        "order-dependent",
        ["test_it.py::test_polluter"],
        "gw0",
    )


def test_seeds_of_pytest_randomly_are_kept(pytester: pytest.Pytester) -> None:
    """The reruns and the command have the seed of the run, and leave the order alone."""
    pytester.makepyfile(app=APP, test_it=SUITE.replace("== 1", "== 1 and __import__('random').random()"))
    randomly = ("-p", "pytest_randomly", "-p", "no:timeout", "-p", "no:anyio", "--randomly-seed=7")

    result = pytester.runpytest_subprocess(*RUN, *randomly, "--isolation-order=random:2", REPORT, timeout=100)

    result.assert_outcomes(passed=2, failed=1)
    (record,) = diagnoses(pytester)
    assert record["others"] == ["test_it.py::test_polluter"]
    assert record["command"].endswith(" --randomly-dont-reorganize --randomly-seed=7")


def test_only_so_many_are_looked_at(pytester: pytest.Pytester) -> None:
    """It is said how many were left out."""
    pytester.makepyfile("def test_one(): assert 0\ndef test_two(): assert 0\ndef test_three(): assert 0")

    result = pytester.runpytest_inprocess(*RUN, "--isolation-diagnose-limit=0", "--isolation-mode=off")

    assert section(result) == ["3 more failed and were not looked at: --isolation-diagnose-limit"]


def test_a_limit_is_a_number_of_tests(pytester: pytest.Pytester) -> None:
    """The message has the value and the option."""
    config = pytester.parseconfig("--isolation-diagnose-limit=-1")

    with pytest.raises(pytest.UsageError) as refused:
        limit_of(config)

    assert str(refused.value) == "cannot diagnose -1 tests, as --isolation-diagnose-limit says; use 0 or more"


def test_a_run_without_a_terminal_is_diagnosed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says it; where nobody reads, nothing is printed.  Its reruns are those of the program ``pytest``."""
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest"])
    pytester.makepyfile(test_it="def test_one(): assert 0\ndef test_two(): assert 0")

    result = pytester.runpytest_inprocess(*RUN, "-p", "no:terminal", "--isolation-diagnose-limit=1", REPORT)

    assert "isolation:" not in result.stdout.str()
    assert [(record["test"], record["verdict"]) for record in diagnoses(pytester)] == [
        ("test_it.py::test_one", "not order-dependent")
    ]


def test_a_quiet_run_begins_a_new_line(pytester: pytest.Pytester) -> None:
    """The letters of the tests stand on a line of their own; who is left out is counted."""
    pytester.makepyfile(test_it="def test_one(): assert 0\ndef test_two(): assert 0")

    result = pytester.runpytest_inprocess(*RUN, "-q", "--isolation-diagnose-limit=1")

    assert "isolation: looking for what made 1 failed test fail; Ctrl-C ends that" in result.outlines
    assert section(result)[-1] == "1 more failed and was not looked at: --isolation-diagnose-limit"


def test_what_our_own_plugin_raises_is_no_failure(pytester: pytest.Pytester) -> None:
    """A test that fails for what it left is explained already."""
    pytester.makepyfile(app=APP, test_it=SUITE.partition("def test_victim")[0])

    result = pytester.runpytest_inprocess(*RUN, "--isolation-mode=fail")

    result.assert_outcomes(passed=2, errors=1)
    assert "diagnosis" not in result.stdout.str()


def test_a_run_that_was_interrupted_is_not_diagnosed(pytester: pytest.Pytester) -> None:
    """Who stops a run does not want another one."""
    pytester.makepyfile("def test_one(): assert 0\ndef test_two(): raise KeyboardInterrupt")

    result = pytester.runpytest_inprocess(*RUN, no_reraise_ctrlc=True)

    assert "diagnosis" not in result.stdout.str()


def test_an_interrupt_ends_the_diagnosis_only(pytester: pytest.Pytester) -> None:
    """What the run has to say is said, and that the diagnosis is not complete."""
    pytester.makepyfile(
        """
        import os
        import signal

        def test_one(pytestconfig):
            # In the run itself it just fails; its rerun interrupts the process that waits for it.
            if pytestconfig.pluginmanager.hasplugin("isolation_rerun"):
                os.kill(os.getppid(), signal.SIGINT)
                signal.pause()
            assert False
        """
    )

    result = pytester.runpytest_subprocess(*RUN, REPORT, timeout=100)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert section(result) == ["interrupted: the other failures were not looked at"]
    assert records(pytester.path)[-1]["record"] == "summary"
