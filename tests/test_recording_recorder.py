"""The recorder: who made what, noted when it is made, and only while somebody wants to know."""

import asyncio
import os
import socket

import pytest
import uvloop

from isolation._owners import Owner
from isolation.recording._recorder import OURS, Recorder, process_recorder
from tests.owned import an_owner, owned_by


def test_there_is_one_recorder_for_the_process() -> None:
    """Patches of classes hold for a process, so everybody shares them."""
    assert process_recorder() is process_recorder()


def test_the_recorder_of_a_process_is_made_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the package records nothing."""
    monkeypatch.setattr("isolation.recording._recorder._RECORDER", [])

    recorder = process_recorder()

    assert not recorder.is_active
    assert process_recorder() is recorder


def test_a_recorder_records_while_it_has_users() -> None:
    """The last one to release it takes the patches off."""
    recorder = Recorder()
    original = socket.socket.__init__
    states = []

    for change in (recorder.acquire, recorder.acquire, recorder.release, recorder.release):
        change()
        states.append((recorder.is_active, socket.socket.__init__ is original))

    assert states == [(True, False), (True, False), (True, False), (False, True)]


def test_a_socket_is_recorded_with_its_owner_and_its_line(recorder: Recorder) -> None:
    """An origin has who was current and where the call was."""
    owner = an_owner()

    with owned_by(owner), socket.socket() as sock:
        origin = recorder.sockets.get(sock)

    assert origin is not None
    assert origin.owner is owner
    assert origin.created_at is not None
    assert origin.created_at.function == "test_a_socket_is_recorded_with_its_owner_and_its_line"


@pytest.mark.parametrize("owner", [OURS], ids=["ours"])
def test_what_we_make_ourselves_is_not_recorded(recorder: Recorder, owner: Owner) -> None:
    """A guard must not find itself."""
    with owned_by(owner), socket.socket() as sock:
        origin = recorder.sockets.get(sock)

    assert origin is None


def test_a_forked_copy_records_nothing(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child must not report its parent's things."""
    monkeypatch.setattr(recorder, "pid", os.getppid())

    with socket.socket() as sock:
        origin = recorder.sockets.get(sock)

    assert recorder.is_forked
    assert origin is None


def test_an_origin_has_no_more_frames_than_asked_for(recorder: Recorder) -> None:
    """Compact stacks are cheap; full ones are for tracing."""
    recorder.depth = 2

    with socket.socket() as sock:
        origin = recorder.sockets.get(sock)

    assert origin is not None
    assert len(origin.frames) == 2


async def test_a_loop_that_runs_already_is_met() -> None:
    """A recorder that begins inside of a running loop knows that loop, as nobody's."""
    recorder = Recorder().acquire()
    origin = recorder.loops.get(asyncio.get_running_loop())
    recorder.acquire()
    again = recorder.loops.get(asyncio.get_running_loop())
    recorder.release()
    recorder.release()

    assert origin is not None
    assert origin.owner is None
    assert again is origin


def test_what_is_dying_still_has_its_origin(recorder: Recorder) -> None:
    """A warning about an unclosed thing comes when its weak references may be cleared already."""
    owner = an_owner()
    with owned_by(owner), socket.socket() as sock:
        origin = recorder.origin_of_dying(sock)

    assert origin is not None
    assert origin.owner is owner
    assert recorder.origin_of_dying(object()) is None


def test_loops_of_uvloop_are_foreign_while_they_are_open(recorder: Recorder) -> None:
    """Their sockets have no Python object, so descriptors are judged mildly meanwhile."""
    loop = uvloop.new_event_loop()
    while_open = recorder.has_foreign_loops()

    loop.close()

    assert (while_open, recorder.has_foreign_loops()) == (True, False)


def test_late_arrivals_are_looked_for_when_modules_are_new(recorder: Recorder) -> None:
    """Nothing is looked up before a test as long as nothing was imported."""
    recorder.uvloop_class = None
    recorder.late_arrivals()
    unchanged = recorder.uvloop_class

    recorder.modules_seen = 0
    recorder.late_arrivals()

    assert unchanged is None
    assert recorder.uvloop_class is uvloop.Loop
