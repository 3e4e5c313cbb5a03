"""The locale and the time zone that are left changed."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from locale import LC_ALL, setlocale
from operator import itemgetter
from typing import cast

from isolation._changes import Change
from isolation.probes._values import Setting, Settings

# Bound early, so that tests that replace them do not confuse the probe.
_tzset = time.tzset
_read_zone: Callable[[Mapping[str, object]], tuple[object, object]] = itemgetter("tzname", "timezone")
_CLOCK = time.__dict__


class LocaleProbe:
    """Find another locale, and another time zone."""

    name = "locale"

    def __init__(self) -> None:
        self._settings = Settings(self.name, (_LOCALE, _TIME_ZONE))

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._settings.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        return self._settings.look()

    def settle(self) -> None:
        """Do nothing: what Python derives from both is set with them."""


class Zone:
    """Reads the names and the offset of the time zone, which are other objects whenever they are set."""

    def __init__(self) -> None:
        self._names: object = None
        self._seconds: object = None
        self._zone: tuple[object, ...] = ()

    def read(self) -> tuple[object, ...]:
        """Return the names and the offset; nothing if somebody has put there what is neither."""
        names, seconds = _read_zone(_CLOCK)
        if names is not self._names or seconds is not self._seconds:
            self._names, self._seconds = names, seconds
            self._zone = (*as_names(names), seconds) if type(seconds) is int else ()
        return self._zone


def as_names(value: object) -> tuple[object, ...]:
    """Return *value* if it really is a tuple."""
    return cast("tuple[object, ...]", value) if type(value) is tuple else ()


_zone = Zone().read


def _set_zone(zone: object) -> None:
    _tzset()
    if _zone() != zone:
        raise ValueError(f"it follows TZ, which is {os.environ.get('TZ', 'not set')}")


_LOCALE = Setting(
    kind="locale",
    place="locale.setlocale(locale.LC_ALL)",
    read=lambda: setlocale(LC_ALL),
    write=lambda name: setlocale(LC_ALL, name),
)
_TIME_ZONE = Setting(
    kind="time_zone",
    place="time.tzname",
    read=_zone,
    write=_set_zone,
    hint="call time.tzset() when TZ is put back, too",
)
