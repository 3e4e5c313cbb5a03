"""Mocks of a class that cost a microsecond, check what they are given, and leave nothing behind."""

from collections.abc import Callable
from inspect import isroutine
from typing import Any, TypeVar, cast, get_origin, overload
from unittest.mock import AsyncMock

from isolation._natures import is_class
from isolation.mocks._blueprints import ROOTS, blueprint_of
from isolation.mocks._handles import Handle, own_class
from isolation.mocks._keys import ROOT, Key
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Form
from isolation.mocks._open import open_member
from isolation.mocks._state import stamp

T = TypeVar("T")


@overload
def isolated_mock(
    cls: type[T], *, name: str = ..., context: Any = ..., plain: bool = ..., copy_args: bool = ..., wraps: object = ...
) -> T: ...
@overload
def isolated_mock(
    cls: Callable[..., T],
    *,
    name: str = ...,
    context: Any = ...,
    plain: bool = ...,
    copy_args: bool = ...,
    wraps: object = ...,
) -> T: ...  # an abstract class or a protocol, which mypy takes for no type
@overload
def isolated_mock(
    cls: None = ...,
    *,
    name: str = ...,
    context: Any = ...,
    plain: bool = ...,
    copy_args: bool = ...,
    wraps: object = ...,
) -> AsyncMock: ...
def isolated_mock(
    cls: Any = None,
    *,
    name: str = "",
    context: Any = None,
    plain: bool = False,
    copy_args: bool = False,
    wraps: Any = None,
) -> Any:
    """Return a new mock of an instance of *cls*, which shares nothing with any other.

    It is an ``AsyncMock`` and an instance of *cls*. Its attributes are those of instances of *cls*; methods check their
    arguments, and give what an empty service would.

    Args:
        cls: The class, nothing of which is run; without one the mock takes everything, as ``AsyncMock()`` does.
        name: What messages call the mock.
        context: A :class:`MockContext` that owns the mock and judges at its end how it was used; else nobody does.
        plain: Whether results are those of ``AsyncMock``, mocks that are true, where none is set.
        copy_args: Whether arguments are copied deeply when a call is recorded, as far as they can be.
        wraps: A real object, whose methods are called, and whose plain attributes are read, where no result is set;
            special methods are not passed on to it.

    Raises:
        TypeError: If *cls* is no class.
    """
    if context is not None:
        return context.mock(cls, name=name, plain=plain, copy_args=copy_args, wraps=wraps)
    ledger = Ledger(name, copy_args=True) if copy_args else Ledger(name)
    root = None if plain or wraps is not None else ROOTS.get(id(cls))
    return mock_in(ledger, ROOT, cls, plain=plain, wraps=wraps) if root is None else stamp(root, ledger, ROOT)


def mock_in(ledger: Ledger, key: Key, cls: type | None, *, plain: bool = False, wraps: object = None) -> Any:
    """Return a new mock of an instance of *cls* (open if None) that stands at *key* of *ledger*, and before *wraps*."""
    if wraps is not None:
        ledger.setup(key).wraps = wraps
    member = open_member(Form.ASYNC) if cls is None else blueprint_of(_class_of(cls), is_plain=plain).root
    return stamp(member, ledger, key)


def _class_of(cls: Any) -> type:
    """Return *cls*, of a generic class with parameters the class."""
    found = get_origin(cls) or cls
    if not is_class(found):
        advice = "; for a function say isolated_function(...)" if isroutine(found) else ""
        raise TypeError(f"isolated_mock takes a class, got {cls!r}{advice}")
    return cast("type", found)


def private_class(mock: object) -> type:
    """Give *mock* a class of its own and return it, so that a property set on the class is set for this mock alone.

    Mocks of a class share theirs, which refuses to be changed.

    Args:
        mock: A mock that :func:`isolated_mock` has made, or one of its methods or results.

    Raises:
        TypeError: If *mock* is no such mock.
    """
    cls: Any = type(mock)
    if not issubclass(cls, Handle):
        raise TypeError(f"{mock!r} is no isolated mock")
    return own_class(mock)


def ledger_of(mock: object) -> Ledger:
    """Return the ledger that holds the state of *mock*."""
    return mock._isolation_ledger  # type: ignore[attr-defined, no-any-return]


def key_of(mock: object) -> Key:
    """Return where *mock* stands in its ledger."""
    return mock._isolation_key  # type: ignore[attr-defined, no-any-return]
