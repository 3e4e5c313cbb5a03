"""A run for a diagnosis: it runs what it is asked for, as it is asked, and answers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.plugin.said import SETTINGS

SUITE = """
    import os
    import pytest

    def test_one():
        os.environ["REREAD"] = "1"

    def test_two():
        assert "REREAD" not in os.environ

    @pytest.mark.skip
    def test_skipped():
        pass

    @pytest.mark.xfail
    def test_expected():
        assert False

    @pytest.fixture
    def broken():
        raise OSError

    def test_broken(broken):
        pass

    @pytest.fixture
    def breaking():
        yield
        raise OSError

    def test_breaking(breaking):
        pass
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REREAD", "")
    monkeypatch.delenv("REREAD")


def rerun(pytester: pytest.Pytester, *arguments: str, tests: Sequence[str], **request: Any) -> Mapping[str, Any]:
    """Return the answer of a run for *request* of *tests* in the file ``test_it.py``."""
    answer = pytester.path / "answer.json"
    wanted: dict[str, Any] = {"files": ["test_it.py"], "options": {}, "reads_of": None, "traced": None, "seconds": 60.0}
    wanted |= request
    wanted |= {"answer": str(answer), "tests": [f"test_it.py::{test}" for test in tests]}
    (pytester.path / "request.json").write_text(json.dumps(wanted))
    pytester.runpytest_inprocess("-p", "isolation._rerun_plugin", "--isolation-rerun=request.json", *arguments)
    answered: Mapping[str, Any] = json.loads(answer.read_text())
    return answered


def outcomes(answer: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the outcomes by the names of the tests, in the order in which these ran."""
    return {test.rpartition("::")[2]: outcome for test, outcome in answer["outcomes"].items()}


def test_the_wanted_tests_run_in_the_wanted_order(pytester: pytest.Pytester) -> None:
    """Whatever other plugins and the arguments say."""
    pytester.makepyfile(test_it=SUITE)

    first = rerun(pytester, "--isolation-order=reverse", tests=["test_one", "test_two"])
    second = rerun(pytester, "-x", "--maxfail=1", tests=["test_two", "test_one", "test_gone"])

    assert list(outcomes(first).items()) == [("test_one", "passed"), ("test_two", "failed")]
    assert list(outcomes(second).items()) == [("test_two", "failed"), ("test_one", "passed")]


def test_every_outcome_is_told(pytester: pytest.Pytester) -> None:
    """An error before or after the test is a failure; one that is expected is none."""
    pytester.makepyfile(test_it=SUITE)

    answer = rerun(pytester, tests=["test_two", "test_skipped", "test_expected", "test_broken", "test_breaking"])

    assert outcomes(answer) == {
        "test_two": "passed",
        "test_skipped": "skipped",
        "test_expected": "passed",
        "test_broken": "failed",
        "test_breaking": "failed",
    }


def test_only_the_wanted_files_are_imported(pytester: pytest.Pytester) -> None:
    """The arguments find the settings, not the tests."""
    pytester.makepyfile(test_it=SUITE, test_other="raise OSError")

    assert outcomes(rerun(pytester, ".", tests=["test_two"])) == {"test_two": "passed"}


def test_files_that_do_not_exist_leave_the_arguments(pytester: pytest.Pytester) -> None:
    """Some plugins make tests of what is no file."""
    pytester.makepyfile(test_it=SUITE)

    assert outcomes(rerun(pytester, "test_it.py", files=["elsewhere"], tests=["test_two"])) == {"test_two": "passed"}


def test_a_file_that_cannot_be_imported_does_not_stop_the_others(pytester: pytest.Pytester) -> None:
    """It could not be imported in the run that is diagnosed, either."""
    pytester.makepyfile(test_it=SUITE, test_other="raise OSError")

    answer = rerun(pytester, files=["test_it.py", "test_other.py"], tests=["test_two"])

    assert outcomes(answer) == {"test_two": "passed"}


def test_nothing_is_written_that_the_arguments_name(pytester: pytest.Pytester) -> None:
    """The report of the run that is diagnosed stays what it is."""
    pytester.makepyfile(test_it=SUITE)

    rerun(pytester, "--junitxml=junit.xml", "--isolation-report=report.jsonl", tests=["test_two"])

    assert not [name for name in ("junit.xml", "report.jsonl") if (pytester.path / name).exists()]


def test_what_our_own_plugin_says_is_no_outcome(pytester: pytest.Pytester) -> None:
    """A test that is marked to fail for what it leaves has passed all the same."""
    pytester.makepyfile(
        test_it="""
        import os
        import pytest

        @pytest.mark.isolation_mode("fail")
        def test_leaves():
            os.environ["REREAD"] = "1"
        """
    )

    assert outcomes(rerun(pytester, tests=["test_leaves"])) == {"test_leaves": "passed"}


def test_what_a_test_reads_is_told(pytester: pytest.Pytester) -> None:
    """The names in the code that it ran."""
    pytester.makepyfile(test_it=SUITE)

    answer = rerun(pytester, tests=["test_one", "test_two"], reads_of="test_it.py::test_two")

    assert {"os", "environ", "REREAD"} <= set(answer["reads"]["names"])
    assert answer["reads"]["modules"] == ["test_it"]


def test_the_line_that_changes_a_place_is_told(pytester: pytest.Pytester) -> None:
    """It is one of the tests before, and of one place only."""
    pytester.makepyfile(test_it=SUITE)
    traced = {"probe": "environment", "places": ["os.environ['REREAD']"]}

    answer = rerun(pytester, tests=["test_skipped", "test_one", "test_expected"], traced=traced)

    assert answer["line"] == {
        "file": "test_it.py",
        "line": 5,
        "function": "test_one",
        "source": 'os.environ["REREAD"] = "1"',
    }


def test_what_a_wider_fixture_does_is_no_line_of_a_test(pytester: pytest.Pytester) -> None:
    """It sets the place for its tests and puts it back; the line is that of the test that changed it in between."""
    pytester.makepyfile(
        test_it="""
        import os
        import pytest

        @pytest.fixture(scope="module")
        def configured():
            os.environ["REREAD"] = "fixture"
            yield
            os.environ["REREAD"] = "before"

        def test_one(configured):
            os.environ["REREAD"] = "test"
        """
    )
    traced = {"probe": "environment", "places": ["os.environ['REREAD']"]}

    line = rerun(pytester, tests=["test_one"], traced=traced)["line"]

    assert (line["function"], line["source"]) == ("test_one", 'os.environ["REREAD"] = "test"')


def test_an_installed_package_of_the_project_is_the_users(pytester: pytest.Pytester) -> None:
    """A project may be tested as it is installed: its code is read, and its lines are named."""
    source, installed = pytester.mkdir("reread"), pytester.mkdir("site-packages") / "reread"
    (source / "__init__.py").touch()
    installed.mkdir()
    (installed / "__init__.py").write_text("import os\ndef change():\n    os.environ['REREAD'] = '1'\n")
    pytester.makeini(f"{SETTINGS}pythonpath = site-packages\naddopts = --import-mode=importlib\n")
    pytester.makepyfile(test_it="import reread\ndef test_one(): reread.change()\n")
    traced = {"probe": "environment", "places": ["os.environ['REREAD']"]}

    line = rerun(pytester, tests=["test_one"], traced=traced)["line"]

    assert (line["file"], line["line"], line["function"]) == ("reread/__init__.py", 3, "change")


def test_the_line_that_changes_a_place_of_the_heap_is_told(pytester: pytest.Pytester) -> None:
    """It is looked at by its name; a look at the whole heap after each line would take too long."""
    pytester.makepyfile(
        app="STATE = {}", test_it="import app\ndef test_one():\n    app.STATE['a'] = 1\n    assert app\n"
    )
    traced = {"probe": "singletons", "places": ["app.STATE['a']", "app.STATE[*]"]}

    line = rerun(pytester, tests=["test_one"], files=["test_it.py", "app.py"], traced=traced)["line"]

    assert (line["file"], line["line"]) == ("test_it.py", 3)


def test_a_process_that_nobody_waits_for_ends(pytester: pytest.Pytester) -> None:
    """Whoever has started it may have been killed; it has a deadline of its own, and does not answer then."""
    pytester.makepyfile(test_it="import time\ndef test_one(): time.sleep(60)\n")
    request: dict[str, Any] = {"tests": ["test_it.py::test_one"], "files": ["test_it.py"], "options": {}}
    request |= {"reads_of": None, "traced": None, "answer": "answer.json", "seconds": -9.5}
    (pytester.path / "request.json").write_text(json.dumps(request))

    result = pytester.runpytest_subprocess(
        "-p", "isolation._rerun_plugin", "--isolation-rerun=request.json", "-p", "no:faulthandler", timeout=30
    )

    assert result.ret == 1
    assert not (pytester.path / "answer.json").exists()


def test_a_place_that_nobody_changes_has_no_line(pytester: pytest.Pytester) -> None:
    """Another place is no answer."""
    pytester.makepyfile(test_it=SUITE)

    traced = {"probe": "environment", "places": ["os.environ['OTHER']"]}

    assert rerun(pytester, tests=["test_one"], traced=traced)["line"] is None
