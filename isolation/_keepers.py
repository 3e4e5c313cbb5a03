"""Which module-level name of the user's code keeps a thing alive: the first question about every leak."""

import sys
from collections.abc import Iterator, Sequence
from types import FunctionType, ModuleType
from typing import cast

from isolation._adoption import Root, adopters
from isolation._origin import is_library
from isolation._owners import Owner

LIMIT = 50
"""How many things are asked about in one run: a walk takes milliseconds, and what leaks once leaks often."""


class Keepers:
    """Find the names that hold things, for a limited number of things."""

    def __init__(self) -> None:
        self._asked = 0

    def name_of(self, thing: object) -> str | None:
        """Return the ``module:attribute`` that holds *thing*, None if none does or too many have been asked about."""
        self._asked += 1
        if self._asked > LIMIT:
            return None
        found = adopters([thing], list(_roots()))
        return found[id(thing)].name if id(thing) in found else None

    def hint(self, thing: object) -> str:
        """Return what to say about the name that holds *thing*, for isolation_holders; empty if none does."""
        name = self.name_of(thing)
        return f"held by {name}" if name is not None else ""


def _roots() -> Iterator[Root]:
    modules: Sequence[tuple[str, ModuleType]] = list(sys.modules.items())
    for module_name, module in modules:
        file = vars(module).get("__file__") if type(module) is ModuleType else None
        if isinstance(file, str) and not is_library(file):
            yield from _values(module_name, vars(module))


def _values(prefix: str, namespace: dict[str, object]) -> Iterator[Root]:
    # `vars` and `type` only: a lazy object must not wake up because somebody looks for leaks.
    for name, value in list(namespace.items()):
        kind = type(value)
        if kind is type and cast("type", value).__module__ == prefix:
            yield from _values_of_class(f"{prefix}:{name}", cast("type", value))
        elif kind not in (FunctionType, ModuleType, type) and not name.startswith("__"):
            yield Owner("session", f"{prefix}:{name}", scope="session"), value


def _values_of_class(prefix: str, cls: type) -> Iterator[Root]:
    for name, value in list(vars(cls).items()):
        if type(value) not in (FunctionType, property, staticmethod, classmethod) and not name.startswith("__"):
            yield Owner("session", f"{prefix}.{name}", scope="session"), value
