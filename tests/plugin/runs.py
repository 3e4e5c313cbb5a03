"""Runs of the suites: each suite once in each of its ways, in a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.plugin.expectations import SUITES, Record

SECONDS = 100
WAYS: Mapping[str, Sequence[str]] = {
    "report": (),
    "workers": ("-n2",),
    "restore": ("--isolation-mode=restore",),
    "fail": ("--isolation-mode=fail",),
    "trace": ("--isolation-trace", "--timeout=60", "--timeout-method=thread"),
    "random": ("--random-order-bucket=global", "--random-order-seed=3"),
    "auto": ("--asyncio-mode=auto", "--ignore-glob=*anyio*", "--ignore-glob=*trio*"),
    "policy": ("--by-policy",),
}
WAYS_OF: Mapping[str, Sequence[str]] = {
    "leaks": ("report", "workers", "restore", "fail", "trace", "random", "auto"),
    "clean": ("report", "workers", "fail", "random", "auto"),
    "traps": ("report", "workers", "fail", "random", "auto"),
    "uvloop": ("report", "policy", "workers"),
    "failing": ("fail",),
}
_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR|XFAIL) (\S+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of a suite said.

    Attributes:
        status: The exit status.
        output: What it printed.
        findings: The findings of its report that nothing excuses.
        outcomes: ``(outcome, node id)`` of each test; a test may have two.
        survivors: What was alive after the last test, by kind, if the suite looked.
    """

    status: int
    output: str
    findings: Sequence[Record]
    outcomes: frozenset[tuple[str, str]]
    survivors: Mapping[str, Sequence[str]]

    def tests(self, outcome: str) -> set[str]:
        """Return the tests with *outcome*."""
        return {nodeid for each, nodeid in self.outcomes if each == outcome}


class Runs:
    """Give the run of a suite in one of its ways, each once; whoever asks first starts them all.

    The processes wait for the grace period most of the time, so some at once cost little more than one.
    """

    def __init__(self, directory: Callable[[str], Path]) -> None:
        self._directory = directory
        self._executor = ThreadPoolExecutor(max_workers=2)
        self._started: dict[tuple[str, str], Future[Run]] = {}
        self._over: dict[tuple[str, str], Run] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def __call__(self, suite: str, way: str) -> Run:
        """Return the run of *suite* in *way*; one that still waits for its turn has it now."""
        for each in WAYS_OF[suite]:
            if each != way and (suite, each) not in self._started:
                directory = self._directory(f"{suite}-{each}")
                self._started[suite, each] = self._executor.submit(run, suite, each, directory)
        if (suite, way) not in self._over:
            future = self._started.setdefault((suite, way), Future())
            waits = future.cancel()
            self._over[suite, way] = run(suite, way, self._directory(f"{suite}-{way}")) if waits else future.result()
        return self._over[suite, way]


def run(suite: str, way: str, directory: Path) -> Run:
    """Run *suite* in *way*, with what it writes in *directory*."""
    report, output, survivors = directory / "report.jsonl", directory / "output", directory / "survivors"
    looks = (suite, way) == ("leaks", "restore")
    command = [sys.executable, "-m", "pytest", f"--isolation-report={report}", "-rpfEx", "-p", "no:cacheprovider"]
    # Into a file, not a pipe: nobody waits for the end of what a leaked process still holds open.
    # The shell opens it: opened here, in a thread, it would be a leak of the test that runs meanwhile.
    completed = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" > "$OUTPUT" 2>&1', "sh", *command, *WAYS[way]],
        cwd=SUITES / suite,
        env=_environment() | {"OUTPUT": str(output)} | ({"SURVIVORS": str(survivors)} if looks else {}),
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    printed = output.read_text(encoding="utf-8")
    assert report.exists(), printed
    return Run(
        status=completed.returncode,
        output=printed,
        findings=_findings(report),
        outcomes=frozenset(_OUTCOME.findall(printed)),
        survivors=json.loads(survivors.read_text(encoding="utf-8")) if looks else {},
    )


def _environment() -> dict[str, str]:
    foreign = ("CI", "GITHUB", "ISOLATION", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    options = "-p no:randomly -p no:rerunfailures -p no:pytest_mock"
    return kept | {"COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": options}


def _findings(report: Path) -> Sequence[Record]:
    records: list[dict[str, Any]] = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    found = [record for record in records if record["record"] == "finding" and not record["excused"]]
    # What leaks is kept in lists, and clients are opened when they are first used: that is noted, too.
    return [record for record in found if (record["probe"], record["severity"]) != ("singletons", "note")]
