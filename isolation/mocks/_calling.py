"""A call of a mock: check the arguments, record it, give the result that was set or the default."""

from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final

from isolation._origin import caller_frame
from isolation.mocks._calls import AsyncCall, Call
from isolation.mocks._defaults import default_of
from isolation.mocks._effects import raised
from isolation.mocks._ledger import Ledger
from isolation.mocks._magics import async_iterable
from isolation.mocks._members import Member
from isolation.mocks._own_arguments import PLAIN, hold_weakly
from isolation.mocks._plans import Answer
from isolation.mocks._sites import INTERNAL_FILES, outside
from isolation.mocks._standard import COROUTINE_MARK, DEFAULT, is_exception
from isolation.mocks._state import State
from isolation.mocks._stubs import Setup

COROUTINE_NAME: Final = "call of an isolated mock"


class Called(State):
    """A mock whose call gives its result at once."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:  # noqa: C901, PLR0912, PLR0915 - a function costs each call 50 ns
        """Check the arguments, record the call and give the result."""
        __tracebackhide__ = True
        member = self._isolation_member
        guard = member.guard
        if guard is not None:
            if kwargs:
                guard(*args, **kwargs)
            else:
                guard(*args)
        ledger = self._isolation_ledger
        key = self._isolation_key
        call = Call()
        call.key, call.given_args, call.given_kwargs = key, args, kwargs
        call.stub = None
        try:
            frame = caller_frame(1)
        except ValueError:  # pragma: no cover - called by the interpreter, where coverage sees nothing
            call.code, call.instruction = None, -1
        else:
            call.code = code = frame.f_code
            call.instruction = frame.f_lasti
            if code.co_filename in INTERNAL_FILES:
                call.code, call.instruction = outside(frame)
        if ledger.gives_mocks:
            for value in args:
                if type(value) not in PLAIN:
                    hold_weakly(ledger, call)
                    break
            else:
                if kwargs:
                    hold_weakly(ledger, call)
        ledger.sink.append(call)
        if ledger.faults:
            _meet(ledger, call)
        setup = ledger.setups.get(key)
        if setup is None:
            make = member.make
            return default_of(self, args) if make is None else make()
        return _set_or_default(self, call, setup)


class Awaited(State):
    """A mock whose call gives something to await."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:  # noqa: C901, PLR0915 - a function costs each call 50 ns
        """Check the arguments, record the call and give a coroutine."""
        __tracebackhide__ = True
        member = self._isolation_member
        guard = member.guard
        if guard is not None:
            if kwargs:
                guard(*args, **kwargs)
            else:
                guard(*args)
        ledger = self._isolation_ledger
        call = AsyncCall()
        call.key, call.given_args, call.given_kwargs = self._isolation_key, args, kwargs
        call.awaits, call.stub, call.coroutine = 0, None, None
        try:
            frame = caller_frame(1)
        except ValueError:  # pragma: no cover - called by the interpreter, where coverage sees nothing
            call.code, call.instruction = None, -1
        else:
            call.code = code = frame.f_code
            call.instruction = frame.f_lasti
            if code.co_filename in INTERNAL_FILES:
                call.code, call.instruction = outside(frame)
        if ledger.gives_mocks:
            for value in args:
                if type(value) not in PLAIN:
                    hold_weakly(ledger, call)
                    break
            else:
                if kwargs:
                    hold_weakly(ledger, call)
        ledger.sink.append(call)
        if ledger.is_watched:
            call.coroutine = coroutine = _awaited(self, call, ledger, member)
            return coroutine
        return _awaited(self, call, ledger, member)


class AwaitMethod(Awaited):
    """A mock of ``__await__``, which gives an iterator to the interpreter."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Record the call and give an iterator that ends with the result."""
        return super().__call__(*args, **kwargs).__await__()


async def _awaited(handle: Any, call: AsyncCall, ledger: Ledger, member: Member) -> Any:
    """Give the result of *call* to whoever awaits it."""
    __tracebackhide__ = True
    call.awaits, call.coroutine = 1, None
    ledger.awaits.append(call)
    if ledger.faults:
        await _meet_awaited(ledger, call)
    setup = ledger.setups.get(call.key)
    if setup is None:
        make = member.make
        return default_of(handle, call.args) if make is None else make()
    if setup.side_effect is None and setup.return_value is not DEFAULT and not setup.answers:
        _use(call, setup.value_stub)
        return setup.return_value
    return await _set_or_default_async(handle, call, setup)


async def _set_or_default_async(handle: Any, call: Call, setup: Setup) -> Any:
    """Return what is set for *call*, or what it gives by default."""
    __tracebackhide__ = True
    answer = _answer_of(setup, call)
    if answer is not None:
        result = answer.give(call.args, call.kwargs)
        return await result if answer.is_async else result
    try:
        result = settle(handle, call, setup)
    except StopIteration:
        raise StopAsyncIteration from None  # a coroutine cannot raise the other
    if result is DEFAULT:
        return default_of(handle, call.args)
    return await result if isawaitable(result) and _is_awaited(setup) else result


def _set_or_default(handle: Any, call: Call, setup: Setup) -> Any:
    """Return what is set for *call*, or what it gives by default."""
    __tracebackhide__ = True
    answer = _answer_of(setup, call)
    result = settle(handle, call, setup) if answer is None else answer.give(call.args, call.kwargs)
    if result is DEFAULT:
        return default_of(handle, call.args)
    return async_iterable(result) if handle._isolation_member.convert is async_iterable else result


# What Python's warning calls a coroutine that nobody awaits.
_awaited.__qualname__ = COROUTINE_NAME


def _is_awaited(setup: Setup) -> bool:
    source = setup.side_effect
    if source is None:
        return setup.return_value is DEFAULT  # it comes from what the mock wraps
    return iscoroutinefunction(source) or getattr(source, "_is_coroutine", None) is COROUTINE_MARK


def _answer_of(setup: Setup, call: Call) -> Answer | None:
    """Return the newest answer for the arguments of *call*."""
    for answer in reversed(setup.answers):
        if answer.takes(call.args, call.kwargs):
            _use(call, answer.stub)
            return answer
    return None


def settle(handle: Any, call: Call, setup: Setup) -> Any:
    """Return the result that is set for every call, raise what is set; DEFAULT if nothing is."""
    __tracebackhide__ = True
    if setup.side_effect is not None:
        _use(call, setup.effect_stub)
        result = _effect(setup, call)
        if result is not DEFAULT:
            return result
    if setup.return_value is not DEFAULT:
        _use(call, setup.value_stub)
        convert = handle._isolation_member.convert
        return setup.return_value if convert is None else convert(setup.return_value)
    if setup.wraps is not None:
        return setup.wraps(*call.args, **call.kwargs)  # type: ignore[operator]
    return DEFAULT


def _use(call: Call, stub: Any) -> None:
    if stub is not None:
        stub.uses += 1
        call.stub = stub


def _effect(setup: Setup, call: Call) -> Any:
    __tracebackhide__ = True
    # No local variable may hold what is raised: it refers to this frame, which would be a cycle.
    if is_exception(setup.side_effect):
        raise raised(setup)
    effect: Any = setup.side_effect
    if callable(effect):
        return effect(*call.args, **call.kwargs)
    result = [next(effect)]
    if is_exception(result[0]):
        raise result.pop()
    return result.pop()


def _meet(ledger: Ledger, call: Call) -> None:
    for key, plan in list(ledger.plans.items()):
        if call.key.is_below(key):
            plan.meet(call.key)


async def _meet_awaited(ledger: Ledger, call: Call) -> None:
    for key, plan in list(ledger.plans.items()):
        if call.key.is_below(key):
            await plan.meet_awaited(call.key)
