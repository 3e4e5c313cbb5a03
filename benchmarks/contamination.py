"""What watching the heap takes per test, and what resettables take beside copy.deepcopy.

    python benchmarks/contamination.py [--rounds 15] [--only modules|objects|resettables]

Modules are made of 15 functions, a class with a registry, an instance, a dict and a list; objects hang in a tree of
dicts, lists and instances below one module.  The arms take turns; shown are medians of processor time, and medians of
ratios to comparing the dicts and lists by `operator.is_`, or to `copy.deepcopy`.
"""

import argparse
import copy
import gc
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import is_
from statistics import median
from types import FunctionType, ModuleType

from _rounds import interleaved, ratio, table

from isolation.snapshots import Root, Snapshot

MODULES = 10, 100, 1_000
OBJECTS = 10_000, 100_000, 1_000_000
PAIRS = 100, 1_000, 10_000
FUNCTIONS = 15


class Thing:
    """Something with state."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.items = [number]


def is_ours(kind: type) -> bool:
    return kind.__module__ == __name__


def nothing():
    """Do nothing."""


def made_module(number: int) -> ModuleType:
    module = ModuleType(f"app.module_{number}")
    names = vars(module)
    names.update((f"function_{n}", FunctionType(nothing.__code__, names)) for n in range(FUNCTIONS))
    names["Service"] = type("Service", (), {"__module__": __name__, "registry": {}})
    names.update(thing=Thing(number), state={"a": number}, recent=[number])
    return module


def made_objects(count: int) -> ModuleType:
    """Return a module from which *count* objects are reached: of five, two dicts, two lists and an instance."""
    module = made_module(0)
    vars(module)["tree"] = [
        {number: {"thing": Thing(number), "all": []} for number in range(start, start + 100)}
        for start in range(0, count // 5, 100)
    ]
    return module


def containers(modules: Iterable[ModuleType]) -> list[dict[object, object] | list[object]]:
    """Return the dicts and lists that are reached from *modules*, found without much care."""
    found: dict[int, object] = {}
    ahead: list[object] = [vars(module) for module in modules]
    while ahead:
        fresh = {id(each): each for each in ahead if id(each) not in found}
        found.update(fresh)
        dicts = [each for each in fresh.values() if type(each) is dict]
        held = [
            *chain.from_iterable(map(dict.values, dicts)),
            *chain.from_iterable(e for e in fresh.values() if type(e) is list),
        ]
        ahead = [vars(each) if type(each) is Thing else each for each in held if type(each) in (dict, list, Thing)]
    return list(found.values())


class Identities:
    """The plain way to compare: lengths, keys and elements of all containers by `is`."""

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        found = containers(modules)
        self.dicts = [each for each in found if type(each) is dict]
        self.lists = [each for each in found if type(each) is list]
        self.saved = list(self.now())

    def now(self) -> Iterable[object]:
        """Return what is held."""
        return chain(
            chain.from_iterable(self.dicts),
            chain.from_iterable(map(dict.values, self.dicts)),
            chain.from_iterable(self.lists),
        )

    def look(self) -> bool:
        """Compare."""
        lengths = list(map(len, self.dicts)), list(map(len, self.lists))
        return all(map(is_, self.now(), self.saved)) and bool(lengths)


def microseconds(run: Callable[[], object], repeats: int = 1) -> float:
    started = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - started) / repeats * 1e6


def watched(name: str, modules: Sequence[ModuleType], rounds: int) -> list[str]:
    """Return the row for *modules*: the first walk, a look, and a test that adds an entry."""
    roots = [Root(module.__name__, module) for module in modules]
    walks = [microseconds(lambda: Snapshot(roots, is_ours)) for _ in range(3)]
    snapshot, plain = Snapshot(roots, is_ours), Identities(modules)
    state = vars(modules[len(modules) // 2])["state"]
    repeats = max(1, 2_000 // len(modules)) if len(modules) > 1 else 1

    def change() -> None:
        state["added"] = 1
        snapshot.accept(snapshot.changes())
        del state["added"]
        snapshot.accept(snapshot.changes())

    change()
    arms = {
        "look": lambda: microseconds(snapshot.changes, repeats),
        "plain": lambda: microseconds(plain.look, repeats),
        "change": lambda: microseconds(change, repeats) / 2,
    }
    costs = interleaved(arms, rounds, is_quiet=True, is_warming_up=True)
    records = sum(len(each.index) for each in snapshot._heap.tables)
    return [
        name,
        f"{records:,}",
        f"{median(walks) / 1e3:,.1f} ms",
        f"{median(costs['look']):,.0f} µs",
        f"{ratio(costs['look'], costs['plain']):.2f}",
        f"{median(costs['change']):,.0f} µs",
    ]


HEAD = ["watched", "records", "first walk", "nothing changed", "to identities", "one entry added"]


def modules(rounds: int) -> str:
    """Return the table for 10 to 1,000 modules."""
    found = [made_module(number) for number in range(max(MODULES))]
    return table(HEAD, [watched(f"{count:,} modules", found[:count], rounds) for count in MODULES])


def objects(rounds: int) -> str:
    """Return the table for 10⁴ to 10⁶ reachable objects."""
    rows = []
    for count in OBJECTS:
        rows.append(watched(f"{count:,} objects", [made_objects(count)], max(rounds // 3, 3)))
        gc.collect()
    return table(HEAD, rows)


def resettables(rounds: int) -> str:
    """Return the table for 100 to 10,000 dicts with a list each."""
    return table(
        ["dict + list pairs", "take", "check", "restore", "sum", "deepcopy", "sum to deepcopy"],
        [pairs(count, rounds) for count in PAIRS],
    )


def pairs(count: int, rounds: int) -> list[str]:
    held = {number: {"items": [number]} for number in range(count)}
    found = [reset(held) for _ in range(rounds)]
    columns = [list(column) for column in zip(*found, strict=True)]
    shown = [f"{median(column) / 1e3:.2f} ms" for column in columns]
    return [f"{count:,}", *shown, f"{ratio(columns[3], columns[4]):.2f}"]


def reset(held: dict[int, dict[str, list[int]]]) -> list[float]:
    """Return what it takes to take, check, restore after every tenth list was changed, all this, and to deepcopy."""
    gc.collect()
    snapshots: list[Snapshot] = []
    take = microseconds(lambda: snapshots.append(Snapshot([Root("held", held)], is_ours)))
    check = microseconds(snapshots[0].changes)
    for number in range(0, len(held), 10):
        held[number]["items"].append(-1)
    restore = microseconds(lambda: snapshots[0].restore(snapshots[0].changes()))
    gc.collect()
    return [take, check, restore, take + check + restore, microseconds(lambda: copy.deepcopy(held))]


PARTS = {"modules": modules, "objects": objects, "resettables": resettables}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each arm runs (default: 15)")
    parser.add_argument("--only", choices=[*PARTS, ""], default="", help="only this part")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {options.rounds} interleaved rounds, medians.")
    for name, part in PARTS.items():
        if options.only in ("", name):
            print(f"\n{part(options.rounds)}", flush=True)


if __name__ == "__main__":
    main()
