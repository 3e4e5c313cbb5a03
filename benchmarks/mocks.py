"""What mocks of client classes cost: the standard library's, decoy's, pytest-mock's and ours, by turns in one process.

    python benchmarks/mocks.py                   # every table, about four minutes
    python benchmarks/mocks.py creation body     # some of them
    python benchmarks/mocks.py --write           # and put them into docs/explanation/why-isolated-mocks.md

Times are processor time of this process, medians over rounds in which the arms take turns. What is compared are the
ratios to ``isolated_mock`` of the same round. ``create_autospec`` is measured with fewer repetitions: it is that slow.
"""

import argparse
import datetime as dt
import gc
import platform
import re
import time
import tracemalloc
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from _mock_arms import (
    AUTOSPEC,
    BARE,
    DECOY,
    OURS,
    PYTEST_MOCK,
    SLOW,
    SPEC,
    SUBJECTS,
    Subject,
    bodies,
    finished,
    makers,
)
from _mock_holes import holes
from _mock_suite import NO_MOCKS, suite_costs
from _rounds import interleaved, ratio, table

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "why-isolated-mocks.md"
SECONDS = 0.01
"""How long one measurement of one arm takes at least."""


def each(action: Callable[[], object], *, once: bool = False) -> Callable[[], float]:
    """Return what measures how many µs of processor time *action* takes, with *once* in a single go."""

    def measure() -> float:
        repeats = 1
        while True:
            started = time.process_time_ns()
            for _ in range(repeats):
                action()
            spent = time.process_time_ns() - started
            if once or spent >= SECONDS * 1e9:
                return spent / repeats / 1e3
            repeats *= 2 if not spent else max(2, min(100, int(SECONDS * 1.3e9 / spent)))

    return measure


def times(arms: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Measure the *arms* by turns."""
    measures = {arm: each(action, once=arm in SLOW) for arm, action in arms.items()}
    gc.collect()
    return interleaved(measures, rounds, is_quiet=True, is_warming_up=True)


def short(number: float) -> str:
    """Return *number* as people read it."""
    digits = 0 if number >= 20 else 1 if number >= 2 else 2
    return f"{number:,.{digits}f}"


def compared(results: Mapping[str, Sequence[float]], arm: str) -> str:
    """Return the median of *arm* and how many times that of ours it is."""
    if arm not in results:
        return "-"
    quotient = "" if arm == OURS else f" ({short(ratio(results[arm], results[OURS]))} x)"
    return f"{short(median(results[arm]))}{quotient}"


def by_class(measure: Callable[[Subject], Mapping[str, Sequence[float]]], arms: Sequence[str]) -> str:
    """Return a table with a row for each class."""
    rows = []
    for subject in SUBJECTS:
        results = measure(subject)
        rows.append([subject.path, *(compared(results, arm) for arm in arms)])
    return table(["class", *(f"`{arm}`" for arm in arms)], rows)


CLASS_ARMS = (OURS, BARE, SPEC, AUTOSPEC, PYTEST_MOCK, DECOY)


def creation(rounds: int) -> str:
    """Microseconds to make a mock."""
    return by_class(lambda subject: times(makers(subject.cls), rounds), CLASS_ARMS)


def first_access(rounds: int) -> str:
    """Microseconds to make a mock and touch one of its methods."""

    def measure(subject: Subject) -> dict[str, list[float]]:
        name = next(iter(subject.calls))
        touching = {
            arm: partial(lambda make, n: getattr(make(), n), make, name) for arm, make in makers(subject.cls).items()
        }
        return times(touching, rounds)

    return by_class(measure, CLASS_ARMS)


def call(rounds: int) -> str:
    """Microseconds for an awaited call with one argument; the mock is reset after each hundred."""

    def measure(subject: Subject) -> dict[str, list[float]]:
        name, args = next(iter(subject.calls.items()))
        return times(
            {arm: awaiting(make(), name, args) for arm, make in makers(subject.cls).items() if arm != DECOY}, rounds
        )

    return by_class(lambda subject: hundredths(measure(subject)), CLASS_ARMS[:-1])


def awaiting(mock: Any, name: str, args: tuple[object, ...]) -> Callable[[], None]:
    """Return what awaits a hundred calls."""
    method = getattr(mock, name)

    def awaited() -> None:
        for _ in range(100):
            finished(method(*args))
        method.reset_mock()

    return awaited


def hundredths(results: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return the results of one call each."""
    return {arm: [value / 100 for value in values] for arm, values in results.items()}


def whole_body(rounds: int) -> str:
    """Microseconds for a test: make a mock, set three results, await six calls, assert three times, reset."""
    return by_class(lambda subject: times(bodies(subject), rounds), CLASS_ARMS)


def reset(rounds: int) -> str:
    """Microseconds for ``reset_mock()`` of a mock whose methods were all touched."""

    def measure(subject: Subject) -> dict[str, list[float]]:
        arms = {arm: make for arm, make in makers(subject.cls).items() if arm not in (BARE, PYTEST_MOCK, DECOY)}
        return times({arm: touched(make(), subject.cls).reset_mock for arm, make in arms.items()}, rounds)

    return by_class(measure, (OURS, SPEC, AUTOSPEC))


def touched(mock: Any, cls: type) -> Any:
    """Return *mock* after a look at all public functions of *cls*."""
    for name, member in vars(cls).items():
        if callable(member) and not name.startswith("_"):
            getattr(mock, name)
    return mock


def memory(_: int) -> str:
    """KB of a new mock."""
    rows = []
    for subject in SUBJECTS:
        kept = {arm: kilobytes(make, 3 if arm in SLOW else 50) for arm, make in makers(subject.cls).items()}
        rows.append([subject.path, *(short(kept[arm]) for arm in CLASS_ARMS)])
    return table(["class", *(f"`{arm}`" for arm in CLASS_ARMS)], rows)


def kilobytes(make: Callable[[], object], number: int) -> float:
    """Return how many KB an object of *make* takes, of *number*."""
    make()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [make() for _ in range(number)]
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / len(kept) / 1024


def garbage(_: int) -> str:
    """Objects that one whole test leaves to the garbage collector, because nothing else frees them."""
    rows = []
    for subject in SUBJECTS:
        left = {arm: left_by(test) for arm, test in bodies(subject).items()}
        rows.append([subject.path, *(f"{left[arm]:,}" for arm in CLASS_ARMS)])
    return table(["class", *(f"`{arm}`" for arm in CLASS_ARMS)], rows)


def left_by(test: Callable[[], object]) -> int:
    """Return how many objects *test* leaves to the collector."""
    test()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        test()
        return len(gc.get_objects()) - before
    finally:
        gc.enable()
        gc.collect()


def collector(_: int) -> str:
    """Milliseconds for ``gc.collect()`` while 10,000 mocks of asyncpg.Connection live, and when they are dropped."""
    subject = SUBJECTS[1]
    rows = []
    for arm, make in makers(subject.cls).items():
        if arm not in SLOW:  # 10,000 of them would take gigabytes
            alive, dropped = collected(make)
            rows.append([f"`{arm}`", short(alive), short(dropped)])
    return table(["10,000 mocks", "alive, ms", "dropped, ms"], rows)


def collected(make: Callable[[], object]) -> tuple[float, float]:
    """Return how many ms a collection takes with 10,000 mocks of *make*, and after them, over one without any."""
    gc.collect()
    empty = min(each(gc.collect, once=True)() for _ in range(3))
    gc.disable()
    kept = [make() for _ in range(10_000)]
    alive = min(each(gc.collect, once=True)() for _ in range(3))
    kept.clear()
    dropped = each(gc.collect, once=True)()
    gc.enable()
    return (alive - empty) / 1e3, (dropped - empty) / 1e3


def suite(rounds: int) -> str:
    """CPU seconds of a run of pytest with 1,000 tests, each with mocks of three services; autospec: scaled from 10."""
    costs = suite_costs(min(rounds, 3))
    plain = costs.pop(NO_MOCKS)
    mocks = {arm: [cost - none for cost, none in zip(costs[arm], plain, strict=True)] for arm in costs}
    rows = [[f"`{arm}`", short(median(costs[arm])), compared(mocks, arm)] for arm in costs]
    return table(["", "CPU s", "of that for mocks"], [[NO_MOCKS, short(median(plain)), "-"], *rows])


def found_holes(_: int) -> str:
    """Lines that say with a mock what they say with the real client."""
    return holes()


TABLES: Mapping[str, Callable[[int], str]] = {
    "creation": creation,
    "access": first_access,
    "call": call,
    "body": whole_body,
    "reset": reset,
    "memory": memory,
    "garbage": garbage,
    "collector": collector,
    "suite": suite,
    "holes": found_holes,
}


def conditions() -> str:
    """Return when and with what all was measured."""
    packages = ("aiokafka", "asyncpg", "decoy", "pytest", "pytest-mock", "redis", "websockets")
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    today = dt.datetime.now(dt.UTC).date()
    return f"Measured on {today} with CPython {platform.python_version()}, {versions}."


def written(page: str, name: str, text: str) -> str:
    """Return *page* with *text* between the marks of *name*."""
    marks = rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)"
    if not re.search(marks, page, re.DOTALL):
        raise SystemExit(f"{PAGE} has no place for {name!r}")
    return re.sub(marks, lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES], help="which tables (default: all)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="put the tables into the documentation")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of coroutines that a mock made and nobody awaits
    texts = {}
    for name in options.tables or TABLES:
        texts[name] = TABLES[name](options.rounds)
        print(f"\n{name}: {(TABLES[name].__doc__ or '').strip()}\n\n{texts[name]}", flush=True)
    print(f"\n{conditions()}")
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        for name, text in {**texts, "conditions": conditions()}.items():
            page = written(page, name, text)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
