"""The types of files that `mimetypes` knows: what one test adds is guessed in every later one."""

from collections.abc import Mapping, Sequence
from typing import Any

from isolation._changes import ABSENT, Change
from isolation._compatibility_state import mime_tables

_NAMES = ("types_map", "common_types")
_NON_STRICT, _STRICT = 0, 1


class MimeTypes:
    """Compares the types by ending, when there are more or fewer of them, or of their endings.

    The first use of the module reads the tables of the system, which is nobody's change.
    """

    def __init__(self, probe: str) -> None:
        self._probe = probe
        self._tables: Sequence[dict[str, Any]] = ()
        self._sizes: list[int] = []
        self._types: Sequence[Mapping[str, Any]] = ()

    def start(self) -> None:
        """Take what is known now for the baseline."""
        self._tables = mime_tables()
        self._sizes = [*map(len, self._tables)]
        self._types = [dict(table) for table in self._tables[:2]]

    def look(self) -> Sequence[Change]:
        """Return which endings have other types, and make the present types the baseline."""
        tables = mime_tables()
        if not tables or [*map(len, tables)] == self._sizes:
            return ()
        before = self._types
        self.start()
        if not before:
            return ()
        return [
            self._change(number, ending, before[number], self._types[number])
            for number in (_STRICT, _NON_STRICT)
            for ending in sorted(before[number].keys() | self._types[number].keys())
            if before[number].get(ending) != self._types[number].get(ending)
        ]

    def _change(self, number: int, ending: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
        name = _NAMES[0] if number == _STRICT else _NAMES[1]
        old = before.get(ending, ABSENT)
        return Change(
            probe=self._probe,
            kind="mime_type",
            name=ending,
            place=f"mimetypes.{name}[{ending!r}]",
            unit=f"mimetypes.{name}[*]",
            key=(self._probe, name, ending),
            before=old,
            after=after.get(ending, ABSENT),
            severity="note" if old is ABSENT else "warning",
            put=lambda value: self._put(number, ending, value),
            is_same=lambda one, other: one == other,
        )

    def _put(self, number: int, ending: str, value: Any) -> str | None:  # noqa: ANN401 - a type, or ABSENT
        types, endings_by_type = self._tables[number], self._tables[number + 2]
        for kind, endings in list(endings_by_type.items()):
            if ending in endings:
                endings.remove(ending)
            if not endings:
                del endings_by_type[kind]
        if value is ABSENT:
            types.pop(ending, None)
        else:
            types[ending] = value
            endings_by_type.setdefault(value, []).append(ending)
        self.start()
        return None
