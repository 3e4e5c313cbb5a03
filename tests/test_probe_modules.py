"""What Python imports with: modules replaced or removed, the search path, the arguments, the finders."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from isolation._changes import ABSENT, Change
from isolation._net_changes import NetChanges
from isolation.probes._lists import same_items
from isolation.probes._loaded import grouped
from isolation.probes.modules import ModulesProbe


@pytest.fixture(autouse=True)
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a package on the search path, import one module of it, and take everything back."""
    package = tmp_path / "shop_app"
    package.mkdir()
    for name in ("__init__", "cart", "stock"):
        (package / f"{name}.py").write_text("class Item: ...\n")
    with mock.patch.dict(sys.modules):
        for name in ("path", "argv", "meta_path", "path_hooks"):
            monkeypatch.setattr(sys, name, list(getattr(sys, name)))
        sys.path.insert(0, str(tmp_path))
        importlib.import_module("shop_app.cart")
        yield tmp_path


@pytest.fixture
def probe() -> ModulesProbe:
    """Give a probe that knows what is loaded."""
    probe = ModulesProbe()
    probe.start()
    return probe


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_nothing_changed_is_no_change(probe: ModulesProbe) -> None:
    """What is patched and put back is what it was."""
    with mock.patch.dict(sys.modules, {"shop_app": None}), mock.patch("sys.argv", ["other"]):
        pass

    assert not probe.look()


def test_an_import_is_a_silent_change(probe: ModulesProbe) -> None:
    """Which test imports something first is chance, but who takes it away again has changed nothing."""
    importlib.import_module("shop_app.stock")
    added = probe.look()
    del sys.modules["shop_app.stock"]
    removed = probe.look()
    account = NetChanges()
    account.add(added)

    assert [(change.name, change.is_silent) for change in (*added, *removed)] == [
        ("shop_app.stock", True),
        ("shop_app.stock", False),
    ]
    assert account.left() == []
    account.add(removed)
    assert account.left() == []


def test_a_module_that_is_removed_and_imported_again_is_replaced(probe: ModulesProbe) -> None:
    """Also if somebody looked between."""
    old = sys.modules.pop("shop_app.cart")
    account = NetChanges()
    account.add(probe.look())
    new = importlib.import_module("shop_app.cart")
    account.add(probe.look())

    (found,) = account.left()
    assert (found.before, found.after) == (old, new)
    assert put_back(found) is None
    assert sys.modules["shop_app.cart"] is old


def test_a_replaced_module_is_found_and_put_back(probe: ModulesProbe) -> None:
    """Its package has it as an attribute again, too."""
    original = sys.modules["shop_app.cart"]
    twin = ModuleType("shop_app.cart")
    sys.modules["shop_app.cart"] = sys.modules["shop_app"].cart = twin  # type: ignore[attr-defined]

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity, found.name) == ("modules", "module", "error", "shop_app.cart")
    assert (found.place, found.unit) == ("sys.modules['shop_app.cart']", "sys.modules['shop_app.cart']")
    assert (found.before, found.after) == (original, twin)
    assert found.detail == "replaced: who imported it before has other classes than who imports it now"
    assert put_back(found) is None
    assert sys.modules["shop_app.cart"] is original
    assert vars(sys.modules["shop_app"])["cart"] is original
    assert not probe.look()


def test_a_package_imported_again_is_one_change(probe: ModulesProbe) -> None:
    """A thousand modules of it that come with it are not a thousand changes."""
    originals = [sys.modules.pop("shop_app"), sys.modules.pop("shop_app.cart")]
    importlib.import_module("shop_app.cart")

    (found,) = probe.look()

    assert found.place == "sys.modules['shop_app']"
    assert found.detail == (
        "replaced: who imported it before has other classes than who imports it now; with 1 submodule"
    )
    put_back(found)
    assert [sys.modules["shop_app"], sys.modules["shop_app.cart"]] == originals
    assert vars(originals[0])["cart"] is originals[1]


def test_a_removed_module_is_found_and_put_back(probe: ModulesProbe) -> None:
    """It would be imported twice."""
    original = sys.modules.pop("shop_app.cart")

    (found,) = probe.look()

    assert (found.place, found.before, found.after) == ("sys.modules['shop_app.cart']", original, ABSENT)
    assert found.detail == "removed: the next import makes a second one, with classes of its own"
    put_back(found)
    assert sys.modules["shop_app.cart"] is original
    assert not probe.look()


def test_a_module_that_is_removed_and_put_back_is_no_change(probe: ModulesProbe) -> None:
    """It comes to stand at the end, which means nothing."""
    sys.modules["shop_app"] = sys.modules.pop("shop_app")

    assert not probe.look()
    assert not probe.look()


@pytest.mark.parametrize(
    ("fake", "detail"),
    [(mock.MagicMock(), "imports of shop_fake get this"), (None, "imports of shop_fake fail")],
    ids=["mock", "None"],
)
def test_a_fake_that_was_added_is_found_and_removed(probe: ModulesProbe, fake: Any, detail: str) -> None:
    """It hides the real module from every later test."""
    sys.modules["shop_fake"] = fake

    (found,) = probe.look()

    assert (found.place, found.before, found.after, found.detail) == (
        "sys.modules['shop_fake']",
        ABSENT,
        fake,
        detail,
    )
    put_back(found)
    assert "shop_fake" not in sys.modules
    assert not probe.look()


def test_a_fake_submodule_leaves_its_package(probe: ModulesProbe) -> None:
    """The attribute that somebody set with it goes with it."""
    fake = mock.MagicMock()
    sys.modules["shop_app.stock"] = vars(sys.modules["shop_app"])["stock"] = fake

    (found,) = probe.look()

    put_back(found)
    assert "stock" not in vars(sys.modules["shop_app"])


def test_a_submodule_of_a_fake_is_put_back(probe: ModulesProbe) -> None:
    """A package need not be a module."""
    original = sys.modules["shop_app.cart"]
    sys.modules["shop_app"] = mock.MagicMock()
    probe.look()
    sys.modules["shop_app.cart"] = mock.MagicMock()

    (found,) = probe.look()

    assert found.detail == "imports of shop_app.cart get this"
    put_back(found)
    assert sys.modules["shop_app.cart"] is original


def test_a_module_that_replaces_itself_is_a_note(probe: ModulesProbe) -> None:
    """Some do so when they are first used."""
    kind = type("Lazy", (ModuleType,), {"__module__": "shop_app"})
    sys.modules["shop_app"] = kind("shop_app")

    assert [found.severity for found in probe.look()] == ["note"]


def test_a_module_that_cannot_be_compared_is_another_one(probe: ModulesProbe) -> None:
    """Whatever the fake answers or raises, it is not what was there."""

    class Fake:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]

    sys.modules["shop_app.cart"] = Fake()  # type: ignore[assignment]

    assert [found.place for found in probe.look()] == ["sys.modules['shop_app.cart']"]


def test_modules_are_grouped_by_the_topmost_that_changed() -> None:
    """A name that only begins alike is not in the package."""
    assert grouped(["app.b.c", "app.b", "app.bc", "app.b.c.d", "lib"]) == {
        "app.b": ["app.b", "app.b.c", "app.b.c.d"],
        "app.bc": ["app.bc"],
        "lib": ["lib"],
    }


@pytest.mark.parametrize("name", ["path", "argv", "meta_path", "path_hooks"])
def test_a_changed_list_is_found_and_refilled(probe: ModulesProbe, name: str) -> None:
    """The list stays the same list."""
    held = getattr(sys, name)
    before = list(held)
    held.append("/srv/app")

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("modules", "import_system", "error")
    assert (found.place, found.unit) == (f"sys.{name}", f"sys.{name}")
    assert (found.before, found.after) == (before, [*before, "/srv/app"])
    assert put_back(found) is None
    assert getattr(sys, name) is held
    assert held == before
    assert not probe.look()


def test_a_replaced_list_is_put_back_itself(probe: ModulesProbe) -> None:
    """Others may hold it."""
    original = sys.argv
    sys.argv = ["other"]

    (found,) = probe.look()

    put_back(found)
    assert sys.argv is original
    assert not probe.look()


def test_a_list_in_the_place_of_something_else_is_copied(probe: ModulesProbe) -> None:
    """An older value is put where by now there is no list to refill."""
    sys.argv = ("other",)  # type: ignore[assignment]
    (found,) = probe.look()
    sys.argv = ["another"]
    (again,) = probe.look()

    assert (again.before, again.after) == (("other",), ["another"])
    assert again.put is not None
    again.put(found.before)
    assert sys.argv == found.before
    assert not probe.look()


def test_an_equal_list_is_no_change(probe: ModulesProbe) -> None:
    """What is in it counts."""
    sys.argv = [*sys.argv]

    assert not probe.look()


def test_lists_are_compared_without_asking_what_is_in_them() -> None:
    """A path may be anything, and say anything when it is compared."""
    assert same_items([mock.ANY], [mock.ANY])
    assert not same_items([mock.ANY], ["/srv"])
    assert not same_items(["/srv"], ("/srv",))
    assert same_items(["/" + "srv"], ["/srv"])


def test_the_finder_of_a_library_that_was_just_imported_is_a_note(probe: ModulesProbe, app: Path) -> None:
    """The import added it, whoever came first."""
    (app / "shop_six.py").write_text("import sys\nclass Finder: ...\nsys.meta_path.append(Finder())\n")
    importlib.import_module("shop_six")

    (found,) = [change for change in probe.look() if not change.is_silent]

    assert (found.place, found.severity) == ("sys.meta_path", "note")


def test_the_finder_of_somebody_else_is_an_error(probe: ModulesProbe, app: Path) -> None:
    """Also a class may be a finder."""
    sys.meta_path.append(ModulesProbe)  # type: ignore[arg-type]

    assert [(found.place, found.severity) for found in probe.look()] == [("sys.meta_path", "error")]


@pytest.mark.parametrize("path", [str, "".join])
def test_a_directory_that_comes_to_the_front_again_is_a_note(
    probe: ModulesProbe, app: Path, path: Callable[[str], str]
) -> None:
    """Pytest does that for a package whose tests it runs, the same text or an equal one."""
    sys.path.append(str(app))
    probe.look()
    sys.path.insert(0, path(sys.path[-1]))

    assert [(found.place, found.severity) for found in probe.look()] == [("sys.path", "note")]


def test_an_import_that_is_blocked_below_a_package_is_allowed_again(probe: ModulesProbe) -> None:
    """The package never had what blocks the import as an attribute."""
    sys.modules["json.shop_fake"] = None  # type: ignore[assignment]
    (found,) = probe.look()

    assert put_back(found) is None
    assert "json.shop_fake" not in sys.modules


def test_finders_look_again_when_something_was_put_back(
    probe: ModulesProbe, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they have seen in a directory is out of date then."""
    asked: list[Callable[[], None]] = []
    monkeypatch.setattr("isolation.probes.modules.invalidate_caches", lambda: asked.append(print))
    probe.settle()
    sys.path.append("/srv/app")
    probe.look()
    probe.settle()
    probe.settle()

    assert len(asked) == 1
