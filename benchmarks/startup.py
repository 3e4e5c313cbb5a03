"""What the plugin adds to the start-up of pytest with pytest-asyncio and anyio.

Runs one empty test with the plugin and with `-p no:isolation`, in turns, and prints the difference and the slowest
imports of `isolation`.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from _rounds import Cost, added, interleaved, ratio, run, table

ALREADY_THERE = "pytest, pytest_asyncio.plugin, anyio.pytest_plugin"
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
ARMS: dict[str, Sequence[str]] = {
    "plain": ("-p", "no:isolation"),
    "plain again": ("-p", "no:isolation"),
    "isolation, off": ("--isolation-mode=off",),
    "isolation, report": ("--isolation-mode=report",),
}


class Import(NamedTuple):
    """One line of `-X importtime`."""

    name: str
    own: int
    cumulative: int


def start(directory: Path, options: Sequence[str]) -> Cost:
    """Run the suite in *directory* with *options*."""
    cost = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options], cwd=directory)
    if cost.status != 0:
        sys.exit(f"pytest {' '.join(options)} ended with status {cost.status}:\n{cost.output}")
    return cost


def imports(names: str) -> list[Import]:
    """Return what importing *names* imports, in order."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-X", "importtime", "-c", f"import {names}"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stderr.splitlines()
    parts = [line.removeprefix("import time:").split("|") for line in lines if line.startswith("import time:")]
    return [Import(name.strip(), int(own), int(cumulative)) for own, cumulative, name in parts if own.strip().isdigit()]


def slowest(count: int, rounds: int) -> str:
    """Return a table of the *count* imports that cost most beyond what pytest has imported anyway."""
    there = {imported.name for imported in imports(ALREADY_THERE)}
    times: dict[str, list[int]] = {}
    for _ in range(rounds):
        for imported in imports(f"{ALREADY_THERE}, isolation.pytest_plugin"):
            if imported.name not in there:
                times.setdefault(imported.name, []).append(imported.own)
    medians = sorted(((median(own), name) for name, own in times.items()), reverse=True)
    rows = [(name, f"{own / 1000:.1f} ms") for own, name in medians[:count]]
    everything = ("all of them", f"{sum(own for own, _ in medians) / 1000:.1f} ms")
    return table([f"slowest of {len(medians)} imports", "own time"], [*rows, everything])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each arm runs (default: 15)")
    parser.add_argument("--slowest", type=int, default=12, help="how many imports to show (default: 12)")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {options.rounds} interleaved rounds, medians within rounds.\n")
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        (directory / "pytest.ini").write_text(INI)
        (directory / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        arms = {name: lambda arm=arm: start(directory, arm) for name, arm in ARMS.items()}
        results = interleaved(arms, options.rounds, is_quiet=True, is_warming_up=True)
    cpus = {name: [cost.cpu for cost in costs] for name, costs in results.items()}
    walls = {name: [cost.wall for cost in costs] for name, costs in results.items()}
    rows = [
        (
            name,
            f"{ratio(cpus[name], cpus['plain']):.3f}",
            f"{added(cpus[name], cpus['plain']) * 1000:+.0f} ms",
            f"{added(walls[name], walls['plain']) * 1000:+.0f} ms",
        )
        for name in ARMS
    ]
    print(table(["one empty test", "CPU, ratio", "CPU added", "wall added"], rows))
    print(f"\n{slowest(options.slowest, 5)}")


if __name__ == "__main__":
    main()
