"""The locale and the time zone that are left changed."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from locale import LC_ALL, setlocale
from operator import itemgetter
from typing import Any

from isolation._changes import Change
from isolation.probes._values import Setting, Settings

# Bound early, so that tests that replace them do not confuse the probe.
_tzset = time.tzset
_read_zone: Callable[[Mapping[str, object]], Any] = itemgetter("tzname", "timezone", "altzone", "daylight")
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


def _zone() -> tuple[object, ...]:
    names, seconds, _, _ = zone = _read_zone(_CLOCK)
    return (*names, seconds) if list(map(type, zone)) == [tuple, int, int, int] else ()


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
