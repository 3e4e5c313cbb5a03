"""What the guard adds to suites of empty tests, against plain pytest and against peers.

Generates suites in a temporary directory and runs each with `-p no:isolation`, with the plugin, and with whatever of
pyleak, pytest-threadleak and a hand-written fixture can be had, in turns.  Prints Markdown tables of ratios.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from _rounds import Cost, added, interleaved, percent, ratio, run, table

TESTS_PER_FILE = 250
REPORT = "report.jsonl"
INI = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""
SYNC = "def test_{number}():\n    pass\n"
ASYNC = "async def test_{number}():\n    pass\n"
TASKS = (
    "async def test_{number}():\n"
    "    await asyncio.gather(*[asyncio.create_task(asyncio.sleep(0)) for _ in range(20)])\n"
)
# A sync generator of pytest-asyncio ends before the loop does; a plain autouse fixture would see a loop without tasks.
HAND_WRITTEN = """
import asyncio
import threading

import pytest
import pytest_asyncio


def verify(loop, threads, tasks):
    for handle in getattr(loop, "_scheduled", ()):
        assert handle.cancelled(), f"timer {handle} is left"
    left = [task for task in asyncio.all_tasks(loop) - tasks if not task.done()]
    assert not left, f"tasks {left} are left"
    verify_threads(threads)


def verify_threads(threads):
    left = [thread for thread in threading.enumerate() if thread not in threads]
    assert not left, f"threads {left} are left"
"""
HAND_WRITTEN_SYNC = """

@pytest.fixture(autouse=True)
def verify_cleanup():
    threads = frozenset(threading.enumerate())
    yield
    verify_threads(threads)
"""
HAND_WRITTEN_ASYNC = """

@pytest_asyncio.fixture(autouse=True)
async def running_loop():
    return asyncio.get_running_loop()


@pytest.fixture(autouse=True)
def verify_cleanup(running_loop):
    threads = frozenset(threading.enumerate())
    tasks = asyncio.all_tasks(running_loop)
    yield
    verify(running_loop, threads, tasks)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A generated suite.

    Attributes:
        name: What it is called in the table.
        test: The source of one test.
        tests: How many there are.
        is_async: Whether they are coroutine functions.
        peers: Which arms run beside plain pytest and the plugin.
    """

    name: str
    test: str
    tests: int
    is_async: bool
    peers: Sequence[str]

    def write(self, directory: Path) -> None:
        """Write the suite into *directory*."""
        directory.mkdir()
        (directory / "pytest.ini").write_text(INI)
        conftest = HAND_WRITTEN + (HAND_WRITTEN_ASYNC if self.is_async else HAND_WRITTEN_SYNC)
        (directory / "hand_written.py").write_text(conftest)
        for first in range(0, self.tests, TESTS_PER_FILE):
            numbers = range(first, min(first + TESTS_PER_FILE, self.tests))
            body = "\n\n".join(self.test.format(number=number) for number in numbers)
            (directory / f"test_{first:05}.py").write_text(f"import asyncio\n\n\n{body}")


PYLEAK = "-p", "benchmark_pyleak"
PYLEAK_MARKS_ALL = """\
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.no_leaks("tasks", "threads"))
"""
ARMS: dict[str, Sequence[str]] = {
    "plain": ("-p", "no:isolation"),
    "plain again": ("-p", "no:isolation"),
    "isolation, off": ("--isolation-mode=off",),
    "isolation, report": ("--isolation-mode=report", f"--isolation-report={REPORT}"),
    "isolation, fail": ("--isolation-mode=fail", f"--isolation-report={REPORT}"),
    "hand-written fixture": ("-p", "no:isolation", "-p", "hand_written"),
    "pytest-threadleak": ("-p", "no:isolation", "--threadleak"),
    "pyleak": ("-p", "no:isolation", *PYLEAK),
}
NEEDS = {"pytest-threadleak": ("pytest_threadleak", "threadleak"), "pyleak": ("pyleak", "pyleak")}


def is_installed(arm: str) -> bool:
    """Tell whether what *arm* needs is there."""
    return arm not in NEEDS or find_spec(NEEDS[arm][0]) is not None


def command(arm: str) -> list[str]:
    """Return the command that runs a suite as *arm*, without the peers that are of another arm."""
    others = [name for needed, (module, name) in NEEDS.items() if needed != arm and find_spec(module)]
    switched_off = [option for name in others for option in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *switched_off, *ARMS[arm]]


def once(arm: str, directory: Path, figures: list[float]) -> Cost:
    """Run the suite in *directory* as *arm*; add the guard's own figure to *figures*."""
    cost = run(command(arm), cwd=directory)
    if cost.status != 0:
        sys.exit(f"{arm} in {directory.name} ended with status {cost.status}:\n{cost.output[-3000:]}")
    report = directory / REPORT
    if report.exists():
        summary = json.loads(report.read_text().splitlines()[-1])
        figures.append(summary["guard_us_per_test"])
        report.unlink()
    return cost


def measure(suite: Suite, directory: Path, rounds: int) -> str:
    """Run *suite* with all its arms in turns and return the table."""
    suite.write(directory)
    (directory / "benchmark_pyleak.py").write_text(PYLEAK_MARKS_ALL)
    names = ["plain", "plain again", "isolation, report", *filter(is_installed, suite.peers)]
    figures: dict[str, list[float]] = {name: [] for name in names}

    def arm(name: str) -> Callable[[], Cost]:
        return lambda: once(name, directory, figures[name])

    results = interleaved({name: arm(name) for name in names}, rounds, is_warming_up=True)
    return table(
        [suite.name, "CPU", "wall", "CPU added per test", "wall added per test", "guard's own figure"],
        [row(name, results, figures[name], suite.tests) for name in names],
    )


def row(name: str, results: dict[str, list[Cost]], figures: Sequence[float], tests: int) -> list[str]:
    """Return the line of the table for the arm *name*."""
    walls, cpus = [cost.wall for cost in results[name]], [cost.cpu for cost in results[name]]
    plain_walls, plain_cpus = [cost.wall for cost in results["plain"]], [cost.cpu for cost in results["plain"]]
    if name == "plain":
        return [name, "1", "1", "", "", ""]
    return [
        name,
        percent(ratio(cpus, plain_cpus)),
        percent(ratio(walls, plain_walls)),
        f"{added(cpus, plain_cpus) / tests * 1e6:.0f} µs",
        f"{added(walls, plain_walls) / tests * 1e6:.0f} µs",
        f"{median(figures):.0f} µs" if figures else "",
    ]


def suites(scale: float) -> Sequence[Suite]:
    """Return the suites, with *scale* times their number of tests."""
    fast = ("isolation, off", "isolation, fail", "hand-written fixture", "pytest-threadleak")
    shown = "isolation, fail", "hand-written fixture"

    def scaled(tests: int) -> int:
        return max(int(tests * scale), 10)

    sync, plain_async, tasks, slow = scaled(5000), scaled(2000), scaled(1000), scaled(50)
    return [
        Suite(name=f"{sync} empty sync tests", test=SYNC, tests=sync, is_async=False, peers=fast),
        Suite(name=f"{plain_async} empty async tests", test=ASYNC, tests=plain_async, is_async=True, peers=shown),
        Suite(name=f"{tasks} async tests, 20 tasks each", test=TASKS, tests=tasks, is_async=True, peers=shown),
        # pyleak waits in every test: a small suite shows it well enough.
        Suite(name=f"{slow} empty async tests, pyleak", test=ASYNC, tests=slow, is_async=True, peers=("pyleak",)),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each arm runs (default: 5)")
    parser.add_argument("--scale", type=float, default=1.0, help="times the number of tests (default: 1)")
    parser.add_argument("--only", default="", help="only suites whose name contains this")
    options = parser.parse_args()
    absent = [arm for arm in NEEDS if not is_installed(arm)]
    print(f"Python {platform.python_version()}, {options.rounds} interleaved rounds, medians of ratios to plain.")
    print(f"Not installed and left out: {', '.join(absent)}." if absent else "All peers are installed.")
    with tempfile.TemporaryDirectory() as scratch:
        for number, suite in enumerate(suites(options.scale)):
            if options.only in suite.name:
                print(f"\n{measure(suite, Path(scratch) / f'suite{number}', options.rounds)}", flush=True)


if __name__ == "__main__":
    main()
