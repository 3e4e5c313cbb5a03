"""The example application: the report on its flaky suite names every planted leak, its fixed suite is clean."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "chat"
LEAK_PROBES = {"tasks", "loops", "threads", "processes", "descriptors"}
MARK = re.compile(r"# leak: (?P<kinds>[a-z_]+(?:, [a-z_]+)*)$")
# What the surrounding run is told is not for the one inside.
FOREIGN = ("CI", "GITHUB_", "ENVIRONMENT", "ISOLATION_", "PYTEST_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One thing that a marked line leaves behind, and whose it is: a test's or a wide fixture's."""

    kind: str
    file: str
    line: int
    owner: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind} of {self.owner}"


def test_report_on_the_flaky_suite_names_every_planted_leak(tmp_path: Path) -> None:
    """Each marked line is reported with its kind and its test, and nothing else is."""
    planted = list(planted_leaks())

    run = run_suite("flaky", tmp_path, "--isolation-mode=restore")

    assert run.returncode == 0, run.stdout + run.stderr
    assert sorted(named(finding, planted) for finding in findings(tmp_path)) == sorted(map(str, planted))


def test_traced_report_tells_where_files_were_opened(tmp_path: Path) -> None:
    """With full stacks, only the notes lack a line: pipes and files that a library opened for itself."""
    planted = list(planted_leaks())

    run = run_suite("flaky", tmp_path, "--isolation-mode=restore", "--isolation-trace")

    found = findings(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert sorted(named(finding, planted) for finding in found) == sorted(map(str, planted))
    assert [finding for finding in found if not finding["origin"] and finding["severity"] != "note"] == []


def test_run_ends_and_names_what_kept_it(tmp_path: Path) -> None:
    """Under plain pytest the run hangs: nobody closed a connection of aiosqlite, whose thread is not a daemon."""
    run = run_suite("flaky/test_storage.py", tmp_path, "--isolation-mode=restore")

    assert run.returncode == 0, run.stdout + run.stderr
    assert "thread 'Thread-1 (_connection_worker_thread)'" in run.stderr
    assert "by flaky/test_storage.py::test_messages_are_stored" in run.stderr


def test_fixed_suite_is_clean(tmp_path: Path) -> None:
    """The same tests, written right, leave nothing: not even a warning or a note."""
    run = run_suite("fixed", tmp_path, "--isolation-mode=fail", "-Werror")

    assert run.returncode == 0, run.stdout + run.stderr
    assert findings(tmp_path) == []


@pytest.mark.parametrize("seed", range(3))
def test_fixed_suite_passes_in_random_order(tmp_path: Path, seed: int) -> None:
    """No test of the fixed suite depends on the ones before it."""
    order = ("--random-order-bucket=global", f"--random-order-seed={seed}")

    run = run_suite("fixed", tmp_path, "--isolation-mode=fail", "--random-order", *order)

    assert run.returncode == 0, run.stdout + run.stderr
    assert findings(tmp_path) == []


def test_both_suites_have_the_same_tests() -> None:
    """Before and after can be read side by side."""
    assert names_of_tests("flaky") == names_of_tests("fixed")


def run_suite(name: str, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run suite *name* of the example as its users do; the report is in *tmp_path*."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    report = f"--isolation-report={tmp_path / 'report.jsonl'}"
    basetemp = f"--basetemp={tmp_path / 'temporary'}"
    # pytest-trio imports hypothesis, which takes longer than all tests of the example.
    plugins = ("-p", "no:cacheprovider", "-p", "no:trio", "-p", "no:randomly", "-p", "no:rerunfailures")
    command = [sys.executable, "-m", "pytest", name, *plugins, report, basetemp, *options]
    return subprocess.run(command, cwd=EXAMPLE, env=env, capture_output=True, text=True, timeout=90)


def findings(tmp_path: Path) -> Sequence[dict[str, Any]]:
    """Return what the leak probes found."""
    records = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    return [record for record in records if record["record"] == "finding" and record["probe"] in LEAK_PROBES]


def named(finding: dict[str, Any], planted: Sequence[Leak]) -> str:
    """Return the planted leak that *finding* is about, else what it says."""
    owner = finding["test"] if finding["owner"]["kind"] == "test" else f"fixture {finding['owner']['name']}"
    places = [(place["file"], place["line"]) for place in finding["origin"] or ()]
    # A number that a C library opened, or `open` itself, has no Python frames to remember.
    is_bare = finding["probe"] == "descriptors" and not places
    for leak in planted:
        is_here = is_bare or (leak.file, leak.line) in places
        if is_here and (leak.kind, leak.owner) == (finding["kind"], owner):
            return str(leak)
    return f"unplanted {finding['kind']} {finding['name']} of {owner}, created at {places}"


def planted_leaks() -> Iterator[Leak]:
    """Yield what the marked lines of the flaky suite leave behind."""
    for path in sorted((EXAMPLE / "flaky").glob("*.py")):
        if path.name == "test_history.py" and shutil.which("git") is None:
            continue  # its tests skip themselves
        tree = ast.parse(path.read_text())
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if mark := MARK.search(line):
                for kind in mark["kinds"].split(", "):
                    for owner in owners(tree, number, f"flaky/{path.name}"):
                        yield Leak(kind=kind, file=f"flaky/{path.name}", line=number, owner=owner)


def owners(tree: ast.Module, line: int, file: str) -> Sequence[str]:
    """Return the tests that run *line* of *tree*, or the wide fixture that it belongs to."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    around = next(node for node in functions if node.lineno <= line <= (node.end_lineno or 0))
    if around.name.startswith("test_"):
        return [f"{file}::{around.name}"]
    if any("scope" in ast.unparse(decorator) for decorator in around.decorator_list):
        return [f"fixture {around.name}"]
    return [f"{file}::{node.name}" for node in functions if around.name in {it.arg for it in node.args.args}]


def names_of_tests(suite: str) -> Sequence[tuple[str, str]]:
    """Return the files and names of the tests of *suite*, in their order."""
    return [
        (path.name, node.name)
        for path in sorted((EXAMPLE / suite).glob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
