"""What a run of `pytester` said: its section, its errors, its report."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Record = Mapping[str, Any]
_ASYNC = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
SETTINGS = f"{_ASYNC}isolation_probes = singletons=off\n"
"""What most runs are set to: these tests keep what they leak in globals, which is a finding of its own."""
WATCHING = _ASYNC
"""The same for runs whose globals matter."""
REPORT = "--isolation-report=report.jsonl"
_HEADING = re.compile(r"=+ isolation =+")
_UNSTEADY = ((re.compile(r"guard \d+ µs"), "guard N µs"), (re.compile(r"pid \d+"), "pid N"))


def steady(text: str) -> str:
    """Return *text* without times and process ids, which differ from run to run."""
    for pattern, replacement in _UNSTEADY:
        text = pattern.sub(replacement, text)
    return text


def section(result: pytest.RunResult) -> Sequence[str]:
    """Return the lines of the terminal's isolation section, from its heading to its verdict."""
    lines = [steady(line) for line in result.outlines]
    start = next(number for number, line in enumerate(lines) if _HEADING.fullmatch(line))
    end = next(number for number, line in enumerate(lines) if number > start and "guard N µs" in line)
    return lines[start + 1 : end + 1]


def verdict(result: pytest.RunResult) -> str:
    """Return the line that closes the summary."""
    return next(steady(line) for line in result.outlines if "µs per test" in line)


def error(result: pytest.RunResult, test: str) -> Sequence[str]:
    """Return what the error at the teardown of *test* says."""
    lines = [steady(line) for line in result.outlines]
    start = next(number for number, line in enumerate(lines) if f" ERROR at teardown of {test} " in line)
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith(("___", "===", "---")))
    return lines[start + 1 : end]


def records(directory: Path) -> Sequence[Record]:
    """Return the report that a run with :data:`REPORT` wrote to *directory*."""
    return [json.loads(line) for line in (directory / "report.jsonl").read_text(encoding="utf-8").splitlines()]


def findings(directory: Path) -> Sequence[Record]:
    """Return the findings of the report in *directory*."""
    return [record for record in records(directory) if record["record"] == "finding"]


def brief(directory: Path) -> Sequence[tuple[str, str]]:
    """Return owner's name and kind of each finding of the report in *directory*."""
    return [(record["owner"]["name"], record["kind"]) for record in findings(directory)]
