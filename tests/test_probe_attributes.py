"""Names of one module, compared by identity."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from isolation._changes import ABSENT
from isolation.probes._attributes import Attribute, Attributes

OPENER = Attribute(
    name="opener", kind="opener", severity="warning", initial=None, detail="used by all", hint="close it"
)
TABLE = Attribute(name="table", kind="table")


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give a module with two names, not imported yet."""
    module = ModuleType("shop_state")
    vars(module).update(opener=None, table={})
    monkeypatch.setitem(sys.modules, "shop_state", module)
    monkeypatch.delitem(sys.modules, "shop_state")
    return module


@pytest.fixture
def watch(module: ModuleType) -> Attributes:
    """Give what compares the two names."""
    watch = Attributes("interpreter", "shop_state", [OPENER, TABLE])
    watch.start()
    return watch


def appear(module: object) -> None:
    """Let *module* be imported."""
    sys.modules["shop_state"] = module  # type: ignore[assignment]


def test_a_module_that_is_not_there_is_not_imported(watch: Attributes) -> None:
    """Nothing is known of its names."""
    assert not watch.look()
    assert "shop_state" not in sys.modules


def test_what_an_import_brings_is_no_change(watch: Attributes, module: ModuleType) -> None:
    """Its names are the baseline."""
    appear(module)

    assert not watch.look()


def test_what_is_always_the_same_at_first_is_compared_at_once(watch: Attributes, module: ModuleType) -> None:
    """The test that imports may be the one that changes."""
    appear(module)
    vars(module).update(opener="mine", table={1: 1})

    (found,) = watch.look()

    assert (found.place, found.unit, found.key) == ("shop_state.opener", "shop_state.opener", found.key)
    assert (found.kind, found.severity, found.before, found.after) == ("opener", "warning", None, "mine")
    assert (found.detail, found.hint) == ("used by all", "close it")
    assert found.put is not None
    assert found.put(None) is None
    assert module.__dict__["opener"] is None
    assert not watch.look()


def test_a_fake_module_is_not_asked(watch: Attributes) -> None:
    """It may be anything."""
    appear(object())

    assert not watch.look()


@pytest.mark.parametrize("change", [lambda names: names.pop("table"), lambda names: names.update(table={})])
def test_a_name_is_compared_by_identity(
    watch: Attributes, module: ModuleType, change: Callable[[dict[str, Any]], object]
) -> None:
    """An equal object is another one, and a name that is gone is put back."""
    appear(module)
    watch.look()
    original = vars(module)["table"]
    change(vars(module))

    (found,) = watch.look()

    assert found.before is original
    assert found.put is not None
    found.put(original)
    assert vars(module)["table"] is original
    assert not watch.look()


def test_a_name_that_was_not_there_is_deleted(watch: Attributes, module: ModuleType) -> None:
    """What is put back is its absence."""
    del vars(module)["table"]
    appear(module)
    watch.look()
    vars(module)["table"] = {}

    (found,) = watch.look()

    assert found.before is ABSENT
    assert found.put is not None
    found.put(ABSENT)
    assert "table" not in vars(module)
    assert not watch.look()


def test_what_means_the_same_is_no_change(module: ModuleType) -> None:
    """Who watches says what that is."""
    appear(module)
    watch = Attributes("interpreter", "shop_state", [OPENER, TABLE], settled=lambda _, value: type(value))
    watch.start()
    vars(module)["table"] = {}

    assert not watch.look()
