"""The canary: leak one thing of each kind on purpose, and say what the guard did not see.

Detectors die silently: a framework changes, a private name goes, and a guard that finds nothing looks like a clean
suite.
"""

import asyncio
import socket
import threading
from collections.abc import Sequence
from dataclasses import replace

from isolation._compatibility import children_file_exists, running_loop
from isolation._guard import Guard
from isolation._owners import OWNER, Owner
from isolation._settings import Settings
from isolation.recording._recorder import Recorder

_PLANTED = ("tasks", "threads", "descriptors")


def blind_spots(settings: Settings, root: str, recorder: Recorder) -> Sequence[str]:
    """Return the probes that are switched on and do not see what is leaked before their eyes, each with a reason."""
    planted = [probe for probe in _PLANTED if probe != "tasks" or running_loop() is None]
    watched = [probe for probe in planted if settings.mode_of(probe) != "off"]
    profile = replace(settings.profile, grace=0.0)
    quiet = replace(settings, mode="report", probe_modes={**settings.probe_modes}, profile=profile, allowances=())
    guard = Guard(quiet, root, recorder=recorder)
    guard.install()
    try:
        seen = _leak_and_look(guard)
    finally:
        guard.uninstall()
    blind = [f"{probe} (a planted leak was not seen)" for probe in watched if probe not in seen]
    if settings.mode_of("processes") != "off" and not children_file_exists():
        blind.append("processes (this system does not list the children of a process)")
    return [*blind, *(f"{name} (not there to be watched)" for name in recorder.patches.missing)]


def _leak_and_look(guard: Guard) -> set[str]:
    owner = Owner("barrier", "canary", scope="block")
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="canary", daemon=True)
    token = OWNER.set(owner)
    guard.begin()
    open_socket = socket.socket()
    try:
        thread.start()
        if running_loop() is None:  # a second loop cannot run inside of one, as in a notebook
            _leave_task()
        return {judgement.finding.probe for judgement in guard.end(owner)}
    finally:
        OWNER.reset(token)
        open_socket.close()
        stop.set()
        thread.join()


def _leave_task() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def leave() -> None:
        tasks.append(asyncio.create_task(asyncio.sleep(3600)))

    # A loop of its own: the thread's current loop stays what it was.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(leave())
