"""`no_leaks` in ``with``: what a block leaves behind is found when it ends, what goes on around it is not."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from isolation import LeakError, SettingsError, no_leaks

Ending = Callable[[], object]


@contextmanager
def meeting(barrier: threading.Barrier) -> Iterator[None]:
    """Wait for the other thread before and after what happens inside."""
    barrier.wait()
    yield
    barrier.wait()


def start_thread(ends: ExitStack, name: str = "worker") -> threading.Thread:
    """Start a thread that goes on until *ends* is closed."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name=name)
    ends.callback(thread.join)
    ends.callback(stop.set)
    thread.start()
    return thread


def leave_socket(ends: ExitStack) -> None:
    """Open a socket."""
    ends.callback(socket.socket().close)


def leave_file(ends: ExitStack) -> None:
    """Open a file."""
    ends.callback(open(__file__, "rb").close)  # noqa: PTH123, SIM115 - left open on purpose


def leave_pipe(ends: ExitStack) -> None:
    """Open a pipe, of which nothing in Python knows."""
    for number in os.pipe():
        ends.callback(os.close, number)


def leave_process(ends: ExitStack) -> None:
    """Start a process."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    ends.callback(process.wait)
    ends.callback(process.kill)


def leave_pool(ends: ExitStack) -> None:
    """Start a thread pool."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="pool")
    pool.submit(int).result()
    ends.callback(pool.shutdown)


def leave_loop(ends: ExitStack) -> None:
    """Make an event loop."""
    ends.callback(asyncio.new_event_loop().close)


@pytest.mark.parametrize(
    ("leave", "kinds"),
    [
        (start_thread, {"thread"}),
        (leave_pool, {"executor"}),
        (leave_socket, {"socket"}),
        (leave_file, {"file"}),
        (leave_loop, {"loop"}),
        (leave_process, {"process"}),
    ],
)
def test_a_block_tells_what_it_leaves(leave: Callable[[ExitStack], object], kinds: set[str], ends: ExitStack) -> None:
    """Whatever can stay alive is found at the end of the block."""
    with pytest.raises(LeakError) as leak, no_leaks(grace=0.01):
        leave(ends)

    assert {finding.kind for finding in leak.value.findings} == kinds


def test_a_leak_is_told_with_its_creator(ends: ExitStack) -> None:
    """The message names the thing, what it does now, where it was made, and what to do."""
    with pytest.raises(LeakError) as leak, no_leaks("threads", grace=0.01):
        thread = start_thread(ends)

    told = str(leak.value).splitlines()
    created = f"tests/test_no_leaks.py:{start_thread.__code__.co_firstlineno + 6} in start_thread"
    assert told[0] == "tests/test_no_leaks.py::test_a_leak_is_told_with_its_creator left 1 thing behind"
    assert told[1].startswith(f"  thread {thread.name!r} not daemon, now at threading.py:")
    assert told[1].endswith(f" in wait, created at {created}; it keeps the interpreter from exiting")
    assert told[-1] == "end them inside the block"


def test_a_block_that_leaves_nothing_is_silent() -> None:
    """What is ended in the block is no finding."""
    with no_leaks(), socket.socket(), ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()


def test_the_grace_is_given_to_what_is_about_to_end() -> None:
    """A thread that ends by itself soon after the block was slow, not leaked."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)

    with no_leaks("threads", grace=30):
        thread.start()
        stop.set()

    thread.join()


def test_what_a_block_leaves_is_not_ended(ends: ExitStack) -> None:
    """A block reports; who made a thing ends it."""
    with pytest.raises(LeakError), no_leaks("threads", grace=0):
        thread = start_thread(ends)

    assert thread.is_alive()


def test_only_the_named_probes_look(ends: ExitStack) -> None:
    """``no_leaks("tasks")`` has no opinion on threads."""
    with no_leaks("tasks", "loops", grace=0):
        start_thread(ends)


def test_what_was_there_before_is_not_of_the_block(ends: ExitStack) -> None:
    """A thread, a socket and a process that were there when the block began are not found."""
    start_thread(ends)
    leave_socket(ends)
    leave_process(ends)

    with no_leaks(grace=0):
        pass


def test_what_goes_on_around_is_not_of_the_block(ends: ExitStack) -> None:
    """What another thread starts meanwhile belongs to that thread's owner."""
    begun, started = threading.Event(), threading.Event()

    def around() -> None:
        begun.wait()
        start_thread(ends)
        started.set()

    other = threading.Thread(target=around)
    other.start()

    with no_leaks(grace=0):
        begun.set()
        started.wait()

    other.join()


def test_what_a_thread_of_the_block_starts_is_of_the_block(ends: ExitStack) -> None:
    """Who starts a thing in a thread that the block has started leaks it for the block."""

    def start_two() -> None:
        first = threading.Thread(target=start_thread, args=(ends, "second"))
        first.start()
        first.join()

    with pytest.raises(LeakError) as leak, no_leaks("threads", grace=0.01):
        start_two()

    assert [finding.name for finding in leak.value.findings] == ["second"]


def test_blocks_in_two_threads_find_what_is_theirs(ends: ExitStack) -> None:
    """Blocks that run at the same time do not blame each other."""
    barrier = threading.Barrier(2, timeout=30)
    names: dict[str, list[str]] = {}

    def leak(name: str) -> None:
        with pytest.raises(LeakError) as leak, no_leaks("threads", grace=0), meeting(barrier):
            start_thread(ends, name)
        names[name] = [finding.name for finding in leak.value.findings]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(leak, ["a", "b"]))

    assert names == {"a": ["a"], "b": ["b"]}


def test_an_inner_block_tells_first_and_an_outer_one_tells_what_stays(ends: ExitStack) -> None:
    """What an inner block has told and nobody has ended is told by the outer block again."""
    with pytest.raises(LeakError) as outer, no_leaks("threads", grace=0):
        with pytest.raises(LeakError) as inner, no_leaks("threads", grace=0):
            start_thread(ends)

    assert [finding.name for finding in inner.value.findings] == ["worker"]
    assert [finding.name for finding in outer.value.findings] == ["worker"]


def test_an_outer_block_is_silent_if_what_an_inner_one_told_has_ended() -> None:
    """Ending what an inner block has told is enough."""
    with no_leaks("threads", grace=0):
        with ExitStack() as ends, pytest.raises(LeakError), no_leaks("threads", grace=0):
            start_thread(ends)


def test_a_body_that_raises_keeps_its_exception_and_gets_a_note(ends: ExitStack) -> None:
    """The body's own failure goes on; what was left is a note on it."""
    with pytest.raises(ValueError, match="broken") as failure, no_leaks("threads", grace=0):
        int(start_thread(ends, "broken").name)

    (note,) = failure.value.__notes__
    assert note.splitlines()[0].endswith("left 1 thing behind")


def test_a_body_that_raises_and_leaves_nothing_gets_no_note() -> None:
    """Without a leak the body's failure goes on untouched."""
    with pytest.raises(ValueError, match="broken") as failure, no_leaks():
        raise ValueError("broken")

    assert not hasattr(failure.value, "__notes__")


def test_an_unknown_probe_is_refused_where_it_is_written() -> None:
    """A wrong probe fails at the call, with the nearest right one."""
    with pytest.raises(SettingsError) as failure:
        no_leaks("task")

    assert str(failure.value) == "unknown probe 'task' in no_leaks(); did you mean 'tasks'?"


def test_a_block_may_be_used_again() -> None:
    """One object guards one block after the other."""
    block = no_leaks()

    with block:
        pass
    with ExitStack() as ends, pytest.raises(LeakError), block:
        leave_socket(ends)


def test_what_nobody_can_be_blamed_for_is_no_failure(ends: ExitStack) -> None:
    """A pipe without a Python object may belong to a C library: that is a note, and notes raise nothing."""
    with no_leaks(grace=0):
        leave_pipe(ends)
