"""What each mechanism costs inside of one process: making things with and without a record, and looking around a test.

Each row's arms take turns; times are processor time of this process, and a row's ratios are medians within rounds.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import platform
import socket
import subprocess
import sys
import threading
import time
import traceback
from asyncio import format_helpers
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from statistics import median

from _rounds import interleaved, ratio, table

from isolation._guard import Guard
from isolation._origin import COMPACT_DEPTH, Origin, capture
from isolation._owners import OWNER, Owner
from isolation._settings import Settings, choose_profile
from isolation.recording._recorder import UNLIMITED, process_recorder

DESCRIPTORS = "/proc/self/fd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is done, how often in a round, and the arms that do it; the first arm is the baseline."""

    name: str
    times: int
    arms: Mapping[str, Callable[[], float]]


@contextmanager
def recording(depth: int = COMPACT_DEPTH) -> Iterator[None]:
    """Record who makes what, as a test that is being guarded."""
    recorder = process_recorder()
    recorder.depth = depth
    recorder.acquire()
    token = OWNER.set(Owner("test", "test_benchmark", "test_benchmark.py::test_benchmark"))
    try:
        yield
    finally:
        OWNER.reset(token)
        recorder.release()
        recorder.depth = COMPACT_DEPTH


def timed(work: Callable[[], object], times: int) -> float:
    """Return the seconds of processor time that *work* takes, done *times* times."""
    started = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - started


def in_loop(work: Callable[[int], Awaitable[None]], times: int, *, debug: bool) -> float:
    """Return the seconds that the coroutine function *work* takes in a loop of its own."""

    async def measure() -> float:
        started = time.process_time()
        await work(times)
        return time.process_time() - started

    with asyncio.Runner(debug=debug) as runner:
        return runner.run(measure())


async def nothing() -> None:
    """Do nothing."""


async def make_tasks(times: int) -> None:
    """Make tasks, one after the other."""
    for _ in range(times):
        await asyncio.create_task(nothing())


async def gather_tasks(times: int) -> None:
    """Make tasks that live at the same time."""
    await asyncio.gather(*[asyncio.create_task(nothing()) for _ in range(times)])


async def make_timers(times: int) -> None:
    """Make timers and cancel them."""
    loop = asyncio.get_running_loop()
    for _ in range(times):
        loop.call_later(3600, print).cancel()


async def wait_briefly(times: int) -> None:
    """Wait with a limit, whose timer only wakes the waiting task."""
    for _ in range(times):
        async with asyncio.timeout(3600):
            await nothing()


async def _numbers() -> AsyncIterator[int]:
    yield 1


async def use_generators(times: int) -> None:
    """Run async generators to their end."""
    for _ in range(times):
        async for _number in _numbers():
            pass


def use_thread() -> None:
    """Start a thread and wait for it."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def use_socket() -> None:
    """Open a socket and close it."""
    socket.socket().close()


def use_process() -> None:
    """Start a process and wait for it."""
    subprocess.Popen(["true"]).wait()


def deep(levels: int, work: Callable[[], object]) -> object:
    """Call *work* with *levels* more frames on the stack."""
    return work() if levels == 0 else deep(levels - 1, work)


def loop_row(name: str, times: int, work: Callable[[int], Awaitable[None]], *others: str) -> Row:
    """Return the row for a coroutine function: plain, recorded, and what *others* name."""
    arms = {"plain": lambda: in_loop(work, times, debug=False), "recorded": lambda: recorded(COMPACT_DEPTH)}

    def recorded(depth: int) -> float:
        with recording(depth):
            return in_loop(work, times, debug=False)

    if "traced" in others:
        arms["traced"] = lambda: recorded(UNLIMITED)
    arms["asyncio's debug mode"] = lambda: in_loop(work, times, debug=True)
    return Row(name=name, times=times, arms=arms)


def call_row(name: str, times: int, work: Callable[[], object]) -> Row:
    """Return the row for a function: plain and recorded."""

    def recorded() -> float:
        with recording():
            return timed(work, times)

    return Row(name=name, times=times, arms={"plain": lambda: timed(work, times), "recorded": recorded})


def capture_row(levels: int, times: int) -> Row:
    """Return the row for noting where something is made, *levels* frames deep."""
    ways: dict[str, Callable[[], object]] = {
        "sys._getframe()": sys._getframe,
        f"capture(), {COMPACT_DEPTH} frames": lambda: Origin(None, capture(0, COMPACT_DEPTH)),
        "capture(), all frames": lambda: Origin(None, capture(0, UNLIMITED)),
        "asyncio's extract_stack": lambda: format_helpers.extract_stack(sys._getframe()),
        "traceback.extract_stack": traceback.extract_stack,
    }
    arms = {name: lambda way=way: deep(levels, lambda: timed(way, times)) for name, way in ways.items()}
    return Row(name=f"note a stack of {levels} frames", times=times, arms=arms)


@contextmanager
def opened(count: int) -> Iterator[None]:
    """Open *count* more descriptors."""
    numbers = [os.dup(0) for _ in range(count)]
    try:
        yield
    finally:
        for number in numbers:
            os.close(number)


class Looks:
    """One guard, and ways to let it look around a clean test."""

    def __init__(self) -> None:
        settings = Settings(profile=choose_profile("test", "benchmark", {}))
        self.guard = Guard(settings, os.getcwd())  # noqa: PTH109 - as text

    def around(self) -> None:
        """Look as the plugin does around a test."""
        owner = Owner("test", "test_benchmark", "test_benchmark.py::test_benchmark")
        token = OWNER.set(owner)
        self.guard.begin()
        judgements = self.guard.end(owner)
        OWNER.reset(token)
        assert not judgements, judgements

    def ways(self) -> Mapping[str, Callable[[], object]]:
        """Return the whole look, and that of each probe."""
        each = {f"probe {probe.name}": lambda probe=probe: self.look(probe) for probe in self.guard._probes}
        return {"the guard, begin and end": self.around, **each}

    @staticmethod
    def look(probe: object) -> None:
        """Let one probe look before and after."""
        assert not probe.findings(probe.snapshot())  # type: ignore[attr-defined]  # a probe


def others() -> Mapping[str, Callable[[], object]]:
    """Return what tools without the guard's shortcuts do around every test."""
    ways: dict[str, Callable[[], object]] = {
        f"os.listdir({DESCRIPTORS!r})": lambda: os.listdir(DESCRIPTORS),  # noqa: PTH208 - what such tools call
        "threading.enumerate()": threading.enumerate,
    }
    with contextlib.suppress(ImportError):
        process = import_module("psutil").Process()
        ways |= {
            "psutil, open_files()": process.open_files,
            "psutil, num_fds()": process.num_fds,
            "psutil, children()": process.children,
        }
    ways["gc.collect()"] = gc.collect
    return ways


def looks_row(descriptors: int, times: int) -> Row:
    """Return the row for looking around a clean test with *descriptors* more open."""
    looks = Looks()
    baseline, *peers = others().items()

    def arm(work: Callable[[], object], around: Callable[[], AbstractContextManager[object]], times: int) -> float:
        with around(), opened(descriptors):
            work()
            return timed(work, times)

    arms = {baseline[0]: lambda: arm(baseline[1], nullcontext, times)}
    for name, work in looks.ways().items():
        arms[name] = lambda work=work: arm(work, lambda: installed(looks.guard), times)
    for name, work in peers if descriptors == 0 else ():
        rare = max(times // 200, 3)
        arms[name] = lambda work=work, rare=rare: arm(work, nullcontext, rare) * times / rare
    return Row(name=f"look around a clean test, {descriptors} more descriptors", times=times, arms=arms)


@contextmanager
def installed(guard: Guard) -> Iterator[None]:
    """Let *guard* record."""
    guard.install()
    try:
        yield
    finally:
        guard.uninstall()


def rows(scale: float) -> Iterator[Row]:
    """Yield all rows, with *scale* times the usual number of repetitions."""

    def scaled(times: int) -> int:
        return max(int(times * scale), 5)

    yield loop_row("create_task, awaited", scaled(3000), make_tasks, "traced")
    yield loop_row("create_task, gathered", scaled(1000), gather_tasks, "traced")
    yield loop_row("call_later, cancelled", scaled(3000), make_timers, "traced")
    yield loop_row("asyncio.timeout", scaled(3000), wait_briefly)
    yield loop_row("async generator", scaled(3000), use_generators)
    yield call_row("thread, started and joined", scaled(500), use_thread)
    yield call_row("socket, opened and closed", scaled(2000), use_socket)
    yield call_row("Popen, waited for", scaled(20), use_process)
    yield capture_row(5, scaled(3000))
    yield capture_row(50, scaled(1000))
    yield looks_row(0, scaled(1000))
    yield looks_row(200, scaled(300))


def shown(row: Row, rounds: int) -> str:
    """Measure *row* and return its table."""
    results: Mapping[str, Sequence[float]] = interleaved(row.arms, rounds, is_quiet=True)
    baseline = next(iter(results.values()))
    lines = [
        (name, f"{ratio(seconds, baseline):.2f}", f"{median(seconds) / row.times * 1e6:.2f} µs")
        for name, seconds in results.items()
    ]
    return table([row.name, "ratio", "each, median"], lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each arm runs (default: 15)")
    parser.add_argument("--scale", type=float, default=1.0, help="times the repetitions in a round (default: 1)")
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    options = parser.parse_args()
    # The debug mode is charged for what it records, not for telling how slow it is.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    print(f"Python {platform.python_version()}, {options.rounds} interleaved rounds.")
    for row in rows(options.scale):
        if options.only in row.name:
            print(f"\n{shown(row, options.rounds)}", flush=True)


if __name__ == "__main__":
    main()
