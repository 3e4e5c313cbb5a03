"""Descriptors that stay open when their owner is over."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pytest

from isolation._findings import Finding
from isolation._origin import Origin
from isolation._owners import Owner
from isolation.probes import descriptors
from isolation.probes._scene import Scene
from isolation.probes._suspects import Suspect
from isolation.probes.descriptors import DescriptorsProbe
from isolation.recording._recorder import UNLIMITED
from tests.owned import an_owner, ended, owned_by

CLIENT = Owner("fixture", "client", scope="session")


@pytest.fixture
def probe(scene: Scene, tmp_path: Path) -> DescriptorsProbe:
    """Give a probe whose paths are relative to the temporary directory."""
    scene.root = str(tmp_path)
    return DescriptorsProbe(scene)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file that exists."""
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    return path


def open_file(ends: ExitStack, path: Path) -> IO[str]:
    """Open *path* until *ends* is closed."""
    return ends.enter_context(path.open())


def open_number(ends: ExitStack, path: Path) -> int:
    """Open *path* as a bare number until *ends* is closed."""
    number = os.open(path, os.O_RDONLY)
    ends.callback(os.close, number)
    return number


def open_socket(ends: ExitStack) -> socket.socket:
    """Make a socket until *ends* is closed."""
    return ends.enter_context(socket.socket())


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Return kind, name and severity of *findings*."""
    return [(found.kind, found.name, found.severity) for found in findings]


def test_an_open_socket_is_found_with_its_owner(probe: DescriptorsProbe, ends: ExitStack) -> None:
    """It knows where it was made, and needs no number to be told."""
    before = probe.snapshot()
    with ended() as owner:
        open_socket(ends)
    suspicious = probe.is_suspicious(before)

    (found,) = probe.findings(before)

    assert brief([found]) == [("socket", "AF_INET, not connected", "error")]
    assert (found.owner, found.detail, found.hint, suspicious) == (owner, "", "", True)


def test_an_open_file_is_found(probe: DescriptorsProbe, ends: ExitStack, file: Path) -> None:
    """It is a warning, for the collector closes it some day."""
    before = probe.snapshot()
    opened = open_file(ends, file)

    (found,) = probe.findings(before)

    assert brief([found]) == [("file", "notes.txt", "warning")]
    assert found.detail == f"open, number {opened.fileno()}"
    assert found.hint.endswith("--isolation-trace tells where it was opened")


def test_a_bare_number_is_found(probe: DescriptorsProbe, ends: ExitStack, file: Path) -> None:
    """Nobody can end it: a C library may own it."""
    before = probe.snapshot()
    open_number(ends, file)

    (found,) = probe.findings(before)

    assert brief([found]) == [("descriptor", "notes.txt", "warning")]
    assert found.ending is None


def test_under_a_trace_a_file_has_an_origin(probe: DescriptorsProbe, scene: Scene, ends: ExitStack, file: Path) -> None:
    """There is no need then to tell of the trace."""
    before = probe.snapshot()
    scene.recorder.depth = UNLIMITED
    number = open_number(ends, file)
    origin = scene.recorder.opened[number, str(file)] = Origin(None)

    (found,) = probe.findings(before)

    assert (found.origin, found.hint) == (origin, "")


def test_a_pipe_is_a_note(probe: DescriptorsProbe, ends: ExitStack) -> None:
    """It belongs to something that is reported itself, and no trace would tell of it."""
    before = probe.snapshot()
    for number in os.pipe():
        ends.callback(os.close, number)

    found = probe.findings(before)

    assert [(each.kind, each.severity, each.hint) for each in found] == [("pipe", "note", "")] * 2


def test_what_was_open_before_is_not_found(probe: DescriptorsProbe, ends: ExitStack, file: Path) -> None:
    """What appeared between two tests joins what was there."""
    probe.snapshot()
    open_number(ends, file)
    before = probe.snapshot()

    assert probe.findings(before) == ()
    assert probe.snapshot() is before


def test_a_number_that_leads_elsewhere_now_is_found(
    probe: DescriptorsProbe, ends: ExitStack, file: Path, tmp_path: Path
) -> None:
    """The count is the same: closing one thing hides the leak of another, until something else is open."""
    other = tmp_path / "other.txt"
    other.write_text("")
    number = os.open(file, os.O_RDONLY)
    before = probe.snapshot()
    os.close(number)
    open_number(ends, other)
    open_number(ends, other)

    assert [found.name for found in probe.findings(before)] == ["other.txt", "other.txt"]


def test_what_is_closed_within_the_grace_is_not_found(probe: DescriptorsProbe, scene: Scene, file: Path) -> None:
    """A loop that runs meanwhile closes its transports."""
    scene.grace = 30
    scene.begin()
    before = probe.snapshot()
    number = os.open(file, os.O_RDONLY)
    loop = asyncio.new_event_loop()
    loop.call_soon(os.close, number)
    found = probe.findings(before)
    loop.close()

    assert list(found) == []


def test_a_socket_of_a_living_owner_is_not_found(probe: DescriptorsProbe, ends: ExitStack) -> None:
    """A pool of a wider fixture goes on."""
    before = probe.snapshot()
    with owned_by(an_owner()):
        open_socket(ends)

    assert list(probe.findings(before)) == []


@pytest.mark.parametrize("owner", [None, an_owner()], ids=["nobody", "a test"])
def test_a_socket_is_found_once(owner: Owner | None, probe: DescriptorsProbe, ends: ExitStack) -> None:
    """A socket of nobody, from the time of imports, is not found at all."""
    before = probe.snapshot()
    with owned_by(owner):
        open_socket(ends)
    if owner is not None:
        owner.is_alive = False

    first, second = probe.findings(before), probe.findings(probe.snapshot())

    assert (len(first), len(second)) == (0 if owner is None else 1, 0)


def test_a_socket_is_found_although_the_count_is_the_same(probe: DescriptorsProbe, ends: ExitStack) -> None:
    """A count is blind to a pair: something inherited that was closed, and something that was left."""
    number = os.dup(0)
    before = probe.snapshot()
    os.close(number)
    with ended():
        open_socket(ends)

    assert brief(probe.findings(before)) == [("socket", "AF_INET, not connected", "error")]


def test_a_closed_socket_is_forgotten(probe: DescriptorsProbe, scene: Scene) -> None:
    """Its object may live on in a cycle until the collector comes."""
    before = probe.snapshot()
    with ended():
        sock = socket.socket()
    sock.close()

    assert probe.findings(before) == ()
    assert scene.recorder.sockets.get(sock) is None


def test_what_loops_need_is_not_found(probe: DescriptorsProbe) -> None:
    """An unclosed loop is a finding itself."""
    before = probe.snapshot()
    loop = asyncio.new_event_loop()
    found = probe.findings(before)
    loop.close()

    assert list(found) == []


def test_what_a_fixture_opens_is_the_fixtures(probe: DescriptorsProbe, ends: ExitStack, file: Path) -> None:
    """With or without a Python object: found when the fixture is over, not before."""
    server = Owner("fixture", "server", scope="module")
    looked = probe.look()
    number = open_number(ends, file)
    probe.claim(looked, server)
    before = probe.snapshot()
    while_alive = probe.findings(before)
    server.is_alive = False

    (found,) = probe.findings(before)

    assert (list(while_alive), found.owner) == ([], server)
    assert found.detail == f"open, number {number}"
    assert probe.findings(before) == ()


def test_a_claim_ends_with_what_was_open(probe: DescriptorsProbe, ends: ExitStack, file: Path) -> None:
    """A number that leads elsewhere now is somebody else's."""
    looked = probe.look()
    number = os.open(os.devnull, os.O_RDONLY)
    probe.claim(looked, CLIENT)
    os.close(number)
    before = probe.snapshot()
    again = open_number(ends, file)

    (found,) = probe.findings(before)

    assert (again, found.owner) == (number, None)


def test_what_a_wider_fixture_holds_is_given_to_it(
    probe: DescriptorsProbe, scene: Scene, ends: ExitStack, file: Path
) -> None:
    """A pooled socket and an open file have the fixture as their owner from now on."""
    before = probe.snapshot()
    with ended():
        sock, opened = open_socket(ends), open_file(ends, file)
    held: list[Any] = [sock, opened]
    scene.adopters = lambda things: {id(thing): CLIENT for thing in things if any(thing is each for each in held)}

    assert list(probe.findings(before)) == []
    origin = scene.recorder.sockets.get(sock)
    assert origin is not None
    assert origin.owner is CLIENT


def test_an_unknown_socket_may_be_adopted_too(probe: DescriptorsProbe, scene: Scene, ends: ExitStack) -> None:
    """It has no stack then."""
    before = probe.snapshot()
    sock = open_socket(ends)
    suspect = Suspect(sock.fileno(), "socket:[1]", sock, None)
    scene.recorder.sockets.forget(sock)

    probe._adopt(suspect, CLIENT)

    origin = scene.recorder.sockets.get(sock)
    assert origin is not None
    assert (origin.owner, origin.frames) == (CLIENT, ())
    assert list(probe.findings(before)) == []


def test_where_counting_does_not_work_numbers_are_listed(
    scene: Scene, ends: ExitStack, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux tells the count since 6.2 only."""
    monkeypatch.setattr(descriptors, "count_works", lambda: False)
    probe = DescriptorsProbe(scene)
    before = probe.snapshot()
    open_number(ends, file)

    assert len(probe.findings(before)) == 1
    assert before.total == len(before.links)


def test_what_was_seen_last_can_be_forgotten(probe: DescriptorsProbe) -> None:
    """Somebody has exchanged the files at the same numbers."""
    before = probe.snapshot()

    probe.look_anew()

    assert probe.snapshot() is not before
    probe.restore(before)
