"""What a barrier costs: empty, with the environment, and with what else is usually registered; what resettables cost.

    python benchmarks/barriers.py [--rounds 15]

Each arm enters and leaves a barrier a thousand times; the arms take turns, and the median of the rounds is printed.
The environment is one of 39 variables.  A resettable has so many pairs of a dict and a list, of which one changes.
"""

import argparse
import asyncio
import copy
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from statistics import median

from _rounds import interleaved, table

from isolation import environment, isolate, isolation_barrier, sync_isolation_barrier, working_directory
from isolation._resettables import Resettable

PASSES = 1000
VARIABLES = 39
TENANT: ContextVar[str] = ContextVar("tenant", default="none")


async def one_async(group: str) -> None:
    """Pass through an async barrier."""
    async with isolation_barrier(group):
        pass


async def one_sync(group: str) -> None:
    """Pass through a sync barrier."""
    with sync_isolation_barrier(group):
        pass


async def one_changing(group: str) -> None:
    """Change a variable inside."""
    async with isolation_barrier(group):
        os.environ["BENCHMARK_00"] = "inside"


async def one_stack(_: str) -> None:
    """Do what everybody does, for comparison."""
    async with AsyncExitStack() as stack:
        stack.callback(int)


def arm(one: Callable[[str], Awaitable[None]], group: str) -> Callable[[], float]:
    """Return what measures the microseconds of *one* pass through barriers of *group*."""

    async def run() -> float:
        started = time.perf_counter()
        for _ in range(PASSES):
            await one(group)
        return (time.perf_counter() - started) / PASSES * 1e6

    return lambda: asyncio.run(run())


def registry(pairs: int) -> dict[str, dict[str, list[int]]]:
    """Return a singleton of so many *pairs* of a dict and a list."""
    return {str(number): {"items": [number]} for number in range(pairs)}


def reset(pairs: int) -> Callable[[], float]:
    """Return what measures the milliseconds of taking, comparing and putting back."""
    things = registry(pairs)
    target = Resettable(things, None, "benchmark", is_shallow=False, follow=None, reset=None, after_restore=None)

    def run() -> float:
        started = time.perf_counter()
        state = target.snapshot()
        things["7"]["items"].append(1)
        target.changed(state)
        target.restore(state)
        return (time.perf_counter() - started) * 1e3

    return run


def copied(pairs: int) -> Callable[[], float]:
    """Return what measures the milliseconds of a deep copy, which puts nothing back."""
    things = registry(pairs)

    def run() -> float:
        started = time.perf_counter()
        copy.deepcopy(things)
        return (time.perf_counter() - started) * 1e3

    return run


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    os.environ.clear()
    os.environ.update({f"BENCHMARK_{number:02}": "x" * 40 for number in range(VARIABLES)})
    isolate("environment", environment())
    isolate("everything", environment(), working_directory(), TENANT)
    arms = {
        "AsyncExitStack with one callback": arm(one_stack, ""),
        "empty": arm(one_async, "nothing"),
        "empty, sync": arm(one_sync, "nothing"),
        f"{VARIABLES} variables": arm(one_async, "environment"),
        f"{VARIABLES} variables, sync": arm(one_sync, "environment"),
        f"{VARIABLES} variables, one changed": arm(one_changing, "environment"),
        "variables, directory, a context variable": arm(one_async, "everything"),
    }
    results = interleaved(arms, rounds, is_quiet=True, is_warming_up=True)
    print(table(["barrier", "µs"], [(name, f"{median(values):.1f}") for name, values in results.items()]))
    arms = {f"{pairs:,} pairs{what}": arm(pairs) for pairs in (100, 1_000, 10_000) for what, arm in KINDS.items()}
    results = interleaved(arms, rounds, is_quiet=True, is_warming_up=True)
    print(table(["resettable", "ms"], [(name, f"{median(values):.2f}") for name, values in results.items()]))


KINDS = {"": reset, ", deepcopy alone": copied}

if __name__ == "__main__":
    main()
