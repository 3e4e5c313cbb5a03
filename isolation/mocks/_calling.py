"""A call of a mock: check the arguments, record it, give the result that was set or the default."""

from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final

from isolation._origin import caller_frame
from isolation.mocks._calls import Call
from isolation.mocks._defaults import default_of
from isolation.mocks._effects import raised
from isolation.mocks._ledger import Ledger
from isolation.mocks._plans import Answer
from isolation.mocks._sites import INTERNAL_FILES, outside
from isolation.mocks._standard import COROUTINE_MARK, DEFAULT, is_exception
from isolation.mocks._state import State
from isolation.mocks._stubs import Setup

_EMPTY: Final[dict[str, Any]] = {}


class Called(State):
    """A mock whose call gives its result at once."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:  # noqa: PLR0915 - each function call would cost 50 ns
        """Check the arguments, record the call and give the result."""
        __tracebackhide__ = True
        member = self._isolation_member
        check = member.check
        if check is not None:
            if member.is_bound:
                check(None, *args, **kwargs)
            else:
                check(*args, **kwargs)
        elif not member.is_callable:
            raise TypeError(f"{member.template.title!r} object is not callable")
        ledger = self._isolation_ledger
        call = Call()
        key = self._isolation_key
        call.key, call.args, call.kwargs = key, args, kwargs
        call.is_async, call.awaits, call.is_foreign = False, 0, False
        call.stub = call.coroutine = None
        frame = caller_frame(1)
        call.code = code = frame.f_code
        call.instruction = frame.f_lasti
        if code.co_filename in INTERNAL_FILES:
            call.code, call.instruction = outside(frame)
        ledger.sink.append(call)
        if ledger.faults:
            _meet(ledger, call)
        setup = ledger.setups.get(key)
        if setup is None:
            make = member.make
            return default_of(self, args) if make is None else make()
        answer = _answer_of(setup, call)
        if answer is not None:
            return answer.give(args, kwargs)
        result = settle(self, call, setup)
        return default_of(self, args) if result is DEFAULT else result


class Awaited(State):
    """A mock whose call gives something to await."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Check the arguments, record the call and give a coroutine."""
        __tracebackhide__ = True
        member = self._isolation_member
        check = member.check
        if check is not None:
            if member.is_bound:
                check(None, *args, **kwargs)
            else:
                check(*args, **kwargs)
        elif not member.is_callable:
            raise TypeError(f"{member.template.title!r} object is not callable")
        call = Call()
        call.key, call.args, call.kwargs = self._isolation_key, args, kwargs
        call.is_async, call.awaits, call.is_foreign = True, 0, False
        call.stub = call.coroutine = None
        frame = caller_frame(1)
        call.code = code = frame.f_code
        call.instruction = frame.f_lasti
        if code.co_filename in INTERNAL_FILES:
            call.code, call.instruction = outside(frame)
        ledger = self._isolation_ledger
        ledger.sink.append(call)
        coroutine = _awaited(self, call)
        if ledger.is_watched:
            call.coroutine = coroutine
        return coroutine


async def _awaited(handle: Any, call: Call) -> Any:
    """Give the result of *call* to whoever awaits it."""
    __tracebackhide__ = True
    ledger: Ledger = handle._isolation_ledger
    call.awaits, call.coroutine = 1, None
    ledger.awaits.append(call)
    if ledger.faults:
        await _meet_awaited(ledger, call)
    setup = ledger.setups.get(call.key)
    if setup is None:
        make = handle._isolation_member.make
        return default_of(handle, call.args) if make is None else make()
    answer = _answer_of(setup, call)
    if answer is not None:
        result = answer.give(call.args, call.kwargs)
        return await result if answer.is_async else result
    try:
        result = settle(handle, call, setup)
    except StopIteration:
        raise StopAsyncIteration from None  # a coroutine cannot raise the other
    if result is not DEFAULT:
        return await result if isawaitable(result) and _is_awaited(setup) else result
    return default_of(handle, call.args)


def _is_awaited(setup: Setup) -> bool:
    source = setup.side_effect if setup.side_effect is not None else setup.wraps
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
        return handle._isolation_converted(setup.return_value)
    if setup.wraps is not None:
        return setup.wraps(*call.args, **call.kwargs)  # type: ignore[operator]
    return DEFAULT


def _use(call: Call, stub: Any) -> None:
    if stub is not None:
        stub.uses += 1
        call.stub = stub


def _effect(setup: Setup, call: Call) -> Any:
    __tracebackhide__ = True
    effect: Any = setup.side_effect
    if is_exception(effect):
        raise raised(setup)
    if callable(effect):
        return effect(*call.args, **call.kwargs)
    result = next(effect)
    if is_exception(result):
        raise result
    return result


def _meet(ledger: Ledger, call: Call) -> None:
    for key, plan in list(ledger.plans.items()):
        if call.key.is_below(key):
            plan.meet(call.key)


async def _meet_awaited(ledger: Ledger, call: Call) -> None:
    for key, plan in list(ledger.plans.items()):
        if call.key.is_below(key):
            await plan.meet_awaited(call.key)
