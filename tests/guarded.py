"""A guard for tests, with a recorder of its own, and what its owners leave."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from isolation._guard import Guard
from isolation._judgements import Judgement
from isolation._owners import Owner
from isolation._settings import Mode, Profile, Settings
from isolation.recording._recorder import Recorder
from tests.owned import owned_by

PROFILE = Profile(name="test", reason="by hand", grace=0.01, emergency=0.0)


def settings(mode: Mode = "report", **others: Any) -> Settings:
    """Return settings with a short grace."""
    return Settings(mode=mode, profile=PROFILE, **others)


@contextmanager
def guarding(given: Settings, **others: Any) -> Iterator[Guard]:
    """Give a guard that has begun, with a recorder of its own."""
    guard = Guard(given, "", recorder=Recorder(), **others)
    guard.install()
    guard.begin()
    try:
        yield guard
    finally:
        guard.uninstall()


def leave_socket(ends: ExitStack, owner: Owner) -> socket.socket:
    """Let *owner* leave a socket."""
    with owned_by(owner):
        return ends.enter_context(socket.socket())


def leave_thread(ends: ExitStack, owner: Owner) -> None:
    """Let *owner* leave a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="worker")
    ends.callback(thread.join)
    ends.callback(stop.set)
    with owned_by(owner):
        thread.start()


def leave_file(ends: ExitStack) -> None:
    """Open a file, of which nobody knows the owner."""
    ends.callback(Path(__file__).open().close)  # noqa: SIM115 - left open on purpose


def kinds(judgements: Sequence[Judgement]) -> list[str]:
    """Return the kinds of what was found."""
    return [judgement.finding.kind for judgement in judgements]
