"""ResourceManager beside contextlib.AsyncExitStack: register callbacks and clean them up.

    python benchmarks/resources.py [rounds]

The two take turns within each round, so that a busy machine slows both.
Shown are medians per callback, with the making of stack or manager, and their ratio.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from isolation import ResourceManager

COUNTS = (1, 10, 100, 1_000, 10_000, 100_000)
CALLS = 20_000


def sync_callback():
    """Do nothing."""


async def async_callback():
    """Do nothing."""


async def exit_stack(count: int, callback: Callable[[], object]) -> None:
    stack = AsyncExitStack()
    register = stack.push_async_callback if callback is async_callback else stack.callback
    for _ in range(count):
        register(callback)
    await stack.aclose()


async def manager(count: int, callback: Callable[[], object]) -> None:
    resources = ResourceManager()
    for _ in range(count):
        resources.register(callback)
    await resources.cleanup_all()


async def microseconds(run: Callable[[int, Callable[[], object]], Awaitable[None]], count, callback) -> float:
    repeats = max(CALLS // count, 1)
    started = time.perf_counter()
    for _ in range(repeats):
        await run(count, callback)
    return (time.perf_counter() - started) / repeats / count * 1e6


async def main(rounds: int) -> None:
    print("| callback | number | AsyncExitStack, µs each | ResourceManager, µs each | ratio |")
    print("|---|---|---|---|---|")
    for callback in (sync_callback, async_callback):
        for count in COUNTS:
            pairs = [[await microseconds(run, count, callback) for run in (exit_stack, manager)] for _ in range(rounds)]
            theirs, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
            print(f"| {callback.__name__} | {count:,} | {theirs:.2f} | {ours:.2f} | {ours / theirs:.1f} |")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7))
