"""Run somebody else's order-dependent suite: who fails by order, whom restoring heals, who is named, at which cost.

Give the path of a checkout, and with --python the interpreter of an environment in which its tests run and this plugin
and detect-test-pollution are installed.  Printed are, in Markdown:

- the tests that fail in the default, in the reversed and in three random orders, with the plugin off, and in mode
  `restore`; a victim is a test that fails in one order and passes in another;
- for each victim, what `--isolation-diagnose` says in the order in which it failed, whether the tests that it names
  make the victim fail (or pass, if it is brittle) without the plugin, what a bisection without the plugin finds, and
  what detect-test-pollution finds, each with its number of runs and its seconds;
- every place that was found changed, so that somebody can say which findings are false.
"""

import argparse
import json
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from _rounds import run, table
from public_suites import RECORDER, Run, run_once

ORDERS = {"default": None, "reverse": "reverse", "random:1": "random:1", "random:2": "random:2", "random:3": "random:3"}
OFF = ("-p", "no:isolation")

# Runs inside of the foreign suite, without the plugin: some tests in a given order.
SELECTOR = """\
import json


def pytest_addoption(parser):
    parser.addoption("--benchmark-tests")


def pytest_collection_modifyitems(config, items):
    with open(config.getoption("benchmark_tests"), encoding="utf-8") as file:
        wanted = json.load(file)
    found = {item.nodeid: item for item in items}
    items[:] = [found[test] for test in wanted if test in found]
"""


@dataclass(kw_only=True)
class Suite:
    """A checkout, and how its tests are run.

    Attributes:
        checkout: Where it is.
        scratch: Where files of ours are.
        python: The interpreter.
        arguments: More arguments of pytest.
        trials: How often some of its tests were run without the plugin.
    """

    checkout: Path
    scratch: Path
    python: str
    arguments: Sequence[str]
    trials: int = 0

    def run(self, *options: str) -> Run:
        """Run the whole suite."""
        command = [self.python, "-q", "-p", "no:cacheprovider", *self.arguments]
        return run_once(self.checkout, self.scratch, command, options)

    def fails(self, test: str, before: Sequence[str]) -> bool:
        """Tell whether *test* fails after *before*, without the plugin."""
        tests = self.scratch / "tests.json"
        tests.write_text(json.dumps([*before, test]), encoding="utf-8")
        self.trials += 1
        each = self.run(*OFF, "-p", "benchmark_selector", f"--benchmark-tests={tests}")
        return is_failure(each.outcomes.get(test, "missing"))


@dataclass(kw_only=True)
class Victim:
    """A test whose outcome depends on the order.

    Attributes:
        test: Its node id.
        order: An order in which it fails.
        before: The tests that ran before it then.
        after: The tests that ran after it then.
        notes: What was found, by who found it.
    """

    test: str
    order: str
    before: Sequence[str]
    after: Sequence[str]
    notes: dict[str, Any] = field(default_factory=dict)


def is_failure(outcome: str) -> bool:
    return "failed" in outcome.replace("xfailed", "") or "error" in outcome


def failures(each: Run) -> set[str]:
    return {test for test, outcome in each.outcomes.items() if is_failure(outcome)}


def in_all_orders(suite: Suite, mode: str) -> dict[str, Run]:
    """Return a run in each order."""
    runs = {}
    for name, order in ORDERS.items():
        chosen = [f"--isolation-order={order}"] if order else []
        report = f"--isolation-report={suite.scratch / 'report.jsonl'}"
        runs[name] = suite.run(f"--isolation-mode={mode}", report, *chosen)
    return runs


def victims_of(runs: Mapping[str, Run]) -> list[Victim]:
    """Return the tests that fail in one of *runs* and pass in another, each with the first order in which it fails."""
    victims = {}
    always = set.intersection(*map(failures, runs.values()))
    for order, each in runs.items():
        tests = list(each.outcomes)
        for test in tests:
            if test in failures(each) - always and test not in victims:
                place = tests.index(test)
                victims[test] = Victim(test=test, order=order, before=tests[:place], after=tests[place + 1 :])
    return list(victims.values())


def diagnose(suite: Suite, order: str) -> dict[str, Mapping[str, Any]]:
    """Return the records of the diagnosis of a run in *order*."""
    chosen = [f"--isolation-order={ORDERS[order]}"] if ORDERS[order] else []
    report = f"--isolation-report={suite.scratch / 'report.jsonl'}"
    each = suite.run("--isolation-diagnose", "--isolation-diagnose-limit=1000", report, *chosen)
    return {record["test"]: record for record in each.records if record["record"] == "diagnosis"}


def bisect(suite: Suite, victim: Victim) -> None:
    """Find, without the plugin, what makes *victim* fail; note that it is brittle if it fails alone."""
    from isolation._bisection import reduce

    before, started = suite.trials, time.perf_counter()
    if suite.fails(victim.test, []):
        setters = reduce(victim.after, lambda part: not suite.fails(victim.test, part))
        found: dict[str, Any] = {"kind": "brittle", "others": setters}
    elif suite.fails(victim.test, victim.before):
        found = {
            "kind": "order-dependent",
            "others": reduce(victim.before, lambda part: suite.fails(victim.test, part)),
        }
    else:
        found = {"kind": "not repeated", "others": []}
    victim.notes["bisection"] = {**found, "runs": suite.trials - before, "seconds": time.perf_counter() - started}


def detect(suite: Suite, victim: Victim) -> None:
    """Let detect-test-pollution look for the polluter, in the order in which the victim failed."""
    tests = suite.scratch / "testids.txt"
    tests.write_text("\n".join([*victim.before, victim.test]), encoding="utf-8")
    program = "import sys, detect_test_pollution; sys.exit(detect_test_pollution.main())"
    command = [suite.python, "-c", program, "--failing-test", victim.test, "--testids-file", tests]
    cost = run(command, cwd=suite.checkout, options=shlex.join([*OFF, *suite.arguments]))
    steps = re.findall(r"^(?:ensuring test|running step|double checking)", cost.output, re.MULTILINE)
    polluter = re.search(r"the polluting test is: (.*)", cost.output)
    words = [line for line in cost.output.splitlines() if line.strip()]
    victim.notes["detect-test-pollution"] = {
        "others": [polluter[1]] if polluter else [],
        "said": "" if polluter else words[-1][:80] if words else f"status {cost.status}",
        "runs": len(steps),
        "seconds": cost.wall,
    }


def confirm(suite: Suite, victim: Victim) -> bool:
    """Tell whether what the diagnosis names has the effect that it says, without the plugin."""
    said = victim.notes["diagnosis"]
    if said["verdict"] == "order-dependent" and said["others"]:
        return not suite.fails(victim.test, []) and suite.fails(victim.test, said["others"])
    if said["verdict"] == "brittle":
        return suite.fails(victim.test, []) and not suite.fails(victim.test, said["others"])
    return False


UNTRIED: Mapping[str, Any] = {"kind": "not tried", "others": [], "said": "not tried", "runs": 0, "seconds": 0.0}


def print_orders(off: Mapping[str, Run], restored: Mapping[str, Run]) -> None:
    rows = [
        [
            name,
            str(len(failures(off[name]))),
            str(len(failures(restored[name]))),
            ", ".join(sorted(failures(restored[name])))[:400],
        ]
        for name in ORDERS
    ]
    print(table(["order", "fail, off", "fail, restore", "which fail under restore"], rows), "\n")


def print_victims(victims: Sequence[Victim]) -> None:
    rows = []
    for victim in victims:
        said = victim.notes["diagnosis"]
        known, peer = (victim.notes.get(who, UNTRIED) for who in ("bisection", "detect-test-pollution"))
        others = " + ".join([*said.get("others", []), *said.get("imports", [])])
        proven = f"{said.get('place')}: {said.get('before')} -> {said.get('after')}" if said.get("place") else ""
        line = said.get("line")
        rows.append(
            [
                f"{victim.test} ({victim.order})",
                f"{said['verdict']}: {others}" + (" (confirmed)" if victim.notes["confirmed"] else " (NOT confirmed)"),
                ("proven: " if said.get("is_proven") else "") + proven,
                f"{line['file']}:{line['line']} in {line['function']}" if line else "",
                f"{said['runs']}, {said['seconds']:.1f} s",
                f"{known['kind']}: {' + '.join(known['others'])}; {known['runs']}, {known['seconds']:.1f} s",
                f"{' + '.join(peer['others']) or peer['said']}; {peer['runs']}, {peer['seconds']:.1f} s",
            ]
        )
    head = ["victim", "diagnosis", "state", "line", "runs", "bisection without us", "detect-test-pollution"]
    print(table(head, [[cell.replace("|", "\\|") for cell in row] for row in rows]), "\n")


def print_totals(victims: Sequence[Victim]) -> None:
    def total(who: str, chosen: Sequence[Victim]) -> str:
        notes = [victim.notes[who] for victim in chosen]
        runs, seconds = [note["runs"] for note in notes], [note["seconds"] for note in notes]
        return f"{sum(runs)} runs (median {median(runs):g}), {sum(seconds):.1f} s" if notes else "-"

    named = [victim for victim in victims if victim.notes["confirmed"]]
    proven = [victim for victim in named if victim.notes["diagnosis"]["is_proven"]]
    by_findings = [victim for victim in named if victim.notes["diagnosis"]["found_by"] == "findings"]
    print(
        f"The diagnosis names the polluters or setters of {len(named)} of {len(victims)} victims, {len(by_findings)} "
    )
    print(f"of them by findings, {len(proven)} with a proven place: {total('diagnosis', victims)}.")
    both = [victim for victim in victims if "bisection" in victim.notes]
    known = [victim for victim in both if victim.notes["bisection"]["kind"] != "not repeated"]
    recalled = [victim for victim in known if victim.notes["confirmed"]]
    found = [victim for victim in both if victim.notes["detect-test-pollution"]["others"]]
    print(f"On {len(both)} of them, {len(known)} with polluters or setters known from a bisection without the plugin:")
    print(f"the diagnosis names {len(recalled)}: {total('diagnosis', both)};")
    print(f"detect-test-pollution names {len(found)}: {total('detect-test-pollution', both)}.\n")


def print_findings(runs: Mapping[str, Run]) -> None:
    """Print each place that was found changed in any order."""
    places: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for each in runs.values():
        for record in each.findings:
            if record.get("unit"):
                key = (record["severity"], record["kind"], record["unit"])
                places.setdefault(key, []).append(record)
    rows = [
        [
            f"{key[0]} {key[1]}",
            key[2],
            str(len({record["test"] for record in found})),
            f"{found[0]['before']} -> {found[0]['after']}"[:160],
            str(found[0]["test"] or (found[0]["owner"] or {}).get("name")),
            str(found[0]["excused"] or ""),
        ]
        for key, found in sorted(places.items())
    ]
    head = ["finding", "place", "tests", "for example", "of", "excused"]
    print(table(head, [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]), "\n")


def study(suite: Suite, *, is_brief: bool, peers: int) -> None:
    """Run everything on *suite* and print it; only the first *peers* victims are looked for in the other ways, too."""
    off = in_all_orders(suite, "off")
    reported, restored = in_all_orders(suite, "report"), in_all_orders(suite, "restore")
    changed = [name for name in ORDERS if failures(off[name]) != failures(reported[name])]
    always = sorted(set.intersection(*map(failures, off.values())))
    victims = victims_of(off)
    print(f"## {suite.checkout.name}\n\n{len(off['default'].outcomes)} tests, {len(victims)} victims.")
    print(
        f"Fail in every order: {', '.join(always) or 'none'}. Orders in which `report` changes outcomes: {changed}.\n"
    )
    print_orders(off, restored)
    print_findings(reported)
    sys.stdout.flush()
    if is_brief:
        return
    said = {order: diagnose(suite, order) for order in dict.fromkeys(victim.order for victim in victims)}
    for number, victim in enumerate(victims):
        nothing = {"verdict": "not repeated", "runs": 0, "seconds": 0.0, "is_proven": False, "found_by": None}
        victim.notes["diagnosis"] = said[victim.order].get(victim.test, nothing)
        victim.notes["confirmed"] = confirm(suite, victim)
        if number < peers:
            bisect(suite, victim)
            detect(suite, victim)
    print_victims(victims)
    print_totals(victims)
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a checkout")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs its tests (default: this one)")
    parser.add_argument("--args", default="", help="more arguments for pytest, in one string")
    parser.add_argument("--brief", action="store_true", help="only orders and findings, no diagnosis")
    parser.add_argument("--peers", type=int, default=1000, metavar="N", help="compare on the first N victims only")
    options = parser.parse_args()
    if not options.paths:
        print("no checkout given; --help says what is wanted")
    inherited = [path for path in [os.environ.get("PYTHONPATH")] if path]
    for path in options.paths:
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            (scratch / "benchmark_recorder.py").write_text(RECORDER, encoding="utf-8")
            (scratch / "benchmark_selector.py").write_text(SELECTOR, encoding="utf-8")
            os.environ["PYTHONPATH"] = os.pathsep.join([name, *inherited])  # also for what these runs start
            suite = Suite(
                checkout=path.resolve(), scratch=scratch, python=options.python, arguments=shlex.split(options.args)
            )
            study(suite, is_brief=options.brief, peers=options.peers)


if __name__ == "__main__":
    main()
