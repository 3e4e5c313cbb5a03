"""What the leak probes share: the recorder, the grace period, and who has adopted what."""

import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TypeVar

from isolation._event_loop import is_idle, spin
from isolation._findings import Severity
from isolation._keepers import Keepers
from isolation._origin import Origin, Place, show
from isolation._owners import Owner
from isolation.recording._recorder import Recorder
from isolation.recording._tables import OriginTable

T = TypeVar("T")
Left = Sequence[tuple[T, Origin]]
Adopters = Callable[[Sequence[object]], Mapping[int, Owner]]
_NUMBERS = count(1)
_FIRST_STEP, _LONGEST_STEP = 0.0005, 0.02


class Scene:
    """Hold what all leak probes of one guard need while they look.

    Attributes:
        number: Who is told of things: each guard is told once.
        recorder: Who made what.
        root: Paths are shown relative to this directory.
        keepers: Names the module-level names that hold things.
        grace: Seconds that everything left by one owner has to end by itself, spent only if something is left.
        memory_threshold: Bytes by which memory may grow during a test.
        is_well_known: Tells of a probe and an origin whether a library keeps such things on purpose.
        adopters: From things to those wider fixtures that may keep them, asked only if something is left.
    """

    number: int
    recorder: Recorder
    root: str
    keepers: Keepers
    grace: float
    memory_threshold: int
    adopters: Adopters
    is_well_known: Callable[[str, Origin], bool]

    def __init__(self, recorder: Recorder, root: str, grace: float) -> None:
        self.number = next(_NUMBERS)
        self.keepers = Keepers()
        self.recorder = recorder
        self.root = root
        self.grace = grace
        self.memory_threshold = 0
        self.adopters = lambda _: {}
        self.is_well_known = lambda _probe, _origin: False
        self._patience = grace

    def begin(self) -> None:
        """Start to look at what one owner left: the grace period begins anew."""
        self._patience = self.grace

    def show(self, place: Place) -> str:
        """Return *place* relative to the root."""
        return show(place, self.root)

    def open_loops(self) -> list[AbstractEventLoop]:
        """Return the loops that are not closed."""
        table = self.recorder.loops
        loops = [loop for loop, _ in table.living()] if table else []
        for loop in loops:
            if loop.is_closed():
                table.forget(loop)
        return [loop for loop in loops if not loop.is_closed()]

    def remaining(self, look: Callable[[], Left[T]], rest: Callable[[float], None] | None = None) -> Left[T]:
        """Return what *look* still sees when the grace period is over.

        Args:
            look: Returns what is there although its owner is over.
            rest: Passes some seconds; by default all idle loops run meanwhile.
        """
        left = look()
        step = _FIRST_STEP
        while left and self._patience > 0:
            (rest or self.rest)(min(step, self._patience))
            # Counted, not timed: on a loaded machine time passes without anybody getting on, and a test may have
            # stopped the clock for good.
            self._patience -= step
            step = min(step * 2, _LONGEST_STEP)
            # Look again rather than wait for what was seen: a task that ends may have started another.
            left = look()
        return left

    def rest(self, seconds: float) -> None:
        """Let *seconds* pass, and every idle loop run."""
        idle = [loop for loop in self.open_loops() if is_idle(loop)]
        for loop in idle:
            spin(loop, seconds / len(idle))
        for runner, _ in self.recorder.trio_runners.living():
            from isolation.recording import trio_tasks  # noqa: PLC0415 - imports trio, which is loaded if there is a runner

            trio_tasks.rest(runner, seconds)
        if not idle:
            time.sleep(seconds)

    def orphans(
        self, table: OriginTable[T], look: Callable[[], Left[T]], rest: Callable[[float], None] | None = None
    ) -> Left[T]:
        """Return what of *table* is left for good and adopted by nobody, and note that it is reported now.

        What a wider fixture's object holds belongs to that fixture from now on; nobody waits for it to end.

        Args:
            table: Where the things are recorded.
            look: Returns what is there although its owner is over.
            rest: Passes some seconds; by default all idle loops run meanwhile.
        """
        left = look()
        if not left:
            return ()
        adopters = self.adopters([thing for thing, _ in left])
        for thing, origin in left:
            if id(thing) in adopters:
                table.add(thing, Origin(adopters[id(thing)], origin.frames))
        orphans = self.remaining(look, rest)
        for thing, origin in orphans:
            table.tell(thing, origin, self.number)
        return orphans


def severity_for(origin: Origin | None, severity: Severity) -> Severity:
    """Return *severity*, or ``"note"`` for what a session's fixture leaves when everything ends anyway."""
    owner = origin.owner.judged if origin is not None and origin.owner is not None else None
    ends_with_session = owner is not None and owner.kind == "fixture" and owner.scope == "session"
    return "note" if ends_with_session else severity
