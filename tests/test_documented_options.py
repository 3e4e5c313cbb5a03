"""The reference of options names everything that can be set: no probe and no kind of finding is forgotten."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from isolation._settings import KINDS, LEAKS, PROBES, STATES
from isolation.probes._heap_rules import SEVERITIES

OPTIONS = (Path(__file__).parent.parent / "docs" / "reference" / "options.md").read_text()
_NAME = re.compile(r"`(\w+)`")


def rows(heading: str) -> Sequence[Sequence[str]]:
    """Return the cells of all rows of the tables right below *heading*, without those that name the columns."""
    section = re.split(r"^#+ ", OPTIONS.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    lines = re.findall(r"^\| (?:`|\| ).*", section, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def documented_severities() -> Mapping[str, str]:
    """Return the severity of each kind of changed state, as the reference has it."""
    return {kind: severity for _, kinds, _, severity in rows("Kinds of changed state") for kind in _NAME.findall(kinds)}


def test_every_probe_is_described() -> None:
    """Those of state in the order in which they put back."""
    assert [_NAME.findall(row[0]) for row in rows("Probes")] == [[probe] for probe in PROBES]


def test_every_kind_of_finding_is_described() -> None:
    """With the probe that finds it."""
    of_leaks = [kind for row in rows("Probes")[: len(LEAKS)] for kind in _NAME.findall(row[1])]

    assert sorted([*of_leaks, *documented_severities()]) == sorted(KINDS)


def test_kinds_stand_with_their_probes_in_order() -> None:
    """A kind is looked up by its probe."""
    named = [probe for row in rows("Kinds of changed state") for probe in _NAME.findall(row[0])]

    assert named == list(STATES)


def test_the_severities_of_the_heap_are_as_described() -> None:
    """What the rules say is what the reference says."""
    described = documented_severities()

    assert {kind: described[kind] for kind in SEVERITIES} == SEVERITIES
