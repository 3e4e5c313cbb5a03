"""The recorder: the tables of who made what, filled by wrapping the few functions that make things."""

import asyncio
import os
import socket
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import AsyncGeneratorType, CodeType
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakSet, ref

from isolation._compatibility import is_in_trio, running_loop
from isolation._findings import Severity
from isolation._origin import COMPACT_DEPTH, Origin, capture
from isolation._owners import OWNER, Owner
from isolation.recording._patches import Patches
from isolation.recording._tables import OriginTable

ClosedBy = Literal["framework", "user", "hand"]
ClosingListener = Callable[[asyncio.AbstractEventLoop, ClosedBy], None]

OURS = Owner("session", "isolation")
"""The owner of what this package makes itself while it looks; nothing of it is recorded."""

UNLIMITED = sys.maxsize


@dataclass(eq=False)
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
        opened: Origins by number and absolute path, while full stacks are kept; the latest only.
        forks: Origins of bare `os.fork` calls and of everything else that forks, oldest first.
        trio_runners: anyio's trio runners that are in use.
        closing_listeners: Called at the last moment at which the tasks of a dying loop can be seen.
    """

    depth: int = COMPACT_DEPTH
    pid: int = field(default_factory=os.getpid)
    patches: Patches = field(default_factory=Patches)
    closing_listeners: list[ClosingListener] = field(default_factory=list[ClosingListener])
    trio_listeners: list[Callable[[Any], None]] = field(default_factory=list[Callable[[Any], None]])
    trio_run_listeners: list[Callable[[Sequence[Any], Severity], None]] = field(
        default_factory=list[Callable[[Sequence[Any], Severity], None]]
    )

    tasks: OriginTable[asyncio.Task[Any]] = field(default_factory=OriginTable[asyncio.Task[Any]])
    timers: OriginTable[asyncio.TimerHandle] = field(default_factory=OriginTable[asyncio.TimerHandle])
    generators: OriginTable[AsyncGeneratorType[Any, Any]] = field(
        default_factory=OriginTable[AsyncGeneratorType[Any, Any]]
    )
    loops: OriginTable[asyncio.AbstractEventLoop] = field(default_factory=OriginTable[asyncio.AbstractEventLoop])
    trio_tasks: OriginTable[Any] = field(default_factory=OriginTable[Any])
    trio_runners: OriginTable[Any] = field(default_factory=OriginTable[Any])
    threads: OriginTable[threading.Thread] = field(default_factory=OriginTable[threading.Thread])
    executors: OriginTable[ThreadPoolExecutor] = field(default_factory=OriginTable[ThreadPoolExecutor])
    sockets: OriginTable[socket.socket] = field(default_factory=OriginTable[socket.socket])
    processes: OriginTable[Any] = field(default_factory=OriginTable[Any])
    pids: dict[int, Origin] = field(default_factory=dict[int, Origin])
    forks: list[Origin] = field(default_factory=list[Origin])
    opened: OrderedDict[tuple[int, str], Origin] = field(default_factory=OrderedDict[tuple[int, str], Origin])

    generator_loops: WeakKeyDictionary[AsyncGeneratorType[Any, Any], ref[asyncio.AbstractEventLoop]] = field(
        default_factory=WeakKeyDictionary[AsyncGeneratorType[Any, Any], ref[asyncio.AbstractEventLoop]]
    )
    timer_loops: WeakKeyDictionary[Any, ref[asyncio.AbstractEventLoop]] = field(
        default_factory=WeakKeyDictionary[Any, ref[asyncio.AbstractEventLoop]]
    )
    worker_pools: WeakKeyDictionary[threading.Thread, ref[ThreadPoolExecutor]] = field(
        default_factory=WeakKeyDictionary[threading.Thread, ref[ThreadPoolExecutor]]
    )

    uvloop_class: type | None = None
    runner_classes: set[type] = field(default_factory=set[type])
    has_anyio: bool = False
    has_trio: bool = False
    has_unittest: bool = False
    has_multiprocessing: bool = False
    watches_forks: bool = False
    watches_opens: bool = False
    modules_seen: int = 0
    users: int = 0
    trio_roots: WeakSet[Any] = field(default_factory=WeakSet[Any])

    @property
    def is_forked(self) -> bool:
        """Tell whether this is a copy in a forked child, which must not speak of its parent's things."""
        return self.pid != os.getpid()

    def has_foreign_loops(self) -> bool:
        """Tell whether a loop of uvloop is open, whose sockets and files have no Python object."""
        foreign = self.uvloop_class
        return foreign is not None and any(
            isinstance(loop, foreign) and not loop.is_closed() for loop, _ in self.loops.living()
        )

    @property
    def is_active(self) -> bool:
        """Tell whether anybody records."""
        return self.users > 0

    def origin(self, skip: int = 1) -> Origin | None:
        """Return the origin of what the caller's caller makes now; None if it is our own doing or a fork's."""
        owner = OWNER.get()
        if owner is OURS or self.is_forked:
            return None
        return Origin(owner, [*capture(skip + 1, self.depth), *self._frames_of_task()])

    def _frames_of_task(self) -> Sequence[tuple[CodeType, int]]:
        # A library may connect in a task of its own: the user's line is where that task was made.
        task = asyncio.current_task() if running_loop() is not None else None
        origin = self.tasks.get(task) if task is not None else None
        return origin.frames if origin is not None else ()

    def acquire(self) -> "Recorder":
        """Wrap the functions that make things, unless somebody has done so; note what runs around the caller."""
        self.users += 1
        if self.users == 1:
            self._install()
        self._meet()
        return self

    def release(self) -> None:
        """Take the wrapping off when nobody needs it any more."""
        self.users -= 1
        if self.users == 0:
            self.patches.undo()
            self.has_anyio = self.has_trio = self.has_unittest = self.has_multiprocessing = False
            self.modules_seen = 0
            self.uvloop_class = None
            self.runner_classes.clear()

    def origin_of_dying(self, thing: object) -> Origin | None:
        """Return the origin of *thing*, of which the collector may have cleared every weak reference already."""
        tables = (self.sockets, self.processes, self.loops)
        return next(filter(None, (table.of_dying(thing) for table in tables)), None)

    def _install(self) -> None:
        from isolation.recording import event_loops, processes, threads  # noqa: PLC0415 - they need the class above

        event_loops.install(self)
        threads.install(self)
        processes.install(self)
        self.patches.wrap(socket.socket, "__init__", self._wrap_socket)
        self.late_arrivals()

    def _meet(self) -> None:
        from isolation.recording import event_loops  # noqa: PLC0415 - it needs the class above

        event_loops.meet_loop(self)
        if is_in_trio():
            from isolation.recording import trio_tasks  # noqa: PLC0415 - imports trio, which is loaded if it runs

            trio_tasks.meet_run(self)

    def late_arrivals(self) -> None:
        """Wrap what has been imported since: uvloop, trio, anyio's plugin, unittest."""
        modules = len(sys.modules)
        if modules == self.modules_seen:
            return
        self.modules_seen = modules
        from isolation.recording import anyio_runners, event_loops, processes  # noqa: PLC0415 - they need the class above

        anyio_runners.install(self)
        event_loops.install_uvloop(self)
        event_loops.install_unittest(self)
        processes.install_multiprocessing(self)

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
