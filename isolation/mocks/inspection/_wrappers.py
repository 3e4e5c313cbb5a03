"""Tell what a decorator does with the function that it wraps: pass arguments on, return the result."""

import ast
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Final

from isolation.mocks.inspection._sources import statements, tree_of

CO_VARARGS: Final = 0x04
CO_VARKEYWORDS: Final = 0x08


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What a wrapper does: what is not known is taken to be as of most wrappers."""

    passes_arguments: bool = True
    """Whether the arguments reach the wrapped function as they are."""
    returns_result: bool = True
    """Whether what the wrapped function gives, such as a coroutine, is what the wrapper gives."""
    calls: bool = True
    """Whether it calls the wrapped function at all, rather than to hand it to something else."""


def takes_anything(code: CodeType) -> bool:
    """Tell whether *code* accepts any arguments, after those that it names."""
    return bool(code.co_flags & CO_VARARGS and code.co_flags & CO_VARKEYWORDS)


def is_manager(wrapper: FunctionType) -> bool:
    """Tell whether *wrapper* is what a decorator of :mod:`contextlib` made of a generator function."""
    return wrapper.__globals__.get("__name__") == "contextlib"


def forwarding_of(wrapper: FunctionType) -> Forwarding:
    """Return what *wrapper*, which takes any arguments, does with the function that it wraps."""
    tree = tree_of(wrapper)
    calls = [] if tree is None else [node for node in statements(tree) if isinstance(node, ast.Call)]
    forwarding = [call for call in calls if _has_all(call, wrapper.__code__)]
    if tree is None:
        return Forwarding()
    returned = [node.value for node in statements(tree) if isinstance(node, ast.Return)]
    return Forwarding(
        passes_arguments=any(_is_unchanged(call, wrapper.__code__) for call in forwarding),
        returns_result=not forwarding or any(call in returned for call in forwarding),
        calls=bool(forwarding),
    )


def _variadic_names(code: CodeType) -> tuple[str, str]:
    first = code.co_argcount + code.co_kwonlyargcount
    return code.co_varnames[first], code.co_varnames[first + 1]


def _has_all(call: ast.Call, code: CodeType) -> bool:
    """Tell whether *call* passes ``*args`` and ``**kwargs`` of *code* on."""
    args, kwargs = _variadic_names(code)
    starred = any(isinstance(arg, ast.Starred) and _is_name(arg.value, args) for arg in call.args)
    return starred and any(word.arg is None and _is_name(word.value, kwargs) for word in call.keywords)


def _is_unchanged(call: ast.Call, code: CodeType) -> bool:
    """Tell whether *call* adds nothing to the arguments that *code* was called with."""
    return len(call.args) == code.co_argcount + 1 and len(call.keywords) == 1 + code.co_kwonlyargcount


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
