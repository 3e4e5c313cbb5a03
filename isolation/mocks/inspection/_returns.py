"""Tell whether what a function gives is awaited, and what that gives then."""

import asyncio.coroutines
import contextlib
import inspect
import typing
from collections import abc
from types import FunctionType
from typing import Any, Final, Literal, TypeVar, Union, cast
from weakref import ref

from isolation._natures import is_class
from isolation.mocks._facts import ITSELF, UNKNOWN, Itself, Kind, Nested, Result, Unknown
from isolation.mocks.inspection._bodies import result_of_body, yielded_by_body
from isolation.mocks.inspection._defaults import (
    AWAITABLES,
    EMPTY_ASYNC_ITERATOR,
    EMPTY_GENERATOR,
    Context,
    entering,
    future,
    result_of,
)
from isolation.mocks.inspection._forms import UNKNOWN_FORM, Form, Scope, form_of, scope_of_class
from isolation.mocks.inspection._lookup import (
    MISSING,
    bases_of,
    find,
    function_of,
    namespace_of,
    replaced_by,
    wrapped_by,
)
from isolation.mocks.inspection._results import is_abstract, narrower
from isolation.mocks.inspection._wrappers import Forwarding, forwarding_of, is_manager, takes_anything

_MARK: Final = getattr(asyncio.coroutines, "_is_coroutine", MISSING)
_MAX_WRAPPERS: Final = 32

Returned = tuple[Kind, Result]


@contextlib.asynccontextmanager
async def _managed_async() -> abc.AsyncGenerator[None]:
    yield  # pragma: no cover - only the type of what it gives is wanted


@contextlib.contextmanager
def _managed() -> abc.Generator[None]:
    yield  # pragma: no cover - only the type of what it gives is wanted


_MANAGERS: Final = {True: (type(_managed_async()), "__aenter__"), False: (type(_managed()), "__enter__")}


def is_coroutine_function(function: object) -> bool:
    """Tell whether a call of *function* gives a coroutine, by its code or because it is marked so."""
    if inspect.iscoroutinefunction(function):
        return True
    return _MARK is not MISSING and inspect.getattr_static(function, "_is_coroutine", None) is _MARK


def returned_by(function: object, owner: type | None, context: Context) -> Returned:
    """Return whether what *function*, found in *owner*, gives is awaited, and what it gives in the end."""
    is_async = False
    for _ in range(_MAX_WRAPPERS):
        is_async = is_async or is_coroutine_function(function)
        wrapped = wrapped_by(function)
        if wrapped is None:
            break
        if isinstance(function, FunctionType):
            if is_manager(function):
                return Kind.SYNC, _managed_result(wrapped, owner, context)
            given = None if is_async else _other_result(function, wrapped, owner, context)
            if given is not None:
                return Kind.SYNC, given
        function = wrapped
    if not isinstance(function, FunctionType):
        return Kind.ASYNC if is_async else Kind.SYNC, UNKNOWN
    home = _home_of(function, owner)
    return _of_function(
        function, home, context if home is owner or home is None else context.inside(home), is_async=is_async
    )


def _other_result(wrapper: FunctionType, wrapped: object, owner: type | None, context: Context) -> Result | None:
    """Return what *wrapper* gives if that is not what the function gives that it wraps, else None."""
    forwarding = forwarding_of(wrapper) if takes_anything(wrapper.__code__) else Forwarding()
    if not forwarding.calls:
        return result_of_body(wrapper, context, context.scope(wrapper, owner))[1]
    return None if forwarding.returns_result else _awaited_result(wrapped, owner, context)


def _home_of(function: FunctionType, owner: type | None) -> type | None:
    """Return the class that *function* was written in, which is another than *owner* if a proxy has taken it over."""
    cls = replaced_by(function.__globals__.get(function.__qualname__.rpartition(".")[0]))
    if not is_class(cls):
        return owner
    return cast("type", cls) if function in namespace_of(cast("type", cls)).values() else owner


def awaited(function: object, owner: type, context: Context) -> Result:
    """Return what awaiting an object gives whose ``__await__`` is *function*."""
    if not isinstance(function, FunctionType):
        return UNKNOWN
    scope = context.scope(function, owner)
    form = form_of(_annotation(function), scope)
    result = result_of(form.args[-1], context) if form.head is abc.Generator and form.args else UNKNOWN
    return result_of_body(function, context, scope)[1] if isinstance(result, Unknown) else result


def _awaited_result(function: object, owner: type | None, context: Context) -> Result:
    return returned_by(function, owner, context)[1]


def _managed_result(function: object, owner: type | None, context: Context) -> Result:
    """Return what a function gives that was made a context manager by a decorator of :mod:`contextlib`."""
    cls, method = _MANAGERS[inspect.isasyncgenfunction(function)]
    if not isinstance(function, FunctionType):
        return entering(cls, method, UNKNOWN)
    scope = context.scope(function, owner)
    form = form_of(_annotation(function), scope)
    result = result_of(form.args[0], context) if form.args else yielded_by_body(function, context, scope)
    # What is entered gives itself; the object whose method it is, is another.
    return entering(cls, method, Nested(ref(context.cls)) if isinstance(result, Itself) else result)


def _of_function(function: FunctionType, owner: type | None, context: Context, *, is_async: bool) -> Returned:
    scope = context.scope(function, owner)
    if inspect.isasyncgenfunction(function):
        return Kind.SYNC, EMPTY_ASYNC_ITERATOR
    if inspect.isgeneratorfunction(function):
        return Kind.SYNC, EMPTY_GENERATOR
    kind, form = _declared(function, scope, context, is_async=is_async)
    result = _result(form, function, context, scope)
    if isinstance(result, Unknown) and form == UNKNOWN_FORM:
        is_pending, result = result_of_body(function, context, scope)
        return Kind.ASYNC if is_pending else kind, future(result) if is_pending and is_async else result
    return kind, _refined(result, function, context, scope)


def _annotation(function: FunctionType) -> object:
    return function.__annotations__.get("return", typing.Any)


def _result(form: Form, function: FunctionType, context: Context, scope: Scope) -> Result:
    if isinstance(form.head, TypeVar) and _is_of_self(function, form.head, scope):
        return ITSELF
    return result_of(form, context)


def _is_of_self(function: FunctionType, variable: TypeVar, scope: Scope) -> bool:
    """Tell whether *variable* stands for the class of the object itself, or for the class where that is passed."""
    own = form_of(_of_first_parameter(function), scope)
    inner = own.args[0] if own.head is type and own.args else own
    return inner.head is variable


def _of_first_parameter(function: FunctionType) -> object:
    code = function.__code__
    first = code.co_varnames[0] if code.co_argcount else ""
    return function.__annotations__.get(first)


def _refined(result: Result, function: FunctionType, context: Context, scope: Scope) -> Result:
    """Return *result*, or what the source says where the annotation is a class of the object itself or abstract."""
    is_own = isinstance(result, Nested) and result.cls() in bases_of(context.cls)
    if not is_own and not is_abstract(result):
        return result
    found = result_of_body(function, context, scope)[1]
    return found if isinstance(found, Itself) and is_own else narrower(result, found)


def _declared(function: FunctionType, scope: Scope, context: Context, *, is_async: bool) -> tuple[Kind, Form]:
    """Return whether *function* is awaited, and the annotation of what it gives then, overloads before its own."""
    form = form_of(_annotation(function), scope)
    overloaded = [form_of(_annotation(each), scope) for each in _overloads(function, scope, context)]
    if is_async:
        return Kind.ASYNC, next(iter(overloaded), form)
    for declared in overloaded:
        if declared.head in AWAITABLES:
            return Kind.ASYNC, declared.args[-1] if declared.args else UNKNOWN_FORM
    if overloaded:
        return Kind.SYNC, overloaded[0]
    return _perhaps_awaited(form, context)


def _perhaps_awaited(form: Form, context: Context) -> tuple[Kind, Form]:
    """Return what *form* says; a client may say that it gives something or, if it is asynchronous, awaits it."""
    options = form.args if form.head is Union else (form,)
    awaitable = [option for option in options if option.head in AWAITABLES]
    if not awaitable:
        return Kind.SYNC, form
    rest = tuple(option for option in options if option.head not in AWAITABLES)
    if rest and not _is_asynchronous(context.cls):
        return Kind.SYNC, Form(Union, rest)
    given = awaitable[0].args[-1] if awaitable[0].args else UNKNOWN_FORM
    return Kind.ASYNC, given


def _is_asynchronous(cls: type) -> bool:
    return any(find(cls, name) is not None for name in ("__aenter__", "__await__", "__aiter__"))


def _overloads(function: FunctionType, scope: Scope, context: Context) -> list[FunctionType]:
    """Return the overloads of *function* whose ``self`` can be an instance of the class at hand."""
    found = [function_of(each) for each in typing.get_overloads(function)]
    return [each for each in found if isinstance(each, FunctionType) and _is_for(each, scope, context.cls)]


def _is_for(overload: FunctionType, scope: Scope, cls: type) -> bool:
    annotation = _of_first_parameter(overload)
    if annotation is None or scope.owner is None or overload.__code__.co_varnames[0] not in ("self", "cls"):
        return True
    head = form_of(annotation, scope).head
    if not isinstance(head, type):
        return True
    return head in bases_of(cls) or (bool(namespace_of(head).get("_is_protocol")) and _has_literals(cls, head))


def _has_literals(cls: type, protocol: type) -> bool:
    """Tell whether *cls* has the values that *protocol* asks for, where it asks for certain values."""
    scope = scope_of_class(protocol)
    annotations = cast("dict[str, Any]", namespace_of(protocol).get("__annotations__", {}))
    for name, annotation in annotations.items():
        form = form_of(annotation, scope)
        found = find(cls, name)
        if form.head is Literal and (found is None or found.raw not in [arg.head for arg in form.args]):
            return False
    return True
