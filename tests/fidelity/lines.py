"""What a line of fidelity is: something done with a client, and what the real client gives for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Do = Callable[[Any], Awaitable[object]]


@dataclass(frozen=True)
class Raised:
    """An exception, by its type and, where that is the same everywhere, what it says."""

    type: str
    text: str = ""
    others: tuple[str, ...] = ()

    def is_like(self, other: object) -> bool:
        """Tell whether *other* is caught as this exception."""
        return isinstance(other, Raised) and self.type in (other.type, *other.others)

    def says(self, other: "Raised") -> bool:
        """Tell whether *other* says the same, if what is said is known; from 3.13 on it may guess what was meant."""
        return other.text.startswith(self.text)


@dataclass(frozen=True)
class Line:
    """One line that runs on the real client and on a mock.

    Attributes:
        library: The client's library.
        subject: Which object of the library it is about, as ``module:Class``.
        text: What it does, as one would write it.
        do: Does it, and returns the outcome: a plain value, or the name of a type.
        gives: The outcome with the real client.
        is_sample: Whether it is one of the 34 lines that were chosen first, with holes in mind.
        is_alone: Whether the real client does it without a server.
    """

    library: str
    subject: str
    text: str
    do: Do
    gives: object
    is_sample: bool = False
    is_alone: bool = False

    def agrees(self, outcome: object) -> bool:
        """Tell whether *outcome* is what the real client gives, by type if it is an exception."""
        if isinstance(self.gives, Raised):
            return self.gives.is_like(outcome)
        return type(outcome) is type(self.gives) and outcome == self.gives

    def agrees_in_words(self, outcome: object) -> bool:
        """Tell whether an exception also says what that of the real client says."""
        return not isinstance(self.gives, Raised) or not isinstance(outcome, Raised) or self.gives.says(outcome)


async def outcome_of(line: Line, subject: object) -> object:
    """Return what *line* gives with *subject*; an exception is an outcome, too."""
    try:
        return await line.do(subject)
    except Exception as error:  # noqa: BLE001 - an outcome
        return Raised(type(error).__name__, str(error), tuple(base.__name__ for base in type(error).__mro__))


def kind(value: object) -> str:
    """Return the name of the class that *value* says it is of."""
    return value.__class__.__name__


class Lines:
    """The lines about one object of a library, in the order in which they are written."""

    def __init__(self, library: str, subject: str) -> None:
        """Collect lines about the class *subject* of *library*."""
        self.library = library
        self.subject = subject
        self.all: list[Line] = []

    def line(self, text: str, gives: object, *, is_sample: bool = False, is_alone: bool = False) -> Callable[[Do], Do]:
        """Collect the decorated function, which does *text*, and for which the real client gives *gives*."""

        def collect(do: Do) -> Do:
            made = Line(self.library, self.subject, text, do, gives, is_sample=is_sample, is_alone=is_alone)
            self.all.append(made)
            return do

        return collect


LIBRARIES = (
    "asyncpg", "psycopg", "redis", "aiokafka", "aiohttp", "httpx", "websockets", "nats", "aio_pika", "pymongo",
    "sqlalchemy",
)  # fmt: skip


def all_lines() -> dict[str, list[Line]]:
    """Return the lines of every library, by the name of its package."""
    return {name: import_module(f"tests.fidelity.lines_{name}").LINES for name in LIBRARIES}
