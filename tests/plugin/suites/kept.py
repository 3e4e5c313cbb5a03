"""What the suites leak is kept alive here until the session is over: what the collector ends proves little."""

import asyncio
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from functools import singledispatch
from multiprocessing.process import BaseProcess
from pathlib import Path

KEEP: list[object] = []
CHILDREN: list[int] = []
NUMBERS: list[int] = []
STOP = threading.Event()
QUESTIONS = {
    asyncio.AbstractEventLoop: ("loop", lambda loop: loop.is_closed()),
    asyncio.StreamWriter: ("stream", lambda writer: writer.is_closing()),
    asyncio.Task: ("task", lambda task: task.done() or task.get_loop().is_closed()),
    asyncio.TimerHandle: ("timer", lambda timer: timer.cancelled()),
    socket.socket: ("socket", lambda sock: sock.fileno() == -1),
    subprocess.Popen: ("process", lambda child: child.returncode is not None),
    BaseProcess: ("worker", lambda child: not child.is_alive()),
}


async def forever() -> None:
    await asyncio.Event().wait()


async def numbers():
    for number in range(10):
        yield number


def conclude() -> None:
    """End what was kept, or, if the guard was to do that, write down what it left."""
    path = os.environ.get("SURVIVORS")
    if path is None:
        release()
    else:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        Path(path + worker).write_text(json.dumps(survivors()), encoding="utf-8")


def survivors() -> dict[str, list[str]]:
    alive = {
        kind: [repr(thing) for thing in KEEP if isinstance(thing, type_) and not is_over(thing)]
        for type_, (kind, is_over) in QUESTIONS.items()
    }
    alive["child"] = [str(pid) for pid in CHILDREN if is_child(pid)]
    return alive


def is_child(pid: int) -> bool:
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def release() -> None:
    STOP.set()
    for thing in reversed(KEEP):
        end(thing)
    for pid in CHILDREN:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    for number in NUMBERS:
        with contextlib.suppress(OSError):
            os.close(number)


@singledispatch
def end(thing: object) -> None:
    """Leave *thing* alone: what holds neither the exit nor another process may die with this one."""
    stop = getattr(thing, "stop", None) or getattr(thing, "cancel", None)
    if stop is not None and not isinstance(thing, asyncio.Task | asyncio.TimerHandle):
        stop()


@end.register
def _(thing: asyncio.AbstractEventLoop) -> None:
    thing.close()


@end.register
def _(thing: subprocess.Popen) -> None:
    thing.kill()
    thing.wait()


@end.register
def _(thing: BaseProcess) -> None:
    if thing.is_alive():
        thing.kill()
    thing.join()


@end.register
def _(thing: concurrent.futures.Executor) -> None:
    thing.shutdown(wait=False, cancel_futures=True)
