"""Looking at one place by its name, again and again."""

import sys
from collections import OrderedDict
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from isolation._places import PlaceWatch


class Base:
    """Has an attribute that others inherit."""

    inherited = 1


class Derived(Base):
    """Inherits."""


class Slotted:
    """Has no dictionary."""

    __slots__ = ("empty", "value")

    def __init__(self) -> None:
        self.value = 1


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a module with a bit of everything."""
    module: Any = ModuleType("shop.state")
    module.SETTINGS = {"mode": "slow", "nested": {"a": 1}, 3: OrderedDict(b=1)}
    module.QUEUE = [[1], [2]]
    module.TAGS = {1}
    module.LARGE = dict.fromkeys(range(2_000))
    module.OPTIONS = SimpleNamespace(debug=False)
    module.SLOTTED = Slotted()
    module.Derived = Derived
    module.VALUE = 10**20
    monkeypatch.setitem(sys.modules, "shop", ModuleType("shop"))
    monkeypatch.setitem(sys.modules, "shop.state", module)
    return module


CHANGES: dict[str, Any] = {
    "shop.state.VALUE": lambda module: setattr(module, "VALUE", 1),
    "shop.state.NEW": lambda module: setattr(module, "NEW", 1),
    "shop.state.SETTINGS": lambda module: module.SETTINGS.update(mode="fast"),
    "shop.state.SETTINGS['mode']": lambda module: module.SETTINGS.update(mode="fast"),
    "shop.state.SETTINGS['new']": lambda module: module.SETTINGS.update(new=1),
    "shop.state.SETTINGS['nested']['a']": lambda module: module.SETTINGS["nested"].update(a=2),
    "shop.state.SETTINGS[3]['b']": lambda module: module.SETTINGS[3].update(b=2),
    "shop.state.SETTINGS[<object>]": lambda module: module.SETTINGS.update(mode="fast"),
    "shop.state.QUEUE": lambda module: module.QUEUE.append(1),
    "shop.state.QUEUE[1]": lambda module: module.QUEUE[1].append(1),
    "shop.state.QUEUE[1][0]": lambda module: module.QUEUE[1].clear(),
    "shop.state.TAGS": lambda module: module.TAGS.add(2),
    "shop.state.LARGE": lambda module: module.LARGE.popitem(),
    "shop.state.OPTIONS.debug": lambda module: setattr(module.OPTIONS, "debug", True),
    "shop.state.SLOTTED.value": lambda module: setattr(module.SLOTTED, "value", 2),
    "shop.state.SLOTTED.empty": lambda module: setattr(module.SLOTTED, "empty", 2),
    "shop.state.Derived.inherited": lambda module: setattr(module.Derived, "inherited", 2),
}


@pytest.mark.parametrize("place", CHANGES)
def test_a_change_is_seen_once(module: Any, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebound, added, removed, or changed in place, at any depth."""
    monkeypatch.setattr(Derived, "inherited", 1)
    watch = PlaceWatch(place)
    before = watch()

    CHANGES[place](module)

    assert (watch.is_possible, before, watch(), watch()) == (True, False, True, False)


def test_another_place_is_none_of_its_business(module: Any) -> None:
    """Only what the name says is looked at."""
    watch = PlaceWatch("shop.state.SETTINGS['mode']")

    module.SETTINGS["nested"] = module.VALUE = 1

    assert not watch()


def test_an_inherited_attribute_is_followed() -> None:
    """A class has what its bases have."""
    watch = PlaceWatch(f"{__name__}.Derived.inherited")

    Derived.inherited = 3
    changed = watch()
    del Derived.inherited

    assert (changed, watch()) == (True, True)


def test_what_is_indexed_but_has_no_items_is_looked_at_itself(module: Any) -> None:
    """Names are made for people: not every one of them can be followed to its end."""
    watch = PlaceWatch("shop.state.OPTIONS[0]")

    module.OPTIONS = None

    assert watch()


@pytest.mark.parametrize("place", ["elsewhere.value", "", "fixture 'shop'.value"])
def test_a_place_without_a_module_cannot_be_reached(place: str) -> None:
    """Whoever asks has to look otherwise."""
    assert not PlaceWatch(place).is_possible
