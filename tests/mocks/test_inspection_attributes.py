"""What instances have that no class has: what ``__init__`` sets, fields, slots, annotations."""

import dataclasses
from dataclasses import InitVar, dataclass
from enum import Enum
from typing import Any, ClassVar, Final, Generic, TypeVar

import pytest

from isolation.mocks._facts import Kind
from isolation.mocks.inspection import describe_class
from tests.mocks.described import facts, gives
from tests.mocks.unannotated import Client, Session

T = TypeVar("T")


class Colour(Enum):
    """An enumeration."""

    RED = 1
    BLUE = 2


class Replacing:
    """Attributes whose parameters may be None, but they are not."""

    def __init__(self, session: Session | None = None, clock: Any = None, size: int | None = None) -> None:
        self.session = session or Session()
        self.clock = clock or Session
        self.size = size if size is not None else 5
        self.kept = size


class Slotted:
    """Attributes without a dictionary."""

    __slots__ = ("anything", "number")
    number: int


class Annotated:
    """Attributes that a body only annotates."""

    count: int
    name: "str"
    other: "Session | None"
    shared: ClassVar[dict[str, int]]
    constant: Final = 3
    colour = Colour.BLUE
    flags: frozenset[int] = frozenset({1})
    decoder: Session = None  # type: ignore[assignment]

    def __init__(self, later: str, *, session: Session | None = None) -> None:
        self.later = later
        self.answer: list[int] = []
        self.session: Session = session or Session()
        self.unknown: Any = 3
        self.declared: bytes


@dataclass
class Field:
    """A dataclass."""

    key: str
    values: list[int]
    start: InitVar[int]
    again: dataclasses.InitVar[int]
    limit: float = 1.5


class Box(Generic[T]):
    """A generic class with an attribute."""

    content: T


class TextBox(Box[str]):
    """A class that says what the variable of its base stands for."""


def test_attributes_are_names_of_the_class() -> None:
    """They can be read and set; a parameter of the initialisation is no attribute."""
    names = describe_class(Client).names | describe_class(Field).names

    assert names >= {"url", "timeout", "left", "right", "_closed", "_Client__hidden", "key", "values"}
    assert not names & {"start", "again", "unheard_of"}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("timeout", 3.0),
        ("size", 0),
        ("session", "a Session"),
        ("waiting", "a deque"),
        ("_closed", False),
        ("loop", "a Session"),
        ("url", "anything"),
        ("pool", "a Session"),
        ("left", 1),
        ("right", 2),
        ("minus", -1),
        ("spread", "anything"),
        ("counts", {"hits": 0}),
        ("first", "anything"),
        ("logger", "a Session"),
        ("clock", "anything"),
        ("maybe", None),
        ("limit", 10),
        ("default", None),
        ("tags", {"a": 1}),
        ("sessions", []),
        ("pair", (1, 2)),
        ("shared", "a Session"),
    ],
)
def test_attribute_is_what_the_source_sets(name: str, given: object) -> None:
    """A literal, the default of a parameter, an instance of a class; the first value that is known."""
    assert gives(Client, name) == given
    assert facts(Client, name).kind is Kind.VALUE


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("count", 0),
        ("name", ""),
        ("other", None),
        ("shared", {}),
        ("constant", 3),
        ("colour", Colour.BLUE),
        ("flags", frozenset({1})),
        ("decoder", "a Session"),
        ("later", ""),
        ("answer", []),
        ("session", "a Session"),
        ("unknown", 3),
        ("declared", b""),
    ],
)
def test_attribute_is_what_it_is_annotated_with(name: str, given: object) -> None:
    """In the body of the class, at the assignment, or at the parameter that is assigned."""
    assert gives(Annotated, name) == given


def test_parameter_that_may_be_none_is_replaced() -> None:
    """What stands behind ``or`` is what the attribute is; it is never None."""
    assert [gives(Replacing, name) for name in ("session", "clock", "size", "kept")] == [
        "a Session",
        "anything",
        5,
        None,
    ]


def test_fields_and_slots_are_attributes() -> None:
    """By annotation if there is one; the default value where a field has one."""
    assert [gives(Field, name) for name in ("key", "values", "limit")] == ["", [], 1.5]
    assert [gives(Slotted, name) for name in ("number", "anything")] == [0, "anything"]


def test_type_variables_stand_for_what_a_subclass_says() -> None:
    """The attribute of a generic base is that of the class which it is a base of."""
    assert gives(TextBox, "content") == ""
    assert gives(Box, "content") == "anything"


def test_class_as_an_attribute_is_a_class() -> None:
    """A call of it gives an instance."""
    assert facts(Client, "session_class").kind is Kind.CLASS
    assert gives(Client, "session_class") == "a Session"
