"""Survivors: what is cleaned up and still referenced, and by whom."""

import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
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
        found: list[Survivor] = []
        for reference in list(self._tracked.values()):
            if reference.is_over(is_closed=is_closed) and reference() is not None:
                holder = explanation(reference) if explain else ""
                found.append(Survivor(name=reference.name, registered_at=reference.where, retained_by=holder))
        return found


class _Step:
    """One holder on the way outwards: *obj* is reached by *path*."""

    __slots__ = ("is_root", "obj", "path")

    def __init__(self, obj: object, path: str, *, is_root: bool = False) -> None:
        self.obj = obj
        self.path = path
        self.is_root = is_root


def explanation(reference: "ref[object]") -> str:
    """Return who holds the object of *reference*, from the innermost holder to one that lives by itself.

    The search is breadth first, with one pass over the heap for each step outwards, since a pass costs milliseconds.
    """
    modules = {id(vars(module)): name for name, module in list(sys.modules.items()) if type(module) is ModuleType}
    level = [_Step(reference(), "")]
    seen: set[int] = {id(level[0].obj)}
    path = UNSEEN
    for _ in range(DEPTH):
        level = list(_outwards(level, seen, modules))
        if not level:
            break
        found = next((step for step in level if step.is_root), level[0])
        path = found.path
        if found.is_root:
            break
    return path


def _outwards(level: Sequence[_Step], seen: set[int], modules: Mapping[int, str]) -> Iterator[_Step]:
    held = tuple(step.obj for step in level)  # passed on as it is, so that it can be told from the holders
    for holder in gc.get_referrers(*held):
        if holder is held or id(holder) in seen or isinstance(holder, (_Step, _Tracked)):
            continue
        seen.add(id(holder))
        inner = next((step for step in level if any(obj is step.obj for obj in gc.get_referents(holder))), None)
        if inner is not None:  # pragma: no branch - else the heap has changed between the two looks
            name = modules.get(id(holder))
            label = f"module {name}.{_key(holder, inner.obj)}" if name else _label(holder, inner.obj)
            path = f"{inner.path} <- {label}" if inner.path else label
            yield _Step(holder, path, is_root=name is not None or isinstance(holder, (type, FrameType)))


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
