"""Event loops that nobody closed, and the timers and async generators that a loop still holds."""

import asyncio
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from types import AsyncGeneratorType
from typing import Any

from isolation import _compatibility
from isolation._event_loop import close_generator, drain
from isolation._findings import Finding, Severity
from isolation._origin import Origin, is_stdlib, resolve
from isolation._owners import OWNER, Owner
from isolation.probes._scene import Left, Scene, severity_for
from isolation.recording._recorder import OURS, ClosedBy

Generator = AsyncGeneratorType[Any, Any]
_ON_DEMAND = "get_event_loop"


class LoopsProbe:
    """Find unclosed loops, timers and suspended async generators."""

    name = "loops"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def snapshot(self) -> None:
        """Remember nothing: loops, timers and generators know their owners."""

    def findings(self, before: None, /) -> Sequence[Finding]:
        """Return what is left in open loops, and the loops that are left open."""
        del before
        recorder = self._scene.recorder
        if not self._scene.open_loops():
            return ()
        # A timer that fires within the grace period was late, not left; so was a generator closed meanwhile.
        timers = self._scene.orphans(recorder.timers, self._timers_left)
        found = [self._timer(handle, origin, "error") for handle, origin in timers]
        generators = self._scene.orphans(recorder.generators, self._generators_left)
        found += [self._generator(generator, origin) for generator, origin in generators]
        loops = self._scene.orphans(recorder.loops, self._loops_left)
        return found + [self._loop(loop, origin) for loop, origin in loops]

    def is_suspicious(self, before: None, /) -> bool:
        """Tell whether anything is left now."""
        del before
        return bool(self._timers_left() or self._generators_left())

    def restore(self, before: None, /) -> None:
        """Do nothing: each finding has its own ending."""

    def findings_at_close(self, loop: AbstractEventLoop, closed_by: ClosedBy, /) -> Sequence[Finding]:
        """Return the timers and generators that *loop* takes with it."""
        severity: Severity = "note" if closed_by == "user" else "warning"
        recorder = self._scene.recorder
        timers = self._timers_of(loop, lambda _: True)
        for handle, origin in timers:
            recorder.timers.tell(handle, origin, self._scene.number)
        found = [self._timer(handle, origin, severity) for handle, origin in timers]
        if not recorder.generators:
            return found
        for generator, origin in recorder.generators.living():
            if (
                self._loop_of(generator) is loop
                and is_suspended(generator)
                and not recorder.generators.is_told(generator, self._scene.number)
            ):
                recorder.generators.tell(generator, origin, self._scene.number)
                found.append(self._generator(generator, origin, severity, is_dying=True))
        return found

    def _loops_left(self) -> Left[AbstractEventLoop]:
        left = self._scene.recorder.loops.left(self._scene.number)
        return [(loop, origin) for loop, origin in left if not loop.is_closed()]

    def _timers_left(self) -> Left[asyncio.TimerHandle]:
        return [pair for loop in self._scene.open_loops() for pair in self._timers_of(loop, is_over)]

    def _timers_of(self, loop: AbstractEventLoop, is_wanted: Callable[[Origin], bool]) -> Left[asyncio.TimerHandle]:
        table = self._scene.recorder.timers
        handles = [handle for handle in self._timers(loop) if not table.is_told(handle, self._scene.number)]
        owned = ((handle, table.get(handle) or Origin(_owner_of(handle))) for handle in handles)
        return [(handle, origin) for handle, origin in owned if origin.owner is not OURS and is_wanted(origin)]

    def _timers(self, loop: AbstractEventLoop) -> Sequence[asyncio.TimerHandle]:
        if _compatibility.knows_timers(loop):
            return _compatibility.timers(loop)
        recorded = self._scene.recorder.timer_loops.items()
        return [
            handle
            for handle, reference in list(recorded)
            if reference() is loop and not handle.cancelled() and handle.when() > loop.time()
        ]

    def _timer(self, handle: asyncio.TimerHandle, origin: Origin, severity: Severity) -> Finding:
        callback = _compatibility.timer_callback(handle)
        code = getattr(callback, "__code__", None)
        place = f" of {self._scene.show(resolve(code, 0))}" if code is not None else ""

        def end(_: float) -> None:
            handle.cancel()

        return Finding(
            probe=self.name,
            kind="timer",
            name=getattr(callback, "__qualname__", "callback"),
            owner=origin.owner,
            origin=origin,
            severity=severity_for(origin, severity),
            detail=f"due in {max(handle.when() - time.monotonic(), 0):.0f} s{place}",
            ending=end,
        )

    def _generators_left(self) -> Left[Generator]:
        return [
            (generator, origin)
            for generator, origin in self._scene.recorder.generators.left(self._scene.number)
            if is_suspended(generator) and (loop := self._loop_of(generator)) is not None and not loop.is_closed()
        ]

    def _loop_of(self, generator: Generator) -> AbstractEventLoop | None:
        reference = self._scene.recorder.generator_loops.get(generator)
        return reference() if reference is not None else None

    def _generator(
        self, generator: Generator, origin: Origin, severity: Severity = "warning", *, is_dying: bool = False
    ) -> Finding:
        loop = self._loop_of(generator)
        frame = generator.ag_frame
        place = resolve(frame.f_code, frame.f_lasti) if frame is not None else None
        return Finding(
            probe=self.name,
            kind="async_generator",
            name=generator.__qualname__,
            owner=origin.owner,
            origin=origin,
            severity=severity_for(origin, severity),
            detail=f"suspended at {self._scene.show(place)}" if place is not None else "suspended",
            # A dying loop closes its generators itself.
            ending=(lambda seconds: close_generator(generator, loop, seconds)) if loop and not is_dying else None,
        )

    def _loop(self, loop: AbstractEventLoop, origin: Origin) -> Finding:
        is_on_demand = any(code.co_name == _ON_DEMAND and is_stdlib(code.co_filename) for code, _ in origin.frames)
        return Finding(
            probe=self.name,
            kind="loop",
            name=type(loop).__name__,
            owner=origin.owner,
            origin=origin,
            severity=severity_for(origin, "warning" if is_on_demand else "error"),
            detail="running in another thread" if loop.is_running() else "never closed",
            hint="made on demand by get_event_loop()" if is_on_demand else "",
            ending=lambda seconds: end_loop(loop, seconds),
        )


def _owner_of(handle: asyncio.TimerHandle) -> Owner | None:
    context = _compatibility.timer_context(handle)
    return context.get(OWNER) if context is not None else None


def is_over(origin: Origin) -> bool:
    """Tell whether the owner of *origin* has come to its end."""
    return origin.is_over


def is_suspended(generator: Generator) -> bool:
    """Tell whether *generator* waits at a yield for somebody who may never come back."""
    return generator.ag_frame is not None and not generator.ag_running


def end_loop(loop: AbstractEventLoop, seconds: float) -> str | None:
    """Stop *loop* if another thread runs it, then close it with all that is in it; return what refused."""
    if loop.is_running():
        loop.call_soon_threadsafe(loop.stop)
        return None
    return drain(loop, seconds)
