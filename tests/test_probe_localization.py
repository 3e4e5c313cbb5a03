"""The locale and the time zone that are left changed."""

import locale
import os
import time
from collections.abc import Iterator
from unittest import mock

import pytest

from isolation._changes import Change
from isolation.probes.localization import LocaleProbe


@pytest.fixture(autouse=True)
def start_in_utc() -> Iterator[None]:
    """Put the locale and the time zone back."""
    before = locale.setlocale(locale.LC_ALL)
    with mock.patch.dict(os.environ, {"TZ": "UTC"}):
        time.tzset()
        locale.setlocale(locale.LC_ALL, "C")
        yield
    locale.setlocale(locale.LC_ALL, before)
    time.tzset()


@pytest.fixture
def probe() -> LocaleProbe:
    """Give a probe that knows what is set."""
    probe = LocaleProbe()
    probe.start()
    return probe


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_nothing_changed_is_no_change(probe: LocaleProbe) -> None:
    """A time zone that is set again is the same, although all names of it are new."""
    time.tzset()
    probe.settle()

    assert not probe.look()


def test_a_locale_is_found_and_put_back(probe: LocaleProbe) -> None:
    """Numbers are written otherwise."""
    locale.setlocale(locale.LC_NUMERIC, "C.UTF-8")

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("locale", "locale", "error")
    assert (found.place, found.unit) == ("locale.setlocale(locale.LC_ALL)", "locale.setlocale(locale.LC_ALL)")
    assert found.before == "C"
    assert "LC_NUMERIC=C.UTF-8" in str(found.after)
    assert put_back(found) is None
    assert locale.setlocale(locale.LC_ALL) == "C"
    assert not probe.look()


def test_a_locale_that_is_gone_cannot_be_put_back(probe: LocaleProbe) -> None:
    """It says why."""
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    (found,) = probe.look()

    assert found.put is not None
    assert found.put("tlh_QO") == "Error: unsupported locale setting"


def test_a_time_zone_is_found_and_put_back(probe: LocaleProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    """It follows TZ when it is asked to, and TZ is put back before."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("locale", "time_zone", "error")
    assert (found.place, found.before, found.after) == ("time.tzname", ("UTC", "UTC", 0), ("CET", "CET", -3600))
    assert found.hint == "call time.tzset() when TZ is put back, too"
    monkeypatch.setenv("TZ", "UTC")
    assert put_back(found) is None
    assert time.tzname == ("UTC", "UTC")
    assert not probe.look()


def test_a_time_zone_stays_if_tz_stays(probe: LocaleProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have excused the variable."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    (found,) = probe.look()

    assert put_back(found) == "ValueError: it follows TZ, which is CET-1"


def test_a_mocked_time_zone_is_not_asked(probe: LocaleProbe) -> None:
    """A suite may replace what it likes in `time`."""
    with mock.patch("time.timezone", mock.MagicMock()) as fake:
        (found,) = probe.look()

    assert found.after == ()
    assert not fake.mock_calls
    assert put_back(found) is None
    assert not probe.look()
