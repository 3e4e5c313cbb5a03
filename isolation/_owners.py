"""Who owns what a test suite makes: decided when a thing is made, never guessed when it is found."""

from contextvars import ContextVar
from typing import Literal

OwnerKind = Literal["session", "package", "module", "class", "fixture", "test", "barrier"]
ScopeName = Literal["session", "package", "module", "class", "function", "block"]


class Owner:
    """Hold who answers for what is made while it is current.

    Owners hold plain data and never the pytest item: a context, and with it the owner, lives as long
    as the tasks and handles that copied it.

    Attributes:
        kind: What this owner is.
        name: Its short name: of a test or a fixture, or the group of a barrier.
        nodeid: The pytest node that it belongs to; empty outside pytest.
        scope: How long it lives; ``"block"`` for what is not pytest's.
        parent: The owner around it.
        is_alive: False once its teardown is over; what it still has then is a leak.
    """

    __slots__ = ("__weakref__", "is_alive", "kind", "name", "nodeid", "parent", "scope")

    kind: OwnerKind
    name: str
    nodeid: str
    scope: ScopeName
    parent: "Owner | None"
    is_alive: bool

    def __init__(
        self, kind: OwnerKind, name: str, nodeid: str = "", scope: ScopeName = "function", parent: "Owner | None" = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.nodeid = nodeid
        self.scope = scope
        self.parent = parent
        self.is_alive = True

    def __repr__(self) -> str:
        return f"<Owner {self.kind} {self.name!r} of {self.nodeid!r} (scope={self.scope})>"

    @property
    def judged(self) -> "Owner":
        """Return the owner that is judged for this one: a function-scoped fixture's leaks are its test's."""
        if self.kind == "fixture" and self.scope == "function" and self.parent is not None:
            return self.parent
        return self

    @property
    def fixture(self) -> str | None:
        """Return the fixture's name if this owner is one, else None."""
        return self.name if self.kind == "fixture" else None


OWNER: ContextVar[Owner | None] = ContextVar("isolation_owner", default=None)
