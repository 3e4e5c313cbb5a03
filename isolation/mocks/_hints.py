"""Hints: a view refuses attributes that it has not, also to be set, and says what was meant."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


def hinting(hints: Mapping[str, str]) -> Callable[[type[T]], type[T]]:
    """Let instances of a class refuse attributes that it has not, with *hints* by name or the nearest name.

    A decorator, and no methods of the class: type checkers take a class with these for one that has every attribute.
    """

    def refuse(view: object, name: str) -> object:
        __tracebackhide__ = True
        raise AttributeError(_said(type(view), name, hints))

    def change(view: object, name: str, value: object) -> None:
        __tracebackhide__ = True
        if not name.startswith("_") and name not in _names(type(view)):
            refuse(view, name)
        object.__setattr__(view, name, value)

    def decorate(cls: type[T]) -> type[T]:
        members: Mapping[str, object] = {"__getattr__": refuse, "__setattr__": change}
        for name, function in members.items():
            setattr(cls, name, function)
        return cls

    return decorate


def _names(cls: type) -> list[str]:
    return [name for name in dir(cls) if not name.startswith("_")]


def _said(cls: type, name: str, hints: Mapping[str, str]) -> str:
    verdict = f"{cls.__name__!r} object has no attribute {name!r}"
    near = get_close_matches(name, _names(cls), n=1)
    meant = hints.get(name) or (f"did you mean {near[0]!r}?" if near else "")
    return f"{verdict}; {meant}" if meant else verdict
