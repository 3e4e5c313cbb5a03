"""Threads and thread pools that go on after their owner is over."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import CodeType

from isolation import _compatibility
from isolation._findings import Finding
from isolation._origin import Origin, current_frames, innermost
from isolation.probes._scene import Left, Scene, severity_for


class ThreadsProbe:
    """Find running threads and open thread pools."""

    name = "threads"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def snapshot(self) -> None:
        """Remember nothing: threads and pools know their owners."""

    def findings(self, before: None, /) -> Sequence[Finding]:
        """Return the pools that are not shut down, and the threads that run, although their owner is over."""
        del before
        recorder = self._scene.recorder
        if not recorder.threads:
            return ()
        left_pools = self._scene.orphans(recorder.executors, self._open_pools)
        for pool, origin in left_pools:
            for worker in _compatibility.executor_threads(pool):
                recorder.threads.tell(worker, origin, self._scene.number)
        pools = [self._pool(pool, origin) for pool, origin in left_pools]
        left = self._scene.orphans(recorder.threads, self._running)
        return pools + [self._thread(thread, origin) for thread, origin in left]

    def is_suspicious(self, before: None, /) -> bool:
        """Tell whether anything is left now."""
        del before
        return bool(self._open_pools() or self._running())

    def restore(self, before: None, /) -> None:
        """Do nothing: each finding has its own ending."""

    def _open_pools(self) -> Left[ThreadPoolExecutor]:
        left = self._scene.recorder.executors.left(self._scene.number)
        return [
            (pool, origin)
            for pool, origin in left
            if not _compatibility.executor_is_shut_down(pool) and _compatibility.executor_threads(pool)
        ]

    def _running(self) -> Left[threading.Thread]:
        table = self._scene.recorder.threads
        running: list[tuple[threading.Thread, Origin]] = []
        for thread, origin in table.left(self._scene.number):
            if not thread.is_alive():
                table.forget(thread)
            elif self._scene.is_well_known(self.name, origin):
                # Nobody waits for it to end, and no later test looks at it again.
                table.tell(thread, origin, self._scene.number)
            elif not self._is_worker_of_open_pool(thread):
                running.append((thread, origin))
        return running

    def _is_worker_of_open_pool(self, thread: threading.Thread) -> bool:
        reference = self._scene.recorder.worker_pools.get(thread)
        pool = reference() if reference is not None else None
        return pool is not None and not _compatibility.executor_is_shut_down(pool)

    def _pool(self, pool: ThreadPoolExecutor, origin: Origin) -> Finding:
        count = len(_compatibility.executor_threads(pool))
        return Finding(
            probe=self.name,
            kind="executor",
            name=_compatibility.executor_prefix(pool),
            owner=origin.owner,
            origin=origin,
            severity=severity_for(origin, "error"),
            detail=f"not shut down, with {count} worker{'s' if count > 1 else ''}",
            hint=self._scene.keepers.hint(pool),
            ending=lambda seconds: shut_down(pool, seconds),
        )

    def _thread(self, thread: threading.Thread, origin: Origin) -> Finding:
        frame = current_frames().get(thread.ident or 0)
        frames: list[tuple[CodeType, int]] = []
        while frame is not None:
            frames.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back
        place = innermost(frames)
        now_at = f", now at {self._scene.show(place)}" if place is not None else ""
        return Finding(
            probe=self.name,
            kind="thread",
            name=thread.name,
            owner=origin.owner,
            origin=origin,
            severity=severity_for(origin, "warning") if thread.daemon else "error",
            detail=("daemon" if thread.daemon else "not daemon") + now_at,
            hint="" if thread.daemon else "it keeps the interpreter from exiting",
            ending=lambda seconds: wait_for(thread, seconds),
        )


def wait_for(thread: threading.Thread, seconds: float) -> str | None:
    """Wait *seconds* for *thread*, which nobody can end from outside; return None or that it goes on."""
    thread.join(seconds)
    return "a thread cannot be ended from outside" if thread.is_alive() else None


def shut_down(pool: ThreadPoolExecutor, seconds: float) -> str | None:
    """Shut *pool* down without waiting, then give its workers *seconds*; return None or how many go on."""
    workers = _compatibility.executor_threads(pool)
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.join(seconds / len(workers))
    busy = sum(worker.is_alive() for worker in workers)
    return f"{busy} of its workers are busy" if busy else None
