"""What looking at the state of the process costs per test: each probe, all of them, and a straightforward comparison.

The arms take turns; times are processor time of this process, medians over rounds; the ratio is within rounds.
The straightforward comparison copies everything before a test and again after it, and compares, as most tools do.
"""

import argparse
import asyncio
import decimal
import gc
import locale
import logging
import os
import platform
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from statistics import median
from types import ModuleType

from _rounds import interleaved, ratio, table

from isolation._state_probes import CLASSES
from isolation.probes._protocol import StateProbe


def straightforward() -> Mapping[str, object]:
    """Return copies of everything that the probes watch."""
    root = logging.getLogger()
    loggers = [root, *(each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger))]
    return {
        "environ": dict(os.environ),
        "cwd": os.getcwd(),  # noqa: PTH109 - the call itself
        "modules": dict(sys.modules),
        "imports": (list(sys.path), list(sys.argv), list(sys.meta_path), list(sys.path_hooks)),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook),
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()),
        "gc": (gc.isenabled(), gc.get_threshold(), gc.get_debug(), list(gc.callbacks)),
        "decimal": decimal.getcontext().copy(),
        "policy": asyncio.get_event_loop_policy(),
        "others": (socket.getdefaulttimeout(), tempfile.tempdir),
        "signals": {number: signal.getsignal(number) for number in signal.Signals},
        "alarm": signal.getitimer(signal.ITIMER_REAL),
        "locale": locale.setlocale(locale.LC_ALL),
        "zone": (time.tzname, time.timezone),
        "warnings": list(warnings.filters),
        "loggers": [
            (each.level, list(each.handlers), list(each.filters), each.propagate, each.disabled) for each in loggers
        ],
        "random": random.getstate(),
    }


def straightforward_look() -> list[str]:
    """Copy before and after, and compare."""
    before, after = straightforward(), straightforward()
    return [name for name in before if name != "decimal" and before[name] != after[name]]


def made(path: str) -> StateProbe:
    """Return the probe whose class is at *path*."""
    module, _, name = path.partition(":")
    probe: StateProbe = vars(import_module(f"isolation.probes.{module}"))[name]()
    return probe


def timed(times: int, look: Callable[[], object]) -> float:
    """Return microseconds of one *look*."""
    started = time.process_time()
    for _ in range(times):
        look()
    return (time.process_time() - started) / times * 1e6


def populate(modules: int, loggers: int) -> None:
    """Make the process as large as a project of that many modules and loggers."""
    for number in range(len(sys.modules), modules):
        sys.modules[f"benchmark_{number}"] = ModuleType(f"benchmark_{number}")
    for number in range(loggers):
        logging.getLogger(f"benchmark_{number}")


def rows(rounds: int, times: int) -> list[list[str]]:
    """Return the table of the process as it is now."""
    probes = {name: made(path) for name, path in CLASSES.items()}
    for probe in probes.values():
        probe.start()
        assert not probe.look(), probe.name
    looks = [probe.look for probe in probes.values()]
    arms: dict[str, Callable[[], float]] = {
        name: partial(timed, times, look) for name, look in zip(probes, looks, strict=True)
    }
    arms["all of them"] = partial(timed, times, lambda: [look() for look in looks])
    arms["straightforward"] = partial(timed, max(1, times // 20), straightforward_look)
    results = interleaved(arms, rounds, is_quiet=True, is_warming_up=True)
    baseline = results["straightforward"]
    return [[name, f"{median(values):.1f}", f"{ratio(values, baseline):.3f}"] for name, values in results.items()]


def main() -> None:
    """Print one table for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--times", type=int, default=500)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {len(os.environ)} environment variables")
    for modules, loggers in ((500, 30), (1000, 100), (2000, 300)):
        populate(modules, loggers)
        print(f"\n{len(sys.modules)} modules, {len(logging.root.manager.loggerDict)} loggers, nothing changed\n")
        print(table(["look of", "µs per test", "of straightforward"], rows(options.rounds, options.times)))


if __name__ == "__main__":
    main()
