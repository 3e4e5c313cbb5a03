"""Environment variables that are left set, changed or removed."""

import operator
import os
from collections.abc import MutableMapping, Sequence
from typing import Any

from isolation import _compatibility
from isolation._changes import ABSENT, Absent, Change
from isolation._findings import Severity

IGNORED = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_", "COVERAGE_", "COV_CORE_")
"""What these begin with belongs to pytest, pytest-xdist or coverage."""

SET_BY_IMPORTS = frozenset(
    {"KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK", "QT_QPA_FONTDIR", "QT_QPA_PLATFORM_PLUGIN_PATH"}
)
"""Which libraries set when they are imported (scikit-learn, OpenCV), so that it is nobody's doing."""

# Python started with this one, and only this one tells the system; whoever replaces it replaces a name.
_ENVIRON = os.environ
Variables = MutableMapping[Any, Any]


class EnvironmentProbe:
    """Find environment variables that changed, and `os.environ` replaced."""

    name = "environment"

    def __init__(self) -> None:
        self._present: object = os.environ
        self._before: dict[Any, Any] = {}

    def start(self) -> None:
        """Take the environment as it is now for the baseline."""
        self._present = os.environ
        self._before = dict(_variables())

    def look(self) -> Sequence[Change]:
        """Return which variables differ from the baseline."""
        now, before = _variables(), self._before
        # Both hold exact bytes or strings, so that comparing runs no foreign code.
        if now == before and os.environ is self._present:
            return ()
        self._before = dict(now)
        names = [name for name in before.keys() | now.keys() if before.get(name, ABSENT) != now.get(name, ABSENT)]
        changes = [self._change(name, before) for name in sorted(names) if not _text(name).startswith(IGNORED)]
        return [*self._replacement(), *changes]

    def settle(self) -> None:
        """Do nothing: nothing is derived from the environment here."""

    def _change(self, raw: object, before: Variables) -> Change:
        name = _text(raw)
        place = f"os.environ[{name!r}]"
        severity: Severity = "note" if name in SET_BY_IMPORTS else "error"
        return Change(
            probe=self.name,
            kind="environment_variable",
            name=name,
            place=place,
            unit=place,
            key=(self.name, name),
            before=_text(before.get(raw, ABSENT)),
            after=_text(self._before.get(raw, ABSENT)),
            severity=severity,
            put=lambda value: self._put(raw, value),
            is_same=operator.eq,  # of strings
        )

    def _put(self, raw: object, value: Any) -> str | None:  # noqa: ANN401 - a string or ABSENT
        name = _text(raw)
        if value is ABSENT:
            _ENVIRON.pop(name, None)
            self._before.pop(raw, None)
        else:
            _ENVIRON[name] = value
            self._before[raw] = _variables()[raw]
        return None

    def _replacement(self) -> Sequence[Change]:
        before, self._present = self._present, os.environ
        if before is self._present:
            return ()
        return [
            Change(
                probe=self.name,
                kind="environment_variable",
                place="os.environ",
                unit="os.environ",
                key=(self.name, None),
                before=before,
                after=self._present,
                severity="error",
                put=self._replace,
                detail="replaced as a whole",
                hint="patch.dict(os.environ, ...) changes variables and puts them back",
            )
        ]

    def _replace(self, environ: Any) -> str | None:  # noqa: ANN401 - whatever was there
        os.environ = self._present = environ
        return None


def _variables() -> Variables:
    data = _compatibility.environment_data(_ENVIRON)
    return data if data is not None else dict(_ENVIRON)


def _text(raw: Any) -> Any:  # noqa: ANN401 - bytes, on Windows strings; or ABSENT
    return raw if isinstance(raw, Absent) else os.fsdecode(raw)
