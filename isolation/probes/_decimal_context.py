"""The context of decimal arithmetic: how precisely everybody calculates."""

import operator
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from operator import attrgetter
from typing import Any

from isolation._changes import Change

_NAMES = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
_read: Callable[[Any], tuple[object, ...]] = attrgetter(*_NAMES)


class DecimalContext:
    """Compares the settings of the current context, once there is one; what was signalled does not count."""

    def __init__(self, probe: str) -> None:
        self._probe = probe
        self._variable: ContextVar[Any] | None = None
        self._values: tuple[object, ...] = ()
        self._copy: Any = None

    def start(self) -> None:
        """Take the settings as they are now for the baseline."""
        context = self._find()
        if context is not None:
            self._accept(context)

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make the present settings the baseline."""
        context = self._find()
        if context is None:
            return ()
        if self._copy is None:
            self._accept(sys.modules["decimal"].DefaultContext)
        before: tuple[object, ...] = self._values
        copy: Any = self._copy
        # All of it is of builtin types, and decimal compares its own tables.
        if _read(context) == before and context.traps == copy.traps:
            return ()
        self._accept(context)
        values = zip(_NAMES, before, self._values, strict=True)
        changes = [self._change(name, old, new, setattr) for name, old, new in values if old != new]
        traps = (_trapped(copy), _trapped(context))
        return changes if traps[0] == traps[1] else [*changes, self._change("traps", *traps, _trap)]

    def _accept(self, context: Any) -> None:  # noqa: ANN401 - of Python or C
        self._values, self._copy = _read(context), context.copy()

    def _find(self) -> Any:  # noqa: ANN401 - a context, which may be of Python or C
        if self._variable is None:
            if "decimal" not in sys.modules:
                return None
            # `decimal.getcontext` would make one, after which the default one no longer counts.
            self._variable = next((each for each in copy_context() if each.name == "decimal_context"), None)
        return self._variable.get(None) if self._variable is not None else None

    def _change(self, name: str, before: object, after: object, write: Callable[[Any, str, Any], None]) -> Change:
        place = f"decimal.getcontext().{name}"
        return Change(
            probe=self._probe,
            kind="decimal_context",
            place=place,
            unit=place,
            key=(self._probe, place),
            before=before,
            after=after,
            severity="error",
            put=lambda value: self._put(name, value, write),
            is_same=operator.eq,  # of builtin values
        )

    def _put(self, name: str, value: object, write: Callable[[Any, str, Any], None]) -> str | None:
        context = self._find()
        write(context, name, value)
        self._accept(context)
        return None


def _trapped(context: Any) -> Sequence[str]:  # noqa: ANN401 - of Python or C
    return tuple(sorted(signal.__name__ for signal, is_trapped in context.traps.items() if is_trapped))


def _trap(context: Any, _: str, names: Sequence[str]) -> None:  # noqa: ANN401 - of Python or C
    for signal in list(context.traps):
        context.traps[signal] = signal.__name__ in names
