"""Special methods of mocks: descriptors on generated classes, without state, that find the mock of the method."""

from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any, Final, Self

from isolation.mocks._standard import (
    ALL_MAGICS,
    MAGIC_CALCULATORS,
    MAGIC_RESULTS,
    UNSUPPORTED_MAGICS,
    is_mock,
)


class Magic:
    """One special method of all mocks of a class: found on the class by the interpreter, it gives the object's mock.

    A function that a test assigned is bound when it is read, not when it is stored: that would be a cycle.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, handle: Any, owner: type | None = None) -> Any:
        if handle is None:
            return self
        try:
            found = handle.__dict__[self.name]
        except KeyError:
            return handle.__getattr__(self.name)
        return found if is_mock(found) or not callable(found) else MethodType(found, handle)

    def __call__(self, handle: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call the method of *handle*, for those who look it up on the class, as ``contextlib.ExitStack`` does."""
        return self.__get__(handle)(*args, **kwargs)

    def __set__(self, handle: Any, value: object) -> None:
        handle.__dict__[self.name] = value


class Each:
    """An async iterator over what an iterator gives."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None


Special = Callable[[Any, tuple[Any, ...]], object]
"""Gives the default result of a special method, from the mock that has it and the arguments."""


def _equal(owner: object, args: tuple[object, ...]) -> object:
    return True if args[0] is owner else NotImplemented


def _unequal(owner: object, args: tuple[object, ...]) -> object:
    return False if args[0] is owner else NotImplemented


def _empty(_owner: Any, _args: tuple[object, ...]) -> object:
    return iter(())


def _empty_async(_owner: Any, _args: tuple[object, ...]) -> object:
    return Each(iter(()))


def _iterate(owner: Any, _args: tuple[object, ...]) -> object:
    return owner if "__next__" in owner._isolation_magics else iter(())


def _iterate_async(owner: Any, _args: tuple[object, ...]) -> object:
    return owner if "__anext__" in owner._isolation_magics else Each(iter(()))


def _stop(_owner: object, _args: tuple[object, ...]) -> object:
    raise StopIteration


def _stop_async(_owner: object, _args: tuple[object, ...]) -> object:
    raise StopAsyncIteration


def entered(owner: Any, _args: tuple[object, ...]) -> object:
    """Give what entering *owner* gives."""
    return owner.__aenter__.return_value


def _calculated(name: str) -> Special:
    return lambda owner, _: MAGIC_CALCULATORS[name](owner)


def _fixed(name: str) -> Special:
    return lambda _owner, _args: MAGIC_RESULTS[name]


_COMMON: Final[dict[str, Special]] = {
    "__eq__": _equal,
    "__ne__": _unequal,
    **{name: _calculated(name) for name in MAGIC_CALCULATORS},
}

SPECIAL: Final[dict[str, Special]] = {
    **{name: _fixed(name) for name in MAGIC_RESULTS},
    **_COMMON,
    "__iter__": _empty,
    "__aiter__": _empty_async,
}
"""What special methods give where nothing is known of the class."""

SPECIAL_OF_CLASSES: Final[dict[str, Special]] = {
    **_COMMON,
    "__bool__": _fixed("__bool__"),
    "__iter__": _iterate,
    "__aiter__": _iterate_async,
    "__next__": _stop,
    "__anext__": _stop_async,
}
"""What special methods of a class give, whatever their annotations say: nothing comes from an empty service."""


def _async_iterator(value: Any) -> object:
    return value if hasattr(value, "__anext__") else Each(iter(value))


def async_iterable(value: Any) -> Any:
    """Return *value* as a method gives it that is iterated by ``async for``: a test may set a list."""
    return Each(iter(value)) if hasattr(value, "__iter__") and not hasattr(value, "__aiter__") else value


CONVERTED: Final[dict[str, Callable[[Any], object]]] = {"__iter__": iter, "__aiter__": _async_iterator}
"""How a result that a test has set is given by special methods that must give an iterator."""

SUPPORTED: Final = ALL_MAGICS | {"__await__"}
UNSUPPORTED: Final = UNSUPPORTED_MAGICS
