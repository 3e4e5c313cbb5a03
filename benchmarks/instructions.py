"""What the plugin adds to start-up and to each test, in instructions: the same on every run, however busy the machine.

Runs two sizes of a suite of empty tests under valgrind; the difference is what a test takes, the rest is start-up.
Only instructions outside of the kernel are counted.  The garbage collector looks at young objects only: a full
collection that falls into one run and not into the other would outweigh the tests, and without any, dead tasks would
pile up.
"""

import argparse
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from _rounds import percent, run, table
from guard import ARMS, ASYNC, SYNC, TASKS, Suite

BOOTSTRAP = "import gc, sys; gc.set_threshold(700, 10, 1 << 30); import pytest; sys.exit(pytest.main())"
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}")
TESTS = {"sync": SYNC, "async": ASYNC, "async, 20 tasks each": TASKS}


def count(arm: str, directory: Path) -> int:
    """Return how many instructions the suite in *directory* takes as *arm*."""
    return counted(["-q", "-p", "no:cacheprovider", *ARMS[arm]], directory)


def counted(options: Sequence[str], directory: Path) -> int:
    """Return how many instructions pytest takes in *directory* with *options*."""
    run([sys.executable, "-c", BOOTSTRAP, *options], cwd=directory)  # caches byte code
    cost = run([*VALGRIND, sys.executable, "-c", BOOTSTRAP, *options], cwd=directory)
    found = re.search(r"I +refs: +([\d,]+)", cost.output)
    if cost.status != 0 or found is None:
        sys.exit(
            f"pytest {' '.join(options)} in {directory.name} ended with status {cost.status}:\n{cost.output[-3000:]}"
        )
    return int(found[1].replace(",", ""))


def measure(name: str, sizes: tuple[int, int], arms: Sequence[str], scratch: Path) -> str:
    """Return the table for tests of the kind *name*."""
    small, large = sizes
    for size in sizes:
        Suite(name=name, test=TESTS[name], tests=size, is_async=name != "sync", peers=()).write(scratch / f"{size}")
    counts = {arm: (count(arm, scratch / f"{small}"), count(arm, scratch / f"{large}")) for arm in arms}
    each = {arm: (second - first) / (large - small) for arm, (first, second) in counts.items()}
    start = {arm: first - small * each[arm] for arm, (first, _) in counts.items()}
    rows = [
        (
            arm,
            f"{each[arm] / 1000:.0f} thousand",
            percent(each[arm] / each["plain"]),
            f"{start[arm] / 1e6:.0f} million",
            percent(start[arm] / start["plain"]),
        )
        for arm in arms
    ]
    return table([f"instructions, {name} tests", "each test", "to plain", "start-up", "to plain"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=(50, 250), help="tests in the two suites")
    parser.add_argument("--only", choices=tuple(TESTS), help="only this kind of test")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: nothing is counted")
        return
    os.environ["PYTHONHASHSEED"] = "0"
    print(f"Python {platform.python_version()}, no full garbage collections.")
    for name in [options.only] if options.only else TESTS:
        arms = ["plain", "isolation, off", "isolation, report", "isolation, fail", "hand-written fixture"]
        with tempfile.TemporaryDirectory() as scratch:
            print(f"\n{measure(name, tuple(options.sizes), arms, Path(scratch))}", flush=True)


if __name__ == "__main__":
    main()
