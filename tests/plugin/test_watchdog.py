"""The watchdog: a run that something keeps from exiting says what, and ends if it may."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.plugin.said import steady

WORKER = """
    import threading

    def stay():
        threading.Event().wait()

    def test_leaks():
        threading.Thread(target=stay, name="worker").start()
"""
# Ends as soon as somebody opens the pipe from the other side.
PATIENT = """
    import os
    import threading

    def stay():
        os.close(os.open("release", os.O_RDONLY))

    def test_leaks():
        threading.Thread(target=stay, name="worker").start()
"""
HEADING = "isolation: the tests are over, but these keep the interpreter from exiting"
NAMED = "  thread 'worker', created at test_it.py:7 in test_leaks, by test_it.py::test_leaks"


def said(lines: Sequence[str]) -> Sequence[str]:
    """Return what the watchdog said on stderr, without the stacks."""
    start = lines.index(HEADING)
    return [steady(line) for line in lines[start:] if not line.startswith("    ") and "Coverage" not in line]


def release(directory: Path) -> None:
    """Let the thread of :data:`PATIENT` end, which waits in *directory*."""
    os.close(os.open(directory / "release", os.O_WRONLY))


def start(pytester: pytest.Pytester, *options: str) -> "subprocess.Popen[str]":
    """Start a run with *options* and return it; its stderr can be read while it runs."""
    os.mkfifo(pytester.path / "release")
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.Popen(
        command, cwd=pytester.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )


def read_until(run: "subprocess.Popen[str]", end: str) -> Sequence[str]:
    """Return what *run* says on stderr, up to a line that begins with *end*."""
    assert run.stderr is not None
    lines: list[str] = []
    while not (lines and lines[-1].startswith(end)):
        line = run.stderr.readline()
        assert line, lines
        lines.append(line.rstrip("\n"))
    return lines


@pytest.mark.parametrize(("mode", "status"), [("restore", 0), ("fail", 1)])
def test_the_run_ends_with_its_status(pytester: pytest.Pytester, mode: str, status: int) -> None:
    """A thread that nobody can end is named with its origin and its test, and the run ends as pytest meant it to."""
    pytester.makepyfile(test_it=WORKER)

    result = pytester.runpytest_subprocess(f"--isolation-mode={mode}", timeout=100)

    assert result.ret == status
    assert said(result.errlines) == [HEADING, NAMED, f"the run is ended now with status {status}"]


def test_the_stack_is_shown(pytester: pytest.Pytester) -> None:
    """Whoever reads it sees what the thread is waiting for."""
    pytester.makepyfile(test_it=WORKER)

    result = pytester.runpytest_subprocess("--isolation-mode=restore", timeout=100)

    result.stderr.fnmatch_lines(['*test_it.py", line 4, in stay', "        threading.Event().wait()"])


def test_a_thread_of_nobody_makes_success_a_failure(pytester: pytest.Pytester) -> None:
    """In mode fail, what keeps the run from exiting fails it, though no test has left it."""
    pytester.makepyfile(
        test_it="""
        import threading

        threading.Thread(target=threading.Event().wait, name="early").start()

        def test_passes():
            pass
        """
    )

    result = pytester.runpytest_subprocess("--isolation-mode=fail", timeout=100)

    result.assert_outcomes(passed=1)
    assert result.ret == 1
    assert said(result.errlines) == [
        HEADING,
        "  thread 'early', created at test_it.py:3 in <module>",
        "the run is ended now with status 1",
    ]


def test_a_report_waits(pytester: pytest.Pytester) -> None:
    """In mode report the thread is named, and the run ends when the thread does."""
    pytester.makepyfile(test_it=PATIENT)

    with start(pytester) as run:
        lines = read_until(run, "waiting for them")
        release(pytester.path)

    assert run.returncode == 0
    assert said(lines) == [HEADING, NAMED.replace(":7", ":8"), lines[-1]]
    assert lines[-1] == "waiting for them; --isolation-mode=restore ends the run instead"


def test_continuous_integration_waits_for_some_time(pytester: pytest.Pytester) -> None:
    """With profile ci a run in mode report has an emergency time, and goes on as usual if that was enough."""
    pytester.makepyfile(test_it=PATIENT)

    with start(pytester, "--isolation-profile=ci") as run:
        lines = read_until(run, "the run is ended")
        release(pytester.path)

    assert run.returncode == 0
    assert lines[-1] == "the run is ended in 10 s with status 0"


def test_the_emergency_time_passes(pytester: pytest.Pytester) -> None:
    """What still holds the interpreter then is left behind."""
    script = pytester.makepyfile("""
        import sys
        import threading
        from isolation._watchdog import Exit, Watchdog
        from isolation.recording._recorder import Recorder

        threading.Thread(target=threading.Event().wait, name="worker").start()
        Watchdog(Recorder(), "", sys.stderr).watch(Exit(status=3, may_end=True, after=0.05))
    """)

    result = pytester.runpython(script)

    assert result.ret == 3
    assert said(result.errlines) == [HEADING, "  thread 'worker'", "the run is ended in 0.05 s with status 3"]


def test_nobody_is_kept_from_debugging(pytester: pytest.Pytester) -> None:
    """With `--pdb` the process is never ended."""
    pytester.makepyfile(test_it=PATIENT)

    with start(pytester, "--isolation-mode=restore", "--pdb") as run:
        lines = read_until(run, "waiting for them")
        release(pytester.path)

    assert lines[-1] == "waiting for them: this process is debugged, or is not only there for this run"
    assert run.returncode == 0


def test_nobody_looks_if_threads_are_off(pytester: pytest.Pytester) -> None:
    """Who switches threads off waits for them, without a word."""
    pytester.makepyfile(test_it=PATIENT)

    with start(pytester, "--isolation-mode=fail", "--isolation-probes=threads=off") as run:
        release(pytester.path)
        assert run.stderr is not None
        lines = run.stderr.read().splitlines()

    assert run.returncode == 0
    assert HEADING not in lines


def test_another_program_is_not_ended(pytester: pytest.Pytester) -> None:
    """A program that calls `pytest.main` has plans for afterwards."""
    pytester.makepyfile(
        program="""
        import pytest
        import test_it

        status = pytest.main(["--isolation-mode=restore", "test_it.py"])
        test_it.is_over.set()
        print("the program goes on with", int(status))
        """,
        test_it="""
        import threading

        is_over = threading.Event()

        def test_leaks():
            threading.Thread(target=is_over.wait, name="worker").start()
        """,
    )

    result = pytester.runpython(pytester.path / "program.py")

    assert result.outlines[-1] == "the program goes on with 0"
    assert HEADING in result.errlines


def test_a_busy_worker_of_a_pool_holds_the_run(pytester: pytest.Pytester) -> None:
    """A pool that is shut down still waits for its work at exit; the worker is named with the pool's origin."""
    pytester.makepyfile(
        test_it="""
        import threading
        from concurrent.futures import ThreadPoolExecutor

        def test_leaks():
            ThreadPoolExecutor(thread_name_prefix="crew").submit(threading.Event().wait)
        """
    )

    result = pytester.runpytest_subprocess("--isolation-mode=restore", timeout=100)

    assert result.ret == 0
    assert said(result.errlines) == [
        HEADING,
        "  thread 'crew_0', created at test_it.py:5 in test_leaks, by test_it.py::test_leaks",
        "the run is ended now with status 0",
    ]


def test_an_idle_worker_of_a_pool_holds_nothing(pytester: pytest.Pytester) -> None:
    """A pool without work ends with the interpreter."""
    pytester.makepyfile("""
        from concurrent.futures import ThreadPoolExecutor

        kept = []

        def test_leaks():
            kept.append(ThreadPoolExecutor())
            kept[0].submit(int).result()
    """)

    result = pytester.runpytest_subprocess(timeout=100)

    assert result.ret == 0
    assert HEADING not in result.errlines


def test_a_process_holds_the_run(pytester: pytest.Pytester) -> None:
    """A process of multiprocessing that may stay is waited for at exit: it is named, and ends with the run."""
    pytester.makepyfile(
        test_it="""
        import multiprocessing
        import signal
        import pytest

        @pytest.mark.isolation_allow("processes", reason="the test is about exits")
        def test_leaks():
            process = multiprocessing.get_context("fork").Process(target=signal.pause, name="server")
            process.start()
            print(process.pid)
        """
    )

    result = pytester.runpytest_subprocess("-s", "-q", "--isolation-mode=restore", timeout=100)

    pid = int(result.outlines[0].rstrip("."))
    assert said(result.errlines) == [
        HEADING,
        "  process 'server' running, pid N, created at test_it.py:8 in test_leaks, by test_it.py::test_leaks",
        "the run is ended now with status 0",
    ]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_callbacks_for_the_exit_run(pytester: pytest.Pytester) -> None:
    """What others have registered with `atexit`, such as saving measurements, happens before the run is ended."""
    pytester.makepyfile(
        conftest="import atexit\natexit.register(lambda: open('saved', 'w').close())\n",
        test_it=WORKER,
    )

    pytester.runpytest_subprocess("--isolation-mode=restore", timeout=100)

    assert (pytester.path / "saved").exists()


def test_the_workers_of_a_parallel_run_end(pytester: pytest.Pytester) -> None:
    """A worker of pytest-xdist that something holds is ended, too, and has reported before."""
    pytester.makepyfile(test_it=WORKER)

    result = pytester.runpytest_subprocess("-n1", "--isolation-mode=restore", timeout=100)

    result.assert_outcomes(passed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["  thread 'worker' not daemon, *"])
    assert said(result.errlines) == [HEADING, NAMED, "the run is ended now with status 0"]
