"""Describe a class and its members for mocks: never runs the class's code, never raises, keeps no class alive."""

import inspect

from isolation.mocks._facts import ClassFacts, MemberFacts
from isolation.mocks.inspection._attributes import attribute_names
from isolation.mocks.inspection._lookup import bases_of, find, namespace_of
from isolation.mocks.inspection._members import construction, describe, function_facts, is_supported
from isolation.mocks.inspection._signatures import signature_of_raw
from isolation.mocks.inspection._special_methods import SPECIAL_METHODS
from isolation.mocks.inspection._tables import extra_bases_of


def describe_class(cls: type) -> ClassFacts:
    """Return what is known of *cls* as a whole."""
    names = {name for base in bases_of(cls) for name in namespace_of(base)}
    magics = frozenset(name for name in SPECIAL_METHODS & names if _is_own(cls, name))
    return ClassFacts(
        name=cls.__qualname__,
        names=frozenset(names | attribute_names(cls)),
        magics=magics,
        is_callable="__call__" in magics,
        bases=extra_bases_of(cls),
    )


def _is_own(cls: type, name: str) -> bool:
    """Tell whether *cls* has the special method *name* of its own, rather than as every object has it."""
    found = find(cls, name)
    return found is not None and found.owner is not object and is_supported(found.raw)


def describe_member(cls: type, name: str) -> MemberFacts | None:
    """Return what is known of the member *name* of instances of *cls*; None if they have no such member."""
    return describe(cls, name)


def describe_function(function: object) -> MemberFacts:
    """Return what is known of a call of *function*: of a module, bound to an object, built in, or a partial."""
    return function_facts(function)


def describe_construction(cls: type) -> MemberFacts:
    """Return what is known of a call of the class *cls*, whose check takes a placeholder for the new object."""
    return construction(cls)


def signature_of(cls: type, name: str) -> inspect.Signature | None:
    """Return the signature of the member *name* of instances of *cls*, without ``self``; None if it is not known."""
    found = find(cls, name)
    return None if found is None else signature_of_raw(found.raw)
