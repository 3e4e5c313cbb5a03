"""What a call gives by what it is annotated with: an empty value, None where that is allowed, or a mock of a class."""

import asyncio
import collections
import concurrent.futures
import contextlib
import typing
from collections import abc
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass, field, replace
from enum import Enum
from types import FunctionType
from typing import Any, Final, Literal, TypeVar, Union, cast
from weakref import ref

from isolation.mocks._facts import ITSELF, NOTHING, UNKNOWN, Fresh, Kind, MemberFacts, Nested, Result, Unknown
from isolation.mocks.inspection._forms import (
    Bindings,
    Form,
    Mark,
    Scope,
    bindings_of,
    form_of,
    scope_of_class,
    scope_of_function,
)
from isolation.mocks.inspection._lookup import bases_of, find, function_of, innermost, namespace_of
from isolation.mocks.inspection._values import of_value_class

_MAX_NESTING: Final = 1
_MAX_FIELDS: Final = 3

Describe = Callable[["Context", str], MemberFacts | None]


@dataclass(frozen=True, slots=True)
class Context:
    """The class whose member is described, what its type variables stand for, and how to describe other members."""

    cls: type
    describe: Describe
    bindings: Bindings
    depth: int = 0
    doubts: list[str] = field(default_factory=list[str])
    """The names that seem to stand for something else than what was meant, found on the way."""
    above: type | None = None
    """The class whose own members do not count, because the one that it overrides is meant."""

    def inside(self, cls: type, args: tuple[Form, ...] = ()) -> "Context":
        """Return the context of *cls*, which a member of this class gives."""
        return Context(cls, self.describe, bindings_of(cls, args, self._scope_of(cls)), self.depth + 1, self.doubts)

    def _scope_of(self, cls: type) -> Scope:
        return scope_of_class(cls, doubts=self.doubts)

    def scope(self, function: FunctionType, owner: type | None) -> Scope:
        """Return the scope of *function*, found in *owner*."""
        return scope_of_function(function, owner, self.bindings, self.doubts)

    def scope_of(self, cls: type) -> Scope:
        """Return the scope of the body of *cls*."""
        return scope_of_class(cls, self.bindings, self.doubts)

    def deeper(self, above: type | None = None) -> "Context":
        """Return this context one step further from the member that was asked for."""
        return replace(self, depth=self.depth + 1, above=above)


async def _no_items() -> AsyncIterator[object]:
    items: tuple[object, ...] = ()
    for item in items:
        yield item  # pragma: no cover - there is none


def _no_steps() -> Generator[object]:
    yield from ()


def _no_more() -> object:
    raise StopIteration


def _no_more_async() -> object:
    raise StopAsyncIteration


EMPTY_ITERATOR: Final = Fresh(lambda: iter(()))
EMPTY_GENERATOR: Final = Fresh(_no_steps)
EMPTY_ASYNC_ITERATOR: Final = Fresh(_no_items)
EXHAUSTED: Final = {"__next__": Fresh(_no_more), "__anext__": Fresh(_no_more_async)}
_NEW_TUPLE: Final[Callable[[type, list[object]], object]] = vars(tuple)["__new__"]
_LIST, _DICT, _SET = Fresh(list), Fresh(dict), Fresh(set)
_OPEN: Final[tuple[object, ...]] = (
    object,
    type,
    vars(abc)["Callable"],
    abc.Hashable,
    abc.Sized,
    abc.Container,
    typing.Generic,
)
_KNOWN: Final[dict[object, Result]] = {
    **dict.fromkeys(_OPEN, UNKNOWN),
    type(None): NOTHING,
    **{cls: Fresh(cls) for cls in (bool, int, float, complex, str, bytes, bytearray, tuple, frozenset)},
    **{cls: Fresh(cls) for cls in (collections.deque, collections.OrderedDict, collections.Counter)},
    collections.defaultdict: Fresh(collections.defaultdict),
    **dict.fromkeys((list, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable, abc.Reversible), _LIST),
    **dict.fromkeys((dict, abc.Mapping, abc.MutableMapping), _DICT),
    **dict.fromkeys((set, abc.Set, abc.MutableSet, abc.KeysView), _SET),
    **dict.fromkeys((abc.ValuesView, abc.ItemsView), _LIST),
    memoryview: Fresh(lambda: memoryview(b"")),
    abc.Iterator: EMPTY_ITERATOR,
    abc.Generator: EMPTY_GENERATOR,
    **dict.fromkeys((abc.AsyncIterator, abc.AsyncIterable, abc.AsyncGenerator), EMPTY_ASYNC_ITERATOR),
}
FUTURES: Final[frozenset[object]] = frozenset({asyncio.Future, asyncio.Task, concurrent.futures.Future})
AWAITABLES: Final[frozenset[object]] = frozenset({abc.Awaitable, abc.Coroutine})
_MANAGERS: Final = {
    contextlib.AbstractContextManager: "__enter__",
    contextlib.AbstractAsyncContextManager: "__aenter__",
}


def result_of(form: Form, context: Context) -> Result:
    """Return what a call annotated with *form* gives."""
    if form.head is Mark.SELF:
        return ITSELF
    if form.head is Union:
        return _of_union(form, context)
    if form.head is Literal:
        return constant(form.args[0].head)
    if isinstance(form.head, TypeVar) and form.args:
        return result_of(form.args[0], context)
    return _of_class(form.head, form, context) if isinstance(form.head, type) else UNKNOWN


def constant(value: object) -> Fresh:
    """Return the result that is always *value*, which nobody can change."""
    return NOTHING if value is None else Fresh(lambda: value)


def _of_union(form: Form, context: Context) -> Result:
    if any(arg.head is type(None) for arg in form.args):
        return NOTHING
    return result_of(form.args[0], context) if form.args else UNKNOWN


def _of_class(cls: type, form: Form, context: Context) -> Result:
    if cls is tuple and form.args:
        return _of_tuple(form, context)
    if cls in _KNOWN:
        return _KNOWN[cls]
    if cls in FUTURES or cls in AWAITABLES:
        return _of_future(form, context)
    if cls in _MANAGERS:
        return entering(cls, _MANAGERS[cls], result_of(form.args[0], context) if form.args else UNKNOWN)
    return of_value_class(cls) or _of_special_class(cls, context) or nested(cls, form.args, context)


def _of_tuple(form: Form, context: Context) -> Result:
    if form.args[-1].head is ...:
        return _KNOWN[tuple]
    return _together([result_of(arg, context) for arg in form.args], tuple)


def _together(results: list[Result], make: Callable[[list[object]], object]) -> Result:
    """Return what *make* makes of plain values; unknown if one of *results* is none."""
    plain = [result for result in results if isinstance(result, Fresh)]
    return Fresh(lambda: make([result.make() for result in plain])) if len(plain) == len(results) else UNKNOWN


def _of_special_class(cls: type, context: Context) -> Result | None:
    """Return the first member of an enumeration, a named tuple of defaults, or the required keys of a typed dict."""
    bases = bases_of(cls)
    if Enum in bases:
        return _of_enumeration(cls)
    if tuple in bases and "_fields" in namespace_of(cls):
        return _of_named_tuple(cls, context)
    if typing.is_typeddict(cls):
        return _of_typed_dict(cls, context)
    return None


def _of_enumeration(cls: type) -> Result | None:
    members = cast("dict[str, object]", namespace_of(cls).get("_member_map_", {}))
    if not members:
        return None
    return enumeration_member(cls, next(iter(members)))


def enumeration_member(cls: type, name: str) -> Fresh:
    """Return the result that is always the member *name* of the enumeration *cls*."""
    found = ref(cls)
    return Fresh(lambda: cast("Any", namespace_of(cast("type", found()))["_member_map_"])[name])


def _of_named_tuple(cls: type, context: Context) -> Result | None:
    results = [_of_field(cls, name, context) for name in cast("tuple[str, ...]", namespace_of(cls)["_fields"])]
    found = ref(cls)
    result = _together(results, lambda values: _NEW_TUPLE(cast("type", found()), values))
    return None if isinstance(result, Unknown) else result


def _of_typed_dict(cls: type, context: Context) -> Result:
    required = cast("frozenset[str]", namespace_of(cls).get("__required_keys__", ()))
    annotated = cast("dict[str, object]", namespace_of(cls).get("__annotations__", {}))
    results = {name: _of_field(cls, name, context) for name in annotated if name in required}
    plain = {name: result for name, result in results.items() if isinstance(result, Fresh)}
    return Fresh(lambda: {name: result.make() for name, result in plain.items()})


def _of_field(cls: type, name: str, context: Context) -> Result:
    if context.depth >= _MAX_FIELDS:
        return UNKNOWN
    annotations = cast("dict[str, object]", namespace_of(cls).get("__annotations__", {}))
    return result_of(form_of(annotations.get(name, Any), scope_of_class(cls, doubts=context.doubts)), context.deeper())


class Resolved:
    """Something to await, where no event loop of asyncio runs that a future could belong to."""

    def __init__(self, value: object) -> None:
        """Give *value* to everyone who awaits this."""
        self._value = value

    def __await__(self) -> Generator[None, None, object]:
        """Give the value at once."""
        yield from ()
        return self._value


def resolved(value: object) -> Awaitable[object]:
    """Return a future of the running event loop that has *value* already."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return Resolved(value)
    future = loop.create_future()
    future.set_result(value)
    return future


@dataclass(frozen=True, slots=True)
class Promise(Fresh):
    """A future that has a plain value already."""

    value: Fresh = NOTHING


def future(result: Result) -> Result:
    """Return a future of *result*."""
    if isinstance(result, Fresh):
        return Promise(lambda: resolved(result.make()), result)
    if isinstance(result, Unknown):
        return future(NOTHING)
    given = {name: MemberFacts(name=name, kind=Kind.SYNC, result=result) for name in ("__await__", "result")}
    done = MemberFacts(name="done", kind=Kind.SYNC, result=Fresh(lambda: True))
    return Nested(ref(asyncio.Future), (*given.items(), ("done", done)))


def _of_future(form: Form, context: Context) -> Result:
    return future(result_of(form.args[-1], context) if form.args else UNKNOWN)


def entering(cls: type, method: str, result: Result) -> Nested:
    """Return a context manager, seen as a *cls*, that gives *result* when it is entered."""
    kind = Kind.ASYNC if method == "__aenter__" else Kind.SYNC
    return Nested(ref(cls), ((method, MemberFacts(name=method, kind=kind, result=result)),))


def nested(cls: type, args: tuple[Form, ...], context: Context) -> Nested:
    """Return a mock of *cls*, whose members know what stands in the brackets behind it."""
    parameters = cast("tuple[Any, ...]", namespace_of(cls).get("__parameters__", ()))
    if not args or not parameters or context.depth >= _MAX_NESTING:
        return Nested(ref(cls))
    inner = context.inside(cls, args)
    names = {name for base in bases_of(cls) for name in namespace_of(base)}
    described = ((name, context.describe(inner, name)) for name in sorted(names) if _is_generic(cls, name, inner))
    return Nested(ref(cls), tuple((name, facts) for name, facts in described if facts is not None))


def _is_generic(cls: type, name: str, context: Context) -> bool:
    """Tell whether what the member *name* gives depends on a type variable that has a meaning in *context*."""
    found = find(cls, name)
    raw = None if found is None else found.raw
    raw = raw.fget if isinstance(raw, property) else raw
    function = None if raw is None else innermost(function_of(raw))
    annotation = getattr(function, "__annotations__", {}).get("return")
    text = annotation if isinstance(annotation, str) else repr(annotation)
    return any(getattr(variable, "__name__", " ") in text for variable in context.bindings)
