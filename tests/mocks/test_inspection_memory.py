"""What is known of a class keeps neither the class nor what it leads to."""

import gc
import json
import unittest.mock
from typing import Any, Generic, TypeVar
from weakref import ref

import pytest

from isolation import isolated_mock
from isolation.mocks.inspection import describe_class, describe_member, signature_of
from tests.mocks.described import facts

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


class Session:
    """What another class gives."""


AnotherName = Session


def client() -> type:
    """Return a class that names another one, in annotations and in its source."""

    class Client:
        def declared(self) -> "Session":
            raise NotImplementedError

        def made(self):  # type: ignore[no-untyped-def] # noqa: ANN202
            return Session()

        def aliased(self) -> "AnotherName":
            raise NotImplementedError

    return Client


@pytest.mark.parametrize("other", [unittest.mock.MagicMock(), unittest.mock.AsyncMock, lambda: 3, json.loads])
@pytest.mark.parametrize("name", ["declared", "made"])
def test_what_a_test_has_replaced_is_not_kept(name: str, other: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out while a name stands for a stand-in must not hold for the next test."""
    monkeypatch.setitem(globals(), "Session", other)
    cls = client()
    replaced: Any = isolated_mock(cls)
    during = getattr(replaced, name)().__class__
    monkeypatch.undo()

    mock: Any = isolated_mock(cls)

    assert facts(cls, name).is_certain
    assert during is not Session
    assert getattr(mock, name)().__class__ is Session


@pytest.mark.parametrize("other", [unittest.mock.MagicMock(), json.loads, staticmethod(json.loads)])
def test_method_that_a_test_has_replaced_is_not_kept(other: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its kind nor its signature holds for the next test."""
    cls = client()
    monkeypatch.setattr(cls, "declared", other)
    assert hasattr(isolated_mock(cls), "declared")
    monkeypatch.undo()

    with pytest.raises(TypeError, match=r"takes 1 positional argument but 2 were given"):
        isolated_mock(cls).declared("x")


def test_name_that_a_module_gives_to_another_class_is_kept() -> None:
    """An alias inside of one library is none of a test's making."""
    assert facts(client(), "aliased").is_certain


def test_no_class_is_kept_alive() -> None:
    """Neither by what is known nor by the caches of typing, though strings named the class."""
    references, known = described()

    gc.collect()

    assert known
    assert [reference() for reference in references] == [None, None, None]
