"""What `managed_fixture` costs over `pytest.fixture`, for each fixture that is set up and torn down.

    python benchmarks/managed_fixtures.py [--rounds 7] [--instructions]

Generates suites in which every test uses twenty fixtures that yield, runs them in turns, and prints what one fixture
takes.  With the mode `off` nothing of the plugin is at work but what managed fixtures need themselves; with `report`,
the default, there is also the guard, which every fixture pays for, managed or not.

`--instructions` counts instead of timing, which a busy machine does not disturb: two sizes of each suite run under
valgrind, and the difference is what fixtures take.  Only instructions outside of the kernel are counted.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from _rounds import Cost, added, interleaved, ratio, run, table
from instructions import counted

FIXTURES = 20
TESTS = 200
INI = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
IMPORTS = "import pytest\nimport pytest_asyncio\nfrom isolation import managed_fixture\n\n\n"
FIXTURE = "@{decorator}\n{colour}def fixture_{number}({arguments}):\n    yield {number}\n\n\n"
TEST = "{colour}def test_{number}({fixtures}):\n    pass\n\n\n"
REQUESTING = "that asks for request"
KINDS = {
    "sync": {
        "pytest.fixture": "pytest.fixture",
        "pytest.fixture again": "pytest.fixture",
        REQUESTING: "pytest.fixture",
        "managed_fixture": "managed_fixture",
        "with a cleanup callback": "managed_fixture(cleanup_callbacks=[str])",
    },
    "async": {
        "pytest.fixture": "pytest.fixture",
        "pytest.fixture again": "pytest.fixture",
        REQUESTING: "pytest.fixture",
        "managed_fixture": "managed_fixture",
        "with a cleanup callback": "managed_fixture(cleanup_callbacks=[str])",
        "own_task=True": "managed_fixture(own_task=True)",
    },
}


def write(directory: Path, kind: str, name: str, tests: int) -> None:
    """Write a suite of so many *tests* with twenty fixtures, as the arm *name* has them."""
    directory.mkdir()
    (directory / "pytest.ini").write_text(INI)
    colour = "async " if kind == "async" else ""
    arguments = "request" if name == REQUESTING else ""
    fixture = FIXTURE.replace("{decorator}", KINDS[kind][name]).replace("{arguments}", arguments)
    fixtures = [fixture.format(colour=colour, number=number) for number in range(FIXTURES)]
    names = ", ".join(f"fixture_{number}" for number in range(FIXTURES))
    cases = [TEST.format(colour=colour, number=number, fixtures=names) for number in range(tests)]
    (directory / "test_fixtures.py").write_text(IMPORTS + "".join([*fixtures, *cases]))


def options_for(mode: str) -> list[str]:
    """Return the options of pytest."""
    return ["-q", "-p", "no:cacheprovider", f"--isolation-mode={mode}"]


def once(directory: Path, mode: str) -> Cost:
    """Run the suite in *directory*."""
    cost = run([sys.executable, "-m", "pytest", *options_for(mode)], cwd=directory)
    if cost.status != 0:
        sys.exit(f"{directory.name} ended with status {cost.status}:\n{cost.output[-3000:]}")
    return cost


def timed(kind: str, mode: str, scratch: Path, rounds: int) -> str:
    """Return the table of times for fixtures of this *kind*."""

    def arm(name: str) -> Callable[[], Cost]:
        directory = scratch / name
        write(directory, kind, name, TESTS)
        return lambda: once(directory, mode)

    arms = {name: arm(name) for name in KINDS[kind]}
    write(scratch / "none", kind, "pytest.fixture", 1)
    arms["one test"] = lambda: once(scratch / "none", mode)
    results = interleaved(arms, rounds, is_quiet=True, is_warming_up=True)
    cpus = {name: [cost.cpu for cost in costs] for name, costs in results.items()}
    rows = [row(name, cpus) for name in KINDS[kind]]
    return table([f"{kind} fixtures, mode {mode}", "each", "to pytest.fixture", "added"], rows)


def row(name: str, cpus: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the line of the arm *name*: what is left of its runs without their start-up."""
    number = FIXTURES * (TESTS - 1)
    plain = cpus["pytest.fixture"]
    return [
        name,
        f"{added(cpus[name], cpus['one test']) / number * 1e6:.0f} µs",
        "1" if name == "pytest.fixture" else f"{ratio(net(name, cpus), net('pytest.fixture', cpus)):.2f}",
        "" if name == "pytest.fixture" else f"{added(cpus[name], plain) / number * 1e6:+.0f} µs",
    ]


def net(name: str, cpus: Mapping[str, Sequence[float]]) -> list[float]:
    """Return the runs of the arm *name* without their start-up."""
    return [cost - start for cost, start in zip(cpus[name], cpus["one test"], strict=True)]


def in_instructions(kind: str, mode: str, scratch: Path) -> str:
    """Return the table of instructions for fixtures of this *kind*."""
    small, large = 5, 25
    counts: dict[str, float] = {}
    for name in KINDS[kind]:
        if not name.endswith("again"):
            sizes = [scratch / f"{name} {tests}" for tests in (small, large)]
            for directory, tests in zip(sizes, (small, large), strict=True):
                write(directory, kind, name, tests)
            first, second = (counted(options_for(mode), directory) for directory in sizes)
            counts[name] = (second - first) / (large - small) / FIXTURES
    plain = counts["pytest.fixture"]
    rows = [
        (name, f"{count / 1000:.0f} thousand", f"{count / plain:.2f}", f"{(count - plain) / 1000:+.0f} thousand")
        for name, count in counts.items()
    ]
    return table([f"instructions, {kind} fixtures, mode {mode}", "each", "to pytest.fixture", "added"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each arm runs (default: 7)")
    parser.add_argument("--only", choices=tuple(KINDS), help="only fixtures of this kind")
    parser.add_argument("--mode", choices=("off", "report"), help="only this mode")
    parser.add_argument("--instructions", action="store_true", help="count instructions; needs valgrind")
    options = parser.parse_args()
    if options.instructions and shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed: nothing is counted")
    os.environ["PYTHONHASHSEED"] = "0"
    print(f"Python {platform.python_version()}, {FIXTURES} fixtures in {TESTS} tests, {options.rounds} rounds, CPU.")
    for kind in [options.only] if options.only else KINDS:
        for mode in [options.mode] if options.mode else ("off", "report"):
            with tempfile.TemporaryDirectory() as scratch:
                if options.instructions:
                    print(f"\n{in_instructions(kind, mode, Path(scratch))}", flush=True)
                else:
                    print(f"\n{timed(kind, mode, Path(scratch), options.rounds)}", flush=True)


if __name__ == "__main__":
    main()
