"""Survivors: what is cleaned up and still referenced, and by whom."""

import gc
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType, FunctionType, ModuleType
from typing import cast
from weakref import ref

from isolation._cleanups import CleanupHandle, Frames
from isolation._deadlines import working_directory
from isolation._origin import innermost, relative

DEPTH = 12
"""How far from an object its holder is looked for."""
UNSEEN = "what cannot be seen: a local variable of running code, or an extension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A tracked object that was cleaned up and that somebody still references.

    Attributes:
        name: The name it was tracked by, else that of its type.
        registered_at: Where it was added or tracked, as ``path:line``.
        retained_by: Who holds it, innermost first, for example ``dict['conn'] <- module app.CACHE``; empty if
            nobody asked.
    """

    name: str
    registered_at: str
    retained_by: str = ""


class _Tracked(ref[object]):
    __slots__ = ("frames", "handle", "name", "number")

    name: str
    number: int
    frames: Frames
    handle: CleanupHandle | None

    @property
    def where(self) -> str:
        place = innermost(self.frames)
        return f"{relative(place.file, working_directory())}:{place.line}" if place else "an unknown place"

    def survivor(self, retained_by: str) -> Survivor:
        """Return it as plain data."""
        return Survivor(name=self.name, registered_at=self.where, retained_by=retained_by)

    def is_over(self, *, is_closed: bool) -> bool:
        """Tell whether its cleanup has run, or, without one, whether its manager is closed."""
        return is_closed if self.handle is None else self.handle.status in ("done", "failed")


class Tracker:
    """Watch objects without keeping them alive.

    Attributes:
        count: How many objects were tracked, with those that cannot be referenced weakly.
    """

    __slots__ = ("_tracked", "count")

    count: int

    def __init__(self) -> None:
        self.count = 0
        self._tracked: dict[int, _Tracked] = {}

    def add(self, obj: object, name: str | None, frames: Frames, handle: CleanupHandle | None) -> None:
        """Watch *obj* until it is collected."""
        self.count += 1
        tracked = self._tracked
        try:
            reference = _Tracked(obj, lambda gone: tracked.pop(gone.number, None))
        except TypeError:  # a list, a dict, an int: it has no room for weak references
            return
        reference.name = name or type(obj).__qualname__
        reference.number = self.count
        reference.frames = frames
        reference.handle = handle
        tracked[reference.number] = reference

    def survivors(self, *, is_closed: bool, explain: bool) -> Sequence[Survivor]:
        """Return what is over and alive, oldest first."""
        gc.collect()
        alive = self.alive(is_closed=is_closed)
        return [reference.survivor(explanation(reference) if explain else "") for reference in alive]

    def alive(self, *, is_closed: bool) -> Sequence[_Tracked]:
        """Return references to what is over and alive, oldest first."""
        tracked = list(self._tracked.values())
        return [each for each in tracked if each.is_over(is_closed=is_closed) and each() is not None]


def survivors_of(trackers: Sequence[Tracker], strangers: tuple[type, ...]) -> Sequence[Sequence[Survivor]]:
    """Return what has survived of the things of closed managers, with who holds it, for each of *trackers*.

    Args:
        trackers: Those of the managers.
        strangers: Classes whose instances are allowed to hold anything; what only they hold is no survivor.
    """
    if any(tracker.alive(is_closed=True) for tracker in trackers):
        gc.collect()
    return [
        [
            reference.survivor(held)
            for reference in tracker.alive(is_closed=True)
            if (held := explanation(reference, strangers))
        ]
        for tracker in trackers
    ]


class _Step:
    """One holder on the way outwards: *obj* is reached by *path*."""

    __slots__ = ("is_root", "obj", "path")

    def __init__(self, obj: object, path: str, *, is_root: bool = False) -> None:
        self.obj = obj
        self.path = path
        self.is_root = is_root


def explanation(reference: "ref[object]", strangers: tuple[type, ...] = ()) -> str:
    """Return who holds the object of *reference*, from the innermost holder to one that lives by itself.

    The search is breadth first, with one pass over the heap for each step outwards, since a pass costs milliseconds.
    It goes past instances of *strangers*; the result is empty if nobody else holds the object.
    """
    search = _Search(reference(), strangers)
    path = UNSEEN
    for _ in range(DEPTH):
        level = search.next_level()
        if not level:
            return "" if search.has_met_stranger else path
        found = next((step for step in level if step.is_root), level[0])
        path = found.path
        if found.is_root:
            break
    return path


class _Search:
    """Go from an object to its holders, to theirs, and so on."""

    __slots__ = ("_level", "_modules", "_seen", "_strangers", "has_met_stranger")

    has_met_stranger: bool

    def __init__(self, obj: object, strangers: tuple[type, ...]) -> None:
        self.has_met_stranger = False
        self._strangers = strangers
        self._modules = {
            id(vars(module)): name for name, module in list(sys.modules.items()) if type(module) is ModuleType
        }
        self._level = [_Step(obj, "")]
        self._seen: set[int] = {id(obj)}

    def next_level(self) -> Sequence[_Step]:
        """Return those who hold what the last call has returned."""
        self._level = list(self._outwards(self._level))
        return self._level

    def _outwards(self, level: Sequence[_Step]) -> Iterator[_Step]:
        held = tuple(step.obj for step in level)  # passed on as it is, so that it can be told from the holders
        for holder in gc.get_referrers(*held):
            if holder is held or id(holder) in self._seen or isinstance(holder, (_Step, _Tracked)):
                continue
            self._seen.add(id(holder))
            if issubclass(type(holder), self._strangers):
                self.has_met_stranger = True
                continue
            inner = next((step for step in level if any(obj is step.obj for obj in gc.get_referents(holder))), None)
            if inner is not None:  # pragma: no branch - else the heap has changed between the two looks
                yield self._step(holder, inner)

    def _step(self, holder: object, inner: _Step) -> _Step:
        name = self._modules.get(id(holder))
        label = f"module {name}.{_key(holder, inner.obj)}" if name else _label(holder, inner.obj)
        path = f"{inner.path} <- {label}" if inner.path else label
        return _Step(holder, path, is_root=name is not None or isinstance(holder, (type, FrameType)))


def _key(namespace: object, obj: object) -> object:
    items = list(cast("dict[object, object]", namespace).items())
    return next((key for key, value in items if value is obj), "?")


def _label(holder: object, obj: object) -> str:
    kind = type(holder)
    if kind is dict:
        key = _key(holder, obj)
        return f"dict[{key!r}]" if isinstance(key, (str, int)) else f"dict[{type(key).__qualname__}]"
    if isinstance(holder, (list, tuple)):
        items = cast("Sequence[object]", holder)
        return f"{kind.__qualname__}[{next((i for i, item in enumerate(items) if item is obj), '?')}]"
    if isinstance(holder, FrameType):
        return f"frame of {holder.f_code.co_qualname}"
    if isinstance(holder, (type, FunctionType)):
        return f"{kind.__name__} {holder.__module__}.{holder.__qualname__}"
    return kind.__qualname__
