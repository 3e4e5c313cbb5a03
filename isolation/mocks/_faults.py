"""Faults: what calls of a mock meet before their result: an exception, a delay, a hold; by count or by chance."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from random import Random
from threading import RLock
from types import TracebackType
from typing import Protocol, Self, cast
from zlib import crc32

import anyio

from isolation._arguments import check_seconds
from isolation.mocks._parts import Part
from isolation.mocks._raising import Raisable, check_raisable, fresh
from isolation.mocks._stubs import Stub

_ENTERING = ("__call__", "__enter__", "__aenter__", "__iter__", "__aiter__", "__next__", "__anext__")
_ASKING = frozenset((*_ENTERING, "__getitem__", "__setitem__", "__delitem__", "__contains__"))
"""The special methods by which a client asks its service."""


class Waitable(Protocol):
    """What can be waited for: the events of anyio, asyncio and trio."""

    def wait(self) -> Awaitable[object]:
        """Wait until it happens."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTerms:
    """Which calls a fault hits, and what these meet.

    Attributes:
        error: What is raised; None only delays or holds.
        after: Calls that are left alone first.
        times: How many are hit at most; None is all.
        every: Of the calls that could be hit, only each *every*-th one is.
        probability: How likely it is that such a call is hit.
        latency: Seconds that a hit call waits first.
        jitter: Up to so many seconds more.
        until: What a hit call waits for.
    """

    error: Raisable | None = None
    after: int = 0
    times: int | None = None
    every: int | None = None
    probability: float = 1.0
    latency: float | None = None
    jitter: float | None = None
    until: Waitable | None = None

    def check(self) -> None:
        """Make sure that they mean something.

        Raises:
            TypeError: If one is of a wrong type.
            ValueError: If one has a value that means nothing, or nothing would happen to the calls.
        """
        __tracebackhide__ = True
        if self.error is not None:
            check_raisable(self.error, "error")
        _check_count(self.after, "after", 0)
        _check_count(self.times, "times", 1)
        _check_count(self.every, "every", 1)
        _check_probability(self.probability)
        check_seconds(self.latency, "latency")
        check_seconds(self.jitter, "jitter")
        if self.until is not None and (isinstance(self.until, type) or not callable(getattr(self.until, "wait", None))):
            raise TypeError(f"until must be an event, such as anyio.Event(), got {self.until!r}")
        if self.error is None and not self.is_slow:
            raise ValueError("nothing would happen to the calls; give an exception, or latency, jitter or until")

    @property
    def is_slow(self) -> bool:
        """Tell whether hit calls wait, which only awaited ones can."""
        return bool(self.latency or self.jitter) or self.until is not None


class Fault:
    """What calls of a mock meet, until they have met it often enough or it is ended.

    It is there at once; used as a context manager, it ends with the block.

    Attributes:
        terms: Which calls it hits, and what these meet.
        seed: What chance was seeded with; the same seed hits the same calls again.
        calls: How many calls it has met so far.
        hits: How many of these it has hit.
    """

    def __init__(self, terms: FaultTerms, seed: int, name: str, stub: Stub) -> None:
        self.terms = terms
        self.seed = seed
        self.calls: int = 0
        self.hits: int = 0
        self._name = name
        self._stub = stub
        self._is_over = False
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._lock = RLock()  # the collector may run within, and what it finalizes may call the mock

    def __repr__(self) -> str:
        state = "over" if self._is_over else "active"
        return f"<Fault of {self._name} {state}, hit {self.hits} of {self.calls} calls, seed {self.seed}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        self.end()

    def end(self) -> None:
        """Leave all further calls alone; a call that is held or delayed already goes on as before."""
        self._is_over = True

    def meet(self) -> None:
        """Meet a call that is not awaited, which nothing can delay; raise if it is hit."""
        __tracebackhide__ = True
        if self._strike() is not None:
            self._throw()

    async def meet_awaited(self) -> None:
        """Meet an awaited call: let it wait and raise if it is hit."""
        __tracebackhide__ = True
        delay = self._strike()
        if delay is None:
            return
        if delay:
            await anyio.sleep(delay)
        if self.terms.until is not None:
            await self.terms.until.wait()
        self._throw()

    def _strike(self) -> float | None:
        """Count a call; return the seconds that it has to wait if it is hit, else None."""
        if self._is_over:
            return None
        with self._lock:
            self.calls += 1
            if not self._is_due(self.calls - self.terms.after):
                return None
            self.hits += 1
            self._stub.uses += 1
            more = self._random.random() * self.terms.jitter if self.terms.jitter else 0.0
            return (self.terms.latency or 0.0) + more

    def _is_due(self, number: int) -> bool:
        terms = self.terms
        if number < 1 or (terms.times is not None and self.hits >= terms.times):
            return False
        if terms.every is not None and number % terms.every:
            return False
        return terms.probability == 1 or self._random.random() < terms.probability

    def _throw(self) -> None:
        __tracebackhide__ = True
        if self.terms.error is not None:
            raise self._made(self.terms.error)  # no name for it here: its traceback would refer to it

    def _made(self, error: Raisable) -> BaseException:
        made = fresh(error)
        if self.terms.probability < 1:
            # Nobody could repeat it else. Only then: a note takes part in the match of pytest.raises.
            made.add_note(f"by chance: fault of {self._name}, probability={self.terms.probability}, seed={self.seed}")
        return made


class Faults:
    """The faults of a mock, and those of everything below it, met in the order in which they were set.

    A fault that raises ends the call, so those behind it do not count it.

    Args:
        key: Which mock it is.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._own: tuple[Fault, ...] = ()
        self._below: tuple[Fault, ...] = ()

    @property
    def count(self) -> int:
        """How many faults there have been."""
        return len(self._own) + len(self._below)

    def add(self, fault: Fault) -> None:
        """Let calls of the mock meet *fault*, too, from now on."""
        self._own = (*self._own, fault)

    def add_below(self, fault: Fault) -> None:
        """Let calls of the mock and of all mocks below it meet *fault*, too, from now on."""
        self._below = (*self._below, fault)

    def meet(self, key: str) -> None:
        """Meet a call of the mock *key*, which is not awaited; may raise."""
        __tracebackhide__ = True
        for fault in self._of(key):
            fault.meet()

    async def meet_awaited(self, key: str) -> None:
        """Meet an awaited call of the mock *key*; may raise, and may wait."""
        __tracebackhide__ = True
        for fault in self._of(key):
            await fault.meet_awaited()

    def _of(self, key: str) -> Iterable[Fault]:
        below = self._below if _asks_the_service(key) else ()
        return (*below, *self._own) if key == self._key else below


def _asks_the_service(key: str) -> bool:
    """Tell whether a call of *key* is one that fails in an outage.

    Special methods do not, as ``bool(client)``, but for those that enter a block, iterate or look something up.
    The end of a block does not either: what failed inside of it is what a test is to see.
    """
    name = key.rpartition(".")[2]
    return not (name.startswith("__") and name.endswith("__")) or name in _ASKING


def add_fault(part: Part, terms: FaultTerms, seed: int | None) -> Fault:
    """Let calls of *part* meet a fault from now on, and return it.

    Raises:
        TypeError: If an argument is of a wrong type, or calls of *part* would have to wait though nobody awaits them.
        ValueError: If one has a value that means nothing.
    """
    __tracebackhide__ = True
    terms.check()
    if terms.is_slow and not part.is_awaited:
        needless = next(name for name in ("latency", "jitter", "until") if getattr(terms, name))
        advice = f"delay what it gives: control(mock.{part.key.last}.return_value.method)"
        raise TypeError(f"{needless} needs a method that is awaited, and {part.name} is not; {advice}")
    faults = _faults_of(part)
    fault = _made(part, terms, seed, faults.count, "fault")
    faults.add(fault)
    return fault


def add_outage(part: Part, terms: FaultTerms, seed: int | None) -> Fault:
    """Let calls of *part* and of all below it meet a fault from now on, and return it.

    Raises:
        TypeError: If an argument is of a wrong type.
        ValueError: If one has a value that means nothing.
    """
    __tracebackhide__ = True
    check_raisable(terms.error, "error")
    terms.check()
    faults = _faults_of(part)
    fault = _made(part, terms, seed, faults.count, "outage")
    faults.add_below(fault)
    return fault


def _faults_of(part: Part) -> Faults:
    plans = part.ledger.plans
    if part.key not in plans:
        plans[part.key] = Faults(part.key)
    return cast("Faults", plans[part.key])


def _made(part: Part, terms: FaultTerms, seed: int | None, number: int, what: str) -> Fault:
    __tracebackhide__ = True
    chosen = crc32(f"{part.name}#{number}".encode()) if seed is None else _checked_seed(seed)
    stub = part.ledger.add_stub(part.key, what)
    stub.is_excused = terms.probability < 1  # by chance it may hit nothing
    return Fault(terms, chosen, part.name, stub)


def _checked_seed(seed: object) -> int:
    __tracebackhide__ = True
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be a whole number, got {seed!r}")
    return seed


def _check_count(value: object, name: str, least: int) -> None:
    __tracebackhide__ = True
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a number of calls, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")


def _check_probability(value: object) -> None:
    __tracebackhide__ = True
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"probability must be a number from 0 to 1, got {value!r}")
    if not 0 < value <= 1:
        raise ValueError(f"probability must be above 0 and at most 1, got {value!r}")
