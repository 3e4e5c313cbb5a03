"""Children that run, or that nobody has waited for, when their owner is over."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from isolation._findings import Finding
from isolation._owners import Owner
from isolation.probes import processes
from isolation.probes._scene import Scene
from isolation.probes.processes import ProcessesProbe, children, command, end_process, state
from tests.alone import said_by
from tests.owned import an_owner, ended, owned_by

PAUSE = [sys.executable, "-c", "import signal; signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()",
]


@pytest.fixture
def probe(scene: Scene) -> ProcessesProbe:
    """Give a probe that has looked before."""
    probe = ProcessesProbe(scene)
    probe.snapshot()
    return probe


def start(ends: ExitStack) -> subprocess.Popen[bytes]:
    """Start a process that runs until *ends* is closed."""
    process = subprocess.Popen(PAUSE)
    ends.callback(process.wait)
    ends.callback(process.kill)
    return process


def zombie(pid: int) -> int:
    """Wait until child *pid* has ended, without waiting for it."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def fork(status: int = 0) -> int:
    """Return the process id of a child that has ended with *status*."""
    pid = os.fork()
    if pid == 0:
        os._exit(status)
    return zombie(pid)


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Return kind, name and severity of *findings*."""
    return [(found.kind, found.name, found.severity) for found in findings]


def test_a_running_process_is_found(probe: ProcessesProbe, ends: ExitStack) -> None:
    """It is named as its user wrote it."""
    with ended() as owner:
        process = start(ends)
    suspicious = probe.is_suspicious(None)

    (found,) = probe.findings(None)

    assert brief([found]) == [("process", " ".join(PAUSE), "error")]
    assert (found.detail, found.owner, suspicious) == (f"running, pid {process.pid}", owner, True)


def test_a_process_that_nobody_waited_for_is_found(probe: ProcessesProbe, ends: ExitStack) -> None:
    """Looking does not take its status away."""
    with ended():
        process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    zombie(process.pid)

    (found,) = probe.findings(None)

    assert (found.kind, found.detail) == ("zombie", f"ended, never waited for, pid {process.pid}")
    assert process.wait() == 3


def test_a_process_is_found_once(probe: ProcessesProbe, ends: ExitStack) -> None:
    """It is told when its owner ends, and not again."""
    with ended():
        start(ends)

    first, second = probe.findings(None), probe.findings(None)

    assert (len(first), list(second), probe.is_suspicious(None)) == (1, [], False)


def test_a_process_of_a_living_owner_is_not_found(probe: ProcessesProbe, ends: ExitStack) -> None:
    """A server of a wider fixture goes on."""
    with owned_by(an_owner()):
        start(ends)

    assert list(probe.findings(None)) == []


def test_without_children_there_is_nothing_to_look_at() -> None:
    """A clean test pays next to nothing."""
    script = """
from isolation.probes._scene import Scene
from isolation.probes.processes import ProcessesProbe
from isolation.recording._recorder import Recorder
probe = ProcessesProbe(Scene(Recorder(), "", 0))
print(probe.snapshot(), probe.look(), probe.findings(None), probe.is_suspicious(None), probe.restore(None))
"""

    assert said_by(script) == "None set() () False None\n"


def test_a_bare_fork_is_found_with_its_origin(probe: ProcessesProbe) -> None:
    """Forks and unknown children are matched by their order."""
    with ended() as owner:
        pid = fork()

    (found,) = probe.findings(None)

    os.waitpid(pid, 0)
    assert (found.kind, found.owner) == ("zombie", owner)
    assert found.origin is not None
    assert found.origin.created_at is not None
    assert found.origin.created_at.function == "fork"


def test_a_child_that_nobody_saw_being_made_has_no_origin(probe: ProcessesProbe, scene: Scene) -> None:
    """It is the last owner's."""
    pid = fork()
    scene.recorder.forks.clear()

    (found,) = probe.findings(None)

    os.waitpid(pid, 0)
    assert (found.origin, found.owner, found.severity) == (None, None, "error")


def test_what_was_there_before_is_not_found(probe: ProcessesProbe, scene: Scene) -> None:
    """A child from the time of imports is never a leak of a test."""
    pid = fork()
    probe.snapshot()

    assert list(probe.findings(None)) == []
    os.waitpid(pid, 0)


def test_what_is_gone_is_forgotten() -> None:
    """Process ids are used again, as soon as there is no child any more."""
    script = """
import subprocess, sys
from isolation.probes._scene import Scene
from isolation.probes.processes import ProcessesProbe
from isolation.recording._recorder import Recorder
recorder = Recorder().acquire()
probe = ProcessesProbe(Scene(recorder, "", 0))
subprocess.run([sys.executable, "-V"], stdout=subprocess.DEVNULL)
print(len(recorder.pids))
probe.snapshot()
print(len(recorder.pids), len(recorder.forks))
"""

    assert said_by(script).split() == ["1", "0", "0"]


def test_what_a_wider_fixture_holds_is_given_to_it(probe: ProcessesProbe, scene: Scene, ends: ExitStack) -> None:
    """A pool's worker is adopted with its origin's frames."""
    client = Owner("fixture", "client", scope="session")
    with ended():
        process = start(ends)
    scene.adopters = lambda things: {id(thing): client for thing in things}

    assert list(probe.findings(None)) == []
    assert scene.recorder.pids[process.pid].owner is client
    assert scene.recorder.pids[process.pid].frames


def test_what_appears_during_the_set_up_of_a_fixture_is_the_fixtures(probe: ProcessesProbe, scene: Scene) -> None:
    """A C library may fork; what has an owner keeps it."""
    server, before = Owner("fixture", "server", scope="module"), probe.look()
    with owned_by(an_owner()), subprocess.Popen([sys.executable, "-V"], stdout=subprocess.DEVNULL) as process:
        pid = fork()
        probe.claim(before, server)
        owners = [scene.recorder.pids[each].owner for each in (pid, process.pid)]
    os.waitpid(pid, 0)

    assert owners[0] is server
    assert owners[1] is not server


def test_a_found_process_is_ended_through_its_object(probe: ProcessesProbe, ends: ExitStack) -> None:
    """So the return code arrives there."""
    with ended():
        process = start(ends)
    (found,) = probe.findings(None)

    assert found.ending is not None
    assert found.ending(30) is None
    assert process.returncode == -signal.SIGTERM


def test_a_process_that_ignores_being_terminated_is_killed() -> None:
    """The grace period bounds the wait."""
    with subprocess.Popen(STUBBORN, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        assert end_process(process.pid, process, 0.01) is None

    assert process.returncode == -signal.SIGKILL


def test_a_process_of_multiprocessing_is_joined() -> None:
    """So its exit code arrives there."""
    process = get_context("fork").Process(target=int, name="worker")
    process.start()
    assert process.pid is not None
    zombie(process.pid)

    assert command(process.pid, process) == "worker"
    assert end_process(process.pid, process, 0) is None
    assert process.exitcode == 0


def test_a_bare_child_is_waited_for() -> None:
    """Nobody else will."""
    pid = fork()

    assert end_process(pid, None, 0) is None
    assert state(pid) == ""


def test_a_child_that_somebody_has_waited_for_needs_nothing() -> None:
    """Its process id is free."""
    pid = fork()
    os.waitpid(pid, 0)

    assert processes._reap(pid, None) is None


def test_a_process_that_cannot_be_killed_is_told(ends: ExitStack) -> None:
    """A process in the kernel's hands may survive for a while."""
    assert processes._reap(start(ends).pid, None) == "it survives SIGKILL"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["python", "-V"], "python -V"),
        ("python -V", "python -V"),
        (b"python", "python"),
        (Path("python"), "python"),
        ([b"python", Path("file")], "python file"),
    ],
    ids=repr,
)
def test_a_process_is_named_as_it_was_started(arguments: Any, expected: str) -> None:
    """Whatever Popen takes."""
    with subprocess.Popen([sys.executable, "-V"], stdout=subprocess.DEVNULL) as process:
        process.args = arguments

        assert command(process.pid, process) == expected


def test_a_process_without_object_is_named_by_the_system() -> None:
    """If it is still there."""
    assert command(os.getpid(), None) == Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    assert command(-1, None) == "unknown"


def test_the_state_of_a_process_is_known() -> None:
    """A zombie is told from a process that runs, and from none."""
    pid = fork()
    states = state(os.getpid()), state(pid)
    os.waitpid(pid, 0)

    assert states == ("R", "Z")
    assert state(pid) == ""


def test_children_of_threads_that_end_meanwhile_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of threads is older than the look at each."""
    monkeypatch.setattr(processes, "_listdir", lambda _: ["0"])

    assert children() == set()
