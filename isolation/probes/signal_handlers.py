"""Signal handlers, blocked signals, the alarm and the fault handler that are left changed."""

import faulthandler
import signal
import sys
from collections.abc import Mapping, Sequence
from operator import is_
from types import FunctionType
from typing import Any

from isolation._changes import ABSENT, Absent, Change
from isolation._compatibility import blocked_signals, is_handler_of_runner, signal_handler
from isolation.probes._values import Setting, Settings, written

_SIGNALS: Mapping[int, str] = {
    number: number.name for number in signal.Signals if number not in (signal.SIGKILL, signal.SIGSTOP)
}
_NUMBERS = tuple(map(int, _SIGNALS))
# Bound early, so that tests that replace them do not confuse the probe.
_signal, _sigmask, _getitimer, _setitimer = signal.signal, signal.pthread_sigmask, signal.getitimer, signal.setitimer
_enable, _disable = faulthandler.enable, faulthandler.disable


class SignalsProbe:
    """Find what happens otherwise when a signal comes.

    Frameworks set handlers and alarms around each test; what they set before it begins is the baseline.
    """

    name = "signals"

    def __init__(self) -> None:
        self._handlers: list[object] = []
        self._others = Settings(self.name, _OTHERS)

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._handlers = list(map(signal_handler, _NUMBERS))
        self._others.start()

    def begin(self) -> None:
        """Accept what frameworks have set around the test that begins."""
        self.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        handlers, changes = list(map(signal_handler, _NUMBERS)), self._others.look()
        if all(map(is_, handlers, self._handlers)):
            return changes
        pairs = zip(_NUMBERS, map(_settled, self._handlers), map(_settled, handlers), strict=True)
        self._handlers = handlers
        return [*changes, *(self._change(*pair) for pair in pairs if pair[1] is not pair[2])]

    def settle(self) -> None:
        """Do nothing: nothing is derived from handlers."""

    def _change(self, number: int, before: object, after: object) -> Change:
        place = f"signal.getsignal(signal.{_SIGNALS[number]})"
        return Change(
            probe=self.name,
            kind="signal_handler",
            name=_SIGNALS[number],
            place=place,
            unit=place,
            key=(self.name, place),
            before=_named(before),
            after=_named(after),
            severity="error",
            put=lambda handler: self._put(number, handler),
        )

    def _put(self, number: int, handler: Any) -> str | None:  # noqa: ANN401 - a handler of any kind
        if handler is None:
            return "it was not installed by Python"
        reason = written(lambda: _signal(number, handler))
        self._handlers[_NUMBERS.index(number)] = signal_handler(number)
        return reason


def _settled(handler: object) -> object:
    """Return *handler*, or what is there again as soon as `asyncio.Runner` or pytest-timeout are through."""
    if _is_of_pytest_timeout(handler):
        return signal.SIG_DFL.value
    return signal.default_int_handler if is_handler_of_runner(handler) else handler


def _is_of_pytest_timeout(handler: object) -> bool:
    return type(handler) is FunctionType and handler.__module__ == "pytest_timeout"


def _named(handler: Any) -> object:  # noqa: ANN401 - a handler of any kind
    return signal.Handlers(handler) if type(handler) is int else handler


def _blocked() -> Sequence[str]:
    numbers = blocked_signals()
    return tuple(sorted(_SIGNALS.get(number, str(number)) for number in numbers)) if numbers else ()


def _block(names: Sequence[str]) -> None:
    _sigmask(signal.SIG_SETMASK, [number for number, name in _SIGNALS.items() if name in names])


def _alarm() -> str | Absent:
    # How much of it is left is never the same.
    is_set = any(_getitimer(signal.ITIMER_REAL))
    return "set" if is_set and not _is_of_pytest_timeout(signal_handler(signal.SIGALRM)) else ABSENT


def _set_alarm(alarm: object) -> None:
    if alarm is not ABSENT:
        raise ValueError("how much of it was left is not known")
    _setitimer(signal.ITIMER_REAL, 0)


def _enable_faults(is_enabled: object) -> None:
    if is_enabled:
        _enable(file=sys.__stderr__ or 2)
    else:
        _disable()


_OTHERS = (
    Setting(
        kind="signal_mask",
        place="signal.pthread_sigmask(signal.SIG_BLOCK, [])",
        read=_blocked,
        write=_block,
        detail="signals that are blocked do not come",
    ),
    Setting(
        kind="alarm",
        place="signal.getitimer(signal.ITIMER_REAL)",
        read=_alarm,
        write=_set_alarm,
        detail="SIGALRM comes to whatever runs then",
    ),
    Setting(
        kind="fault_handler",
        place="faulthandler.is_enabled()",
        read=faulthandler.is_enabled,
        write=_enable_faults,
        severity="warning",
    ),
)
