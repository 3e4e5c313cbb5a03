"""Look up what the tables of libraries say of a class and its members, by dotted names of what is loaded."""

import importlib
from collections.abc import Mapping
from typing import Final, cast

from isolation.mocks.inspection._forms import LOADED, form_of
from isolation.mocks.inspection._lookup import bases_of, namespace_of

LIBRARIES: Final = frozenset({"aiohttp", "aiokafka", "asyncpg", "httpx", "nats", "redis", "websockets"})


def row_of(cls: type, name: str, *, is_command: bool = False) -> str | None:
    """Return the annotation that a table gives for the member *name* of *cls*, if nobody overrides the member."""
    inherited: list[tuple[str, str]] = []
    for base in bases_of(cls):
        row = _table(base, "ROWS").get(f"{_dotted(base)}.{name}")
        if row is not None:
            return cast("str", row)
        if name in namespace_of(base):
            return next((row for package, row in inherited if _dotted(base).startswith(f"{package}.")), None)
        given = _table(base, "INHERITED").get(_dotted(base)) if is_command else None
        inherited.extend([cast("tuple[str, str]", given)] if given else [])
    return None


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
    library = str(namespace_of(cls).get("__module__")).partition(".")[0]
    if library not in LIBRARIES:
        return {}
    module = importlib.import_module(f"isolation.mocks.services.{library}")
    return cast("Mapping[str, object]", vars(module).get(kind, {}))
