"""Let the interpreter check arguments: an empty function with the same parameters raises the real message."""

import functools
import inspect
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, Final, cast

from isolation.mocks.inspection._lookup import function_of, wrapped_by
from isolation.mocks.inspection._wrappers import CO_VARARGS, CO_VARKEYWORDS, forwarding_of, is_manager, takes_anything

_MAX_WRAPPERS: Final = 32
_BY_POSITION: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _empty() -> None: ...


_EMPTY: Final = _empty.__code__
_FLAGS: Final = _EMPTY.co_flags & ~(CO_VARARGS | CO_VARKEYWORDS)

Check = Callable[..., object]


def check_of(raw: object) -> Check | None:
    """Return an empty function that takes what *raw* takes, the object itself included; None if that is not known."""
    if isinstance(raw, functools.partialmethod):
        return _check_of_partial_method(cast("functools.partialmethod[object]", raw))
    function = function_of(raw)
    return None if function is None else check_of_function(function, named=int(is_bound(raw)))


def is_bound(raw: object) -> bool:
    """Tell whether *raw*, found in a class, takes the object or the class before the arguments."""
    if isinstance(raw, functools.partialmethod | functools.singledispatchmethod):
        return True
    return not isinstance(raw, staticmethod) and hasattr(type(raw), "__get__")


def check_of_function(function: object, *, named: int = 0) -> Check | None:
    """Return an empty function that takes what *function* takes, which tells nothing if it names only *named*."""
    if isinstance(function, functools.partial):
        return _check_of_partial(cast("functools.partial[object]", function))
    real = _checking(function)
    if isinstance(real, FunctionType):
        return _check_of_code(real, named)
    return None if inspect.isclass(real) else _check_of_signature(real)


def _checking(function: object) -> object:
    """Return the function among those that *function* wraps that is the first to refuse arguments."""
    for _ in range(_MAX_WRAPPERS):
        wrapped = wrapped_by(function)
        if wrapped is None:
            return function
        if isinstance(function, FunctionType) and not _passes_on(function):
            return function
        function = wrapped
    return function


def _passes_on(wrapper: FunctionType) -> bool:
    return takes_anything(wrapper.__code__) and (is_manager(wrapper) or forwarding_of(wrapper).passes_arguments)


def _check_of_code(function: FunctionType, named: int) -> Check | None:
    code = function.__code__
    if takes_anything(code) and code.co_argcount <= named and not code.co_kwonlyargcount:
        return None
    defaults = (None,) * len(function.__defaults__ or ())
    check = FunctionType(_emptied(code), {}, function.__name__, defaults)
    check.__kwdefaults__ = dict.fromkeys(function.__kwdefaults__ or ())
    check.__qualname__ = function.__qualname__
    return check


def _emptied(code: CodeType) -> CodeType:
    """Return the parameters of *code* with a body that does nothing."""
    variadic = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)
    count = code.co_argcount + code.co_kwonlyargcount + variadic.bit_count()
    return _EMPTY.replace(
        co_argcount=code.co_argcount,
        co_posonlyargcount=code.co_posonlyargcount,
        co_kwonlyargcount=code.co_kwonlyargcount,
        co_nlocals=count,
        co_varnames=code.co_varnames[:count],
        co_flags=_FLAGS | variadic,
    )


def _check_of_signature(function: object) -> Check | None:
    """Return the check of a function that was not written in Python, if it says what it takes."""
    signature = _signature(function)
    if signature is None:
        return None
    parameters = list(signature.parameters.values())
    by_position = [p for p in parameters if p.kind in _BY_POSITION]
    by_keyword = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    args = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
    kwargs = [p for p in parameters if p.kind is p.VAR_KEYWORD]
    names = tuple(p.name for p in (*by_position, *by_keyword, *args, *kwargs))
    code = _EMPTY.replace(
        co_argcount=len(by_position),
        co_posonlyargcount=sum(p.kind is p.POSITIONAL_ONLY for p in parameters),
        co_kwonlyargcount=len(by_keyword),
        co_nlocals=len(names),
        co_varnames=names,
        co_flags=_FLAGS | CO_VARARGS * len(args) | CO_VARKEYWORDS * len(kwargs),
    )
    name: str = getattr(function, "__name__", "function")
    check = FunctionType(code, {}, name, (None,) * sum(p.default is not p.empty for p in by_position))
    check.__kwdefaults__ = {p.name: None for p in by_keyword if p.default is not p.empty}
    check.__qualname__ = getattr(function, "__qualname__", name)
    return check


def _check_of_partial(partial: "functools.partial[object]") -> Check | None:
    inner = check_of_function(partial.func)
    if inner is None:
        return None
    return functools.partial(inner, *(None,) * len(partial.args), **dict.fromkeys(partial.keywords))


def _check_of_partial_method(partial: "functools.partialmethod[object]") -> Check | None:
    inner = check_of_function(partial.func, named=1)
    if inner is None:
        return None
    args, kwargs = (None,) * len(partial.args), dict.fromkeys(partial.keywords)

    def check(placeholder: object, /, *more: object, **given: object) -> object:
        return inner(placeholder, *args, *more, **{**kwargs, **given})

    return check


def _signature(function: object) -> inspect.Signature | None:
    try:
        return inspect.signature(cast("Any", function))
    except Exception:  # noqa: BLE001 - a signature in text is evaluated, and may name what is not there
        return None


def _partial_of(raw: object) -> object:
    return cast("Any", raw).__get__(None, object) if isinstance(raw, functools.partialmethod) else None


def signature_of_raw(raw: object) -> inspect.Signature | None:
    """Return the signature of *raw* for people, without ``self`` or ``cls``; None if it is not known."""
    function = _partial_of(raw) or function_of(raw)
    signature = None if function is None else _signature(function)
    if signature is None or not is_bound(raw):
        return signature
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        del parameters[0]
    return signature.replace(parameters=parameters)
