"""Describe a class and its members for mocks: never runs the class's code, never raises, keeps no class alive."""

import inspect

from isolation.mocks._facts import ClassFacts, Kind, MemberFacts
from isolation.mocks._lookup import Found, bases_of, find, function_of, innermost, namespace_of
from isolation.mocks._signatures import check_of, signature_of_raw
from isolation.mocks._special_methods import SPECIAL_METHODS


def describe_class(cls: type) -> ClassFacts:
    """Return what is known of *cls* as a whole."""
    names = {name for base in bases_of(cls) for name in namespace_of(base)}
    magics = frozenset(name for name in SPECIAL_METHODS & names if _is_own(cls, name))
    return ClassFacts(name=cls.__qualname__, names=frozenset(names), magics=magics, is_callable="__call__" in magics)


def _is_own(cls: type, name: str) -> bool:
    """Tell whether *cls* has the special method *name* of its own, rather than as every object has it."""
    found = find(cls, name)
    return found is not None and found.owner is not object and found.raw is not None


def describe_member(cls: type, name: str) -> MemberFacts | None:
    """Return what is known of the member *name* of instances of *cls*; None if they have no such member."""
    found = find(cls, name)
    if found is None:
        return None
    return MemberFacts(
        name=name,
        kind=_kind_of(found),
        check=check_of(found.raw),
        is_bound=not isinstance(found.raw, staticmethod),
    )


def _kind_of(found: Found) -> Kind:
    if isinstance(found.raw, type):
        return Kind.CLASS
    function = function_of(found.raw)
    if function is None:
        return Kind.VALUE
    return Kind.ASYNC if inspect.iscoroutinefunction(innermost(function)) else Kind.SYNC


def signature_of(cls: type, name: str) -> inspect.Signature | None:
    """Return the signature of the member *name* of instances of *cls*, without ``self``; None if it is not known."""
    found = find(cls, name)
    return None if found is None else signature_of_raw(found.raw)
