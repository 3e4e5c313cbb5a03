"""Stubs that several tests set by the same line: a fixture, a helper, a test with parameters.

Such a line is of no use only if no test uses what it sets.  That is known when all tests that run it have passed: one
that was skipped, has failed, or was not selected may be the one that needs it.  So tests are counted by group, those
that there are and those that have passed, in all processes of a run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

Record = Mapping[str, Any]
LineKey = tuple[str, int]
"""File and line."""


@dataclass(slots=True)
class SharedStub:
    """What one line has set.

    Attributes:
        record: What there is to say if that was of no use.
        groups: The groups of tests that may run the line.
        tests: How many have.
        is_used: Whether any of them has used what it set, or need not.
    """

    record: Record
    groups: set[str] = field(default_factory=set[str])
    tests: int = 0
    is_used: bool = False


@dataclass(slots=True)
class SharedStubs:
    """Collect the lines of a run.

    Attributes:
        lines: What each has set.
        sizes: How many tests there are in each group.
        passed: How many of these have passed.
    """

    lines: dict[LineKey, SharedStub] = field(default_factory=dict[LineKey, SharedStub])
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    passed: dict[str, int] = field(default_factory=dict[str, int])

    def unused(self) -> Iterable[Record]:
        """Yield what there is to say of lines that no test needs, whichever worker of pytest-xdist came first."""
        for _, stub in sorted(self.lines.items(), key=itemgetter(0)):
            if not stub.is_used and all(self._have_all_passed(group) for group in stub.groups):
                yield stub.record

    def _have_all_passed(self, group: str) -> bool:
        return self.passed.get(group, 0) >= self.sizes.get(group, 1)

    def as_data(self) -> Sequence[Any]:
        """Return all of it as plain data, for the controller of pytest-xdist."""
        lines = [
            [list(key), stub.record, sorted(stub.groups), stub.tests, stub.is_used] for key, stub in self.lines.items()
        ]
        return [lines, self.sizes, self.passed]

    def add(self, data: Sequence[Any]) -> None:
        """Add what a worker of pytest-xdist has collected, who knows all tests and has run some."""
        lines, sizes, passed = data
        for (file, line), record, groups, tests, is_used in lines:
            stub = self.lines.setdefault((file, line), SharedStub(record))
            stub.groups.update(groups)
            stub.tests += tests
            stub.is_used |= is_used
        self.sizes.update(sizes)
        for group, number in passed.items():
            self.passed[group] = self.passed.get(group, 0) + number
