"""Discovery: what in some packages looks as if tests could share it, found without running anything of it."""

import dis
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from threading import local
from types import CodeType, FunctionType, ModuleType
from typing import Any, Literal, cast, get_args

from isolation._assignments import assignments
from isolation._deadlines import working_directory
from isolation._natures import (
    bases_of,
    class_namespace,
    instance_namespace,
    is_class,
    is_kind_of,
    is_module,
    module_namespace,
    module_of,
)
from isolation._origin import relative
from isolation._settings import one_of
from isolation._singletons import is_cache

Kind = Literal["global", "instance", "container", "cache", "context_variable", "thread_local"]
KINDS: Sequence[Kind] = get_args(Kind)
_CONTAINERS = (dict, list, set, deque, defaultdict, OrderedDict, Counter, bytearray)
_INSTANCES = re.compile(r"_*(?:default_)?(?:instance|singleton|shared_state)s?")
_STORES = (dis.opmap["STORE_GLOBAL"], dis.opmap["DELETE_GLOBAL"])
_EXTENDED = dis.opmap["EXTENDED_ARG"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundResettable:
    """Something that tests may have to reset.

    Attributes:
        kind: Why: a ``"global"`` that functions rebind; an ``"instance"`` of a class of the package, or the place for
            one in a class; a ``"container"``, a ``"cache"``, a ``"context_variable"`` or a ``"thread_local"``.
        path: What :func:`resettable` and ``isolation_singletons`` call it: ``package.module:attribute``.
        where: The file and the line of it; only the file if the line is not known.
    """

    kind: Kind
    path: str
    where: str


def find_resettables(*packages: str | ModuleType, kinds: Iterable[str] = KINDS) -> Sequence[FoundResettable]:
    """Return what in *packages* looks as if tests could share it, by module and line.

    Looked at are the packages, which are imported if need be, and those of their modules that are imported already.
    Nothing else of them is run.  What is found is a suggestion: a table that nobody changes needs no resetting.

    Args:
        packages: Packages or modules, or their names.
        kinds: What to look for; see :class:`FoundResettable`.

    Raises:
        SettingsError: If a package or a kind does not exist; the message has the nearest name.

    >>> [found.path for found in find_resettables("mimetypes", kinds=["global"])][:2]
    ['mimetypes:inited', 'mimetypes:_db']
    """
    __tracebackhide__ = True
    wanted = {one_of(kind, KINDS, "kind", "find_resettables()") for kind in kinds}
    names = [package if isinstance(package, str) else package.__name__ for package in packages]
    for name in names:
        import_package(name, "find_resettables()")
    search = _Search(names)
    return [found for module in search.modules for found in search.look_into(module, wanted)]


def import_package(name: str, place: str) -> ModuleType:
    """Return the package *name*, which *place* asks for.

    Raises:
        SettingsError: If it does not exist; the message has the nearest name.
    """
    top = name.partition(".")[0]
    if name not in sys.modules and (not top.isidentifier() or find_spec(top) is None):
        from pkgutil import iter_modules  # noqa: PLC0415 - needed only to help somebody who is wrong

        known = {module.name for module in iter_modules()} | sys.stdlib_module_names
        one_of(top, sorted(known), "package", place)
    return import_module(name)


class _Search:
    """Look into the modules of some packages.

    Attributes:
        modules: Those that are imported, by name.
    """

    modules: Sequence[ModuleType]

    def __init__(self, names: Sequence[str]) -> None:
        prefixes = tuple(f"{name}." for name in names)
        loaded = {name: module for name, module in sorted(sys.modules.items()) if is_module(module)}
        self.modules = [module for name, module in loaded.items() if name in names or name.startswith(prefixes)]
        self._names = {_name_of(module) for module in self.modules}
        self._root = working_directory()
        self._lines: dict[int, Mapping[tuple[str, str], int]] = {}
        self._homes = self._find_homes()

    def look_into(self, module: ModuleType, kinds: Iterable[str]) -> Sequence[FoundResettable]:
        """Return what of *kinds* is in *module*, in the order of its lines."""
        found = [each for each in dict.fromkeys(self._things_in(module)) if each[2] in kinds]
        if not found:
            return []
        lines, file = self._lines_of(module), module_namespace(module).get("__file__") or _name_of(module)
        where = relative(str(file), self._root)
        return [
            FoundResettable(
                kind=kind,
                path=f"{_name_of(module)}:{owner}.{name}" if owner else f"{_name_of(module)}:{name}",
                where=f"{where}:{lines[owner, name]}" if (owner, name) in lines else where,
            )
            for owner, name, kind in sorted(found, key=lambda each: lines.get(each[:2], sys.maxsize))
        ]

    def _things_in(self, module: ModuleType) -> Iterator[tuple[str, str, Kind]]:
        namespace = module_namespace(module)
        rebound = {name for code in _codes_of(namespace) for name in _rebound(code)}
        for name in sorted(rebound):
            yield "", name, "global"
        for name, value in namespace.items():
            if _is_special(name) or name in rebound:
                continue
            kind = self._kind_of(value)
            if kind is not None and self._homes[id(value)] is module:
                yield "", name, kind
            if is_class(value) and module_of(value) == _name_of(module):
                yield from self._things_in_class(value, name)

    def _things_in_class(self, cls: type, owner: str) -> Iterator[tuple[str, str, Kind]]:
        if is_kind_of(cls, Enum):
            return
        for name, value in class_namespace(cls).items():
            if _is_special(name):
                continue
            if _INSTANCES.fullmatch(name) and (value is None or self._is_own(value)):
                yield owner, name, "instance"
                continue
            kind = self._kind_of(
                getattr(value, "__func__", value) if type(value) in (classmethod, staticmethod) else value
            )
            if kind is not None and kind != "instance":
                yield owner, name, kind

    def _kind_of(self, value: object) -> Kind | None:
        kind = type(value)
        if kind in _CONTAINERS:
            return "container"
        if kind is ContextVar:
            return "context_variable"
        if is_kind_of(kind, local):
            return "thread_local"
        if is_class(value) or is_module(value):
            return None
        if is_cache(value):
            return "cache"
        return "instance" if self._is_own(value) else None

    def _is_own(self, value: object) -> bool:
        """Tell whether *value* is an object of a class of these packages that has any attributes."""
        kind = type(value)
        if module_of(kind) not in self._names or is_kind_of(kind, Enum) or _is_frozen(kind):
            return False
        return bool(instance_namespace(value)) or any(class_namespace(base).get("__slots__") for base in bases_of(kind))

    def _find_homes(self) -> Mapping[int, ModuleType]:
        """Return where things are at home that several modules have: where they are assigned."""
        homes: dict[int, tuple[str, ModuleType]] = {}
        for module in self.modules:
            for name, value in module_namespace(module).items():
                if _is_special(name) or self._kind_of(value) is None:
                    continue
                known = homes.setdefault(id(value), (name, module))
                if known[1] is not module and not self._assigns(*known) and self._assigns(name, module):
                    homes[id(value)] = name, module
        return {key: module for key, (_, module) in homes.items()}

    def _assigns(self, name: str, module: ModuleType) -> bool:
        return ("", name) in self._lines_of(module)

    def _lines_of(self, module: ModuleType) -> Mapping[tuple[str, str], int]:
        if id(module) not in self._lines:
            self._lines[id(module)] = assignments(module)
        return self._lines[id(module)]


def _name_of(module: ModuleType) -> str:
    return str(module_namespace(module).get("__name__"))


def _is_frozen(cls: type) -> bool:
    return bool(getattr(class_namespace(cls).get("__dataclass_params__"), "frozen", False))


def _is_special(name: str) -> bool:
    return name[:2] == name[-2:] == "__" or name == "_field_defaults"  # of a named tuple


def _codes_of(namespace: Mapping[str, object]) -> Iterable[CodeType]:
    """Return the code of all functions that have *namespace* as their globals, inner ones included."""
    ahead: list[object] = list(namespace.values())
    name = namespace.get("__name__")
    for value in namespace.values():
        if is_class(value) and module_of(cast("type", value)) == name:
            ahead += class_namespace(cast("type", value)).values()
    codes: dict[int, CodeType] = {}
    for thing in ahead:
        for function in _functions_in(thing):
            if function.__globals__ is namespace:
                _collect(function.__code__, codes)
    return codes.values()


def _functions_in(thing: object) -> Iterator[FunctionType]:
    """Yield the functions behind *thing*: itself, what it wraps, those of a property or of a method's decorator."""
    kind = type(thing)
    if kind is FunctionType:
        function = cast("FunctionType", thing)
        yield function
        yield from _functions_in(function.__dict__.get("__wrapped__"))
    elif kind in (classmethod, staticmethod):
        yield from _functions_in(cast("Any", thing).__func__)
    elif kind is property:
        for each in (cast("property", thing).fget, cast("property", thing).fset, cast("property", thing).fdel):
            yield from _functions_in(each)
    elif kind is cached_property:
        yield from _functions_in(cast("cached_property[Any]", thing).func)
    elif is_cache(thing):
        yield from _functions_in((instance_namespace(thing) or {}).get("__wrapped__"))


def _collect(code: CodeType, codes: dict[int, CodeType]) -> None:
    if id(code) in codes:
        return
    codes[id(code)] = code
    for constant in code.co_consts:
        if type(constant) is CodeType:
            _collect(constant, codes)


def _rebound(code: CodeType) -> Iterator[str]:
    """Yield the globals that *code* binds or deletes; by its opcodes, since disassembling takes a second."""
    text = code.co_code
    opcodes = text[::2]
    for store in _STORES:
        position = opcodes.find(store)
        while position >= 0:
            argument, extended, shift = text[2 * position + 1], position - 1, 8
            while extended >= 0 and opcodes[extended] == _EXTENDED:
                argument |= text[2 * extended + 1] << shift
                extended, shift = extended - 1, shift + 8
            yield code.co_names[argument]
            position = opcodes.find(store, position + 1)
