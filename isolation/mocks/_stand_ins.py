"""Stand-ins: the mock that replaces what a name stands for, made from what is there."""

import inspect
from enum import Enum
from types import MethodType
from typing import Any, cast

from isolation import _natures
from isolation.mocks._blueprints import blueprint_of
from isolation.mocks._class_mocks import class_mock
from isolation.mocks._function_mocks import function_member, is_function, method_member
from isolation.mocks._keys import ROOT, Key
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Form, Member
from isolation.mocks._mock import mock_in
from isolation.mocks._open import open_member
from isolation.mocks._parts import part_of
from isolation.mocks._patch_targets import ABSENT, Target
from isolation.mocks._standard import is_mock
from isolation.mocks._state import stamp

_VALUE_MODULES = frozenset(("datetime", "decimal", "fractions", "pathlib", "re", "uuid"))
_VALUES = (Enum, bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset)


def stand_in_for(target: Target, spec: type | None) -> Any:
    """Return a mock of what is at *target*, or of an instance of *spec*, with a ledger of its own.

    Raises:
        TypeError: If a mock cannot stand for what is there, such as a number.
    """
    __tracebackhide__ = True
    if spec is not None:
        return mock_in(Ledger(target.label), ROOT, spec)
    found = target.found
    if found is None or found is ABSENT:
        return mock_in(Ledger(target.label), ROOT, None)
    if is_mock(found):
        return stamp(_member_like(found), Ledger(target.label), ROOT)
    if _natures.is_class(found) and not _kind_of_constants(found):
        return class_mock(cast("type", found), Ledger(target.label))
    if is_function(found):
        return _function_mock(target, found)
    _refuse(found, target)
    return mock_in(Ledger(target.label), ROOT, type(found))


def _member_like(mock: object) -> Member:
    """Return what another mock of the same thing as *mock* is made from."""
    part = part_of(mock)
    if part is not None:
        return part.member
    cls: type = mock.__class__
    if cls is not type(mock):
        return blueprint_of(cls).root
    return open_member(Form.ASYNC if inspect.iscoroutinefunction(mock) else Form.MAGIC)


def _function_mock(target: Target, found: object) -> Any:
    """Return a mock of the function *found*; of a method it is called without the object, as if it were bound."""
    member = None
    if not _natures.is_module(target.owner) and not isinstance(found, MethodType):
        cls = cast("type", target.owner) if _natures.is_class(target.owner) else type(target.owner)
        member = method_member(cls, target.name)
    path, _, name = target.label.rpartition(".")
    return stamp(member or function_member(found), Ledger(path), Key(name))


def _kind_of_constants(cls: object) -> str:
    """Return what *cls* is if its mock could be caught by nothing, or would have no members; else nothing."""
    if _natures.is_kind_of(cast("type", cls), BaseException):
        return "class of exceptions"
    return "enumeration" if _natures.is_kind_of(cast("type", cls), Enum) else ""


def _refuse(found: object, target: Target) -> None:
    """Raise if a mock would be nothing like *found*."""
    __tracebackhide__ = True
    kind, advice = type(found).__qualname__, "give what shall be there instead"
    if _natures.is_module(found):
        kind, advice = "module", "patch what is used of it"
    elif _natures.is_class(found):
        kind = _kind_of_constants(found)
    elif hasattr(type(found), "__get__"):
        advice = "give its value instead"
    elif not isinstance(found, _VALUES) and type(found).__module__.partition(".")[0] not in _VALUE_MODULES:
        return
    article = "an" if kind[0] in "aeiou" else "a"
    raise TypeError(f"cannot make a mock of {target.label}, which is {article} {kind}; {advice}")
