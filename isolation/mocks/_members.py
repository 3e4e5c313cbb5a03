"""What the mocks of one member have in common: how it is called, checked, and what it gives by default."""

from collections.abc import Callable, Iterable
from enum import Enum
from inspect import Signature
from types import MethodType
from typing import Any, Final, Protocol
from unittest import mock

from isolation.mocks._facts import UNKNOWN, Result
from isolation.mocks._magics import Special
from isolation.mocks._standard import AsyncMixin

_ASYNC_MAGIC: type[Any] = type("MagicMock", (AsyncMixin, mock.MagicMock), {})
_ASYNC_PLAIN: type[Any] = type("Mock", (AsyncMixin, mock.Mock), {})
_AWAIT_METHOD: type[Any] = type("AsyncMock", (mock.AsyncMock,), {})
_CALLED_ASYNC: type[Any] = type("AsyncMock", (mock.AsyncMock,), {})


class Form(Enum):
    """Which class of ``unittest.mock`` a mock is an instance of."""

    ASYNC = mock.AsyncMock
    MAGIC = mock.MagicMock
    PLAIN = mock.Mock
    MAGIC_OBJECT = mock.NonCallableMagicMock
    PLAIN_OBJECT = mock.NonCallableMock
    AWAIT_METHOD = _AWAIT_METHOD
    """An AsyncMock of ``__await__``."""
    CALLED_ASYNC = _CALLED_ASYNC
    """An AsyncMock of a client whose calls give their result at once."""
    ASYNC_MAGIC = _ASYNC_MAGIC
    """A MagicMock of a coroutine function."""
    ASYNC_PLAIN = _ASYNC_PLAIN
    """A Mock of a coroutine function."""


class Template(Protocol):
    """What the attributes of a mock are made from."""

    @property
    def title(self) -> str:
        """What the interpreter calls the type in its messages."""
        ...

    @property
    def cls(self) -> type | None:
        """The class that the mock pretends to be of; None if there is none, or no more."""
        ...

    @property
    def is_set(self) -> bool:
        """Whether attributes that are not known cannot be set."""
        ...

    @property
    def signature(self) -> Signature | None:
        """The signature of a call, if the class of the mock is known."""
        ...

    @property
    def names(self) -> Iterable[str]:
        """The attributes that are known."""
        ...

    def member(self, name: str, /) -> "Member | None":
        """Return what the attribute *name* is made from; None if there is none."""
        ...

    def refusal(self, name: str, /) -> AttributeError:
        """Return what to raise when somebody uses the attribute *name*, which does not exist."""
        ...

    def takes(self, name: str, /) -> bool:
        """Tell whether the attribute *name* may be set."""
        ...

    def specified(self, spec: object, *, is_set: bool) -> "Member":
        """Return what a mock is made from when it gets another *spec*."""
        ...

    def given(self, member: "Member", /) -> "Member":
        """Return what the mocks that *member* gives are made from."""
        ...


class Member:
    """What a blueprint knows of one member: shared by all mocks of the class, and never changed.

    Attributes:
        form: Which class of ``unittest.mock`` its mocks are instances of.
        name: What the interpreter calls the member; None where nothing is known.
        check: What raises if the arguments do not fit.
        is_bound: Whether *check* takes a placeholder for ``self``.
        guard: *check* with its placeholder; called first in every call, None if anything goes.
        make: What makes the default result, if that is a plain value.
        result: What the default result is.
        template: What its own attributes are made from.
        handle: The class of its mocks.
        is_value: Whether it is read and not called.
        is_callable: Whether the real thing can be called.
        given: What the mocks that it gives are made from; filled when the first is made.
        special: Gives the default result of a special method.
        convert: How a result that a test has set is given.
        signature: Finds the signature for people.
        needs_owner: Whether its mocks must know what they are a method of.
    """

    __slots__ = (
        "check", "convert", "form", "given", "guard", "handle", "is_bound", "is_callable", "is_value", "make", "name",
        "needs_owner", "result", "signature", "special", "template",
    )  # fmt: skip

    def __init__(
        self,
        form: Form,
        template: Template,
        handle: "type[Any]",
        *,
        name: str | None = None,
        check: Callable[..., object] | None = None,
        is_bound: bool = True,
        make: Callable[[], object] | None = None,
        result: Result = UNKNOWN,
        is_value: bool = False,
        is_callable: bool = True,
        special: Special | None = None,
        convert: Callable[[Any], object] | None = None,
        needs_owner: bool = False,
        signature: Callable[[], Signature | None] | None = None,
    ) -> None:
        self.form: Form = form
        self.template: Template = template
        self.handle: type[Any] = handle
        self.name: str | None = name
        self.check: Callable[..., object] | None = check
        guard = _guard(check, is_bound=is_bound) if is_callable else _Refusal(template.title)
        self.guard: Callable[..., object] | None = guard
        self.is_bound: bool = is_bound
        self.make: Callable[[], object] | None = make
        self.result: Result = result
        self.is_value: bool = is_value
        self.is_callable: bool = is_callable
        self.special: Special | None = special
        self.convert: Callable[[Any], object] | None = convert
        self.needs_owner: bool = needs_owner
        self.signature: Callable[[], Signature | None] | None = signature
        self.given: Member | None = None


_PLACEHOLDER: Final = object()
"""Stands for ``self``."""


def _guard(check: Callable[..., object] | None, *, is_bound: bool) -> Callable[..., object] | None:
    # A bound method is called in half the time that an argument in front of *args takes.
    return MethodType(check, _PLACEHOLDER) if is_bound and check is not None else check


class _Refusal:
    """What is called first where the real thing cannot be called."""

    def __init__(self, title: str) -> None:
        self._title = title

    def __call__(self, *_args: object, **_kwargs: object) -> None:
        __tracebackhide__ = True
        raise TypeError(f"{self._title!r} object is not callable")
