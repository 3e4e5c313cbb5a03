"""What a diagnosis says about a test that failed: as a record for machines, as lines for people."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from isolation._report import Record

VerdictName = Literal["order-dependent", "brittle", "random", "not order-dependent", "unknown"]
FoundBy = Literal["findings", "bisection"]


# What the command of a verdict needs besides the tests; other options do not change what a test does.
_KEPT = ("-c", "--config-file", "--rootdir", "--confcutdir", "--import-mode", "-o", "--override-ini", "-p", "-W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why a test failed.

    Attributes:
        test: The test that failed.
        name: What it is.
        others: The tests without which it would not have failed, or with which it would have passed, in their order.
        imports: Test files whose import has that effect.
        found_by: How they were found.
        state: The finding about the place through which they have it; None if that is not known.
        more: How many more places of the same unit were changed, and put back with it.
        is_proven: Whether it was enough to put back that place.
        line: Where the place was changed last.
        tried: What was tried, and what came of it.
        runs: How many runs that took.
        seconds: How long they took.
        worker: The worker of pytest-xdist, None without.
    """

    test: str
    name: VerdictName
    others: Sequence[str] = ()
    imports: Sequence[str] = ()
    found_by: FoundBy | None = None
    state: Record | None = None
    more: int = 0
    is_proven: bool = False
    line: Record | None = None
    tried: Sequence[str] = ()
    runs: int = 0
    seconds: float = 0.0
    worker: str | None = None

    def command(self, options: Sequence[str] = (), paths: Mapping[str, str] | None = None) -> str | None:
        """Return the command that shows it, None if there is none.

        Args:
            options: What pytest needs besides the tests.
            paths: How to name a test, where its node id does not do.
        """
        if not self.others or self.imports:
            return None
        tests = [(paths or {}).get(test, test) for test in (*self.others, self.test)]
        return shlex.join(["pytest", *tests, *options])

    def record(self, command: str | None) -> dict[str, Any]:
        """Return plain data; the reference describes the keys."""
        state = self.state or {}
        return {
            "record": "diagnosis",
            "test": self.test,
            "verdict": self.name,
            "others": list(self.others),
            "imports": list(self.imports),
            "found_by": self.found_by,
            **{key: state.get(key) for key in ("probe", "kind", "place", "unit", "before", "after")},
            "more": self.more,
            "is_proven": self.is_proven,
            "line": dict(self.line) if self.line is not None else None,
            "command": command,
            "tried": list(self.tried),
            "runs": self.runs,
            "seconds": round(self.seconds, 2),
            "worker": self.worker,
        }


def kept_arguments(arguments: Sequence[str]) -> Sequence[str]:
    """Return those of *arguments* that matter to a test, without what would be said twice."""
    kept: list[str] = []
    following = iter(arguments)
    for argument in following:
        if argument in _KEPT:
            kept += _unless_order(argument, next(following, ""))
        elif argument.partition("=")[0] in _KEPT:
            kept.append(argument)
        elif argument[:2] in _KEPT and not argument.startswith("--"):
            kept += _unless_order(argument[:2], argument[2:])
    return kept


def _unless_order(option: str, value: str) -> Sequence[str]:
    return [] if (option, value) == ("-p", "no:randomly") else [option, value]


def lines(record: Record) -> Sequence[str]:
    """Return what people read of *record*: the verdict, what it rests on, and how to see it again."""
    name = record["verdict"]
    headline = _HEADLINES[name](record) if name in _HEADLINES else _SENTENCES[name]
    said = [f"{record['test']} {headline}"]
    said += [f"  {sentence}" for sentence in record["tried"]]
    if record["command"]:
        said.append(f"  see it with: {record['command']}")
    return [*said, f"  {_counted(record['runs'], 'run')} in {record['seconds']:.1f} s{_way(record)}"]


def _order_dependent(record: Record) -> str:
    if record["is_proven"]:
        return f"fails because {_others(record)} left {_state(record)}"
    likely = f", perhaps through {_state(record)}" if record["place"] else ""
    return f"fails {_after(record)}{likely}"


def _brittle(record: Record) -> str:
    if record["is_proven"]:
        return f"passes only after {_others(record)} has set {_state(record)}"
    likely = f", perhaps through {_state(record)}" if record["place"] else ""
    return f"fails alone, and passes {_after(record)}{likely}"


_HEADLINES: Mapping[str, Callable[[Record], str]] = {
    "order-dependent": _order_dependent,
    "brittle": _brittle,
}
_SENTENCES: Mapping[str, str] = {
    "random": "fails at random, whatever runs before it",
    "not order-dependent": "fails alone, too: it does not depend on the order",
    "unknown": "fails for a reason that was not found",
}


def _others(record: Record) -> str:
    imports = [f"the import of {path}" for path in record["imports"]]
    return " and ".join(imports or record["others"])


def _after(record: Record) -> str:
    if record["imports"]:
        return f"after {_others(record)}"
    together = " together" if len(record["others"]) > 1 else ""
    return f"after {_others(record)}{together}"


def _state(record: Record) -> str:
    said = f"{record['place']}: {record['before']} -> {record['after']}"
    said += f" and {record['more']} more of {record['unit']}" if record["more"] else ""
    line = record["line"]
    return f"{said}, changed at {line['file']}:{line['line']} in {line['function']}" if line else said


def _way(record: Record) -> str:
    return {"findings": "", "bisection": ", by bisection", None: ""}[record["found_by"]]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
