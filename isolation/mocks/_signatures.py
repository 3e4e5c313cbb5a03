"""Let the interpreter check arguments: an empty function with the same parameters raises the real message."""

import functools
import inspect
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, Final

from isolation.mocks._lookup import function_of, innermost

_TAKES_ARGS: Final = inspect.CO_VARARGS
_TAKES_KWARGS: Final = inspect.CO_VARKEYWORDS


def _empty() -> None: ...


_EMPTY: Final = _empty.__code__
_FLAGS: Final = _EMPTY.co_flags & ~(_TAKES_ARGS | _TAKES_KWARGS)


def check_of(raw: object) -> Callable[..., object] | None:
    """Return an empty function that takes what *raw* takes, the object itself included; None if that is not known."""
    function = function_of(raw)
    if function is None or isinstance(raw, functools.partialmethod):
        return None
    real = innermost(function)
    return _check_of_function(real) if isinstance(real, FunctionType) else None


def _check_of_function(function: FunctionType) -> Callable[..., object] | None:
    code = function.__code__
    if _takes_anything(code):
        return None
    check = FunctionType(_emptied(code), {}, function.__name__, (None,) * len(function.__defaults__ or ()))
    check.__kwdefaults__ = dict.fromkeys(function.__kwdefaults__ or ())
    check.__qualname__ = function.__qualname__
    return check


def _takes_anything(code: CodeType) -> bool:
    both = _TAKES_ARGS | _TAKES_KWARGS
    return code.co_flags & both == both and code.co_argcount <= 1 and not code.co_kwonlyargcount


def _emptied(code: CodeType) -> CodeType:
    """Return the parameters of *code* with a body that does nothing."""
    variadic = code.co_flags & (_TAKES_ARGS | _TAKES_KWARGS)
    count = code.co_argcount + code.co_kwonlyargcount + variadic.bit_count()
    return _EMPTY.replace(
        co_argcount=code.co_argcount,
        co_posonlyargcount=code.co_posonlyargcount,
        co_kwonlyargcount=code.co_kwonlyargcount,
        co_nlocals=count,
        co_varnames=code.co_varnames[:count],
        co_flags=_FLAGS | variadic,
    )


def signature_of_raw(raw: object) -> inspect.Signature | None:
    """Return the signature of *raw* for people, without ``self`` or ``cls``; None if it is not known."""
    function: Any = function_of(raw)
    if function is None:
        return None
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    parameters = list(signature.parameters.values())
    if not isinstance(raw, staticmethod) and parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        del parameters[0]
    return signature.replace(parameters=parameters)
