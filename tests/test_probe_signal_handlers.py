"""Signal handlers, blocked signals, the alarm and the fault handler that are left changed."""

import asyncio
import faulthandler
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from isolation._changes import ABSENT, Change
from isolation.probes.signal_handlers import SignalsProbe


@pytest.fixture(autouse=True)
def put_everything_back() -> Iterator[None]:
    """Leave the signals of the run alone."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGALRM)}
    blocked, alarm, is_enabled = (
        signal.pthread_sigmask(signal.SIG_BLOCK, []),
        signal.getitimer(signal.ITIMER_REAL),
        faulthandler.is_enabled(),
    )
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    signal.setitimer(signal.ITIMER_REAL, *alarm)
    if is_enabled:
        faulthandler.enable(file=sys.__stderr__ or 2)


@pytest.fixture
def probe() -> SignalsProbe:
    """Give a probe that knows what is set."""
    probe = SignalsProbe()
    probe.start()
    return probe


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def ignore(*_: object) -> None:
    """Handle a signal."""


def test_nothing_changed_is_no_change(probe: SignalsProbe) -> None:
    """A handler that is put back was never there."""
    before = signal.signal(signal.SIGUSR1, ignore)
    signal.signal(signal.SIGUSR1, before)

    assert not probe.look()


def test_a_handler_is_found_and_put_back(probe: SignalsProbe) -> None:
    """It is named by its signal."""
    signal.signal(signal.SIGUSR1, ignore)

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity, found.name) == ("signals", "signal_handler", "error", "SIGUSR1")
    assert (found.place, found.unit) == ("signal.getsignal(signal.SIGUSR1)", "signal.getsignal(signal.SIGUSR1)")
    assert (found.before, found.after) == (signal.SIG_DFL, ignore)
    assert put_back(found) is None
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    assert not probe.look()


def test_what_was_seen_is_accepted(probe: SignalsProbe) -> None:
    """The next test starts with what this one left."""
    signal.signal(signal.SIGUSR1, ignore)
    probe.look()

    assert not probe.look()


def test_what_is_set_around_a_test_is_its_baseline(probe: SignalsProbe) -> None:
    """Frameworks such as pytest-timeout have a handler and an alarm for each test."""
    signal.signal(signal.SIGUSR1, ignore)
    probe.begin()

    assert not probe.look()


def test_handlers_are_not_set_from_other_threads(probe: SignalsProbe) -> None:
    """Python refuses, and that is said."""
    signal.signal(signal.SIGUSR1, ignore)
    (found,) = probe.look()
    said: list[str | None] = []
    thread = threading.Thread(target=lambda: said.append(put_back(found)))
    thread.start()
    thread.join()

    assert said == ["ValueError: signal only works in main thread of the main interpreter"]


def test_a_handler_of_a_library_in_c_cannot_be_put_back(probe: SignalsProbe) -> None:
    """Python does not know it."""
    signal.signal(signal.SIGUSR1, ignore)
    (found,) = probe.look()

    assert found.put is not None
    assert found.put(None) == "it was not installed by Python"


def test_the_handler_of_a_running_loop_is_no_change(probe: SignalsProbe) -> None:
    """It is there only as long as a runner runs."""

    async def look() -> Sequence[Change]:
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        return probe.look()

    assert not asyncio.run(look())
    assert not probe.look()


def test_what_pytest_timeout_sets_and_stops_is_no_change(probe: SignalsProbe) -> None:
    """It stops its alarm as soon as a test has failed."""

    def handler(*_: object) -> None: ...

    handler.__module__ = "pytest_timeout"
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    probe.begin()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0)

    assert not probe.look()


@pytest.mark.parametrize(
    ("change", "kind", "place", "values", "severity"),
    [
        (
            lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]),
            "signal_mask",
            "signal.pthread_sigmask(signal.SIG_BLOCK, [])",
            [(), ("SIGUSR1",)],
            "error",
        ),
        (
            lambda: signal.setitimer(signal.ITIMER_REAL, 1000),
            "alarm",
            "signal.getitimer(signal.ITIMER_REAL)",
            [ABSENT, "set"],
            "error",
        ),
        (faulthandler.disable, "fault_handler", "faulthandler.is_enabled()", [True, False], "warning"),
    ],
    ids=["mask", "alarm", "faults"],
)
def test_other_settings_are_found_and_put_back(  # noqa: PLR0917 - a table
    probe: SignalsProbe, change: Callable[[], object], kind: str, place: str, values: list[Any], severity: str
) -> None:
    """A blocked signal does not come, an alarm comes to somebody else."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, ignore)
    faulthandler.enable(file=sys.__stderr__ or 2)
    probe.begin()
    change()

    (found,) = probe.look()

    assert (found.kind, found.place, found.unit, found.severity) == (kind, place, place, severity)
    assert [found.before, found.after] == values
    assert put_back(found) is None
    assert not probe.look()


def test_an_alarm_that_was_stopped_cannot_be_put_back(probe: SignalsProbe) -> None:
    """It would come too late."""
    signal.signal(signal.SIGALRM, ignore)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    probe.begin()
    signal.alarm(0)

    (found,) = probe.look()

    assert put_back(found) == "ValueError: how much of it was left is not known"


def test_the_fault_handler_is_switched_off_again(probe: SignalsProbe) -> None:
    """If it was off before."""
    faulthandler.disable()
    probe.begin()
    faulthandler.enable(file=sys.__stderr__ or 2)

    (found,) = probe.look()

    assert put_back(found) is None
    assert not faulthandler.is_enabled()


def test_nothing_is_left_to_settle(probe: SignalsProbe) -> None:
    """A handler is a handler."""
    probe.settle()

    assert not probe.look()


def test_a_real_time_signal_that_is_blocked_is_named_by_its_number(probe: SignalsProbe) -> None:
    """Most of them have no name."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [40])

    (found,) = probe.look()

    assert found.after == ("40",)
    assert put_back(found) is None
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
