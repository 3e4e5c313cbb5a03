"""The recorder: the tables of who made what, filled by wrapping the few functions that make things."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import AsyncGeneratorType
from typing import Any, Literal
from weakref import WeakKeyDictionary, ref

from isolation._origin import COMPACT_DEPTH, Origin, capture
from isolation._owners import OWNER, Owner
from isolation.recording._patches import Patches
from isolation.recording._tables import OriginTable

ClosedBy = Literal["framework", "user", "hand"]
ClosingListener = Callable[[asyncio.AbstractEventLoop, ClosedBy], None]

OURS = Owner("session", "isolation")
"""The owner of what this package makes itself while it looks; nothing of it is recorded."""

UNLIMITED = sys.maxsize


class Recorder:
    """Hold the origins of everything that can leak.

    Patches of classes hold for a process, so there is one recorder for a process, shared by the plugin's guard
    and by every `no_leaks` block: `acquire` it and `release` it.

    Attributes:
        depth: How many frames an origin keeps.
        tasks: asyncio tasks.
        trio_tasks: Tasks of trio runners that anyio's plugin started.
        loops: Event loops.
        timers: Timers that call something, not those that only wake a task.
        generators: Async generators that were started under a loop.
        threads: Threads; workers of a pool have the origin of the pool.
        executors: Thread pools.
        sockets: Sockets.
        processes: Process objects: `subprocess.Popen` and `multiprocessing.Process`.
        pids: Process objects' origins by process id, also for those that are gone.
        forks: Origins of bare `os.fork` calls and of everything else that forks, oldest first.
        trio_runners: anyio's trio runners that are in use.
        closing_listeners: Called at the last moment at which the tasks of a dying loop can be seen.
    """

    depth: int

    def __init__(self) -> None:
        self.depth = COMPACT_DEPTH
        self.pid = os.getpid()
        self.patches = Patches()
        self.closing_listeners: list[ClosingListener] = []
        self.tasks: OriginTable[asyncio.Task[Any]] = OriginTable()
        self.trio_tasks: OriginTable[Any] = OriginTable()
        self.loops: OriginTable[asyncio.AbstractEventLoop] = OriginTable()
        self.timers: OriginTable[asyncio.TimerHandle] = OriginTable()
        self.generators: OriginTable[AsyncGeneratorType[Any, Any]] = OriginTable()
        self.threads: OriginTable[threading.Thread] = OriginTable()
        self.executors: OriginTable[ThreadPoolExecutor] = OriginTable()
        self.sockets: OriginTable[socket.socket] = OriginTable()
        self.processes: OriginTable[Any] = OriginTable()
        self.trio_runners: OriginTable[Any] = OriginTable()
        self.pids: dict[int, Origin] = {}
        self.forks: list[Origin] = []
        self.generator_loops: WeakKeyDictionary[AsyncGeneratorType[Any, Any], ref[asyncio.AbstractEventLoop]] = (
            WeakKeyDictionary()
        )
        self.worker_pools: WeakKeyDictionary[threading.Thread, ref[ThreadPoolExecutor]] = WeakKeyDictionary()
        self.uvloop_class: type | None = None
        self.watches_forks = False
        self.has_anyio = False
        self.runner_classes: set[type] = set()
        self.trio_listeners: list[Callable[[Any], None]] = []
        self._users = 0

    @property
    def is_forked(self) -> bool:
        """Tell whether this is a copy in a forked child, which must not speak of its parent's things."""
        return self.pid != os.getpid()

    @property
    def is_active(self) -> bool:
        """Tell whether anybody records."""
        return self._users > 0

    def origin(self, skip: int = 1) -> Origin | None:
        """Return the origin of what the caller's caller makes now; None if it is our own doing or a fork's."""
        owner = OWNER.get()
        if owner is OURS or self.is_forked:
            return None
        return Origin(owner, capture(skip + 1, self.depth))

    def acquire(self) -> "Recorder":
        """Wrap the functions that make things, unless somebody has done so already."""
        self._users += 1
        if self._users == 1:
            self._install()
        return self

    def release(self) -> None:
        """Take the wrapping off when nobody needs it any more."""
        self._users -= 1
        if self._users == 0:
            self.patches.undo()
            self.has_anyio = False
            self.uvloop_class = None
            self.runner_classes.clear()

    def _install(self) -> None:
        from isolation.recording import event_loops, processes, threads  # noqa: PLC0415 - they need the class above

        event_loops.install(self)
        threads.install(self)
        processes.install(self)
        self.patches.wrap(socket.socket, "__init__", self._wrap_socket)
        self.late_arrivals()

    def late_arrivals(self) -> None:
        """Wrap what has been imported since: uvloop, anyio's plugin."""
        from isolation.recording import anyio_runners, event_loops  # noqa: PLC0415 - they need the class above

        anyio_runners.install(self)
        event_loops.install_uvloop(self)

    def _wrap_socket(self, original: Callable[..., None]) -> Callable[..., None]:
        table = self.sockets

        def __init__(sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: N807, ANN401 - stands for socket.__init__
            original(sock, *args, **kwargs)
            origin = self.origin()
            if origin is not None:
                table.add(sock, origin)

        return __init__


_RECORDER: list[Recorder] = []


def process_recorder() -> Recorder:
    """Return the one recorder of this process."""
    if not _RECORDER:
        _RECORDER.append(Recorder())
    return _RECORDER[0]
