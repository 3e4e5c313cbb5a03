"""Who owns what a test suite makes: decided when a thing is made, never guessed when it is found."""

from contextvars import ContextVar
from typing import Literal

OwnerKind = Literal["session", "collection", "package", "module", "class", "fixture", "test", "barrier"]
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
        answers: Whether it is judged itself for what it has.  A function-scoped fixture never is, its test is; a block
            is while it comes to its end, before and after that what is around it.
    """

    __slots__ = ("__weakref__", "answers", "is_alive", "kind", "name", "nodeid", "parent", "scope")

    kind: OwnerKind
    name: str
    nodeid: str
    scope: ScopeName
    parent: "Owner | None"
    is_alive: bool
    answers: bool

    def __init__(
        self, kind: OwnerKind, name: str, nodeid: str = "", scope: ScopeName = "function", parent: "Owner | None" = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.nodeid = nodeid
        self.scope = scope
        self.parent = parent
        self.is_alive = True
        self.answers = kind != "barrier" and (kind, scope) != ("fixture", "function")

    def __repr__(self) -> str:
        return f"<Owner {self.kind} {self.name!r} of {self.nodeid!r} (scope={self.scope})>"

    @property
    def judged(self) -> "Owner":
        """Return the owner that answers for what this one has: this one, or the nearest around it that does."""
        return self if self.answers or self.parent is None else self.parent.judged

    @property
    def fixture(self) -> str | None:
        """Return the fixture's name if this owner is one, else None."""
        return self.name if self.kind == "fixture" else None


OWNER: ContextVar[Owner | None] = ContextVar("isolation_owner", default=None)
