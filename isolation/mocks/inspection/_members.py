"""Tell of each member of a class how it is used, what it takes and what it gives, and correct that by the tables."""

import copy
import inspect
import types
from dataclasses import replace
from enum import Enum
from typing import Final, cast
from weakref import ref

from isolation.mocks._facts import ITSELF, NOTHING, UNKNOWN, Fresh, Kind, MemberFacts, Nested, Result, Unknown
from isolation.mocks.inspection._attributes import annotated_result, annotation_of, attribute_result
from isolation.mocks.inspection._bodies import delegates_of, only_raises, refuses
from isolation.mocks.inspection._defaults import (
    AWAITABLES,
    EMPTY_ASYNC_ITERATOR,
    EMPTY_ITERATOR,
    EXHAUSTED,
    Context,
    constant,
    enumeration_member,
    future,
    result_of,
)
from isolation.mocks.inspection._forms import LOADED, bindings_of, form_of, scope_of_class
from isolation.mocks.inspection._lookup import Found, find, function_of, innermost
from isolation.mocks.inspection._returns import awaited, is_coroutine_function, returned_by
from isolation.mocks.inspection._signatures import Check, check_of, check_of_function, is_bound
from isolation.mocks.inspection._special_methods import SPECIAL_METHODS
from isolation.mocks.inspection._stand_ins import is_mock, is_replaced
from isolation.mocks.inspection._tables import row_of, row_of_function

_CONSTANTS: Final = (type(None), bool, int, float, complex, str, bytes, frozenset)
_COLLECTIONS: Final = (list, dict, set, tuple)
_ENTERING: Final = frozenset({"__aenter__", "__enter__", "__await__"})
_LEAVING: Final = frozenset({"__aexit__", "__exit__"})
_AWAITED: Final = frozenset({"__aenter__", "__aexit__", "__anext__", "__await__"})
_ITERATING: Final = {
    "__iter__": EMPTY_ITERATOR,
    "__reversed__": EMPTY_ITERATOR,
    "__aiter__": EMPTY_ASYNC_ITERATOR,
    **EXHAUSTED,
}


def describe(cls: type, name: str) -> MemberFacts | None:
    """Return what is known of the member *name* of instances of *cls*; None if they have no such member."""
    try:
        context = _context(cls)
        facts = _described(context, name)
        return replace(facts, is_certain=False) if facts is not None and context.doubts else facts
    except Exception:  # noqa: BLE001 - what cannot be described, such as by a class without end, is open
        return None if find(cls, name) is None else MemberFacts(name=name, kind=Kind.VALUE)


def _described(context: Context, name: str) -> MemberFacts | None:
    facts = _introspected(context, name)
    is_command = facts is not None and facts.kind is Kind.ASYNC and name not in SPECIAL_METHODS
    row = row_of(context.cls, name, is_command=is_command) or row_of_function(_function(context.cls, name))
    if row is None:
        return facts
    form = form_of(row, LOADED)
    known = MemberFacts(name=name, kind=Kind.VALUE) if facts is None else facts
    if form.head in AWAITABLES:
        return replace(known, kind=Kind.ASYNC, result=result_of(form.args[-1], context))
    stays = name in SPECIAL_METHODS or is_coroutine_function(_function(context.cls, name))
    kind = Kind.SYNC if known.kind is Kind.ASYNC and not stays else known.kind
    return replace(known, kind=kind, result=result_of(form, context))


def is_supported(special: object) -> bool:
    """Tell whether *special*, found in a class as a special method, is not there to say that it is not supported."""
    return special is not None and not (isinstance(special, types.FunctionType) and refuses(special))


def _function(cls: type, name: str) -> object:
    """Return the function that is behind the member *name* of *cls* in the end, or None."""
    found = find(cls, name)
    return None if found is None else innermost(function_of(found.raw))


def _introspected(context: Context, name: str) -> MemberFacts | None:
    found = find(context.cls, name, above=context.above)
    context = replace(context, above=None)
    if found is not None and is_replaced(found, name):
        context.doubts.append(name)
    if found is None:
        result = attribute_result(name, context)
        return _dynamic(context, name) if result is None else MemberFacts(name=name, kind=Kind.VALUE, result=result)
    if isinstance(found.raw, type):
        return construction(found.raw, name)
    if name in SPECIAL_METHODS and not is_supported(found.raw):
        return None
    function = function_of(found.raw)
    if function is None:
        return MemberFacts(name=name, kind=Kind.VALUE, result=_value(found, context, name))
    kind, result = returned_by(function, found.owner, context)
    if name == "__await__":
        result = awaited(innermost(function), found.owner, context)
    return MemberFacts(
        name=name,
        kind=Kind.ASYNC if name in _AWAITED else kind,
        check=check_of(found.raw),
        is_bound=is_bound(found.raw),
        result=_protocol_result(name, result, context),
    )


def _protocol_result(name: str, result: Result, context: Context) -> Result:
    """Return *result*, but what the interpreter's protocols ask for where *name* is a part of one."""
    if name in _ITERATING:
        return _ITERATING[name]
    if name in _LEAVING and not isinstance(result, Fresh):
        return NOTHING
    if name not in _ENTERING:
        return result
    if isinstance(result, Unknown) or (isinstance(result, Nested) and result.cls() is context.cls):
        return ITSELF
    return result


def construction(cls: type, name: str = "") -> MemberFacts:
    """Return what is known of a call of *cls*."""
    check = None if find(type(cls), "__call__") != Found(type, type.__call__) else _construction_check(cls)
    return MemberFacts(name=name or cls.__name__, kind=Kind.CLASS, check=check, result=Nested(ref(cls)))


def _construction_check(cls: type) -> Check | None:
    """Return the check of ``__init__``, or of ``__new__`` where only that takes arguments."""
    for name in ("__init__", "__new__"):
        found = find(cls, name)
        if found is not None and found.owner is not object:
            return check_of_function(function_of(found.raw), named=1)
    return None


def function_facts(function: object) -> MemberFacts:
    """Return what is known of a call of *function*, which belongs to no class or is bound to its object already."""
    if inspect.ismethod(function):
        owner = function.__self__ if isinstance(function.__self__, type) else type(function.__self__)
        bound = describe(owner, function.__name__)
        if bound is not None:
            return bound
    kind, result = _given_by(function)
    name = str(getattr(function, "__name__", "function"))
    return MemberFacts(name=name, kind=kind, check=check_of_function(function), is_bound=False, result=result)


def _given_by(function: object) -> tuple[Kind, Result]:
    context = _context(object)
    kind, result = returned_by(function, None, context)
    row = row_of_function(innermost(function))
    return kind, result if row is None else result_of(form_of(row, LOADED), context)


def _value(found: Found, context: Context, name: str) -> Result:
    """Return what reading an attribute gives that stands in the class."""
    raw = found.raw
    getter = _getter(raw)
    if getter is not None:
        kind, result = returned_by(getter, found.owner, context)
        return future(result) if kind is Kind.ASYNC else result
    if isinstance(raw, types.MemberDescriptorType | types.GetSetDescriptorType) or raw is None:
        declared = attribute_result(name, context)
        return declared if declared is not None else NOTHING if raw is None else UNKNOWN
    annotation = annotation_of(found.owner, name)
    known = UNKNOWN if annotation is None else annotated_result(annotation, found.owner, context)
    return known if isinstance(known, Nested) or hasattr(type(raw), "__get__") else _of_object(raw)


def _getter(raw: object) -> types.FunctionType | None:
    """Return the function that a property, a cached property or the like calls."""
    if isinstance(raw, types.FunctionType) or not hasattr(type(raw), "__get__"):
        return None
    for name in ("fget", "func", "wrapped"):
        value = inspect.getattr_static(raw, name, None)
        if isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType):
            value = value.__get__(raw)
        if isinstance(value, types.FunctionType):
            return value
    return None


def _of_object(value: object) -> Result:
    """Return what an attribute gives that is *value* in the class: the same if it is plain, else a mock."""
    kind = type(value)
    if kind in _CONSTANTS:
        return constant(value)
    if kind in _COLLECTIONS:
        return Fresh(lambda: copy.deepcopy(value)) if _is_of_constants(value) else Fresh(cast("type[object]", kind))
    if isinstance(value, Enum):
        return enumeration_member(kind, value.name)
    if isinstance(value, types.ModuleType) or is_mock(value):
        return UNKNOWN
    return Nested(ref(kind))


def _is_of_constants(value: object) -> bool:
    """Tell whether *value* is a constant or made of constants, so that it leads to no class."""
    if isinstance(value, dict):
        items = cast("dict[object, object]", value)
        return all(map(_is_of_constants, (*items.keys(), *items.values())))
    if isinstance(value, list | tuple | set):
        return all(map(_is_of_constants, cast("list[object]", value)))
    return type(value) in _CONSTANTS


def _dynamic(context: Context, name: str) -> MemberFacts | None:
    """Return what is known of a member that only ``__getattr__`` gives."""
    found = None if name.startswith("_") else find(context.cls, "__getattr__")
    if found is None or not isinstance(found.raw, types.FunctionType):
        return None
    scope = context.scope(found.raw, found.owner)
    delegates = delegates_of(found.raw, context, scope)
    if delegates:
        described = [context.describe(context.inside(cls), name) for cls in delegates]
        return next((facts for facts in described if facts is not None), None)
    if only_raises(found.raw):
        return None
    return MemberFacts(name=name, kind=Kind.VALUE, result=returned_by(found.raw, found.owner, context)[1])


def _context(cls: type) -> Context:
    return Context(cls, _described, bindings_of(cls, (), scope_of_class(cls)))
