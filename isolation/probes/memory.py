"""Resident memory that stays higher after a test; off unless asked for, because one test says little about memory."""

import gc
from collections.abc import Sequence

from isolation._findings import Finding
from isolation.probes._scene import Scene

_MEBIBYTE = 1 << 20


class MemoryProbe:
    """Find growth of the resident set beyond the threshold of the profile."""

    name = "memory"

    def __init__(self, scene: Scene) -> None:
        import psutil  # noqa: PLC0415 - needed only if this probe is switched on

        self._scene = scene
        self._process = psutil.Process()

    def snapshot(self) -> int:
        """Return the resident memory in bytes."""
        return int(self._process.memory_info().rss)

    def findings(self, before: int, /) -> Sequence[Finding]:
        """Return the growth since *before*, if it is still there after a garbage collection and over the threshold."""
        if not self.is_suspicious(before):
            return ()
        gc.collect()
        after = self.snapshot()
        growth = after - before
        if growth <= self._scene.memory_threshold:
            return ()
        return [
            Finding(
                probe=self.name,
                kind="memory",
                name="resident memory",
                owner=None,
                origin=None,
                severity="warning",
                detail=f"grew by {growth / _MEBIBYTE:.0f} MiB",
                before=f"{before / _MEBIBYTE:.0f} MiB",
                after=f"{after / _MEBIBYTE:.0f} MiB",
            )
        ]

    def is_suspicious(self, before: int, /) -> bool:
        """Tell whether memory has grown beyond the threshold, garbage included."""
        return self.snapshot() - before > self._scene.memory_threshold

    def restore(self, before: int, /) -> None:
        """Do nothing: memory cannot be given back from outside."""
