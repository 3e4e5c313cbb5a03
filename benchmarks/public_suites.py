"""Run somebody else's suite with and without the plugin: outcomes changed, findings, overhead.

Give the path of a checkout, and with --python the interpreter of an environment in which its tests run and this plugin
is installed.  The suite runs with `-p no:isolation` and with `--isolation-mode=report` in turns; the outcome of every
test is compared by its node id.  A test whose outcome differs between the plain runs is named as unstable, and counts
as changed only if the plugin gives it an outcome that it never had without.
"""

import argparse
import json
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _rounds import Cost, interleaved, percent, ratio, run, table

# Runs inside of the foreign suite: nothing but pytest may be imported.
RECORDER = """\
import json
import os

OUTCOMES = {}


def pytest_runtest_logreport(report):
    name = report.outcome
    if hasattr(report, "wasxfail"):
        name = "xfailed" if report.skipped else "xpassed"
    elif report.failed and report.when != "call":
        name = f"error at {report.when}"
    if report.when == "call" or name != "passed":
        known = OUTCOMES.get(report.nodeid)
        OUTCOMES[report.nodeid] = name if known in (None, "passed", name) else f"{known}, {name}"


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        with open(config.getoption("benchmark_outcomes"), "w", encoding="utf-8") as file:
            json.dump(OUTCOMES, file)


def pytest_addoption(parser):
    parser.addoption("--benchmark-outcomes", dest="benchmark_outcomes")
"""
PLAIN, GUARDED = "plain", "guarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a suite.

    Attributes:
        cost: What it took.
        outcomes: By node id.
        records: The lines of the plugin's report, empty without the plugin.
    """

    cost: Cost
    outcomes: Mapping[str, str]
    records: Sequence[Mapping[str, Any]] = ()

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """Return what was found, whatever its severity."""
        return [record for record in self.records if record["record"] == "finding"]

    @property
    def summary(self) -> Mapping[str, Any]:
        """Return the closing record of the report."""
        return self.records[-1] if self.records else {}


def run_once(checkout: Path, scratch: Path, command: Sequence[str], options: Sequence[str]) -> Run:
    """Run the suite of *checkout* once and return what happened."""
    outcomes, report = scratch / "outcomes.json", scratch / "report.jsonl"
    outcomes.unlink(missing_ok=True)
    report.unlink(missing_ok=True)
    # A plugin of `-p` is imported by name; the shell of `-c` would not be found by the suite's own subprocesses either.
    bootstrap = f"import sys; sys.path.append({str(scratch)!r}); import pytest; sys.exit(pytest.main())"
    arguments = ["-p", "benchmark_recorder", f"--benchmark-outcomes={outcomes}", *options]
    cost = run([command[0], "-c", bootstrap, *command[1:], *arguments], cwd=checkout)
    if not outcomes.exists():
        sys.exit(f"the run was not completed (status {cost.status}):\n{cost.output[-4000:]}")
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    return Run(
        cost=cost,
        outcomes=json.loads(outcomes.read_text(encoding="utf-8")),
        records=[json.loads(line) for line in lines],
    )


def outcomes_of(runs: Sequence[Run]) -> dict[str, set[str]]:
    """Return every outcome that each test had in *runs*; a test that did not run was missing."""
    tests = {test for each in runs for test in each.outcomes}
    return {test: {each.outcomes.get(test, "missing") for each in runs} for test in tests}


def changed(plain: Sequence[Run], guarded: Sequence[Run]) -> list[str]:
    """Return a line for each test that had an outcome with the plugin that it never had without."""
    before, missing = outcomes_of(plain), {"missing"}
    lines: list[str] = []
    for test in sorted(before.keys() | outcomes_of(guarded).keys()):
        old = before.get(test, missing)
        new = [outcome for each in guarded if (outcome := each.outcomes.get(test, "missing")) not in old]
        if new:
            lines.append(f"{test}: {_joined(old)} -> {_joined(new)} in {len(new)} of {len(guarded)} runs")
    return lines


def _joined(outcomes: Iterable[str]) -> str:
    return ", ".join(sorted(set(outcomes)))


def unstable(plain: Sequence[Run]) -> list[str]:
    """Return the tests whose outcome differs between runs without the plugin."""
    return sorted(test for test, outcomes in outcomes_of(plain).items() if len(outcomes) > 1)


def identity(finding: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """Return what makes *finding* the same as that of another test: its kind and where it was made."""
    origin = finding["origin"]
    place = f"{origin[0]['file']}:{origin[0]['line']} in {origin[0]['function']}" if origin else "not seen"
    excused = finding["excused"] or ""
    return finding["kind"], finding["severity"], excused, _general(finding["name"]), place


def _general(name: str) -> str:
    return "".join("#" if character.isdigit() else character for character in name)


def findings_table(runs: Sequence[Run]) -> str:
    """Return a table of the distinct findings of *runs*, the most frequent first."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    examples: dict[tuple[str, str, str, str, str], Mapping[str, Any]] = {}
    for each in runs:
        for finding in each.findings:
            counts[identity(finding)] += 1
            examples.setdefault(identity(finding), finding)
    rows = [
        [
            " ".join(filter(None, key[:3])),
            f"{count / len(runs):g}",
            key[3],
            _detail(examples[key]),
            key[4],
            _blamed(examples[key]),
        ]
        for key, count in counts.most_common()
    ]
    return table(["finding", "per run", "name", "detail", "created at", "for example"], rows)


def _detail(finding: Mapping[str, Any]) -> str:
    return str(finding["detail"]).replace("|", "\\|").replace("\n", " ")


def _blamed(finding: Mapping[str, Any]) -> str:
    owner = finding["owner"] or {}
    return str(finding["test"] or f"{owner.get('kind')} {owner.get('name')}")


def print_results(checkout: Path, results: Mapping[str, list[Run]], *, is_detailed: bool) -> None:
    """Print what the runs of the suite of *checkout* say."""
    plain, guarded = results[PLAIN], results[GUARDED]
    differing, wobbling = changed(plain, guarded), unstable(plain)
    shares = [each.summary["guard_us_per_test"] * each.summary["tests"] / 1e6 / each.cost.wall for each in guarded]
    print(f"## {checkout.name}\n")
    tests = len(outcomes_of(plain))
    failed = sum(outcome.startswith(("failed", "error")) for outcome in plain[0].outcomes.values())
    print(f"{tests} tests, {failed} of them fail here without the plugin; {len(wobbling)} are unstable without it.")
    statuses = {name: sorted({each.cost.status for each in runs}) for name, runs in results.items()}
    print(f"Outcomes changed: {len(differing)}; exit status {statuses[PLAIN]} plain, {statuses[GUARDED]} guarded.")
    print(f"Overhead: {_overhead(plain, guarded)}; the guard's own share {sorted(shares)[len(shares) // 2]:.2%}.")
    print(f"The last guarded run: {guarded[-1].summary}\n")
    for line in differing:
        print(f"- changed: {line}")
    for test in wobbling if is_detailed else ():
        print(f"- unstable: {test}")
    print(f"\n{findings_table(guarded)}\n", flush=True)


def _overhead(plain: Sequence[Run], guarded: Sequence[Run]) -> str:
    cpus, plain_cpus = [each.cost.cpu for each in guarded], [each.cost.cpu for each in plain]
    walls, plain_walls = [each.cost.wall for each in guarded], [each.cost.wall for each in plain]
    spread = percent(max(plain_cpus) / min(plain_cpus))
    medians = f"CPU {percent(ratio(cpus, plain_cpus))}, wall {percent(ratio(walls, plain_walls))}"
    quietest = f"CPU {percent(min(cpus) / min(plain_cpus))}, wall {percent(min(walls) / min(plain_walls))}"
    return f"{medians} (the quietest runs: {quietest}; plain runs differ by {spread} CPU)"


def compare(checkout: Path, options: argparse.Namespace) -> dict[str, list[Run]]:
    """Run the suite of *checkout* both ways in turns."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "benchmark_recorder.py").write_text(RECORDER, encoding="utf-8")
        command = [options.python, "-q", "-p", "no:cacheprovider", *shlex.split(options.args)]
        ways = {
            PLAIN: ["-p", "no:isolation"],
            GUARDED: ["--isolation-mode=report", f"--isolation-report={scratch / 'report.jsonl'}"],
        }

        def way(extra: Sequence[str]) -> Callable[[], Run]:
            return lambda: run_once(checkout, scratch, command, extra)

        return interleaved({name: way(extra) for name, extra in ways.items()}, options.rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a checkout")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs its tests (default: this one)")
    parser.add_argument("--args", default="", help="more arguments for pytest, in one string")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way runs (default: 3)")
    parser.add_argument("--unstable", action="store_true", help="name the tests that are unstable without the plugin")
    options = parser.parse_args()
    if not options.paths:
        print("no checkout given; --help says what is wanted")
    for path in options.paths:
        print_results(path.resolve(), compare(path.resolve(), options), is_detailed=options.unstable)


if __name__ == "__main__":
    main()
