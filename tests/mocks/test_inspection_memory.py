"""What is known of a class keeps neither the class nor what it leads to."""

import gc
from typing import Any, Generic, TypeVar
from weakref import ref

from isolation.mocks.inspection import describe_class, describe_member, signature_of

T = TypeVar("T")


def described() -> tuple[list[ref[type]], list[object]]:
    """Return references to local classes, and all that is known of them."""

    class Options:
        pass

    class Box(Generic[T]):
        def content(self) -> T:
            raise NotImplementedError

    class Client:
        options: "Options | None"
        inner: "Client | None"

        def __init__(self, given: "Options", number: int = 3) -> None:
            self.given = given
            self.made = Options()

        async def fetch(self) -> "Client | None":
            raise NotImplementedError

        def box(self) -> "Box[Client]":
            raise NotImplementedError

        def itself(self) -> "Client":
            return self

        def many(self, size: Any = Options) -> list["Client"]:
            raise NotImplementedError

    names = describe_class(Client).names
    known: list[object] = [describe_class(Client), *(describe_member(Client, name) for name in names)]
    signature_of(Client, "many")
    return [ref(Options), ref(Box), ref(Client)], known


def test_no_class_is_kept_alive() -> None:
    """Neither by what is known nor by the caches of typing, though strings named the class."""
    references, known = described()

    gc.collect()

    assert known
    assert [reference() for reference in references] == [None, None, None]
