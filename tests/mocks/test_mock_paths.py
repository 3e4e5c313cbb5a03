"""Paths of classes: looked up in files, and imported only when their own packages have to be asked."""

import sys
from pathlib import Path

import pytest

from isolation import SettingsError
from isolation.mocks._paths import check_path

PLACE = "the test"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a directory from which modules are imported."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def refusal(path: str) -> str:
    """Return what is wrong with *path*."""
    with pytest.raises(SettingsError) as refused:
        check_path(path, PLACE)
    return str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "class Pool: ...",
        "async def Pool(): ...",
        "from elsewhere import Pool",
        "import elsewhere.Pool as Pool",
        "try:\n    from fast import Pool\nexcept ImportError:\n    Pool = None",
        "Pool: type",
        "for Pool in (): ...",
        "with open('a') as Pool: ...",
        "from elsewhere import *",
        "def __getattr__(name): ...",
        "globals()['Poo' + 'l'] = None",
        "import sys\nsys.modules[__name__] = None",
    ],
)
def test_a_name_that_a_module_binds_or_may_have_is_right(here: Path, source: str) -> None:
    """Its source is read, and believed where it says that it cannot be."""
    here.joinpath("store_it.py").write_text(f"raise SystemExit\n{source}\n")

    check_path("store_it:Pool", PLACE)

    assert "store_it" not in sys.modules


@pytest.mark.parametrize(
    "source", ["def make():\n    class Pool: ...", "class A:\n    Pool = 1", "Pools = 1\nprint(Pool)"]
)
def test_a_name_that_a_module_does_not_bind_is_wrong(here: Path, source: str) -> None:
    """What is bound in a function or a class is not there."""
    here.joinpath("store_it.py").write_text(f"{source}\n")

    assert refusal("store_it:Pool").startswith("unknown attribute of store_it 'Pool' in 'store_it:Pool' of the test")


@pytest.mark.parametrize("source", [b"class Pool:", b"\xff\xfe\x00"])
def test_a_source_that_cannot_be_read_is_left_to_the_import(here: Path, source: bytes) -> None:
    """Whoever imports it gets a better message."""
    here.joinpath("store_it.py").write_bytes(source)

    check_path("store_it:Pool", PLACE)


def test_a_submodule_is_an_attribute(here: Path) -> None:
    """A package has the names of what is in it."""
    here.joinpath("store_pack").mkdir()
    here.joinpath("store_pack", "__init__.py").write_text("")
    here.joinpath("store_pack", "pools.py").write_text("")

    check_path("store_pack:pools.Pool", PLACE)


def test_what_is_imported_is_asked_itself() -> None:
    """It may have been given names since."""
    check_path("json:JSONDecoder", PLACE)

    assert refusal("json:JsonDecoder") == (
        "unknown attribute of json 'JsonDecoder' in 'json:JsonDecoder' of the test; did you mean 'JSONDecoder'?"
    )


def test_what_has_no_source_is_left_to_the_import() -> None:
    """Modules in C, and modules of packages that are imported."""
    check_path("_struct:Struct", PLACE)
    check_path("_ctypes_test:anything", PLACE)


def test_a_package_that_finds_its_modules_itself_has_the_last_word(here: Path) -> None:
    """What is not found in the files is asked for, and found if the package says so."""
    here.joinpath("store_path").mkdir()
    here.joinpath("store_path", "__init__.py").write_text("__path__.append(__path__[0] + '/more')\n")
    here.joinpath("store_path", "more").mkdir()
    here.joinpath("store_path", "more", "pools.py").write_text("class Pool: ...\n")

    check_path("store_path.pools:Pool", PLACE)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("json.decodr:Any", "module of json 'decodr' in 'json.decodr:Any' of the test; did you mean 'decoder'?"),
        ("json.decoder.deeper:A", "module of json.decoder 'deeper' in 'json.decoder.deeper:A' of the test"),
        ("no_such_module_9:A", "module 'no_such_module_9' in 'no_such_module_9:A' of the test; is it installed?"),
    ],
)
def test_a_module_that_is_not_there_is_refused(path: str, message: str) -> None:
    """With the nearest one that is."""
    assert refusal(path) == f"unknown {message}"
