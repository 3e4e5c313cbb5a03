"""`no_leaks` around whole runs, and in programs in which nobody has recorded before."""

import asyncio
from collections.abc import Callable

import pytest

from isolation import LeakError, no_leaks
from tests.alone import said_by

Ending = Callable[[], object]


def test_what_asyncio_run_cancels_is_no_failure() -> None:
    """A task that `asyncio.run` cancels at its end is over when the block is: a note, which raises nothing."""

    async def forget() -> None:
        tasks.append(asyncio.create_task(asyncio.sleep(3600), name="forgotten"))

    tasks: list[asyncio.Task[None]] = []

    with no_leaks(grace=0.01):
        asyncio.run(forget())

    assert tasks[0].cancelled()


@pytest.mark.isolation_allow("tasks", reason="the task of a closed loop stays what it is")
def test_a_loop_that_is_closed_by_hand_inside_is_looked_into() -> None:
    """A task that goes down with its loop is found: nothing has cancelled it."""
    loop = asyncio.new_event_loop()
    coroutine = asyncio.sleep(3600)

    def close_by_hand() -> asyncio.Task[None]:
        task = loop.create_task(coroutine, name="forgotten")
        loop.close()
        return task

    with pytest.raises(LeakError) as leak, no_leaks(grace=0.01):
        task = close_by_hand()

    coroutine.close()
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    assert [(finding.name, finding.severity) for finding in leak.value.findings] == [("forgotten", "warning")]


def test_asyncio_run_inside_may_be_clean() -> None:
    """A run that awaits what it starts leaves nothing, its default executor included."""

    async def work() -> None:
        await asyncio.gather(asyncio.to_thread(int), asyncio.sleep(0))

    with no_leaks():
        asyncio.run(work())


def test_patches_are_taken_off_when_nobody_looks() -> None:
    """After the last block the functions that were wrapped are their old selves."""
    script = """
import asyncio, threading
from isolation import no_leaks
wrapped = lambda: (threading.Thread.start.__code__.co_filename, asyncio.BaseEventLoop.create_task.__code__.co_filename)
before = wrapped()
with no_leaks():
    with no_leaks():
        pass
    print(wrapped() == before)
print(wrapped() == before)
"""

    assert said_by(script).split() == ["False", "True"]


def test_a_process_that_nobody_saw_being_started_is_not_of_the_block() -> None:
    """Children from before the first block are known to nobody, and are not the block's."""
    script = """
import subprocess, sys
from isolation import no_leaks
process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
with no_leaks(grace=0):
    print("clean")
process.kill()
process.wait()
"""

    assert said_by(script) == "clean\n"
