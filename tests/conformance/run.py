"""Run CPython's own tests of unittest.mock against the mocks of this project.

    python tests/conformance/run.py                     # counts per module, and every failing test with its reason
    python tests/conformance/run.py testasync --why     # one module, with the traceback of each failing test
    python tests/conformance/run.py --standard          # the standard library's constructors, as a check of this script

The tests are those of the interpreter that runs this; none is copied. While one of their modules is imported, the five
classes of ``unittest.mock`` are replaced by stand-ins: to call a stand-in makes one of our mocks, while everything else
(``isinstance``, subclasses, attributes) sees the standard class. A test counts if it called a stand-in, since any other
test is about the standard library alone. ``create_autospec`` stays the standard one, so that tests which use nothing
else do not count.

The status is 1 if fewer tests pass than ``known.toml`` records for this Python, or if a test passes that is listed
there as failing: so the list stays true. An interpreter without these tests is told so, with status 0.
"""

import argparse
import importlib
import importlib.util
import json
import sys
import tomllib
import types
import unittest
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from unittest import mock as standard

PACKAGE = "test.test_unittest.testmock" if sys.version_info >= (3, 12) else "unittest.test.testmock"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
MODULES = ("testasync", "testcallable", "testhelpers", "testmagicmethods", "testmock", "testsealable", "testwith")
# What the tests call, and which function of isolation.mocks._construction makes one of ours instead.
OURS = {
    "Mock": "plain_mock",
    "MagicMock": "magic_mock",
    "AsyncMock": "async_mock",
    "NonCallableMock": "non_callable_mock",
    "NonCallableMagicMock": "non_callable_magic_mock",
}
Constructor = Callable[..., object]


@dataclass(slots=True)
class Counts:
    """What became of the tests of one module."""

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many tests count."""
        return len(self.passed) + len(self.failed)


@dataclass(frozen=True, slots=True)
class Substitute:
    """What stands behind a stand-in."""

    real: type
    make: Constructor
    called: set[str]


class StandIn(type):
    """The class of the stand-ins: calling one makes one of our mocks, in everything else it is the standard class."""

    substitutes: ClassVar[dict[int, Substitute]] = {}
    """By the stand-in's identity, for a subclass that a test makes of it is no stand-in but a standard class."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        """Make a mock."""
        substitute = cls.substitutes.get(id(cls))
        if substitute is None:
            return super().__call__(*args, **kwargs)
        substitute.called.add(cls.__name__)
        return substitute.make(*args, **kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        """Tell whether *instance* is one of the standard class."""
        substitute = cls.substitutes.get(id(cls))
        return isinstance(instance, substitute.real) if substitute else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        """Tell whether *subclass* is one of the standard class."""
        substitute = cls.substitutes.get(id(cls))
        return issubclass(subclass, substitute.real) if substitute else super().__subclasscheck__(subclass)

    def __eq__(cls, other: object) -> bool:
        """Be equal to the standard class, for tests of ``type(mock)``."""
        substitute = cls.substitutes.get(id(cls))
        return cls is other or (substitute is not None and other is substitute.real)

    def __hash__(cls) -> int:
        """Return the hash of the standard class."""
        substitute = cls.substitutes.get(id(cls))
        return hash(substitute.real) if substitute else super().__hash__()

    def __dir__(cls) -> Iterable[str]:
        """Return the names of the standard class."""
        substitute = cls.substitutes.get(id(cls))
        return dir(substitute.real) if substitute else super().__dir__()


def stand_in(substitute: Substitute) -> type:
    """Return a class that is the real one in everything but that calling it makes something else, and says so."""
    made = StandIn(substitute.real.__name__, (substitute.real,), {})
    StandIn.substitutes[id(made)] = substitute
    return made


def constructors(*, of_standard: bool) -> dict[str, Constructor]:
    """Return what makes the mocks, by the name that the tests call."""
    if of_standard:
        return {name: getattr(standard, name) for name in OURS}
    construction = importlib.import_module("isolation.mocks._construction")
    return {name: getattr(construction, ours) for name, ours in OURS.items()}


class Copied(types.ModuleType):
    """A copy of ``unittest.mock``, through which tests set the real one's options, such as FILTER_DIR."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set the attribute of the standard module, too."""
        super().__setattr__(name, value)
        setattr(standard, name, value)


def replaced(makers: dict[str, Constructor], called: set[str]) -> types.ModuleType:
    """Return a copy of ``unittest.mock`` whose constructors are *makers*."""
    module = Copied(standard.__name__)
    names = vars(module)
    names.update(vars(standard))
    for name, make in makers.items():
        names[name] = stand_in(Substitute(names[name], make, called))
    return module


@contextmanager
def imported_instead(module: types.ModuleType) -> Iterator[None]:
    """Let imports of ``unittest.mock`` find *module*."""
    sys.modules[standard.__name__] = unittest.mock = module
    try:
        yield
    finally:
        sys.modules[standard.__name__] = unittest.mock = standard


def each(tests: Iterable[unittest.TestSuite | unittest.TestCase]) -> Iterator[unittest.TestCase]:
    """Return the tests of nested suites."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


def failure(test: unittest.TestCase) -> str | None:
    """Run *test*; return the traceback if it failed, nothing if it passed or was skipped."""
    result = unittest.TestResult()
    test.run(result)
    troubles = [*result.errors, *result.failures]
    return troubles[0][1] if troubles else None


def run(name: str, makers: dict[str, Constructor]) -> Counts:
    """Run module *name*; return what became of its tests that make mocks through *makers*."""
    called: set[str] = set()
    importlib.import_module(PACKAGE)
    with imported_instead(replaced(makers, called)):
        module = importlib.import_module(f"{PACKAGE}.{name}")
    counts = Counts()
    for test in each(unittest.defaultTestLoader.loadTestsFromModule(module)):
        called.clear()
        why = failure(test)
        if called:
            note(counts, test.id().removeprefix(f"{PACKAGE}."), why)
    return counts


def note(counts: Counts, test: str, why: str | None) -> None:
    """Add *test*, which failed if *why* says so."""
    if why is None:
        counts.passed.append(test)
    else:
        counts.failed[test] = why


@dataclass(frozen=True, slots=True)
class Known:
    """What ``known.toml`` says of this Python."""

    floors: dict[str, int]
    """How many tests pass at least, by module."""
    reasons: dict[str, str]
    """Why a test fails, by ``module.class.test``."""

    @classmethod
    def read(cls, path: Path, python: str) -> "Known":
        """Read what is known of version *python*."""
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = [entry for entry in table["failing"] if python in entry.get("pythons", [python])]
        reasons = {test: entry["reason"] for entry in entries for test in entry["tests"]}
        return cls(table["floors"].get(python, {}), reasons)


def objections(name: str, counts: Counts, known: Known) -> list[str]:
    """Return what *known* does not allow of the counts of *name*."""
    found = [f"{test} passes: take it out of known.toml" for test in counts.passed if test in known.reasons]
    floor = known.floors.get(name, 0)
    if len(counts.passed) < floor:
        found.append(f"{name}: {len(counts.passed)} tests pass, {floor} did")
    return found


def described(counts: Counts, known: Known, *, why: bool) -> Iterator[str]:
    """Return the lines that tell of the failing tests."""
    for test, traceback in counts.failed.items():
        *_, last = traceback.strip().splitlines()
        yield f"  {test}: {known.reasons.get(test, f'NO KNOWN REASON, {last}')}"
        if why:
            yield traceback


def show(results: dict[str, Counts], known: Known, *, why: bool) -> None:
    """Print the counts and the failing tests."""
    for name, counts in [(name, counts) for name, counts in results.items() if counts.total]:
        print(f"{name}: {len(counts.passed)} of {counts.total}")
        for line in described(counts, known, why=why):
            print(line)
    every = results.values()
    passed, total = sum(len(counts.passed) for counts in every), sum(counts.total for counts in every)
    print(f"CPython {sys.version.split()[0]}: {passed} of {total} tests of the mocks pass")


def as_json(results: dict[str, Counts], known: Known) -> str:
    """Return the results as a mapping from module to passed tests, failed tests and objections."""
    return json.dumps(
        {
            name: {"passed": counts.passed, "failed": counts.failed, "objections": objections(name, counts, known)}
            for name, counts in results.items()
        }
    )


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", choices=[[], *MODULES], help="which to run (default: all)")
    parser.add_argument("--why", action="store_true", help="print the traceback of each failing test")
    parser.add_argument("--standard", action="store_true", help="make the mocks of the standard library")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args()
    if importlib.util.find_spec(PACKAGE.partition(".")[0]) is None or importlib.util.find_spec(PACKAGE) is None:
        print("{}" if options.json else f"Python {PYTHON} at {sys.executable} has no {PACKAGE}: nothing was run")
        return 0
    known = Known({}, {}) if options.standard else Known.read(Path(__file__).with_name("known.toml"), PYTHON)
    warnings.simplefilter("ignore")  # of coroutines that CPython's tests never await
    makers = constructors(of_standard=options.standard)
    results = {name: run(name, makers) for name in options.modules or MODULES}
    found = [line for name, counts in results.items() for line in objections(name, counts, known)]
    if options.json:
        print(as_json(results, known))
        return 0
    show(results, known, why=options.why)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
