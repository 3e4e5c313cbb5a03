"""Singletons: to what names are bound and what is in there, taken once and put back in place."""

import functools
import gc
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, TypeAlias, cast

from isolation._changes import ABSENT
from isolation._natures import (
    bases_of,
    class_namespace,
    instance_namespace,
    is_class,
    is_module,
    module_namespace,
    module_of,
)
from isolation._targets import bind, value_of
from isolation.snapshots import HeapChange, Root, Snapshot

_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis)})
_CACHE = type(functools.lru_cache(abs))
_MAPPINGS = (dict, OrderedDict, defaultdict)
_SEQUENCES = (list, tuple, deque)
_SETS = (set, frozenset)
Follow: TypeAlias = Callable[[object], bool]


class Cache:
    """The cache of a function, as it was.

    Attributes:
        cache: The function.
    """

    cache: Any

    def __init__(self, name: str, cache: Any) -> None:  # noqa: ANN401 - any function with cache_clear()
        self.name = name
        self.cache = cache
        self._before = _cached(cache)

    @property
    def is_changed(self) -> bool:
        """Tell whether anything is in there that was not there before; an empty cache is as good as any.

        `cache_info()` alone does not tell: what was emptied and filled again has the numbers that it had.
        """
        now = _cached(self.cache)
        if now is None or self._before is None:
            return True
        return bool(self._size()) and list(map(id, now)) != list(map(id, self._before))

    def clear(self) -> None:
        """Empty it, if anything has changed."""
        if self.is_changed:
            self.cache.cache_clear()
            self._before = _cached(self.cache)

    def _size(self) -> int:
        return int(self.cache.cache_info().currsize)


def has_contents(thing: object) -> bool:
    """Tell whether *thing* may have any: numbers and texts have none."""
    return type(thing) not in _LEAVES and thing is not ABSENT


def is_cache(value: object) -> bool:
    """Tell whether *value* is a function with a cache that can be emptied; without asking it."""
    if type(value) is FunctionType:
        return "cache_clear" in value.__dict__
    return any("cache_clear" in class_namespace(kind) for kind in bases_of(type(value)))


def _cached(cache: object) -> Sequence[object] | None:
    """Return what *cache* holds, None if nobody can tell."""
    if type(cache) is not _CACHE:
        return None
    held: list[object] = []
    for each in gc.get_referents(cache):
        held += cast("dict[object, object]", each).values() if type(each) is dict else [each]
    return held


class Binding(NamedTuple):
    """An attribute that belongs to a singleton: what it is bound to.

    Attributes:
        owner: The module, class or object that has it.
        name: Its name.
        path: What users call it.
    """

    owner: object
    name: str
    path: str


class Singleton:
    """What a singleton was when it was looked at.

    Args:
        bindings: The attributes that belong to it, and with them what they are bound to.
        roots: Other things whose contents belong to it.
        follow: Tells whether the attributes of an object that is met on the way belong to it, too.
        is_shallow: Whether what is inside of containers is left alone, but for the roots themselves.

    Attributes:
        roots: The things whose contents belong to it, but for caches.
        caches: The caches that belong to it, which are emptied instead.
    """

    roots: Sequence[Root]
    caches: Sequence[Cache]

    def __init__(
        self,
        bindings: Sequence[Binding],
        roots: Sequence[Root] = (),
        *,
        follow: Follow | None = None,
        is_shallow: bool = False,
    ) -> None:
        self._bound = [(each, value_of(each.owner, each.name)) for each in bindings]
        roots = [*roots, *(Root(each.path, value) for each, value in self._bound)]
        solid = [root for root in roots if has_contents(root.thing)]
        self.caches = [Cache(root.name, root.thing) for root in solid if is_cache(root.thing)]
        self.roots = [root for root in solid if not is_cache(root.thing)]
        self._only = {id(root.thing) for root in self.roots} if is_shallow else None
        # Not of the interpreter's own classes: too much would belong to it.
        own = {cls for cls in (_class_of(root.thing) for root in self.roots) if module_of(cls) != "builtins"}
        self._snapshot = Snapshot(self.roots, lambda kind: not own.isdisjoint(bases_of(kind)))
        if follow is not None:
            self._snapshot.add(_followed(self.roots, follow))

    def changed(self) -> Sequence[str]:
        """Return the paths of what differs."""
        bindings = [binding.path for binding, _ in self._rebound()]
        contents = [change.path for change in self._changes()]
        caches = [cache.name for cache in self.caches if cache.is_changed]
        return [*bindings, *contents, *caches]

    def put_back(self) -> Sequence[str]:
        """Put back all but the caches; return what cannot be, and why."""
        refusals = self._snapshot.restore(self._changes())
        for binding, before in self._rebound():
            bind(binding.owner, binding.name, before)
        return refusals

    def clear_caches(self) -> None:
        """Empty the caches that have changed."""
        for cache in self.caches:
            cache.clear()

    def has(self, owner: object, name: str | None) -> bool:
        """Tell whether attribute *name* of *owner*, or the container *owner*, is a part of it."""
        is_bound = any(each.owner is owner and each.name == name for each, _ in self._bound)
        things = [*(root.thing for root in self.roots), *(cache.cache for cache in self.caches)]
        things += [change.owner for change in self._changes()]
        return is_bound or any(thing is owner for thing in things)

    def is_bound_in(self, owner: object) -> bool:
        """Tell whether *owner* has its attributes."""
        return any(each.owner is owner for each, _ in self._bound)

    def _rebound(self) -> Sequence[tuple[Binding, object]]:
        return [
            (binding, before) for binding, before in self._bound if value_of(binding.owner, binding.name) is not before
        ]

    def _changes(self) -> Sequence[HeapChange]:
        changes = self._snapshot.changes()
        return [
            change
            for change in changes
            if change.where != "subclasses" and (self._only is None or id(change.owner) in self._only)
        ]


def _class_of(thing: object) -> type:
    """Return the class whose instances belong to *thing*: itself if it is a class, else that of which it is one."""
    return cast("type", thing) if is_class(thing) else type(thing)


def _followed(roots: Iterable[Root], follow: Follow) -> Iterator[Root]:
    """Yield the objects on the way from *roots* that *follow* wants, each as a root of its own."""
    ahead, seen = [(root.name, root.thing, True) for root in roots], set[int]()
    while ahead:
        path, thing, is_root = ahead.pop(0)
        if id(thing) in seen or not has_contents(thing):
            continue
        seen.add(id(thing))
        inner = _items_of(path, thing)
        if inner is None and (is_root or follow(thing)):
            if not is_root:
                yield Root(path, thing)
            inner = [(f"{path}.{name}", value) for name, value in _attributes_of(thing).items()]
        ahead += [(further, value, False) for further, value in inner or ()]


def _items_of(path: str, thing: Any) -> Sequence[tuple[str, object]] | None:  # noqa: ANN401 - whatever is met
    """Return what is in the container *thing*, None if it is none."""
    kind = cast("type[object]", type(thing))
    if kind in _MAPPINGS:
        return [(f"{path}[{_shown(key)}]", value) for key, value in thing.items()]
    if kind in _SEQUENCES:
        return [(f"{path}[{number}]", item) for number, item in enumerate(thing)]
    return [(f"{path}[...]", item) for item in thing] if kind in _SETS else None


def _shown(key: object) -> str:
    return repr(key) if type(key) in (str, int) else "..."


def _attributes_of(thing: object) -> Mapping[str, object]:
    if is_class(thing):
        return cast("Mapping[str, object]", class_namespace(cast("type", thing)))
    if is_module(thing):
        return module_namespace(cast("ModuleType", thing))
    return instance_namespace(thing) or {}
