"""Which modules are watched for changed state."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from isolation._errors import SettingsError
from isolation._watching import Watching, check_names

Make = Callable[..., ModuleType]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one package, in `src`."""
    package = tmp_path / "src" / "shop_app"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return tmp_path


@pytest.fixture
def make(project: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make a module of a file in the project, as if it had been imported."""

    def make(name: str, file: str | None = None) -> ModuleType:
        module = ModuleType(name)
        if file is not None:
            module.__file__ = str(project / file)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return make


def _names(watching: Watching) -> Sequence[str]:
    return [watched.name for watched in watching.join()]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("shop_app.orders", "src/shop_app/orders.py"),
        ("scripts.load", "scripts/load.py"),
        ("lonely", "lonely.py"),
        ("shop_app.build.steps", "src/shop_app/build/steps.py"),
        ("shop_app.native", "src/shop_app/native.so"),
        ("shop_app", "venv/lib/python3.11/site-packages/shop_app/__init__.py"),
        ("shop_app.dynamic", None),
    ],
)
def test_the_modules_of_the_project_are_watched(project: Path, make: Make, name: str, file: str | None) -> None:
    """By their file, or by the name of a package of the project when it was installed to be tested."""
    make(name, file)

    assert _names(Watching(str(project))) == [name]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("stranger", "venv/lib/python3.11/site-packages/stranger/__init__.py"),
        ("hidden", ".tox/py311/hidden.py"),
        ("hidden", ".nox/tests/lib/hidden.py"),
        ("built", "build/lib/built.py"),
        ("modules", "node_modules/gyp/modules.py"),
        ("elsewhere", "../elsewhere.py"),
        ("shop_app", "../other/shop_app/__init__.py"),
        ("unfiled", None),
        ("pytest_shop", "pytest_shop.py"),
        ("isolation.probes.new", "isolation/probes/new.py"),
    ],
)
def test_what_is_not_the_projects_own_is_not_watched(project: Path, make: Make, name: str, file: str | None) -> None:
    """Environments and builds inside of the project, other directories, plugins of pytest and this package."""
    make(name, file)

    assert _names(Watching(str(project))) == []


def test_a_package_in_a_namespace_is_known_by_its_whole_name(project: Path, make: Make) -> None:
    """Other packages of the same namespace belong to others."""
    (project / "company" / "own").mkdir(parents=True)
    (project / "company" / "own" / "__init__.py").touch()
    (project / ".git" / "hooks").mkdir(parents=True)
    make("company.own.core", "venv/site-packages/company/own/core.py")
    make("company.other.core", "venv/site-packages/company/other/core.py")

    assert _names(Watching(str(project))) == ["company.own.core"]


def test_a_root_directory_that_does_not_exist_has_no_packages(project: Path, make: Make) -> None:
    """A run may have been started anywhere."""
    make("shop_app.dynamic")

    assert _names(Watching(str(project / "gone"))) == []


def test_an_ini_file_beside_the_tests_does_not_hide_the_project(project: Path, make: Make) -> None:
    """The root directory of such a run is the directory of the tests."""
    make("shop_app.orders", "src/shop_app/orders.py")

    assert _names(Watching(str(project / "tests"))) == ["shop_app.orders"]


def test_a_project_behind_a_link_is_found(project: Path, make: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The search path and the root directory may be written differently."""
    link = tmp_path_factory.mktemp("links") / "project"
    link.symlink_to(project)
    make("shop_app.orders", str(link / "src" / "shop_app" / "orders.py"))
    make("shop_app.stock", "src/shop_app/stock.py")

    assert _names(Watching(str(project))) == ["shop_app.orders", "shop_app.stock"]
    assert _names(Watching(str(link))) == ["shop_app.orders", "shop_app.stock"]


def test_what_the_user_names_is_watched(project: Path, make: Make) -> None:
    """With everything in it; plugins of pytest and other people's packages included."""
    make("stranger.core", "venv/site-packages/stranger/core.py")
    make("strangers", "venv/site-packages/strangers.py")
    make("pytest_shop", "pytest_shop.py")

    assert _names(Watching(str(project), names=["stranger", "pytest_shop"])) == ["pytest_shop", "stranger.core"]


def test_installed_plugins_are_not_watched(project: Path, make: Make) -> None:
    """A project that is a plugin changes its own state around every test."""
    plugin = make("shop_app.plugin", "src/shop_app/plugin.py")

    assert _names(Watching(str(project), installed_plugins=lambda: [plugin])) == []


@pytest.mark.parametrize(
    ("name", "file", "shown"),
    [
        ("test_orders", "tests/api/test_orders.py", "tests.api.test_orders"),
        ("tests.api.test_orders", "tests/api/test_orders.py", "tests.api.test_orders"),
        ("shop_app.tests.test_orders", "src/shop_app/tests/test_orders.py", "shop_app.tests.test_orders"),
        ("tests", "tests/__init__.py", "tests"),
        ("check_orders", "checks/check_orders.py", "checks.check_orders"),
        ("conftest", "conftest.py", "conftest"),
        ("factories", "tests/factories.py", "tests.factories"),
    ],
)
def test_a_test_module_is_called_after_its_file(project: Path, make: Make, name: str, file: str, shown: str) -> None:
    """Outside of packages its name says less than its file."""
    make(name, file)

    [watched] = Watching(str(project), test_files=["test_*.py", "check_*.py"]).join()

    assert (watched.name, watched.is_test) == (shown, True)


def test_product_code_is_named_before_test_code(project: Path, make: Make) -> None:
    """What both refer to is called after the product."""
    make("a_test", "tests/a_test.py")
    make("shop_app.orders", "src/shop_app/orders.py")

    assert _names(Watching(str(project))) == ["shop_app.orders", "tests.a_test"]


def test_tests_of_an_installed_package_are_tests(project: Path, make: Make) -> None:
    """They may be run from where they are installed."""
    make("shop_app.tests.factories", "venv/site-packages/shop_app/tests/factories.py")

    [watched] = Watching(str(project)).join()

    assert (watched.name, watched.is_test) == ("shop_app.tests.factories", True)


def test_a_conftest_that_lost_its_name_is_watched(project: Path, make: Make) -> None:
    """All conftests outside of packages have one name, which only the last one keeps."""
    lost = make("conftest", "tests/one/conftest.py")
    make("conftest", "tests/two/conftest.py")
    watching = Watching(str(project), plugins=lambda: [SimpleNamespace(), lost, sys])

    assert _names(watching) == ["tests.one.conftest", "tests.two.conftest"]


def test_a_module_joins_when_it_appears(project: Path, make: Make) -> None:
    """Once, and not again."""
    watching = Watching(str(project))
    first = _names(watching)

    make("shop_app.late", "src/shop_app/late.py")

    assert (first, _names(watching), _names(watching)) == ([], ["shop_app.late"], [])


def test_what_was_imported_is_known_until_the_next_look(project: Path, make: Make) -> None:
    """Also what is not watched: it may have registered things."""
    watching = Watching(str(project))
    watching.join()

    make("stranger", "venv/site-packages/stranger.py")
    watching.join()
    imported = watching.imported
    watching.join()

    assert (imported, watching.imported) == ({"stranger"}, ())


def test_a_module_that_is_imported_again_joins_again(project: Path, make: Make) -> None:
    """It has the name of the old one, and is another module."""
    make("shop_app.orders", "src/shop_app/orders.py")
    watching = Watching(str(project))
    watching.join()

    again = make("shop_app.orders", "src/shop_app/orders.py")

    assert [watched.module for watched in watching.join()] == [again]


def test_a_module_that_was_put_back_joins_on_request(project: Path, make: Make) -> None:
    """Nothing tells of an entry that was overwritten in the middle."""
    old = make("shop_app.orders", "src/shop_app/orders.py")
    watching = Watching(str(project))
    watching.join()
    make("shop_app.orders", "src/shop_app/orders.py")
    make("last")
    watching.join()

    sys.modules["shop_app.orders"] = old

    assert watching.join() == ()
    assert [watched.module for watched in watching.join_again()] == [old]


def test_two_names_of_one_module_are_one(project: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compatibility modules do that; a name may also stand for no module at all."""
    module = make("shop_app.orders", "src/shop_app/orders.py")
    monkeypatch.setitem(sys.modules, "shop_app.alias", module)
    monkeypatch.setitem(sys.modules, "shop_app.lazy", None)

    assert _names(Watching(str(project))) == ["shop_app.orders"]


def test_classes_of_watched_modules_are_followed(project: Path, make: Make) -> None:
    """And those of the standard library that only hold what users put in."""
    make("shop_app.orders", "src/shop_app/orders.py")
    watching = Watching(str(project))
    watching.join()

    assert watching.follows(type("Pool", (), {"__module__": "shop_app.orders"}))
    assert watching.follows(SimpleNamespace)
    assert not watching.follows(Path)


def test_test_code_is_known_by_the_names_that_objects_have(project: Path, make: Make) -> None:
    """A fake says that it is defined in the module of a test."""
    make("test_orders", "tests/test_orders.py")
    make("shop_app.orders", "src/shop_app/orders.py")
    watching = Watching(str(project))
    watching.join()

    assert watching.is_test_code("test_orders")
    assert not watching.is_test_code("shop_app.orders")


def test_the_module_of_a_path_is_known(project: Path, make: Make) -> None:
    """The longest name with which it begins."""
    module = make("shop_app.orders", "src/shop_app/orders.py")
    watching = Watching(str(project))
    watching.join()

    found = watching.root_of("shop_app.orders.Pool.conns['a.b']")

    assert found is not None
    assert found.module is module
    assert watching.root_of("fixture 'pool'.conns") is None


@pytest.mark.parametrize("name", ["sys", "json.decoder", "xml.dom.minidom", "shop_app"])
def test_modules_that_exist_may_be_named(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Imported or not."""
    monkeypatch.syspath_prepend(project / "src")

    check_names([name], "isolation_watch")


def test_nothing_is_imported_to_find_out_whether_it_exists(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an import does belongs to whoever imports."""
    (project / "src" / "shop_app" / "__init__.py").write_text("raise AssertionError")
    (project / "src" / "shop_app" / "orders.py").touch()
    monkeypatch.syspath_prepend(project / "src")

    check_names(["shop_app.orders"], "isolation_watch")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("shop_ap", "'shop_app'"),
        ("shop_app.order", "'shop_app.orders'"),
        ("shop_ap.orders", "'shop_app'"),
        ("json.decode", "'json.decoder'"),
        ("json.decoder.x", "'json.decoder'"),
    ],
)
def test_a_module_that_does_not_exist_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    """With the nearest name that does."""
    (project / "src" / "shop_app" / "orders.py").touch()
    monkeypatch.syspath_prepend(project / "src")

    with pytest.raises(SettingsError) as caught:
        check_names([name], "isolation_watch of pytest.ini")

    assert str(caught.value) == f"unknown module '{name}' in isolation_watch of pytest.ini; did you mean {advice}?"
