"""What mocks do not notice: lines whose outcome with the real client is known, done with each kind of mock.

The lines are those of the tests of fidelity; of these, the ones that were written down before any of this was made.
"""

import asyncio
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, create_autospec

from _rounds import table

from isolation import isolated_mock

ROOT = Path(__file__).parent.parent
KINDS: dict[str, Callable[[type], Any]] = {
    "AsyncMock(spec=C)": lambda cls: AsyncMock(spec=cls),
    "create_autospec(C)": lambda cls: create_autospec(cls, instance=True),
    "isolated_mock(C)": isolated_mock,
}


def sample() -> Iterator[Any]:
    """Yield the lines, in the order in which they are written."""
    sys.path.insert(0, str(ROOT))
    lines = importlib.import_module("tests.fidelity.lines")
    for path in sorted((ROOT / "tests" / "fidelity").glob("lines_*.py")):
        module = importlib.import_module(f"tests.fidelity.{path.stem}")
        for value in vars(module).values():
            if isinstance(value, lines.Lines):
                yield from (line for line in value.all if line.is_sample)


def agrees(line: Any, make: Callable[[type], Any]) -> bool:
    """Tell whether *line* gives with a mock what it gives with the real client, or raises what that raises."""
    lines = importlib.import_module("tests.fidelity.lines")
    module, _, name = line.subject.partition(":")
    mock = make(getattr(importlib.import_module(module), name))
    return bool(line.agrees(asyncio.run(lines.outcome_of(line, mock))))


def said(outcome: object) -> str:
    """Return *outcome* as a reader of a table understands it."""
    return str(getattr(outcome, "type", outcome))


def holes() -> str:
    """Return a table of the lines, and last how many agree."""
    rows, sums = [], dict.fromkeys(KINDS, 0)
    found = list(sample())
    for line in found:
        marks = {kind: agrees(line, make) for kind, make in KINDS.items()}
        sums = {kind: sums[kind] + marks[kind] for kind in KINDS}
        library = f"{line.library}: " if f"{line.library}." not in line.text else ""
        rows.append([f"{library}`{line.text}`", said(line.gives), *("yes" if marks[kind] else "no" for kind in KINDS)])
    rows.append(["**agree**", f"of {len(found)}", *(f"**{total}**" for total in sums.values())])
    return table(["line", "with the real client", *(f"`{kind}`" for kind in KINDS)], rows)
