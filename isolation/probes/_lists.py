"""One list that a module holds, compared by identity: which object it is, and what is in it."""

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, cast

from isolation._changes import ABSENT, Change
from isolation._findings import Severity

Judge = Callable[[Sequence[object], Sequence[object]], Severity]


class WatchedList:
    """Compares ``module.name``, a list; whatever else is put there is compared by identity only.

    Args:
        namespace: The names of the module.
        name: The name of the list.
        place: How its user would read it.
        probe: Whose changes these are.
        kind: What kind of place it is.
        judge: Tells from the items before and after how bad the change is.
        announce: Called when the old list has been put back, before it is refilled.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        name: str,
        place: str,
        *,
        probe: str,
        kind: str,
        judge: Judge,
        announce: Callable[[], object] = lambda: None,
    ) -> None:
        self._namespace = namespace
        self._name = name
        self._place = place
        self._probe = probe
        self._kind = kind
        self._judge = judge
        self._announce = announce
        self._held: Any = ABSENT
        self._list: list[object] | None = None
        self._items: list[object] = []

    def start(self) -> None:
        """Take what is there now for the baseline."""
        self._held = self._namespace.get(self._name, ABSENT)
        self._list = as_list(self._held)
        self._items = list(self._list or ())

    def differs(self) -> bool:
        """Tell whether anything is different; what is different may still be the same in effect."""
        if self._namespace.get(self._name, ABSENT) is not self._held:
            return True
        now, items = self._list, self._items
        return now is not None and not (len(now) == len(items) and all(map(is_, now, items)))

    def look(self) -> Sequence[Change]:
        """Return the change, if any, and make the present list the baseline."""
        holder, before = self._held, self._value()
        self.start()
        after = self._value()
        if same_items(before, after):
            return ()
        return [
            Change(
                probe=self._probe,
                kind=self._kind,
                place=self._place,
                unit=self._place,
                key=(self._probe, self._place),
                before=before,
                after=after,
                severity=self._judge(as_list(before) or (), as_list(after) or ()),
                put=lambda value: self._put(holder, value),
                is_same=same_items,
            )
        ]

    def _value(self) -> object:
        return list(self._items) if type(self._held) is list else self._held

    def _put(self, holder: object, value: object) -> str | None:
        # Refilled, not replaced: others hold the same list.
        items, held = as_list(value), as_list(holder)
        self._namespace[self._name] = value if items is None or held is None else held
        self._announce()
        if items is not None and held is not None:
            held[:] = items
        self.start()
        return None


def as_list(value: object) -> list[object] | None:
    """Return *value* if it really is a list."""
    return cast("list[object]", value) if type(value) is list else None


def same_items(one: object, other: object) -> bool:
    """Tell whether two lists hold the same objects or equal strings, without asking the objects."""
    ones, others = as_list(one), as_list(other)
    if ones is None or others is None:
        return one is other
    return len(ones) == len(others) and all(map(_is_same, ones, others))


def _is_same(one: object, other: object) -> bool:
    return one is other or (type(one) is str and type(other) is str and one == other)
