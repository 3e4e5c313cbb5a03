"""Look up what the tables of libraries say of a class and its members, by dotted names of what is loaded."""

import importlib
from collections.abc import Mapping
from types import FunctionType
from typing import Final, cast

from isolation.mocks.inspection._forms import LOADED, form_of
from isolation.mocks.inspection._lookup import bases_of, find, namespace_of

LIBRARIES: Final = frozenset({"aiohttp", "aiokafka", "asyncpg", "httpx", "nats", "redis", "sqlalchemy", "websockets"})


def row_of(cls: type, name: str, *, is_command: bool = False) -> str | None:
    """Return the annotation that a table gives for the member *name* of *cls*, if nobody overrides the member."""
    found = find(cls, name)
    for base in bases_of(cls):
        row = _table(base, "ROWS").get(f"{_dotted(base)}.{name}")
        if row is not None:
            return cast("str", row)
        if name in namespace_of(base):
            return None
        package, inherited = cast("tuple[str, str]", _table(base, "INHERITED").get(_dotted(base), ("", "")))
        if is_command and package and found and _dotted(found.owner).startswith(f"{package}."):
            return inherited
    return None


def row_of_function(function: object) -> str | None:
    """Return the annotation that a table gives for *function*, wherever it stands."""
    if not isinstance(function, FunctionType):
        return None
    module = str(function.__module__)
    return cast("str | None", _table_of(module, "ROWS").get(f"{module}.{function.__qualname__}"))


def extra_bases_of(cls: type) -> tuple[type, ...]:
    """Return the classes that a table says what passes for an instance of *cls* must inherit from."""
    names = [name for base in bases_of(cls) for name in _bases_in_table(base)]
    found = [form_of(name, LOADED).head for name in names]
    return tuple(base for base in found if isinstance(base, type))


def _bases_in_table(cls: type) -> tuple[str, ...]:
    return cast("tuple[str, ...]", _table(cls, "BASES").get(_dotted(cls), ()))


def _dotted(cls: type) -> str:
    return f"{namespace_of(cls).get('__module__')}.{cls.__qualname__}"


def _table(cls: type, kind: str) -> Mapping[str, object]:
    """Return the table of *kind* of the library that *cls* comes from."""
    return _table_of(str(namespace_of(cls).get("__module__")), kind)


def _table_of(module_name: str, kind: str) -> Mapping[str, object]:
    library = module_name.partition(".")[0]
    if library not in LIBRARIES:
        return {}
    module = importlib.import_module(f"isolation.mocks.services.{library}")
    return cast("Mapping[str, object]", vars(module).get(kind, {}))
