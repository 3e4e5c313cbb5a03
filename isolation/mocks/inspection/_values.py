"""The zeros of the standard library's values."""

from collections.abc import Callable
from typing import Any, Final

from isolation.mocks._facts import Fresh

_EPOCH: Final = (1970, 1, 1)
_VALUES: Final[dict[str, Callable[[Any], object]]] = {
    "datetime.date": lambda cls: cls(*_EPOCH),
    "datetime.datetime": lambda cls: cls(*_EPOCH),
    "datetime.time": lambda cls: cls(),
    "datetime.timedelta": lambda cls: cls(),
    "decimal.Decimal": lambda cls: cls(),
    "fractions.Fraction": lambda cls: cls(),
    "uuid.UUID": lambda cls: cls(int=0),
}
"""Values of the standard library that one compares, reckons with or writes down, by name: few of them are imported.

No path is among them: code under test may well write to it, or delete it.
"""


def of_value_class(cls: type) -> Fresh | None:
    """Return the zero of *cls*, if that is one of these classes."""
    make = _VALUES.get(f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}")
    return None if make is None else Fresh(lambda: make(cls))
