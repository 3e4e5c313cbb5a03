"""Views of a method of a mock, typed as the real one: to tell it what to give, and to ask what it was called with."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, cast

from isolation._origin import Place
from isolation.mocks._faults import Fault, FaultTerms, Waitable, add_fault
from isolation.mocks._hints import hinting
from isolation.mocks._parts import Part
from isolation.mocks._raising import Raisable
from isolation.mocks._when import AsyncWhen, When

P = ParamSpec("P")
R = TypeVar("R")
Effect: TypeAlias = Callable[P, R] | Iterable[R | Raisable] | Raisable | None
"""What a side effect can be: a function, results and exceptions in order, an exception, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call that a mock has recorded.

    Attributes:
        args: The positional arguments.
        kwargs: The keyword arguments.
        is_awaited: Whether what it gave was awaited; False for a method that is not async.
        site: File, line and function that called; None if that is not known.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    is_awaited: bool
    site: Place | None


_SLOW = "say fault(latency=...), of a method that is awaited"
_HINTS = {
    **dict.fromkeys(("latency", "jitter", "until", "delay"), _SLOW),
    "returns": "say return_value = ..., or when(...).returns(...)",
    "raises": "say side_effect = ..., or when(...).raises(...)",
}


@hinting(_HINTS)
class Control(Generic[P, R]):
    """View a method of a mock with the types of the real one; made by :func:`control`, holds nothing itself.

    What a call gets, the first of these that is there: the exception of a :meth:`fault`; what the newest
    :meth:`when` that takes the call's arguments says; :attr:`side_effect`; :attr:`return_value`; the default result
    of the method, what an empty service would give.
    """

    def __init__(self, mock: Any, part: Part) -> None:
        self._mock = mock
        self._part = part

    def __repr__(self) -> str:
        return f"<control of {self._part.name}>"

    @property
    def return_value(self) -> R:
        """What calls give for which nothing else is set."""
        return cast("R", self._mock.return_value)

    @return_value.setter
    def return_value(self, value: R) -> None:
        self._mock.return_value = value

    @property
    def side_effect(self) -> object:
        """An exception that calls raise, a function that they call, or an iterable of their results."""
        return self._mock.side_effect

    @side_effect.setter
    def side_effect(self, effect: Effect[P, R]) -> None:
        self._mock.side_effect = effect

    @property
    def calls(self) -> Sequence[RecordedCall]:
        """The calls so far, in order."""
        return [
            RecordedCall(args=call.args, kwargs=call.kwargs, is_awaited=bool(call.awaits), site=call.site)
            for call in self._part.ledger.log.of(self._part.key)
        ]

    @property
    def call_count(self) -> int:
        """How many calls there were."""
        return cast("int", self._mock.call_count)

    def when(self, *args: P.args, **kwargs: P.kwargs) -> When[P, R]:
        """Choose the calls with these arguments, to say what they get.

        Each argument is compared by ``==``: ``mock.ANY`` takes anything, and so may any object with an ``__eq__``.
        Of several that take a call the newest answers. Calls that none takes get what they would get without any.

        Raises:
            TypeError: If the method does not take such arguments.
        """
        __tracebackhide__ = True
        return When(self._part, self._part.expect(args, kwargs))

    def fault(
        self,
        error: Raisable | None = None,
        *,
        after: int = 0,
        times: int | None = None,
        every: int | None = None,
        probability: float = 1.0,
        seed: int | None = None,
        latency: None = None,
        jitter: None = None,
        until: None = None,
    ) -> Fault:
        """Let calls fail, counted from now.

        Args:
            error: What is raised, each time a new exception that is equal to it.
            after: Calls that are left alone first.
            times: How many fail at most.
            every: Of the calls behind *after*, only each *every*-th one fails.
            probability: How likely it is that such a call fails.
            seed: What chance is seeded with. By default a number that depends on the name of the method and on how
                many faults it has had: the same in each run. The exception's note and the fault's *seed* tell it.
            latency: Refused, as are *jitter* and *until*: only calls that are awaited can wait.
            jitter: Refused.
            until: Refused.

        Returns:
            The fault, which tells how many calls it has hit; end it by its ``end()``, or as a context manager.

        Raises:
            TypeError: If an argument is of a wrong type.
            ValueError: If one has a value that means nothing.
        """
        __tracebackhide__ = True
        terms = FaultTerms(
            error=error,
            after=after,
            times=times,
            every=every,
            probability=probability,
            latency=latency,
            jitter=jitter,
            until=until,
        )
        return add_fault(self._part, terms, seed)

    def allow_unused(self) -> None:
        """Accept that what was set so far is never used, as for a result that only some of the tests need."""
        for stub in self._part.ledger.stubs:
            if stub.key == self._part.key:
                stub.is_excused = True

    def assert_called(self) -> None:
        """Fail unless it was called."""
        __tracebackhide__ = True
        self._mock.assert_called()

    def assert_called_once(self) -> None:
        """Fail unless it was called exactly once."""
        __tracebackhide__ = True
        self._mock.assert_called_once()

    def assert_called_with(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fail unless the last call had these arguments."""
        __tracebackhide__ = True
        self._mock.assert_called_with(*args, **kwargs)

    def assert_called_once_with(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fail unless there was exactly one call, with these arguments."""
        __tracebackhide__ = True
        self._mock.assert_called_once_with(*args, **kwargs)

    def assert_any_call(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fail unless one of the calls had these arguments."""
        __tracebackhide__ = True
        self._mock.assert_any_call(*args, **kwargs)

    def assert_not_called(self) -> None:
        """Fail if it was called."""
        __tracebackhide__ = True
        self._mock.assert_not_called()


class AsyncControl(Control[P, R]):
    """View a method whose calls are awaited; *R* is what awaiting gives."""

    @property
    def side_effect(self) -> object:
        """An exception that calls raise, a function that they call, async or not, or an iterable of their results."""
        return self._mock.side_effect

    @side_effect.setter
    def side_effect(self, effect: Effect[P, R] | Callable[P, Awaitable[R]]) -> None:
        self._mock.side_effect = effect

    @property
    def await_count(self) -> int:
        """How many calls were awaited."""
        return cast("int", self._mock.await_count)

    def when(self, *args: P.args, **kwargs: P.kwargs) -> AsyncWhen[P, R]:
        """Choose the calls with these arguments, as :meth:`Control.when` does."""
        __tracebackhide__ = True
        return AsyncWhen(self._part, self._part.expect(args, kwargs))

    def fault(
        self,
        error: Raisable | None = None,
        *,
        after: int = 0,
        times: int | None = None,
        every: int | None = None,
        probability: float = 1.0,
        seed: int | None = None,
        latency: float | None = None,
        jitter: float | None = None,
        until: Waitable | None = None,
    ) -> Fault:
        """Let calls fail or wait, counted from now, as :meth:`Control.fault` does.

        Args:
            error: What is raised after the waiting; None gives the result.
            after: Calls that are left alone first.
            times: How many are hit at most.
            every: Of the calls behind *after*, only each *every*-th one is hit.
            probability: How likely it is that such a call is hit.
            seed: What chance and jitter are seeded with.
            latency: Seconds that a hit call waits.
            jitter: Up to so many seconds more.
            until: An event that a hit call waits for, such as ``anyio.Event()``.

        Raises:
            TypeError: If an argument is of a wrong type.
            ValueError: If one has a value that means nothing.
        """
        __tracebackhide__ = True
        terms = FaultTerms(
            error=error,
            after=after,
            times=times,
            every=every,
            probability=probability,
            latency=latency,
            jitter=jitter,
            until=until,
        )
        return add_fault(self._part, terms, seed)

    def assert_awaited(self) -> None:
        """Fail unless a call was awaited."""
        __tracebackhide__ = True
        self._mock.assert_awaited()

    def assert_awaited_once(self) -> None:
        """Fail unless exactly one call was awaited."""
        __tracebackhide__ = True
        self._mock.assert_awaited_once()

    def assert_awaited_with(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fail unless the last call that was awaited had these arguments."""
        __tracebackhide__ = True
        self._mock.assert_awaited_with(*args, **kwargs)

    def assert_awaited_once_with(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fail unless exactly one call was awaited, with these arguments."""
        __tracebackhide__ = True
        self._mock.assert_awaited_once_with(*args, **kwargs)

    def assert_any_await(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fail unless one of the calls that were awaited had these arguments."""
        __tracebackhide__ = True
        self._mock.assert_any_await(*args, **kwargs)

    def assert_not_awaited(self) -> None:
        """Fail if a call was awaited."""
        __tracebackhide__ = True
        self._mock.assert_not_awaited()
