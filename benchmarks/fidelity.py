"""How often a mock gives what the real client gives: the lines of tests/fidelity, done with each kind of mock.

    python benchmarks/fidelity.py            # print the scores
    python benchmarks/fidelity.py --write    # and write them to docs/explanation/mock-fidelity.md

Each kind has a process of its own, because what is known of a class is kept for as long as the class lives.
"""

import asyncio
import importlib
import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, create_autospec

from _rounds import table

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "explanation" / "mock-fidelity.md"
SECONDS = 5
KINDS = {
    "spec": "`AsyncMock(spec=C)`",
    "autospec": "`create_autospec(C)`",
    "introspection": "`isolated_mock(C)` without tables",
    "tables": "`isolated_mock(C)`",
}
NAMES = {"aio_pika": "aio-pika", "nats": "nats-py"}
Marks = Mapping[str, list[bool]]


def maker(kind: str) -> Callable[[type], Any]:
    """Return what makes a mock of *kind*."""
    from isolation import isolated_mock
    from isolation.mocks.inspection import _tables

    if kind == "introspection":
        _tables.LIBRARIES = frozenset()
    made: dict[str, Callable[[type], Any]] = {
        "spec": lambda cls: AsyncMock(spec=cls),
        "autospec": lambda cls: create_autospec(cls, instance=True),
    }
    return made.get(kind, isolated_mock)


def all_lines() -> Mapping[str, list[Any]]:
    """Return the lines by library, without the libraries that are not installed."""
    sys.path.insert(0, str(ROOT))
    lines = importlib.import_module("tests.fidelity.lines").all_lines()
    return {name: found for name, found in lines.items() if installed(name)}


def installed(name: str) -> str:
    """Return the version of the library *name*, or nothing."""
    try:
        return version(NAMES.get(name, name))
    except PackageNotFoundError:
        return ""


async def agrees(line: Any, make: Callable[[type], Any]) -> bool:
    """Tell whether *line* gives with a mock what it gives with the real client, or raises what that raises."""
    outcome_of = importlib.import_module("tests.fidelity.lines").outcome_of
    module, _, name = line.subject.partition(":")
    mock = make(getattr(importlib.import_module(module), name))
    return bool(line.agrees(await asyncio.wait_for(outcome_of(line, mock), SECONDS)))


async def marks_of(kind: str) -> Marks:
    """Return by library which of its lines agree with mocks of *kind*."""
    make = maker(kind)
    return {name: [await agrees(line, make) for line in found] for name, found in all_lines().items()}


def measured(kind: str) -> Marks:
    """Return what :func:`marks_of` returns, in a process of its own."""
    command = [sys.executable, __file__, "--kind", kind]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def scores(marks: Mapping[str, Marks]) -> str:
    """Return the table of how many lines of each library agree."""
    lines = all_lines()
    rows = [
        [f"{name} {installed(name)}", compared(found), *(str(sum(marks[kind][name])) for kind in KINDS)]
        for name, found in lines.items()
    ]
    sample = [(name, number) for name, found in lines.items() for number, line in enumerate(found) if line.is_sample]
    totals = [str(sum(map(sum, marks[kind].values()))) for kind in KINDS]
    everything = [line for found in lines.values() for line in found]
    rows.append(["**all**", f"**{compared(everything)}**", *(f"**{total}**" for total in totals)])
    chosen = [str(sum(marks[kind][name][number] for name, number in sample)) for kind in KINDS]
    rows.append(["the first sample", compared([lines[name][number] for name, number in sample]), *chosen])
    return table(["library", "lines (tried on a real object)", *KINDS.values()], rows)


def compared(lines: Sequence[Any]) -> str:
    """Return how many *lines* there are, and how many of them are tried on a real client, too."""
    clients = importlib.import_module("tests.fidelity.real").CLIENTS
    return f"{len(lines)} ({sum(line.is_alone or line.subject in clients for line in lines)})"


def differences(marks: Mapping[str, Marks]) -> str:
    """Return the lines in which a mock gives something else than the real client, with the reasons."""
    reasons = importlib.import_module("tests.fidelity.test_fidelity").KNOWN_DIFFERENCES
    return "\n".join(
        f"- {name}: `{line.text}` gives `{line.gives!r}`. The mock does not: {reasons.get(line.text, 'not known')}."
        for name, found in all_lines().items()
        for line, mark in zip(found, marks["tables"][name], strict=True)
        if not mark
    )


def table_rows(marks: Mapping[str, Marks]) -> str:
    """Return the lines that hold because of a table, not by introspection."""
    return "\n".join(
        f"- {name}: `{line.text}`"
        for name, found in all_lines().items()
        for line, alone, mark in zip(found, marks["introspection"][name], marks["tables"][name], strict=True)
        if mark and not alone
    )


def conditions() -> str:
    """Return when and with what the page was written."""
    return f"Written on {datetime.now(UTC):%Y-%m-%d} with CPython {'.'.join(map(str, sys.version_info[:3]))}."


def written(page: str, blocks: Mapping[str, str]) -> str:
    """Return *page* with each of *blocks* between the marks of its name."""
    for name, text in blocks.items():
        start, end = f"<!-- {name}: benchmarks/fidelity.py --write -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        page = f"{before}{start}\n\n{text}\n\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Print the scores, and write the page if that is asked for."""
    warnings.simplefilter("ignore")
    if "--kind" in sys.argv:
        print(json.dumps(asyncio.run(marks_of(sys.argv[-1]))))
        return
    marks = {kind: measured(kind) for kind in KINDS}
    blocks = {
        "conditions": conditions(),
        "scores": scores(marks),
        "differences": differences(marks),
        "tables": table_rows(marks),
    }
    print(blocks["scores"], blocks["differences"], sep="\n\n")
    if "--write" in sys.argv:
        PAGE.write_text(written(PAGE.read_text(), blocks))


if __name__ == "__main__":
    main()
