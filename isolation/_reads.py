"""What a test can read: the names in the code that it ran, compared with the places that other tests changed."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import Any, cast

from isolation._origin import is_library
from isolation._report import Record

_MOST_NAMES = 5_000
_LONGEST_KEY = 80
_KEY = re.compile(r"\[\s*(?:'([^']*)'|\"([^\"]*)\")\s*\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")

_READERS: Mapping[str, frozenset[str]] = {
    # By which names code reads state of the process; what a library does for it is not seen.
    "environment": frozenset({"environ", "getenv", "environb", "expandvars", "expanduser", "subprocess"}),
    "cwd": frozenset({"getcwd", "cwd", "open", "exists", "isfile", "isdir", "listdir", "abspath", "absolute", "Path"}),
    "modules": frozenset({"modules", "import_module", "reload", "path", "argv", "find_spec", "__import__"}),
    "interpreter": frozenset({"stdout", "stderr", "stdin", "print", "get_event_loop", "getcontext", "excepthook"}),
    "signals": frozenset({"signal", "getsignal", "raise_signal", "alarm"}),
    "locale": frozenset({"locale", "getlocale", "strftime", "localtime", "strcoll", "tzset", "now", "fromtimestamp"}),
    "warnings": frozenset({"warn", "warnings", "catch_warnings"}),
    "logging": frozenset({"logging", "getLogger", "logger", "log", "info", "debug", "warning", "error", "caplog"}),
    "randomness": frozenset({"random", "randint", "choice", "shuffle", "uniform", "sample", "randrange"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Names that code uses.

    Attributes:
        near: Those in the frames of a failure.
        names: Those in all the code that ran.
        modules: The modules of that code.
    """

    near: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()

    @classmethod
    def from_data(cls, data: Mapping[str, Sequence[str]]) -> "Reads":
        """Return what `as_data` has made plain."""
        return cls(**{field: frozenset(names) for field, names in data.items()})

    def as_data(self) -> dict[str, list[str]]:
        """Return plain data, which another process can read."""
        return {field: sorted(getattr(self, field))[:_MOST_NAMES] for field in ("near", "names", "modules")}

    def beside(self, other: "Reads") -> "Reads":
        """Return what either this or *other* uses."""
        return Reads(near=self.near | other.near, names=self.names | other.names, modules=self.modules | other.modules)


def names_in(code: CodeType) -> Iterable[str]:
    """Yield the names that *code* uses, and the texts that may be keys."""
    # What pytest adds to assertions begins with a sign that no name begins with.
    yield from (name for name in code.co_names if not name.startswith("@"))
    yield from code.co_freevars
    for constant in code.co_consts:
        texts = cast("tuple[object, ...]", constant) if isinstance(constant, tuple) else (constant,)
        yield from (text for text in texts if isinstance(text, str) and _may_be_key(text))


def _may_be_key(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_KEY and "%(py" not in text


def reads_of_failure(traceback: TracebackType | None) -> Reads:
    """Return what the user's code in *traceback* uses."""
    near: set[str] = set()
    modules: set[str] = set()
    while traceback is not None:
        frame = traceback.tb_frame
        if not is_library(frame.f_code.co_filename):
            near.update(names_in(frame.f_code))
            modules.add(str(frame.f_globals.get("__name__", "")))
        traceback = traceback.tb_next
    return Reads(near=frozenset(near), names=frozenset(near), modules=frozenset(modules))


def score(record: Record, reads: Reads) -> int:
    """Return how likely it is that code with *reads* sees the place of *record*; 0 if nothing speaks for it."""
    place = str(record["place"])
    keys = [first or second for first, second in _KEY.findall(place)]
    points = sum(_found(key, reads, near=6, anywhere=3) for key in keys[-1:])
    readers = _READERS.get(record["probe"])
    if readers is not None:
        # Process-wide state is read by everybody, in libraries, too.
        return 1 + points + max((_found(name, reads, near=4, anywhere=2) for name in readers), default=0)
    *owners, name = _BRACKETS.sub("", place).split(".")
    points += _found(name, reads, near=8, anywhere=4)
    points += sum(_found(owner, reads, near=3, anywhere=2) for owner in owners[-1:])
    modules = {".".join(owners[:length]) for length in range(1, len(owners) + 1)}
    return points + (1 if modules & reads.modules else 0)


def _found(name: str, reads: Reads, *, near: int, anywhere: int) -> int:
    return near if name in reads.near else anywhere if name in reads.names else 0


def most_likely(records: Iterable[Record], reads: Reads, known: Collection[str] = ()) -> list[Record]:
    """Return one record for each place that *reads* may see, the most specific first.

    Args:
        records: Findings, the newest last.
        reads: What the code in question uses.
        known: Tests that come first among those that are equally likely; then the newest does.
    """
    scored: dict[Any, tuple[int, bool, int, Record]] = {}
    for number, record in enumerate(records):
        points = score(record, reads) if record.get("unit") else 0
        if points:
            test = record["test"]
            scored[test, record["probe"], record["unit"]] = (-points, test not in known, -number, record)
    return [record for *_, record in sorted(scored.values(), key=lambda each: each[:3])]


def ranked(records: Iterable[Record], reads: Reads, reasons: Collection[tuple[str, str]]) -> Sequence[Record]:
    """Return one of *records* for each unit: first *reasons*, then what *reads* may see, then the others, worst first.

    Args:
        records: Findings about changed state.
        reads: What the code in question uses.
        reasons: Probe and unit of what has been the reason of another failure.
    """
    severities = ("error", "warning", "note")
    records = list(records)
    rest = sorted(records, key=lambda record: severities.index(record["severity"]))
    units: dict[tuple[str, str], Record] = {}
    for record in (*most_likely(records, reads), *rest):
        units.setdefault((record["probe"], record["unit"]), record)
    return sorted(units.values(), key=lambda record: (record["probe"], record["unit"]) not in reasons)
