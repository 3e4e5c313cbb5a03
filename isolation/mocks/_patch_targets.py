"""Where a patch goes: an attribute of an object, which may be named by a dotted name; and what it is told apart by."""

import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import cast

from isolation import _natures
from isolation._errors import PatchTargetError

ABSENT = object()
"""Stands for what is not there."""
_NO_NAME = "name a thing in a module, such as 'package.module.name'"


@dataclass(frozen=True, slots=True)
class Target:
    """An attribute of an object.

    Attributes:
        owner: The object.
        name: The attribute.
        label: What people call it.
    """

    owner: object
    name: str
    label: str

    @property
    def stored(self) -> object:
        """What the owner itself has under the name, as it is stored; ABSENT if it has nothing or inherits it."""
        found: object = _natures.namespace(self.owner).get(self.name, ABSENT)
        return found

    @property
    def found(self) -> object:
        """What stands there, inherited or not, as it is stored if that can be seen; ABSENT if nothing does."""
        found = inspect.getattr_static(self.owner, self.name, ABSENT)
        if found is ABSENT or self._is_computed(found):
            return getattr(self.owner, self.name, ABSENT)
        return found

    def _is_computed(self, found: object) -> bool:
        """Tell whether *found* is a slot or a property of the owner's class, which keeps the value elsewhere."""
        return self.stored is ABSENT and not _natures.is_class(self.owner) and inspect.isdatadescriptor(found)


def target_of(dotted: object) -> Target:
    """Return what *dotted* names, a thing in a module, which is imported.

    Raises:
        TypeError: If it is no text.
        PatchTargetError: If a part of it is not there; the thing itself need not be.
    """
    __tracebackhide__ = True
    if not isinstance(dotted, str):
        advice = "use isolated_patch.object(thing, 'attribute')"
        raise TypeError(f"isolated_patch() takes a dotted name, got {dotted!r}; {advice}")
    first, *names = dotted.replace(":", ".", 1).split(".")
    if not names or not all((first, *names)):
        raise PatchTargetError(f"cannot patch {dotted!r}: {_NO_NAME}")
    *middle, last = names
    path, owner = first, cast("object", _module(first, dotted))
    for name in middle:
        owner, path = _step(owner, path, name, dotted), f"{path}.{name}"
    return Target(owner, last, f"{path}.{last}")


def attribute_of(owner: object, name: object) -> Target:
    """Return the attribute *name* of *owner* as a target; it need not be there.

    Raises:
        TypeError: If *name* is no text, or *owner* is one.
    """
    __tracebackhide__ = True
    if not isinstance(name, str):
        raise TypeError(f"an attribute must be a name, got {name!r}")
    if isinstance(owner, str):
        advice = f"for one by its name say isolated_patch({f'{owner}.{name}'!r})"
        raise TypeError(f"isolated_patch.object() takes the thing that has the attribute, got {owner!r}; {advice}")
    if _natures.is_module(owner):
        return Target(owner, name, f"{_natures.module_namespace(cast('ModuleType', owner)).get('__name__')}.{name}")
    cls = cast("type", owner) if _natures.is_class(owner) else type(owner)
    return Target(owner, name, f"{_natures.name_of(cls)}.{name}")


def require_there(target: Target, *, is_named: bool) -> None:
    """Make sure that *target* is there to be patched.

    Raises:
        PatchTargetError: If it is not; the message has the nearest name.
    """
    __tracebackhide__ = True
    if target.found is ABSENT:
        path, label = (target.label.rpartition(".")[0], target.label) if is_named else ("", target.name)
        raise _missing(target.owner, path, target.name, label, "say create=True to add it")


def _module(name: str, dotted: str) -> ModuleType:
    __tracebackhide__ = True
    try:
        return import_module(name)
    except ModuleNotFoundError as failure:
        if failure.name != name:
            raise  # a module is there, and what it imports is not
    loaded = [module for module in sys.modules if "." not in module and not module.startswith("_")]
    advice = _advice(name, loaded, dotted, "")
    raise PatchTargetError(f"cannot patch {dotted!r}: there is no module {name!r}; {advice or 'name what is there'}")


def _step(owner: object, path: str, name: str, dotted: str) -> object:
    """Return the attribute *name* of *owner*, or its submodule of that name."""
    __tracebackhide__ = True
    found = getattr(owner, name, ABSENT)
    if found is not ABSENT:
        return found
    submodule = f"{path}.{name}"
    if _natures.is_module(owner):
        try:
            return import_module(submodule)
        except ModuleNotFoundError as failure:
            if failure.name not in (path, submodule):  # or the first is no package
                raise
    raise _missing(owner, path, name, dotted, "name what is there")


def _missing(owner: object, path: str, name: str, label: str, otherwise: str) -> PatchTargetError:
    advice = _advice(name, _names(owner), label, path) or otherwise
    return PatchTargetError(f"cannot patch {label!r}: {_described(owner, path)} has no attribute {name!r}; {advice}")


def _advice(name: str, known: Iterable[str], label: str, path: str) -> str:
    near = get_close_matches(name, sorted(set(known)), n=1, cutoff=0.7)
    if not near:
        return ""
    before = f"{path}." if path else ""
    rest = label.removeprefix(f"{before}{name}")
    return f"did you mean {f'{before}{near[0]}{rest}'!r}?"


def _names(owner: object) -> Iterable[str]:
    """Return what *owner* has, a package also its modules."""
    yield from dir(owner)
    for module in iter_modules(getattr(owner, "__path__", ()) if _natures.is_module(owner) else ()):
        yield module.name


def _described(owner: object, path: str) -> str:
    if isinstance(owner, ModuleType):
        return f"module {owner.__name__!r}"
    if isinstance(owner, type):
        return f"class {(path or owner.__qualname__)!r}"
    return f"the {type(owner).__qualname__}{f' {path!r}' if path else ''}"
