"""What is known of a class and of its members before anything is mocked: plain data that keeps no class alive.

A blueprint is asked for again and again by class, and must be collected with it. So facts hold classes by weak
reference only, and nothing that leads to one: no function of the class, no annotation, no default value of a parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final
from weakref import ref


class Kind(Enum):
    """How a member is used."""

    ASYNC = auto()
    """Called, and what that gives is awaited: a coroutine function, or awaitable by its annotations."""
    SYNC = auto()
    """Called, and gives its result at once."""
    VALUE = auto()
    """Read: an attribute of the class or the instance, or a property."""
    CLASS = auto()
    """A nested class, or a class as a value."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A plain value, made anew for each call: an empty list, 0, None, a resolved future."""

    make: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Nested:
    """A mock of another class, which stands below the mock that gives it; the same one for each call.

    *members* replaces what introspection says of members of that class, such as what its ``__aenter__`` gives.
    Where the class cannot be referenced weakly or is gone, the result is open.
    """

    cls: "ref[type]"
    members: "tuple[tuple[str, MemberFacts], ...]" = ()


@dataclass(frozen=True, slots=True)
class Itself:
    """The mock whose method was called: a fluent interface, or ``__aenter__`` that gives the object."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known: an open child, which takes everything, as in the standard library."""


Result = Fresh | Nested | Itself | Unknown

NOTHING: Final = Fresh(lambda: None)
"""The result None."""
ITSELF: Final = Itself()
UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """What is known of one member of a class."""

    name: str
    kind: Kind
    check: Callable[..., object] | None = None
    """An empty function with the same parameters and the real qualified name: called first, it raises what the real
    one would. None if the signature is not known or takes anything."""
    is_bound: bool = True
    """Whether *check* takes a placeholder for ``self`` (or ``cls``) before the arguments."""
    result: Result = UNKNOWN
    """What a call gives, awaited if it is to be awaited; for a value, what reading it gives."""
    is_certain: bool = True
    """Whether this holds tomorrow: not if a name seems to stand for a mock or a stand-in, put there by a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFacts:
    """What is known of a class as a whole."""

    name: str
    """Its qualified name, as the interpreter's messages say it."""
    names: frozenset[str]
    """Every name that an instance has: of the class and its bases, and what ``__init__`` sets."""
    magics: frozenset[str]
    """The special methods that instances support, of those that a mock can support."""
    is_callable: bool
    """Whether instances can be called."""
    bases: tuple[type, ...] = ()
    """Classes that a generated class must inherit from, because ``isinstance`` of the client insists."""
