"""What a test can read: the names in the code that it ran, compared with the places that other tests changed."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import cast

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


Reason = tuple[str, str, str]
"""The test, the probe and the unit of a finding that made another test fail."""


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
        yield from keys_among(cast("tuple[object, ...]", constant) if isinstance(constant, tuple) else (constant,))


def keys_among(values: Iterable[object]) -> Iterable[str]:
    """Yield the *values* that are texts and may be keys."""
    for value in values:
        # No other type than this one: nothing of the user's may run.
        if type(value) is str and 0 < len(value) <= _LONGEST_KEY and "%(py" not in value:
            yield value


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
    points = sum(_found(key, reads, near=4, anywhere=2) for key in keys[-1:])
    if record["probe"] in _READERS:
        # Process-wide state is read by everybody, in libraries, too.
        return 1 + points + _of_readers(record, reads)
    *owners, name = _names(place)
    points += _found(name, reads, near=12, anywhere=8)
    points += sum(_found(owner, reads, near=2, anywhere=1) for owner in owners[-1:])
    modules = {".".join(owners[:length]) for length in range(1, len(owners) + 1)}
    return points + (1 if modules & reads.modules else 0)


def is_read(record: Record, reads: Reads) -> bool:
    """Tell whether code with *reads* uses the name of the very place of *record*."""
    if record["probe"] in _READERS:
        return _of_readers(record, reads) > 0
    return _found(_names(str(record["place"]))[-1], reads, near=1, anywhere=1) > 0


def _of_readers(record: Record, reads: Reads) -> int:
    return max(_found(name, reads, near=8, anywhere=4) for name in _READERS[record["probe"]])


def _names(place: str) -> Sequence[str]:
    return _BRACKETS.sub("", place).split(".")


def _found(name: str, reads: Reads, *, near: int, anywhere: int) -> int:
    return near if name in reads.near else anywhere if name in reads.names else 0


def most_likely(records: Iterable[Record], reads: Reads, known: Collection[Reason] = ()) -> list[Record]:
    """Return one record for each test and unit that *reads* may see, the most specific first.

    Who has changed a place last counts twice as much as who changed it before; of equal ones the newest comes first.

    Args:
        records: Findings, the newest last.
        reads: What the code in question uses.
        known: Reasons of other failures: they come first if the name of their place is used.
    """
    newest: dict[Reason, Record] = {}
    for record in records:
        if record.get("unit"):
            reason = (record["test"], record["probe"], record["unit"])
            newest.pop(reason, None)
            newest[reason] = record
    rated: list[tuple[tuple[bool, int, int], Record]] = []
    places: set[tuple[str, str]] = set()
    for number, (reason, record) in enumerate(reversed(newest.items())):
        place = (record["probe"], record["place"])
        points = score(record, reads) * (1 if place in places else 2)
        places.add(place)
        if points:
            rated.append(((reason not in known or not is_read(record, reads), -points, number), record))
    return [record for _, record in sorted(rated, key=lambda each: each[0])]


def ranked(records: Iterable[Record], reads: Reads, reasons: Collection[Reason]) -> Sequence[Record]:
    """Return one of *records* for each unit: first *reasons*, then what *reads* may see, then the others, worst first.

    Args:
        records: Findings about changed state.
        reads: What the code in question uses.
        reasons: What made other tests fail.
    """
    severities = ("error", "warning", "note")
    records = list(records)
    rest = sorted(records, key=lambda record: severities.index(record["severity"]))
    units: dict[tuple[str, str], Record] = {}
    for record in (*most_likely(records, reads), *rest):
        units.setdefault((record["probe"], record["unit"]), record)
    known = {(probe, unit) for _, probe, unit in reasons}
    return sorted(units.values(), key=lambda record: (record["probe"], record["unit"]) not in known)
