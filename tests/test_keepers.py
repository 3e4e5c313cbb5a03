"""The module-level name that holds a thing is the first thing that its finder wants to know."""

from isolation import _keepers
from isolation._keepers import Keepers


class Thing:
    """Something that can be held."""


class Pool:
    """Keeps one thing, as singletons do."""

    kept = Thing()


HELD = {"deep": [Thing()]}


def test_a_module_level_name_is_found() -> None:
    """What a global reaches is held by it."""
    assert Keepers().hint(HELD["deep"][0]) == f"held by {__name__}:HELD"


def test_a_class_attribute_is_found() -> None:
    """A singleton lives on its class."""
    assert Keepers().hint(Pool.kept) == f"held by {__name__}:Pool.kept"


def test_what_nobody_holds_has_no_hint() -> None:
    """A local variable is no name of a module."""
    assert Keepers().hint(Thing()) == ""


def test_a_suite_that_leaks_everywhere_is_not_searched_for_ever() -> None:
    """After so many questions there are no more answers."""
    keepers = Keepers()
    for _ in range(_keepers.LIMIT):
        keepers.name_of(None)

    assert keepers.hint(Pool.kept) == ""
