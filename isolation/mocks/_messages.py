"""What the mocks say when they are used wrongly."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final
from unittest import mock

API: Final = frozenset(name for name in dir(mock.AsyncMock) if not name.startswith("_"))
"""The attributes that every mock has, besides those of the real object."""


class UnknownAttributeError(AttributeError):
    """The real object has no such attribute; the message, with the nearest names, is made when somebody reads it.

    To whoever reads it, it is an AttributeError as the interpreter would raise it.
    """

    __module__ = "builtins"

    def __init__(self, title: str, name: str, names: Iterable[str]) -> None:
        super().__init__(title, name)
        self.name = name
        self._name = name
        self._title = title
        self._names = names

    def __reduce__(self) -> tuple[type[AttributeError], tuple[str]]:
        return AttributeError, (str(self),)  # the names of a large class do not go with it

    @property
    def args(self) -> tuple[str]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride] - made when it is read
        """The message."""
        return (str(self),)

    def __str__(self) -> str:
        verdict = f"{self._title!r} object has no attribute {self._name!r}"
        names = {name for name in (*self._names, *API) if not name.startswith("__")}
        nearest = get_close_matches(self._name, sorted(names), n=3)
        return f"{verdict}; did you mean {' or '.join(map(repr, nearest))}?" if nearest else verdict


UnknownAttributeError.__name__ = UnknownAttributeError.__qualname__ = AttributeError.__name__
