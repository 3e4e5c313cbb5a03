"""What owners have changed in the end, and which places still hold what somebody left there."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from isolation._changes import Change
from isolation._owners import Owner


def place_of(change: Change) -> object:
    """Return what is equal for changes of one place."""
    return change.probe, change.key


class NetChanges:
    """Collects the changes of one owner: several of one place are one, and what is put back is none."""

    def __init__(self) -> None:
        self._by_place: dict[object, Change] = {}

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def add(self, changes: Iterable[Change]) -> None:
        """Take *changes*, which came after those that are here."""
        for change in changes:
            place = place_of(change)
            first = self._by_place.get(place)
            self._by_place[place] = change if first is None else _joined(first, change)

    def take(self, change: Change) -> Change | None:
        """Remove and return what is here of the place of *change*, None if nothing is."""
        return self._by_place.pop(place_of(change), None)

    def knows(self, change: Change) -> bool:
        """Tell whether the place of *change* is here."""
        return place_of(change) in self._by_place

    def left(self) -> Sequence[Change]:
        """Return what is changed in the end, and is worth a word."""
        changes = self._by_place.values()
        return [change for change in changes if not (change.is_silent or change.is_same(change.before, change.after))]


def _joined(first: Change, change: Change) -> Change:
    return replace(change, before=first.before, is_silent=first.is_silent and change.is_silent)


class Unsettled:
    """Remembers the places that hold what an owner left, until somebody puts the first value back.

    A later owner that puts it back has not changed anything: it has cleaned up.

    Attributes:
        of_last_test: Who left which places at the last look; those alone can be settled by the next set-up.
    """

    def __init__(self) -> None:
        self._left: dict[object, tuple[list[Owner], Change]] = {}
        self.of_last_test: dict[object, Owner] = {}

    def left(self) -> Sequence[tuple[Owner, Change]]:
        """Return who changed each such place last, and what it held at first and holds now."""
        return [(owners[-1], change) for owners, change in self._left.values()]

    def puts_back(self, owner: Owner, change: Change) -> bool:
        """Tell whether *change*, of *owner*, puts back what its place held at first; else remember that it did not."""
        place = place_of(change)
        known = self._left.get(place)
        if known is not None and change.is_same(change.after, known[1].before):
            if owner.kind != "fixture" or change.is_same(change.before, known[1].after):
                del self._left[place]
                return True
            # What its set-up did came before the change that is known, and is told of only now that it ends.
            self._left[place] = known[0], replace(known[1], before=change.before)
            return False
        if owner.kind == "test":
            self.of_last_test[place] = owner
        if known is not None:
            owners, first = known
            is_again = _is_again(owner, owners[-1])
            owners.append(owner)
            self._left[place] = owners, replace(change, before=first.before)
            return is_again
        if owner.kind != "collection":  # what imports set up is no dirt
            self._left[place] = [owner], change
        return False

    def settle(self, change: Change) -> Owner | None:
        """Return the last test if it had left what *change* puts back, None otherwise."""
        place = place_of(change)
        if place not in self.of_last_test or not self._is_first_value(change):
            return None
        del self._left[place]
        return self.of_last_test.pop(place)

    def settle_for_all(self, change: Change) -> Sequence[Owner]:
        """Return who has left what *change* puts back, if that is the first value; nobody otherwise."""
        if not self._is_first_value(change):
            return ()
        owners, _ = self._left[place_of(change)]
        self.forget(change)
        return owners

    def forget(self, change: Change) -> None:
        """Note that the guard has put *change* back."""
        self._left.pop(place_of(change), None)
        self.of_last_test.pop(place_of(change), None)

    def _is_first_value(self, change: Change) -> bool:
        known = self._left.get(place_of(change))
        return known is not None and change.is_same(known[1].before, change.after)


def _is_again(owner: Owner, last: Owner) -> bool:
    """Tell whether *owner* is the fixture that *last* was: it sets up anew what it has left, and that was told."""
    return owner.kind == "fixture" and (owner.kind, owner.name, owner.nodeid) == (last.kind, last.name, last.nodeid)
