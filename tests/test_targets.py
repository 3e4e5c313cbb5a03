"""The ready-made targets: the environment, the working directory, attributes."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from isolation import attributes, environment, working_directory
from isolation._targets import claimed_by


class Pool:
    """Something with state, some of it inherited."""

    instance: "Pool | None" = None
    limits: Mapping[str, int] = {"size": 1}

    def __init__(self) -> None:
        self.size = 1

    @property
    def twice(self) -> int:
        """Return what is derived."""
        return self.size * 2

    @twice.setter
    def twice(self, value: int) -> None:
        self.size = value // 2

    @staticmethod
    def build() -> str:
        """Return what was built."""
        return "pool"


class Point:
    """Something with slots."""

    __slots__ = ("x", "y")

    def __init__(self) -> None:
        self.x = 1


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of a variable that is set to ``before``."""
    monkeypatch.setenv("ISOLATION_TEST", "before")
    return "ISOLATION_TEST"


def test_the_environment_is_put_back(variable: str) -> None:
    """A variable that was changed, one that was removed and one that is new, each for child processes, too."""
    os.environ["ISOLATION_GONE"] = "there"
    target = environment()
    state = target.snapshot()
    os.environ[variable] = "after"
    del os.environ["ISOLATION_GONE"]
    os.environ["ISOLATION_NEW"] = "new"

    target.restore(state)

    with os.popen("echo $ISOLATION_TEST $ISOLATION_GONE $ISOLATION_NEW") as pipe:
        shown = pipe.read()
    del os.environ["ISOLATION_GONE"]
    assert shown == "before there\n"


def test_the_environment_tells_what_has_changed(variable: str) -> None:
    """Each variable by its name."""
    target = environment()
    state = target.snapshot()
    os.environ[variable] = "after"
    os.environ["ISOLATION_NEW"] = "new"

    changed = target.changed(state)  # type: ignore[attr-defined]
    target.restore(state)

    assert changed == ["os.environ['ISOLATION_TEST']", "os.environ['ISOLATION_NEW']"]


def test_an_environment_that_was_replaced_is_put_back(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object that was there is there again, with what it held."""
    target = environment()
    state, before = target.snapshot(), os.environ
    monkeypatch.setattr(os, "environ", {"ONLY": "this"})

    changed = target.changed(state)  # type: ignore[attr-defined]
    target.restore(state)

    assert changed == ["os.environ"]
    assert os.environ is before
    assert os.environ[variable] == "before"


def test_an_environment_that_is_a_dict_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `mock.patch` has put there is treated like the one of the library."""
    replacement = {"ONLY": "this"}
    monkeypatch.setattr(os, "environ", replacement)
    target = environment()
    state = target.snapshot()
    replacement["MORE"] = "too"

    target.restore(state)

    assert replacement == {"ONLY": "this"}


def test_the_phase_of_pytest_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pytest says in the environment what it does is no state of the test; no earlier phase is put there."""
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "x (setup)")
    target = environment()
    state = target.snapshot()
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "x (call)")

    changed = target.changed(state)  # type: ignore[attr-defined]
    target.restore(state)

    assert changed == []
    assert os.environ["PYTEST_CURRENT_TEST"] == "x (call)"


def test_the_working_directory_is_put_back(tmp_path: Path) -> None:
    """And it is told that it was another one."""
    target = working_directory()
    state, before = target.snapshot(), Path.cwd()
    os.chdir(tmp_path)

    changed = target.changed(state)  # type: ignore[attr-defined]
    target.restore(state)

    assert changed == ["working directory"]
    assert Path.cwd() == before


def test_a_working_directory_that_is_gone_is_nothing_to_return_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who begins in a deleted directory ends wherever he is."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    target = working_directory()
    state = target.snapshot()
    os.chdir(tmp_path)

    target.restore(state)

    assert Path.cwd() == tmp_path


def test_attributes_are_put_back() -> None:
    """Those that were bound to something else, deleted and added, whatever is named."""
    pool = Pool()
    target = attributes(pool, "size", "name")
    state = target.snapshot()
    pool.size = 7
    pool.name = "new"  # type: ignore[attr-defined]

    changed = target.changed(state)  # type: ignore[attr-defined]
    target.restore(state)

    assert changed == ["Pool.size", "Pool.name"]
    assert vars(pool) == {"size": 1}


def test_all_attributes_are_meant_if_none_is_named() -> None:
    """Of a module, of an object: what it has itself, and what is new."""
    module = ModuleType("settings")
    module.debug = False  # type: ignore[attr-defined]
    target = attributes(module)
    state = target.snapshot()
    module.debug = True  # type: ignore[attr-defined]
    module.fresh = 1  # type: ignore[attr-defined]

    target.restore(state)

    assert target.name == "attributes of settings"
    assert (module.debug, hasattr(module, "fresh")) == (False, False)


def test_attributes_of_a_class_are_put_back_as_they_were_written() -> None:
    """A static method stays one, and what is machinery of the class is left alone."""
    build = vars(Pool)["build"]
    target = attributes(Pool)
    state = target.snapshot()
    Pool.build = lambda: "patched"  # type: ignore[method-assign]
    Pool.instance = Pool()

    target.restore(state)

    assert vars(Pool)["build"] is build
    assert vars(Pool)["instance"] is None


def test_an_inherited_attribute_is_not_copied() -> None:
    """An instance that had its value from its class has it from there again."""
    pool = Pool()
    target = attributes(pool, "limits")
    state = target.snapshot()
    pool.limits = {"size": 2}

    target.restore(state)

    assert "limits" not in vars(pool)


def test_slots_are_attributes() -> None:
    """Those that are empty are empty again."""
    point = Point()
    target = attributes(point)
    state = target.snapshot()
    point.x, point.y = 2, 3  # type: ignore[attr-defined]

    target.restore(state)

    assert (point.x, hasattr(point, "y")) == (1, False)


def test_a_property_is_an_attribute() -> None:
    """It is set, whatever it does with the value."""
    pool = Pool()
    target = attributes(pool, "twice")
    state = target.snapshot()
    pool.size = 7

    target.restore(state)

    assert pool.size == 1


def test_an_owner_that_is_named_is_looked_up_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is imported for it, and what has been imported by then is found."""
    target = attributes("isolation_test_settings:config", "debug")
    module = ModuleType("isolation_test_settings")
    module.config = Pool()  # type: ignore[attr-defined]
    module.config.debug = False
    nothing = target.snapshot()
    monkeypatch.setitem(sys.modules, "isolation_test_settings", module)
    state = target.snapshot()
    module.config.debug = True

    target.restore(nothing)
    still = module.config.debug
    target.restore(state)

    assert (still, module.config.debug) == (True, False)


def test_what_a_named_owner_is_called() -> None:
    """By its name, and like anything else of its class."""
    assert attributes("app.settings", "debug").name == "attributes of app.settings"
    assert attributes(Pool()).name == "attributes of Pool"
    assert attributes(Pool).name == "attributes of Pool"


def test_targets_of_one_thing_claim_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """However that is written, so that barriers know that they share it."""
    module = ModuleType("isolation_test_settings")
    by_name = attributes("isolation_test_settings", "debug")
    early = claimed_by(by_name)
    monkeypatch.setitem(sys.modules, "isolation_test_settings", module)

    assert claimed_by(environment()) == claimed_by(environment())
    assert early == [("name", "isolation_test_settings")]
    assert claimed_by(by_name) == claimed_by(attributes(module, "url"))
