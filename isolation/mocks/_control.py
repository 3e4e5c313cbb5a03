"""Control: say what a method of a mock gives, ask what it was called with, and let a whole service fail."""

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar, overload

from isolation.mocks._faults import Fault, FaultTerms, Waitable, add_outage
from isolation.mocks._parts import part_of
from isolation.mocks._raising import Raisable
from isolation.mocks._standard import is_mock
from isolation.mocks._views import AsyncControl, Control

P = ParamSpec("P")
R = TypeVar("R")


@overload
def control(method: Callable[P, Awaitable[R]], /) -> AsyncControl[P, R]: ...
@overload
def control(method: Callable[P, R], /) -> Control[P, R]: ...
def control(method: Callable[..., object], /) -> Control[..., Any]:
    """View *method* of an isolated mock with the types of the real one: its results, its calls, its failures.

    The view holds nothing: any number of views of a method are the same.

    Args:
        method: A method of an isolated mock, or a mock of a function.

    Raises:
        TypeError: If it is something else.
    """
    __tracebackhide__ = True
    part = part_of(method)
    if part is None:
        raise TypeError(f"control() takes a method of an isolated mock, got {method!r}; {_advice(method)}")
    if not part.member.is_callable:
        advice = "take one of its methods, or outage() for all of them"
        raise TypeError(
            f"control() takes a method of an isolated mock, got {method!r}, which cannot be called; {advice}"
        )
    return AsyncControl(method, part) if part.is_awaited else Control(method, part)


def outage(
    mock: object,
    error: Raisable,
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
    """Let every method of a mock fail from now on, and of all mocks that it gives.

    Calls of all methods are counted together. Special methods fail that enter a block, iterate or look something up;
    the end of a block does not, so that what failed inside of it is what the test sees.

    Args:
        mock: The mock of a service, or of a part of it.
        error: What is raised, each time a new exception that is equal to it.
        after: Calls that are left alone first.
        times: How many calls fail at most.
        every: Of the calls behind *after*, only each *every*-th one fails.
        probability: How likely it is that such a call fails.
        seed: What chance and jitter are seeded with, as for :meth:`Control.fault`.
        latency: Seconds that an awaited call waits before it fails; others fail at once.
        jitter: Up to so many seconds more.
        until: An event that an awaited call waits for before it fails.

    Returns:
        The outage; end it by its ``end()``, or as a context manager.

    Raises:
        TypeError: If *mock* is no isolated mock, or another argument is of a wrong type.
        ValueError: If an argument has a value that means nothing.
    """
    __tracebackhide__ = True
    part = part_of(mock)
    if part is None:
        raise TypeError(f"outage() takes an isolated mock, got {mock!r}; {_advice(mock)}")
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
    return add_outage(part, terms, seed)


def _advice(thing: object) -> str:
    if is_mock(thing):
        return "this one is of unittest.mock: make it with isolated_mock() instead"
    return "make one with isolated_mock(), and take what that gives"
