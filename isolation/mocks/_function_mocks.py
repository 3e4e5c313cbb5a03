"""Mocks of functions: called like the function, they check its arguments, and have what it has besides."""

import inspect
from collections.abc import Callable, Iterable
from functools import partial, partialmethod, singledispatchmethod
from types import FunctionType
from typing import Any, Final, ParamSpec, Protocol, TypeVar, cast

from isolation.mocks._blueprints import Blueprint, blueprint_of
from isolation.mocks._facts import Fresh, Kind, MemberFacts
from isolation.mocks._keys import ROOT
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Member
from isolation.mocks._messages import UnknownAttributeError
from isolation.mocks._state import stamp
from isolation.mocks.inspection import describe_function, describe_member

_METHODS = (partial, staticmethod, classmethod, partialmethod, singledispatchmethod)
_OF_EVERY_FUNCTION: Final = frozenset(dir(FunctionType))


P = ParamSpec("P")
R = TypeVar("R")


class Adopter(Protocol):
    """What judges mocks at the end of a test, such as a :class:`MockContext`."""

    @property
    def open_mocks(self) -> list[str]:
        """The names of mocks that stand for no class."""
        ...

    def adopt(self, ledger: Ledger, /) -> None:
        """Judge the mocks of *ledger* as well."""
        ...


def isolated_function(function: Callable[P, R], *, name: str = "", context: Adopter | None = None) -> Callable[P, R]:
    """Return a new mock of *function*: a callback, or what is handed in, checked like the function and async if it is.

    A method is called without its object if it is bound to one.

    Args:
        function: What the mock stands for, such as ``bytes.fromhex`` or ``lambda event: None``.
        name: What messages call the mock; by default as the function.
        context: The :class:`MockContext` that judges it at the end of the test; without one it is only isolated.

    Raises:
        TypeError: If *function* is none.
    """
    __tracebackhide__ = True
    if not is_function(function):
        raise TypeError(f"isolated_function takes a function, got {function!r}; for a class say isolated_mock(...)")
    ledger = Ledger(name or str(getattr(function, "__name__", "")))
    if context is not None:
        context.adopt(ledger)
    return cast("Callable[P, R]", stamp(function_member(function), ledger, ROOT))


class Functions:
    """What functions are members of that belong to no class."""


class FunctionTemplate:
    """What the attributes of a mock of a function are made from: what the function has, such as ``cache_clear``.

    Attributes:
        title: What the interpreter calls it in its messages.
        cls: None, for it pretends to be of no class.
        is_set: Whether attributes that the function has not cannot be set.
        signature: None, for the arguments are checked when the mock is called.
    """

    title = "function"
    cls = None
    is_set = True
    signature: inspect.Signature | None = None

    def __init__(self, function: object, blueprint: Blueprint) -> None:
        self._function = function
        self._blueprint = blueprint
        names = set(dir(function)) - _OF_EVERY_FUNCTION
        self._names = {name for name in names if not name.startswith("__")}
        self.given = blueprint.given
        self.specified = blueprint.specified

    @property
    def names(self) -> Iterable[str]:
        """The attributes that not every function has."""
        return self._names

    def takes(self, name: str, /) -> bool:
        """Tell whether the function has an attribute *name*."""
        return name in self._names

    def member(self, name: str, /) -> Member | None:
        """Return what the attribute *name* is made from: a mock of a function, anything else is what it is."""
        if not self.takes(name):
            return None
        value = getattr(self._function, name)
        if callable(value):
            return self._blueprint.made_from(describe_function(value))
        return self._blueprint.made_from(MemberFacts(name=name, kind=Kind.VALUE, result=Fresh(lambda: value)))

    def refusal(self, name: str, /) -> AttributeError:
        """Return what to raise where somebody asks for the attribute *name*, which the function has not."""
        return UnknownAttributeError(self.title, name, self.names)


def is_function(found: object) -> bool:
    """Tell whether *found* is called like a function, or becomes one where it is looked up."""
    return isinstance(found, _METHODS) or (callable(found) and inspect.isroutine(found))


def function_member(function: object) -> Member:
    """Return what a mock of *function* is made from; one that is bound to an object is called without it."""
    blueprint = blueprint_of(Functions)
    return _made(blueprint, describe_function(function), function, partial(_signature_of, function))


def method_member(cls: type, name: str) -> Member | None:
    """Return what a mock of the method *name* of instances of *cls* is made from; it is called without the object."""
    facts = describe_member(cls, name)
    if facts is None:
        return None
    function = inspect.getattr_static(cls, name)
    return _made(blueprint_of(cls), facts, getattr(function, "__func__", function), None)


def _made(
    blueprint: Blueprint, facts: MemberFacts, function: object, signature: Callable[[], inspect.Signature | None] | None
) -> Member:
    member = blueprint.made_from(facts)
    member.template = FunctionTemplate(function, blueprint)
    if signature is not None:
        member.signature = signature
    return member


def _signature_of(function: object) -> inspect.Signature | None:
    try:
        return inspect.signature(cast("Callable[..., Any]", function))
    except (TypeError, ValueError):  # some built-in functions say nothing
        return None
