"""Paths of classes, `package.module:attribute`: whether there is one is looked up without importing what it names."""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from isolation._errors import SettingsError
from isolation._settings import nearest

_DYNAMIC = frozenset({"__getattr__", "globals", "locals", "vars", "setattr", "exec", "modules", "__import__"})
"""What a module that uses it may have beside the names that it binds."""

_NEAR = 0.7
"""How much of a name must be right: more than for settings, since there are many modules."""


def check_path(path: str, place: str) -> None:
    """Make sure that there is a module where *path* says, and that it binds the attribute; nothing is imported for it.

    What only an import can tell, such as the names of a module that makes them up, is taken to be right.

    Raises:
        SettingsError: As `load_class` does.
    """
    module, _, attribute = path.partition(":")
    name = attribute.partition(".")[0]
    loaded = sys.modules.get(module)
    if loaded is not None and hasattr(loaded, name):
        return
    bound = dir(loaded) if loaded is not None else _bound_names(_find(module, path, place))
    if bound is not None and name not in bound:
        raise unknown(f"attribute of {module}", name, bound, path, place)


def _find(module: str, path: str, place: str) -> ModuleSpec | None:
    """Return the spec of *module*, None if there is one but nobody knows it without an import."""
    parts = module.split(".")
    locations: Sequence[str] | None = None
    spec: ModuleSpec | None = None
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        spec = _spec(name, locations)
        if spec is None:
            _check_by_import(name, locations, path, place)
            return None
        locations = spec.submodule_search_locations
    return spec


def _spec(name: str, locations: Sequence[str] | None) -> ModuleSpec | None:
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded.__spec__
    if "." in name and locations is None:
        return None
    found = (finder.find_spec(name, locations) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    try:
        return next((spec for spec in found if spec is not None), None)
    except KeyError:  # a directory without __init__.py, which asks for the package above it
        spec = ModuleSpec(name, None)
        last = name.rpartition(".")[2]
        spec.submodule_search_locations = [
            str(Path(each, last)) for each in locations or () if Path(each, last).is_dir()
        ]
        return spec


def _check_by_import(name: str, locations: Sequence[str] | None, path: str, place: str) -> None:
    """Let the packages above *name* have the last word, which may find it in a way of their own."""
    try:
        if find_spec(name) is not None:
            return
    except ImportError:
        pass
    parent, _, last = name.rpartition(".")
    siblings = [each.name for each in iter_modules(locations if parent else None)] if locations or not parent else []
    raise unknown(f"module of {parent}" if parent else "module", last, siblings, path, place)


def unknown(what: str, name: str, names: Iterable[str], path: str, place: str) -> SettingsError:
    """Return the error that *what* is not called *name*, as *path* of *place* says, but perhaps as one of *names*."""
    meant = sorted(each for each in names if name.startswith("_") or not each.startswith("_"))
    near = nearest(name, meant, cutoff=_NEAR)
    advice = f"did you mean {near!r}?" if near is not None else "is it installed?" if what == "module" else ""
    return SettingsError(f"unknown {what} {name!r} in {path!r} of {place}; {advice}".removesuffix("; "))


def _bound_names(spec: ModuleSpec | None) -> frozenset[str] | None:
    """Return the names that the module of *spec* binds, None if that cannot be read from its source."""
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(spec.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    bound = {"*"} if _is_dynamic(tree) else set(_bindings(tree))
    locations = spec.submodule_search_locations or ()
    return None if "*" in bound else frozenset(bound).union(each.name for each in iter_modules(locations))


def _is_dynamic(tree: ast.Module) -> bool:
    """Tell whether the module may have names that its source does not show."""
    return any(
        (isinstance(node, ast.Name) and node.id in _DYNAMIC)
        or (isinstance(node, ast.Attribute) and node.attr in _DYNAMIC)
        or (isinstance(node, ast.FunctionDef) and node.name == "__getattr__")
        for node in ast.walk(tree)
    )


def _bindings(tree: ast.AST) -> Iterator[str]:
    """Yield the names that are bound in *tree*, outside of functions and classes; "*" for a star import."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        else:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            yield from _bindings(node)
