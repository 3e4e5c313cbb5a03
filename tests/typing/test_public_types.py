"""What type checkers know of blocks, findings and probes, and what they report."""

from collections.abc import Callable, Sequence
from typing import assert_type

import pytest

from isolation import Finding, IsolationError, LeakError, NoLeaks, Origin, Probe, SettingsError, no_leaks


class TablesProbe:
    """A probe of a third party: it counts tables."""

    name = "tables"

    def snapshot(self) -> int:
        """Count."""
        return 0

    def findings(self, before: int, /) -> Sequence[Finding]:
        """Find nothing."""
        return ()

    def restore(self, before: int, /) -> None:
        """Do nothing."""


class ForgetfulProbe:
    """Something that does not look before."""

    name = "forgetful"

    def findings(self, before: int, /) -> Sequence[Finding]:
        """Find nothing."""
        return ()


def test_a_block_gives_itself() -> None:
    """Both forms are typed alike."""
    with no_leaks("tasks", "threads", grace=0.2) as block:
        assert_type(block, NoLeaks)


async def test_an_async_block_gives_itself() -> None:
    """Both forms are typed alike."""
    async with no_leaks() as block:
        assert_type(block, NoLeaks)


def test_a_block_does_not_swallow_what_its_body_raises() -> None:
    """What follows a block whose body always raises is not reached, and type checkers know that."""

    def refuse() -> int:
        with no_leaks():
            raise KeyError("refused")

    with pytest.raises(KeyError):
        assert_type(refuse(), int)


def test_the_grace_is_named() -> None:
    """A number alone would not say what it is, and a number is no probe."""
    with pytest.raises(SettingsError):
        no_leaks(0.2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_leak_tells_its_findings() -> None:
    """An error can be caught by either name."""
    error: IsolationError = LeakError("left", [])

    assert isinstance(error, LeakError)
    assert_type(error.findings, Sequence[Finding])


def test_a_finding_is_typed() -> None:
    """Severities are words, and the ending says why it failed."""
    finding = Finding(probe="tables", kind="table", name="users", owner=None, origin=None, severity="warning")

    assert_type(finding.origin, Origin | None)
    assert_type(finding.ending, Callable[[float], str | None] | None)
    assert_type(finding.name, str)


def test_a_finding_cannot_be_changed() -> None:
    """What was found stays what it is."""
    finding = Finding(probe="tables", kind="table", name="users", owner=None, origin=None, severity="warning")

    with pytest.raises(AttributeError):
        finding.name = "orders"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_severity_is_one_of_three() -> None:
    """Type checkers know the words."""
    severity = "fatal"

    finding = Finding(probe="tables", kind="table", name="users", owner=None, origin=None, severity=severity)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert str(finding.severity) == severity


def test_an_origin_tells_its_fixture() -> None:
    """Not everything is made by a fixture."""
    assert_type(Origin(None).fixture, str | None)


def test_a_probe_needs_no_base_class() -> None:
    """Its three methods and its name make it one."""
    probe: Probe[int] = TablesProbe()

    assert_type(probe.snapshot(), int)
    assert_type(probe.findings(probe.snapshot()), Sequence[Finding])


def test_a_probe_that_does_not_look_before_is_none() -> None:
    """Type checkers name what is missing."""
    probe: Probe[int] = ForgetfulProbe()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    assert not hasattr(probe, "snapshot")
