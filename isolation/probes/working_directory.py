"""The current directory that is left changed, or deleted."""

import operator
import os
from collections.abc import Sequence
from typing import Any

from isolation._changes import ABSENT, Absent, Change

# Bound early, so that tests that replace them do not confuse the probe.
_getcwd, _chdir = os.getcwd, os.chdir


class WorkingDirectoryProbe:
    """Find that the current directory is another one."""

    name = "cwd"

    def __init__(self) -> None:
        self._before: str | Absent = ABSENT

    def start(self) -> None:
        """Take the current directory for the baseline."""
        self._before = _current()

    def look(self) -> Sequence[Change]:
        """Return whether the current directory differs from the baseline."""
        before, now = self._before, _current()
        if now == before:
            return ()
        self._before = now
        return [
            Change(
                probe=self.name,
                kind="cwd",
                place="os.getcwd()",
                unit="os.getcwd()",
                key=self.name,
                before=before,
                after=now,
                severity="error",
                put=self._put,
                is_same=operator.eq,  # of strings
                detail="the current directory was deleted" if now is ABSENT else "",
                hint="use monkeypatch.chdir(path), or contextlib.chdir(path)",
            )
        ]

    def settle(self) -> None:
        """Do nothing: nothing is derived from the current directory here."""

    def _put(self, directory: Any) -> str | None:  # noqa: ANN401 - a string or ABSENT
        if directory is ABSENT:
            return "it was deleted before"
        try:
            _chdir(directory)
        except OSError as failure:
            return f"chdir raised {type(failure).__name__}: {failure}"
        self._before = _current()
        return None


def _current() -> str | Absent:
    try:
        return _getcwd()
    except OSError:
        return ABSENT  # deleted
