"""Targets: what a barrier remembers and puts back, and the ready-made ones for the process and for attributes."""

import os
import sys
from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from isolation._changes import ABSENT
from isolation._compatibility import environment_data

S = TypeVar("S")
_MACHINERY = (GetSetDescriptorType, MemberDescriptorType)
_PHASE = "PYTEST_CURRENT_TEST"  # pytest sets it in each phase of a test, and removes it in the end


class Isolatable(Protocol[S]):
    """Something of the process whose state a barrier can take and put back.

    A target may have two more methods.  ``changed(state)`` returns the names of what differs from *state*; without it,
    `Barrier.changed` does not mention the target.  ``settle()`` is called after everything else is restored: it drops
    what was derived from other state, as caches are.
    """

    @property
    def name(self) -> str:
        """Return what messages call it; two targets of one type and one name are taken for the same state."""
        ...

    def snapshot(self) -> S:
        """Return what `restore` needs; called when a barrier begins."""
        ...

    def restore(self, state: S, /) -> None:
        """Put *state* back, in place; called once, when the barrier ends, also if nothing has changed."""
        ...


Target: TypeAlias = "Isolatable[Any] | ContextVar[Any]"


def environment() -> Isolatable[Any]:
    """Return the target for the environment variables: all of them, in ``os.environ`` and in the process.

    >>> environment().name
    'environment'
    """
    return _Environment()


def working_directory() -> Isolatable[Any]:
    """Return the target for the current working directory.

    >>> working_directory().name
    'working directory'
    """
    return _WorkingDirectory()


def attributes(owner: object, /, *names: str) -> Isolatable[Any]:
    """Return the target for attributes of *owner*: to what they are bound, not what is in there.

    Args:
        owner: An object, a class or a module; or ``"package.module"`` or ``"package.module:attribute"``, which is
            looked up when a barrier begins and imports nothing: what is not imported then is not isolated.
        names: Which attributes; all of the owner's own if none is named.  What it does not have when the barrier begins
            it does not have afterwards.
    """
    return _Attributes(owner, names)


class _Environment:
    name = "environment"
    isolation_places: Sequence[Hashable] = ("environment",)
    isolation_stage = 0

    def snapshot(self) -> tuple[MutableMapping[str, str], Mapping[Any, Any]]:
        environ = os.environ
        return environ, dict(_variables(environ))

    def changed(self, state: tuple[MutableMapping[str, str], Mapping[Any, Any]], /) -> Sequence[str]:
        environ, before = state
        changed = [f"os.environ[{os.fsdecode(key)!r}]" for key in _differing(_variables(environ), before)]
        return changed if os.environ is environ else ["os.environ", *changed]

    def restore(self, state: tuple[MutableMapping[str, str], Mapping[Any, Any]], /) -> None:
        environ, before = state
        os.environ = cast("Any", environ)  # noqa: B003 - the same object, unless somebody has replaced it
        data = _variables(environ)
        if data == before:
            return
        for key in _differing(data, before):
            if key in before:
                environ[os.fsdecode(key)] = os.fsdecode(before[key])
            else:
                del environ[os.fsdecode(key)]


def _variables(environ: Mapping[str, str]) -> Mapping[Any, Any]:
    """Return the variables as they are kept, so that nothing is decoded."""
    data = environment_data(environ)
    return dict(environ) if data is None else data


def _differing(now: Mapping[Any, Any], before: Mapping[Any, Any]) -> list[str | bytes]:
    """Return the names, as they are stored, of the variables that differ, but for pytest's own."""
    if now == before:
        return []
    keys = [key for key, value in before.items() if now.get(key) != value]
    keys += [key for key in now if key not in before]
    return [key for key in keys if os.fsdecode(key) != _PHASE]


class _WorkingDirectory:
    name = "working directory"
    isolation_places: Sequence[Hashable] = ("working directory",)
    isolation_stage = 1

    def snapshot(self) -> str | None:
        return _current()

    def changed(self, state: str | None, /) -> Sequence[str]:
        return [self.name] if _current() != state else []

    def restore(self, state: str | None, /) -> None:
        if state is not None and _current() != state:
            os.chdir(state)


def _current() -> str | None:
    """Return the current directory, None if somebody has deleted it."""
    try:
        return os.getcwd()  # noqa: PTH109 - a string is wanted
    except FileNotFoundError:
        return None


class _Attributes:
    isolation_stage = 2

    def __init__(self, owner: object, names: Sequence[str]) -> None:
        self._owner = owner
        self._names = names
        self.name = f"attributes of {owner if isinstance(owner, str) else called(owner)}"

    @property
    def isolation_places(self) -> Sequence[Hashable]:
        return [place_of(self._owner)]

    def snapshot(self) -> tuple[object, Mapping[str, object]]:
        owner = found(self._owner)
        if owner is None:
            return None, {}
        return owner, {name: value_of(owner, name) for name in self._names or _names(owner)}

    def changed(self, state: tuple[object, Mapping[str, object]], /) -> Sequence[str]:
        owner, before = state
        return [f"{called(owner)}.{name}" for name, _ in self._differing(owner, before)]

    def restore(self, state: tuple[object, Mapping[str, object]], /) -> None:
        owner, before = state
        for name, value in self._differing(owner, before):
            bind(owner, name, value)

    def _differing(self, owner: object, before: Mapping[str, object]) -> list[tuple[str, object]]:
        added = [] if self._names or owner is None else [name for name in _names(owner) if name not in before]
        changed = [(name, value) for name, value in before.items() if value_of(owner, name) is not value]
        return [*changed, *((name, ABSENT) for name in added)]


def _namespace(owner: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", getattr(owner, "__dict__", {}))


def _names(owner: object) -> Sequence[str]:
    """Return the names of what *owner* itself has, slots included."""
    slots = [
        name
        for base in type(owner).__mro__
        for name, value in vars(base).items()
        if type(value) is MemberDescriptorType and hasattr(owner, name)
    ]
    return [*(name for name, value in _namespace(owner).items() if type(value) not in _MACHINERY), *slots]


def value_of(owner: object, name: str) -> object:
    """Return what *owner* itself has as attribute *name*, or `ABSENT`: what it inherits is not its own."""
    namespace = _namespace(owner)
    if name in namespace:
        return namespace[name]
    inherited: object = getattr(type(owner), name, None)
    return getattr(owner, name, ABSENT) if hasattr(inherited, "__set__") else ABSENT  # a slot or a property


def bind(owner: object, name: str, value: object) -> None:
    """Let attribute *name* of *owner* be *value*; delete it if that is `ABSENT`."""
    if value is ABSENT:
        delattr(owner, name)
    else:
        setattr(owner, name, value)


def found(thing: object) -> object:
    """Return *thing*, or what it names as ``"package.module:attribute"``; None while that is not imported.

    Raises:
        AttributeError: If the module is imported and has no such attribute.
    """
    if not isinstance(thing, str):
        return thing
    module, _, path = thing.partition(":")
    owner: object = sys.modules.get(module)
    for name in path.split(".") if path and owner is not None else ():
        owner = getattr(owner, name)
    return owner


def called(thing: object) -> str:
    """Return what messages call *thing*: the dotted name of a module, class or function, else that of its class."""
    if isinstance(thing, type) or callable(thing):
        return str(getattr(thing, "__qualname__", type(thing).__qualname__))
    name = getattr(thing, "__name__", None)
    return name if isinstance(name, str) else type(thing).__qualname__


def place_of(thing: object) -> Hashable:
    """Return what is equal for targets that describe *thing*, or what it names, and for no others while that lives."""
    owner = found(thing)
    return ("name", thing) if owner is None else ("object", id(owner))


def is_target(thing: object) -> bool:
    """Tell whether *thing* can be isolated."""
    if isinstance(thing, ContextVar):
        return True
    methods = (getattr(thing, "snapshot", None), getattr(thing, "restore", None))
    return not isinstance(thing, type) and all(map(callable, methods)) and isinstance(getattr(thing, "name", None), str)


def claimed_by(target: Isolatable[Any]) -> Sequence[Hashable]:
    """Return the places that a barrier claims for *target*: they are equal for what describes the same state."""
    places: Sequence[Hashable] | None = getattr(target, "isolation_places", None)
    return [(type(target), target.name)] if places is None else places
