"""Restoring: everything that a test left is ended before the next one, or it is said why not."""

import pytest

from tests.plugin.said import REPORT, findings, section, steady


def ended(pytester: pytest.Pytester) -> dict[str, bool | None]:
    """Return by kind whether what was found has been ended."""
    return {record["kind"]: record["restored"] for record in findings(pytester.path)}


def test_a_task_of_a_shared_loop_is_cancelled(pytester: pytest.Pytester) -> None:
    """A task left in the loop of a module has seen its cancellation when the next test begins."""
    pytester.makepyfile("""
        import asyncio
        import pytest

        pytestmark = pytest.mark.asyncio(loop_scope="module")
        kept, seen = [], []

        async def stay():
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("cancelled")

        async def test_leaks():
            kept.append(asyncio.create_task(stay()))

        async def test_starts_clean():
            assert seen == ["cancelled"]
            assert asyncio.all_tasks() == {asyncio.current_task()}
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"task": True}


def test_a_task_that_refuses_is_said(pytester: pytest.Pytester) -> None:
    """A task that goes on after its cancellation is a finding that says so."""
    pytester.makepyfile(
        test_it="""
        import asyncio
        import pytest

        pytestmark = pytest.mark.asyncio(loop_scope="module")
        kept = []

        async def stay(is_over):
            while not is_over.is_set():
                try:
                    await is_over.wait()
                except asyncio.CancelledError:
                    pass

        async def test_leaks():
            kept.append(asyncio.Event())
            kept.append(asyncio.create_task(stay(kept[0])))

        async def test_comes_next():
            kept[0].set()
            await kept[1]
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert section(result)[1] == (
        "  task 'stay' pending at test_it.py:10 in stay, not ended: it refuses to be cancelled for 0.1 s, "
        "created at test_it.py:16 in test_leaks"
    )
    assert ended(pytester) == {"task": False}


def test_a_timer_of_a_shared_loop_is_cancelled(pytester: pytest.Pytester) -> None:
    """A timer that a test left does not fire in another one."""
    pytester.makepyfile("""
        import asyncio
        import pytest

        pytestmark = pytest.mark.asyncio(loop_scope="module")
        kept = []

        async def test_leaks():
            kept.append(asyncio.get_running_loop().call_later(3600, kept.clear))

        async def test_starts_clean():
            assert kept[0].cancelled()
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"timer": True}


def test_an_async_generator_of_a_shared_loop_is_closed(pytester: pytest.Pytester) -> None:
    """The `finally` of a generator that nobody finished has run when the next test begins."""
    pytester.makepyfile("""
        import asyncio
        import pytest

        pytestmark = pytest.mark.asyncio(loop_scope="module")
        kept, seen = [], []

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                seen.append("closed")

        async def test_leaks():
            kept.append(numbers())
            await anext(kept[0])

        async def test_starts_clean():
            assert seen == ["closed"]
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"async_generator": True}


def test_a_loop_is_closed(pytester: pytest.Pytester) -> None:
    """A loop that a test made is closed, after what is in it was cancelled."""
    pytester.makepyfile("""
        import asyncio

        kept = []

        def test_leaks():
            loop = asyncio.new_event_loop()
            task = loop.create_task(asyncio.sleep(3600))
            loop.run_until_complete(asyncio.sleep(0))
            kept.extend([loop, task])

        def test_starts_clean():
            loop, task = kept
            assert loop.is_closed()
            assert task.cancelled()
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester)["loop"] is True


def test_an_executor_is_shut_down(pytester: pytest.Pytester) -> None:
    """A pool takes no more work, and its idle workers have ended."""
    pytester.makepyfile("""
        import threading
        from concurrent.futures import ThreadPoolExecutor
        import pytest

        kept = []

        def test_leaks():
            kept.append(ThreadPoolExecutor(thread_name_prefix="crew"))
            kept[0].submit(int).result()

        def test_starts_clean():
            assert not [thread for thread in threading.enumerate() if thread.name.startswith("crew")]
            with pytest.raises(RuntimeError, match="after shutdown"):
                kept[0].submit(int)
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"executor": True}


def test_a_busy_executor_is_said(pytester: pytest.Pytester) -> None:
    """A pool whose worker goes on is shut down all the same; the finding says what is busy."""
    pytester.makepyfile(
        test_it="""
        import threading
        from concurrent.futures import ThreadPoolExecutor

        kept = []
        is_over = threading.Event()

        def teardown_module():
            is_over.set()
            kept[0].shutdown(wait=True)

        def test_leaks():
            kept.append(ThreadPoolExecutor(thread_name_prefix="crew"))
            kept[0].submit(is_over.wait)

        def test_comes_next():
            pass
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore", "--isolation-probes=threads")

    assert section(result)[:2] == [
        "test_it.py::test_leaks left",
        (
            "  executor 'crew' not shut down, with 1 worker, not ended: 1 of its workers are busy, "
            "created at test_it.py:12 in test_leaks; held by test_it:kept"
        ),
    ]


def test_a_process_is_terminated_and_reaped(pytester: pytest.Pytester) -> None:
    """A running process ends by SIGTERM, and its object has the return code."""
    pytester.makepyfile("""
        import signal
        import subprocess

        kept = []

        def test_leaks():
            kept.append(subprocess.Popen(["sleep", "3600"]))

        def test_starts_clean():
            assert kept[0].returncode == -signal.SIGTERM
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"process": True}


def test_a_process_that_ignores_termination_is_killed(pytester: pytest.Pytester) -> None:
    """A process that goes on after the grace ends by SIGKILL."""
    pytester.makepyfile("""
        import signal
        import subprocess

        kept = []

        def test_leaks():
            kept.append(subprocess.Popen(["sh", "-c", "trap '' TERM; echo ready; exec sleep 3600"], stdout=-1))
            assert kept[0].stdout.readline() == b"ready\\n"

        def test_starts_clean():
            kept[0].stdout.close()
            assert kept[0].returncode == -signal.SIGKILL
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", "--isolation-probes=processes", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"process": True}


def test_a_zombie_is_reaped(pytester: pytest.Pytester) -> None:
    """A process that ended by itself is waited for; its own return code arrives at its object."""
    pytester.makepyfile(
        test_it="""
        import os
        import subprocess

        kept = []

        def test_leaks():
            kept.append(subprocess.Popen(["sh", "-c", "exit 7"]))
            os.waitid(os.P_PID, kept[0].pid, os.WEXITED | os.WNOWAIT)

        def test_starts_clean():
            assert kept[0].returncode == 7
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert section(result)[1] == (
        "  zombie 'sh -c exit 7' ended, never waited for, pid N, created at test_it.py:7 in test_leaks"
    )
    assert ended(pytester) == {"zombie": True}


def test_a_forked_child_is_reaped(pytester: pytest.Pytester) -> None:
    """A child without an object is ended by its process id."""
    pytester.makepyfile("""
        import os
        import signal
        import pytest

        kept = []

        def test_leaks():
            pid = os.fork()
            if pid == 0:
                signal.pause()
            kept.append(pid)

        def test_starts_clean():
            with pytest.raises(ChildProcessError):
                os.waitpid(kept[0], os.WNOHANG)
    """)

    result = pytester.runpytest_subprocess("--isolation-mode=restore", REPORT, "-W", "ignore:This process")

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"process": True}


def test_a_multiprocessing_process_is_joined(pytester: pytest.Pytester) -> None:
    """A process of multiprocessing knows that it ended."""
    pytester.makepyfile("""
        import multiprocessing
        import signal

        kept = []

        def test_leaks():
            kept.append(multiprocessing.get_context("fork").Process(target=signal.pause))
            kept[0].start()

        def test_starts_clean():
            assert kept[0].exitcode == -signal.SIGTERM
            kept.pop().close()
    """)

    result = pytester.runpytest_subprocess("--isolation-mode=restore", REPORT, "-W", "ignore:This process")

    result.assert_outcomes(passed=2)
    assert ended(pytester)["process"] is True


def test_sockets_and_files_are_closed(pytester: pytest.Pytester) -> None:
    """What has a Python object is closed through it."""
    pytester.makepyfile("""
        import socket

        kept = []

        def test_leaks(tmp_path):
            kept.append(socket.socket())
            kept.append(open(tmp_path / "log", "w"))

        def test_starts_clean():
            assert kept[0].fileno() == -1
            assert kept[1].closed
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"socket": True, "file": True}


def test_a_bare_number_is_only_named(pytester: pytest.Pytester) -> None:
    """A descriptor without an object may belong to a C library: it is reported and stays open."""
    pytester.makepyfile("""
        import os

        kept = []

        def teardown_module():
            os.close(kept[0])

        def test_leaks(tmp_path):
            kept.append(os.open(tmp_path / "log", os.O_CREAT))

        def test_comes_next():
            os.fstat(kept[0])
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert ended(pytester) == {"descriptor": None}


def test_an_ending_that_fails_is_said(pytester: pytest.Pytester) -> None:
    """What raises when it is closed is a finding that says what it raised."""
    pytester.makepyfile(
        test_it="""
        import socket

        kept = []

        class Stubborn(socket.socket):
            def close(self):
                raise OSError("not now")

        def teardown_module():
            socket.socket.close(kept[0])

        def test_leaks():
            kept.append(Stubborn())

        def test_comes_next():
            pass
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert [steady(line) for line in section(result)[:2]] == [
        "test_it.py::test_leaks left",
        (
            "  socket AF_INET, not connected not ended: close() raised OSError: not now, "
            "created at test_it.py:13 in test_leaks; held by test_it:kept"
        ),
    ]
    assert ended(pytester) == {"socket": False}
