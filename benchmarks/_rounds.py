"""Interleaved rounds: the arms of a benchmark take turns, and each is compared within its own round.

A shared machine is slow for a while and fast for a while.  Arms that take turns meet the same weather; the ratio of two
arms is taken in each round, and the median of these ratios is what is quoted.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a command took.

    Attributes:
        wall: Seconds on the clock.
        cpu: Seconds of processor time, of the command and of all its children that it waited for.
        status: Its exit status.
        output: What it wrote to stdout and stderr.
    """

    wall: float
    cpu: float
    status: int = 0
    output: str = ""


def run(command: Sequence[str | Path], *, cwd: Path, options: str = "") -> Cost:
    """Run *command* in *cwd* and return what it took; *options* are for every pytest that it starts.

    Byte code is cached whatever the caller's environment says: nobody should measure the compiler.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTEST_ADDOPTS"] = (
        f"-p no:randomly -p no:rerunfailures {options}"  # in the environment for other tests
    )
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    with process.stdout as pipe:
        output = pipe.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, status=process.returncode, output=output)


def interleaved(
    arms: Mapping[str, Callable[[], R]], rounds: int, *, is_quiet: bool = False, is_warming_up: bool = False
) -> dict[str, list[R]]:
    """Call the *arms* in turns, *rounds* times each, beginning with another arm in each round.

    Args:
        arms: What takes turns.
        rounds: How many rounds.
        is_quiet: Whether progress is kept to ourselves.
        is_warming_up: Whether a first round, which fills caches, is thrown away.
    """
    results: dict[str, list[R]] = {name: [] for name in arms}
    names = list(arms)
    if is_warming_up:
        for arm in arms.values():
            arm()
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            results[name].append(arms[name]())
        if not is_quiet:
            print(f"  round {number + 1} of {rounds} done", file=sys.stderr, flush=True)
    return results


def ratio(values: Iterable[float], baselines: Iterable[float]) -> float:
    """Return the median of the ratios of *values* to the *baselines* of the same rounds."""
    return median(value / baseline for value, baseline in zip(values, baselines, strict=True))


def added(values: Iterable[float], baselines: Iterable[float]) -> float:
    """Return the median of what *values* took more than the *baselines* of the same rounds."""
    return median(value - baseline for value, baseline in zip(values, baselines, strict=True))


def percent(quotient: float) -> str:
    """Return *quotient*, a ratio, as a difference: ``+3.1 %``."""
    return f"{(quotient - 1) * 100:+.1f} %"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
