"""Writes down what administrators do."""

from pathlib import Path
from typing import IO

# One trail for the process, like a logger's.
_trail: IO[str] | None = None


def start_audit(path: Path) -> None:
    """Write down from now on to *path*."""
    global _trail  # the module is the object here, as in logging
    _trail = path.open("a", buffering=1)


def audit(event: str) -> None:
    """Write *event* down, if somebody started an audit."""
    if _trail is not None:
        _trail.write(f"{event}\n")


def stop_audit() -> None:
    """Close the file."""
    global _trail
    if _trail is not None:
        _trail.close()
        _trail = None
