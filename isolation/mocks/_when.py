"""What calls with certain arguments get: ``control(f).when(...)``, and what may be said behind it."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Generic, ParamSpec, TypeVar

from isolation.mocks._answers import ArgumentsAnswer, Expected, raising, returning
from isolation.mocks._hints import hinting
from isolation.mocks._parts import Part
from isolation.mocks._raising import Raisable, check_raisable

P = ParamSpec("P")
R = TypeVar("R")


_HINTS = {
    "return_value": "say .returns(...)",
    "side_effect": "say .raises(...) or .answers(...)",
    "fault": "a fault is of all calls: control(...).fault(...)",
}


@hinting(_HINTS)
class When(Generic[P, R]):
    """What calls with certain arguments get; made by :meth:`Control.when`, says nothing until it is told what.

    One that is never told what is found as a stub that was never used.
    """

    def __init__(self, part: Part, expected: Expected) -> None:
        self._part = part
        self._expected = expected
        self._stub = part.ledger.add_stub(part.key, "when")

    def returns(self, value: R) -> None:
        """Let such calls give *value*, the same one each time."""
        self._answer(returning(value))

    def raises(self, error: Raisable) -> None:
        """Let such calls raise *error*, each time a new exception that is equal to it."""
        __tracebackhide__ = True
        check_raisable(error, "error")
        self._answer(raising(error))

    def answers(self, function: Callable[P, R]) -> None:
        """Let such calls give what *function* gives, which is called with their arguments."""
        __tracebackhide__ = True
        _require_function(function)
        self._answer(function)

    def _answer(self, give: Callable[..., object], *, is_async: bool = False) -> None:
        answer = ArgumentsAnswer(self._expected, give, self._stub, is_async=is_async)
        self._part.ledger.setup(self._part.key).answers.append(answer)


class AsyncWhen(When[P, R]):
    """What awaited calls with certain arguments get."""

    def answers(self, function: Callable[P, R | Awaitable[R]]) -> None:
        """Let such calls give what *function* gives, which is called with their arguments, and may be async."""
        __tracebackhide__ = True
        _require_function(function)

        async def give(*args: P.args, **kwargs: P.kwargs) -> object:
            given = function(*args, **kwargs)
            return await given if isawaitable(given) else given

        self._answer(give, is_async=True)


def _require_function(function: object) -> None:
    __tracebackhide__ = True
    if not callable(function):
        raise TypeError(f"answers() takes a function, got {function!r}; for a result use returns({function!r})")
