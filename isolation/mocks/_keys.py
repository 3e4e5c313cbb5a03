"""Where a mock stands below the root of its tree: ``acquire().__aenter__().fetch``."""

from typing import Final


class Key(str):
    """The path from the root to a mock: names joined by dots, ``()`` for the result of a call; empty for the root.

    A string, because its hash is computed once and the interpreter compares it by identity first. Do not compare the
    beginnings of keys as text, since ``fetch`` is no part of ``fetchrow``: ask :meth:`is_below`.
    """

    __slots__ = ()

    def child(self, name: str) -> "Key":
        """Return the key of the attribute *name*."""
        return Key(f"{self}.{name}" if self else name)

    def result(self) -> "Key":
        """Return the key of what a call gives."""
        return Key(f"{self}()")

    def below(self, path: str) -> "Key":
        """Return the key that *path*, relative to this, leads to."""
        if not path or path.startswith("()"):
            return Key(f"{self}{path}")
        return self.child(path)

    def is_below(self, other: str) -> bool:
        """Tell whether this is *other* or stands below it."""
        return not other or self == other or self.startswith((f"{other}.", f"{other}("))

    def relative_to(self, other: str) -> str:
        """Return the path from *other*, which this is below, to this; empty if it is the same."""
        return self[len(other) :].removeprefix(".")

    @property
    def last(self) -> str:
        """The last name, or ``()``; empty for the root."""
        return "()" if self.endswith("()") else self.rpartition(".")[2].rpartition("()")[2]

    @property
    def parent(self) -> "Key":
        """The key of what this is an attribute or a result of; the root's is the root."""
        return Key(self.removesuffix(self.last).removesuffix("."))

    def text(self, name: str) -> str:
        """Return the key as people read it, below a mock called *name*."""
        return Key(name).below(self) if name else str(self)


ROOT: Final = Key("")
