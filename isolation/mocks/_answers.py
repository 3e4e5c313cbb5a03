"""Answers: results that hold for calls with certain arguments, what ``control(f).when(...)`` is about."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isolation.mocks._raising import Raisable, fresh
from isolation.mocks._stubs import Stub


class Expected:
    """Arguments that those of a call are compared with, each by ``==``, with what is expected on the left.

    Positional and keyword arguments are told apart only if the signature is not known, and defaults are not filled in,
    as in ``assert_called_with``.
    """

    __slots__ = ("_signature", "args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], signature: inspect.Signature | None) -> None:
        self.args: tuple[Any, ...] = args
        self.kwargs: Mapping[str, Any] = kwargs
        self._signature = signature

    def equals(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        """Tell whether a call has these arguments."""
        if self._signature is None or (len(args) == len(self.args) and kwargs.keys() == self.kwargs.keys()):
            return self.args == tuple(args) and self.kwargs == kwargs
        # Only what is given in another way has to be sorted by parameters, which takes microseconds.
        return self._by_name(self.args, self.kwargs) == self._by_name(args, kwargs)

    def _by_name(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self._signature is not None
        return self._signature.bind(*args, **kwargs).arguments


class ArgumentsAnswer:
    """What calls with certain arguments get.

    Attributes:
        stub: Where it was set, and how often it was used.
        is_async: Whether what it gives has to be awaited.
    """

    __slots__ = ("_expected", "_give", "is_async", "stub")

    def __init__(self, expected: Expected, give: Callable[..., Any], stub: Stub, *, is_async: bool = False) -> None:
        self._expected = expected
        self._give = give
        self.stub = stub
        self.is_async = is_async

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments that a call is compared with."""
        return self._expected.args

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The keyword arguments that a call is compared with."""
        return self._expected.kwargs

    def takes(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        """Tell whether a call with *args* and *kwargs* is answered by this."""
        return self._expected.equals(args, kwargs)

    def give(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return the result of such a call, or raise its exception."""
        __tracebackhide__ = True
        return self._give(*args, **kwargs)


def returning(value: object) -> Callable[..., object]:
    """Return what gives *value*, whatever it is called with."""

    def give(*_: object, **__: object) -> object:
        return value

    return give


def raising(error: Raisable) -> Callable[..., object]:
    """Return what raises *error*, each time a new one."""

    def give(*_: object, **__: object) -> object:
        __tracebackhide__ = True
        raise fresh(error)

    return give
