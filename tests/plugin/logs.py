"""Logs: what an inner run did, in its order."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

PRELUDE = """
import asyncio, contextvars, functools, os
import anyio
import pytest
from isolation import FixtureScope, managed_fixture

def say(*words):
    with open("log", "a") as log:
        print(*words, file=log)
"""


def write(pytester: pytest.Pytester, source: str, name: str = "test_it") -> Path:
    """Write module *name*, which can ``say()`` what happens in it."""
    return pytester.makepyfile(**{name: PRELUDE + dedent(source)})


def said(pytester: pytest.Pytester) -> Sequence[str]:
    """Return what the run said, line by line."""
    log = pytester.path / "log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def errors(result: pytest.RunResult) -> Sequence[str]:
    """Return the lines of the errors that were raised, as pytest shows them."""
    lines: list[str] = []
    is_error = False
    for line in result.outlines:
        # Where all frames are hidden, only the first line of an error is marked.
        is_error = line.startswith("E  ") or (is_error and bool(line) and not line.startswith(("All traceback", "=")))
        if is_error:
            lines.append(line.removeprefix("E ").strip())
    return lines
