"""What is known of a class before it is mocked."""

from typing import Any, Self

from isolation.mocks._facts import Kind
from isolation.mocks.inspection import describe_class, describe_member, signature_of


class Client:
    """A client with a member of each kind."""

    answer = 42

    class Options:
        """A class inside a class."""

    async def fetch(self, query: str, *args: object, timeout: float | None = None) -> list[Any]:
        """Await me."""
        raise NotImplementedError

    def close(self, force: bool = False) -> None:
        """Call me."""

    @staticmethod
    def parse(url: str) -> str:
        """Call me without an object."""
        raise NotImplementedError

    @classmethod
    def connect(cls, url: str) -> "Client":
        """Call me without an object, too."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(self, *error: object) -> None:
        raise NotImplementedError


def test_class_is_described_by_its_names_and_special_methods() -> None:
    """A mock has the names that the class has, and supports the special methods of its own."""
    facts = describe_class(Client)

    assert facts.name == "Client"
    assert facts.names >= {"answer", "fetch", "close", "parse", "connect", "__aenter__", "__init__"}
    assert facts.magics == {"__aenter__", "__aexit__"}
    assert not facts.is_callable


def test_members_are_of_four_kinds() -> None:
    """A member is awaited, called, read, or a class."""
    kinds = {name: facts.kind for name in vars(Client) if (facts := describe_member(Client, name))}

    assert kinds["fetch"] is Kind.ASYNC
    assert kinds["close"] is Kind.SYNC
    assert kinds["answer"] is Kind.VALUE
    assert kinds["Options"] is Kind.CLASS


def test_unknown_member_is_not_described() -> None:
    """What a class does not have, its mock does not have."""
    assert describe_member(Client, "fetchh") is None
    assert signature_of(Client, "fetchh") is None


def test_signature_for_people_has_no_self() -> None:
    """``inspect.signature`` of a mock's method reads as that of the bound method."""
    assert str(signature_of(Client, "close")) == "(force: bool = False) -> None"
    assert str(signature_of(Client, "parse")) == "(url: str) -> str"
    assert str(signature_of(Client, "connect")) == "(url: str) -> 'Client'"
    assert signature_of(Client, "answer") is None
