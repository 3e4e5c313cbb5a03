"""Running trials in processes of their own: what these are given, and what happens when they do not answer."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from isolation._reads import Reads
from isolation._reruns import Launch, Reruns
from isolation._trials import EVERYTHING, Rerun, Traced, Trial

# Stands for pytest: the code that follows may use what it was asked and given.
PRELUDE = """
import json, os, pathlib, sys
option = next(each for each in sys.argv if each.startswith("--isolation-rerun="))
request = json.loads(pathlib.Path(option.partition("=")[2]).read_text())
def answer(line=None, **outcomes):
    text = json.dumps({"outcomes": outcomes, "reads": {"near": [], "names": ["a"], "modules": []}, "line": line})
    pathlib.Path(request["answer"]).write_text(text)
def tell():
    answer({"request": request, "arguments": sys.argv[1:], "environment": dict(os.environ), "cwd": os.getcwd()})
"""


@contextmanager
def reruns(
    directory: Path, code: str, *, environment: Mapping[str, str] | None = None, seconds: float = 30.0, **more: Any
) -> Iterator[Reruns]:
    """Give what makes trials with a program that runs *code*."""
    launch = Launch(
        command=[sys.executable, "-S", "-c", PRELUDE + code, "-x"],
        directory=directory,
        environment={**os.environ, **(environment or {})},
        options=more.pop("options", {}),
        **more,
    )
    with Reruns(launch, lambda _: seconds) as run:
        yield run


def told(directory: Path, trial: Trial, **more: Any) -> Mapping[str, Any]:
    """Return what the process of *trial* was given."""
    with reruns(directory, "tell()", **more) as run:
        line = run(trial).line
    assert line is not None
    return line


def test_an_answer_is_read(tmp_path: Path) -> None:
    """Outcomes, reads and findings come back as what they are."""
    code = """
report = pathlib.Path(request["options"]["isolation_report"][0])
report.write_text(json.dumps({"record": "run"}) + "\\n" + json.dumps({"record": "finding", "place": "a"}) + "\\n")
answer(one="passed")
"""
    with reruns(tmp_path, code) as run:
        rerun = run(Trial(tests=["one"]))

    assert (rerun.outcomes, rerun.reads, rerun.problem) == ({"one": "passed"}, Reads(names=frozenset({"a"})), "")
    assert rerun.findings == [{"record": "finding", "place": "a"}]
    assert rerun.seconds > 0


def test_a_request_says_what_to_run(tmp_path: Path) -> None:
    """Tests in their order, the files to import, what to put back, to read and to trace."""
    traced = Traced(probe="cwd", places=["current directory"])
    trial = Trial(
        tests=["b.py::two", "a.py::one"], imports=["c.py"], restore="app.x", reads_of="a.py::one", traced=traced
    )

    request = told(tmp_path, trial)["request"]

    assert (request["tests"], request["files"]) == (["b.py::two", "a.py::one"], ["c.py", "b.py", "a.py"])
    assert (request["reads_of"], request["traced"]) == (
        "a.py::one",
        {"probe": "cwd", "places": ["current directory"]},
    )
    assert request["seconds"] == 30.0
    assert request["options"]["isolation_mode"] == "report"
    assert request["options"]["isolation_restore_only"] == "app.x"


def test_everything_can_be_put_back(tmp_path: Path) -> None:
    """That is what mode restore does."""
    options = told(tmp_path, Trial(tests=["one"], restore=EVERYTHING))["request"]["options"]

    assert (options["isolation_mode"], options["isolation_restore_only"]) == ("restore", None)


def test_the_process_is_like_that_of_the_run(tmp_path: Path) -> None:
    """Its arguments come first, then what keeps it from writing into the working tree."""
    given = told(tmp_path, Trial(tests=["one"]), has_coverage=True)

    assert given["cwd"] == str(tmp_path)
    assert given["arguments"][:3] == ["-x", "-p", "isolation._rerun_plugin"]
    assert {"--no-cov", "log_file="} < set(given["arguments"])
    assert any(argument.startswith("cache_dir=") for argument in given["arguments"])
    assert given["environment"]["PYTHONDONTWRITEBYTECODE"] == "1"


def test_what_is_not_loaded_is_not_switched_off(tmp_path: Path) -> None:
    """Pytest refuses options that no plugin knows."""
    arguments = told(tmp_path, Trial(tests=["one"]), has_cache=False, has_logging=False)["arguments"]

    assert not {"--no-cov", "log_file=", "-o"} & set(arguments)


@pytest.mark.parametrize(("before", "variation", "after"), [("7", 0, "7"), ("7", 2, "9"), ("random", 1, "1")])
def test_seeds_are_kept_or_varied(tmp_path: Path, before: str, variation: int, after: str) -> None:
    """The order of sets is the same in each run; a variation changes it, and the random numbers."""
    trial = Trial(tests=["one"], variation=variation)

    given = told(tmp_path, trial, environment={"PYTHONHASHSEED": before}, options={"randomly_seed": 5})

    assert given["environment"]["PYTHONHASHSEED"] == after
    assert given["request"]["options"]["randomly_seed"] == 5 + variation


def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:
    """It has a deadline, and what it has started ends with it."""
    code = "import subprocess; subprocess.run([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])"
    with reruns(tmp_path, code, seconds=0.5) as run:
        rerun = run(Trial(tests=["one"]))

    assert (rerun.outcomes, rerun.problem) == ({}, "it took longer than 0 s")


def test_a_process_that_ends_without_an_answer_has_last_words(tmp_path: Path) -> None:
    """A usage error or a crash says why."""
    with reruns(tmp_path, "print('ERROR: no such file\\n'); sys.exit(4)") as run:
        rerun = run(Trial(tests=["one"]))

    assert rerun.problem == "pytest ended with status 4: ERROR: no such file"


def test_a_process_may_say_nothing(tmp_path: Path) -> None:
    """The status is all there is."""
    with reruns(tmp_path, "sys.exit(3)") as run:
        assert run(Trial(tests=["one"])).problem == "pytest ended with status 3"


def test_an_old_answer_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    """Each trial begins with nothing."""
    with reruns(tmp_path, "answer() if request['tests'] == ['one'] else sys.exit(3)") as run:
        first, second = run(Trial(tests=["one"])), run(Trial(tests=["two"]))

    assert (first.problem, second) == ("", Rerun(problem="pytest ended with status 3", seconds=second.seconds))


def test_nothing_stays(tmp_path: Path) -> None:
    """Neither in the working tree nor elsewhere."""
    given = told(tmp_path, Trial(tests=["one"]))

    assert list(tmp_path.iterdir()) == []
    assert not Path(given["request"]["answer"]).parent.exists()
    json.dumps(dict(given))
