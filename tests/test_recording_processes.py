"""Child processes are recorded, however they are started."""

import os
import subprocess
import sys
from multiprocessing import get_context
from weakref import ref

from isolation.recording._recorder import OURS, Recorder
from tests.owned import an_owner, owned_by


def test_a_popen_is_recorded_by_object_and_by_id(recorder: Recorder) -> None:
    """The object may die before the process does."""
    owner = an_owner()

    with owned_by(owner), subprocess.Popen([sys.executable, "-V"], stdout=subprocess.DEVNULL) as process:
        origins = recorder.processes.get(process), recorder.pids[process.pid]

    assert origins[0] is origins[1]
    assert origins[1].owner is owner
    assert origins[1].created_at is not None
    assert origins[1].created_at.function == "test_a_popen_is_recorded_by_object_and_by_id"


def test_a_multiprocessing_process_is_recorded_when_it_starts(recorder: Recorder) -> None:
    """Making the object starts nothing."""
    owner = an_owner()
    process = get_context("spawn").Process(target=int)
    before = recorder.processes.get(process)

    with owned_by(owner):
        process.start()
    process.join()

    origin = recorder.processes.get(process)
    assert before is None
    assert origin is not None
    assert origin.owner is owner


def test_our_own_processes_are_not_recorded(recorder: Recorder) -> None:
    """A guard must not find itself."""
    with owned_by(OURS), subprocess.Popen([sys.executable, "-V"], stdout=subprocess.DEVNULL) as process:
        origin = recorder.processes.get(process)

    assert (origin, process.pid in recorder.pids) == (None, False)


def fork() -> None:
    """Fork, and wait for the child."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def test_a_bare_fork_is_recorded(recorder: Recorder) -> None:
    """Nobody knows the process id at that moment, only that somebody forks."""
    owner = an_owner()

    with owned_by(owner):
        fork()
    with owned_by(OURS):
        fork()

    assert [origin.owner for origin in recorder.forks] == [owner]


def test_forks_are_recorded_only_while_somebody_records() -> None:
    """A hook at fork cannot be taken away again, and is installed once."""
    recorder = Recorder().acquire()
    recorder.release()
    fork()
    recorder.acquire()
    fork()
    recorder.release()

    assert len(recorder.forks) == 1


def test_a_recorder_that_is_gone_is_not_kept_by_its_hook() -> None:
    """The hook refers to it weakly."""
    recorder = Recorder().acquire()
    recorder.release()
    reference = ref(recorder)

    del recorder
    fork()

    assert reference() is None
