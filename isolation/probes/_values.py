"""Settings of the process that functions tell and set: numbers, texts, tuples of them."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from isolation._changes import Change
from isolation._findings import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value that can be read and written.

    Attributes:
        kind: What kind of place it is.
        place: How its user would read it.
        read: Returns the value: of builtin types only, so that comparing runs no foreign code.
        write: Sets the value; it may raise if that is impossible.
        severity: How bad it is when it is left changed.
        detail: What that means.
        hint: What to do about it.
    """

    kind: str
    place: str
    read: Callable[[], object]
    write: Callable[[Any], object]
    severity: Severity = "error"
    detail: str = ""
    hint: str = ""


class Settings:
    """Compares settings, all at once."""

    def __init__(self, probe: str, settings: Sequence[Setting]) -> None:
        self._probe = probe
        self._settings = settings
        self._reads = [setting.read for setting in settings]
        self._values: list[object] = []

    def start(self) -> None:
        """Take the values as they are now for the baseline."""
        self._values = [read() for read in self._reads]

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make the present values the baseline."""
        now, before = [read() for read in self._reads], self._values
        if now == before:
            return ()
        self._values = now
        return [
            self._change(index, before[index], now[index]) for index in range(len(now)) if before[index] != now[index]
        ]

    def _change(self, index: int, before: object, after: object) -> Change:
        setting = self._settings[index]
        return Change(
            probe=self._probe,
            kind=setting.kind,
            place=setting.place,
            unit=setting.place,
            key=(self._probe, setting.place),
            before=before,
            after=after,
            severity=setting.severity,
            put=lambda value: self._put(index, value),
            is_same=operator.eq,  # of builtin values
            detail=setting.detail,
            hint=setting.hint,
        )

    def _put(self, index: int, value: object) -> str | None:
        reason = written(lambda: self._settings[index].write(value))
        self._values[index] = self._reads[index]()
        return reason


def written(write: Callable[[], object]) -> str | None:
    """Call *write*; return None, or why it could not."""
    try:
        write()
    except Exception as failure:  # noqa: BLE001 - whatever it raises is why it could not
        return f"{type(failure).__name__}: {failure}"
    return None
