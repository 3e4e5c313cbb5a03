"""What looks as if tests could share it: found by kind, with its path and its line."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from isolation import FoundResettable, SettingsError, find_resettables
from isolation.__main__ import main

Package = Callable[..., str]
CORE = '''
"""The core."""
import enum
import threading
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from typing import NamedTuple

LIMIT = 5
__all__ = ["manager"]
_client = None
tenant = ContextVar("tenant")
_local = threading.local()
_queues: dict[str, list[str]] = {}


def connect():
    global _client
    def inner():
        global _depth
        _depth = 1
    _client = object()


def decorated(function):
    @wraps(function)
    def wrapper():
        return function()
    return wrapper


@decorated
def disconnect():
    global _disconnected
    del _disconnected


@lru_cache
def home():
    global _asked
    _asked = True


class Colour(enum.Enum):
    RED = {"r": 1}


class Point(NamedTuple):
    x: int = 0


@dataclass(frozen=True)
class Terms:
    label: str


class Manager:
    """A singleton."""

    _instance = None
    instances = []
    name = "manager"
    registry = {}

    def __init__(self):
        self.users = set()

    @classmethod
    def get(cls):
        global _got
        _got = 1

    @property
    def size(self):
        global _size
        _size = 1

    @cached_property
    def cost(self):
        global _cost
        _cost = 1

    @staticmethod
    @lru_cache
    def limit():
        return 1


class Slotted:
    __slots__ = ("x",)


class Empty:
    pass


manager = Manager()
slotted = Slotted()
sentinel = Empty()
terms = Terms("a")
colour = Colour.RED
recent = deque()
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Give what makes a package of some modules, and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)

    def make(name: str = "shop", **modules: str) -> str:
        (tmp_path / name).mkdir()
        for module, source in {"__init__": "", **modules}.items():
            (tmp_path / name / f"{module}.py").write_text(source.lstrip("\n"))
        return name

    yield make
    for name in set(sys.modules) - before:
        del sys.modules[name]


def shown(found: FoundResettable) -> str:
    """Return *found* in one line."""
    return f"{found.kind} {found.path} {found.where}"


def test_all_kinds_are_found(package: Package) -> None:
    """By the order of their lines; what nobody can change is no state."""
    name = package(core=CORE)
    __import__(f"{name}.core")

    assert [shown(found) for found in find_resettables(name)] == [
        "global shop.core:_client shop/core.py:12",
        "context_variable shop.core:tenant shop/core.py:13",
        "thread_local shop.core:_local shop/core.py:14",
        "container shop.core:_queues shop/core.py:15",
        "cache shop.core:home shop/core.py:40",
        "instance shop.core:Manager._instance shop/core.py:61",
        "container shop.core:Manager.instances shop/core.py:62",
        "container shop.core:Manager.registry shop/core.py:64",
        "cache shop.core:Manager.limit shop/core.py:86",
        "instance shop.core:manager shop/core.py:98",
        "instance shop.core:slotted shop/core.py:99",
        "container shop.core:recent shop/core.py:103",
        "global shop.core:_asked shop/core.py",
        "global shop.core:_cost shop/core.py",
        "global shop.core:_depth shop/core.py",
        "global shop.core:_disconnected shop/core.py",
        "global shop.core:_got shop/core.py",
        "global shop.core:_size shop/core.py",
    ]


def test_only_chosen_kinds_are_found(package: Package) -> None:
    """In packages and in modules, by name and as objects."""
    name = package(core=CORE)
    module = __import__(f"{name}.core", fromlist=["core"])

    assert [found.path for found in find_resettables(module, kinds=["cache"])] == [
        "shop.core:home",
        "shop.core:Manager.limit",
    ]


def test_what_several_modules_have_is_found_once(package: Package) -> None:
    """Where it is assigned, whatever is imported from there."""
    name = package(
        a="from shop.b import items\nitems2 = 1\n", b="items = []\nother = {}\n", c="from shop.b import items, other\n"
    )
    for module in "abc":
        __import__(f"{name}.{module}")

    assert [found.path for found in find_resettables(name)] == ["shop.b:items", "shop.b:other"]


def test_a_name_behind_many_others_is_found(package: Package) -> None:
    """Whose number does not fit into one byte of its instruction."""
    names = "".join(f"    v{number}()\n" for number in range(300))
    name = package(core=f"def run():\n    global last\n{names}    last = 1\n")
    __import__(f"{name}.core")

    assert [found.path for found in find_resettables(name)] == ["shop.core:last"]


def test_a_module_without_source_has_no_lines(package: Package) -> None:
    """The file is named anyway, if there is one."""
    name = package(core="items = []\n")
    module = __import__(f"{name}.core", fromlist=["core"])
    Path(str(module.__file__)).unlink()
    (built_in,) = find_resettables(name)
    module.__file__ = None
    (made,) = find_resettables(name)

    assert shown(built_in) == "container shop.core:items shop/core.py"
    assert shown(made) == "container shop.core:items shop.core"


def test_an_unknown_package_is_refused() -> None:
    """With the nearest name."""
    with pytest.raises(SettingsError) as caught:
        find_resettables("isolatoin")

    assert str(caught.value) == "unknown package 'isolatoin' in find_resettables(); did you mean 'isolation'?"


def test_an_unknown_kind_is_refused() -> None:
    """With the nearest one."""
    with pytest.raises(SettingsError, match=r"^unknown kind 'caches' in find_resettables\(\); did you mean 'cache'\?$"):
        find_resettables("isolation", kinds=["caches"])


def test_the_command_prints_what_to_paste(package: Package, capsys: pytest.CaptureFixture[str]) -> None:
    """For conftest and for the settings; all modules are imported, but for the program."""
    package(
        core="_client = None\ndef connect():\n    global _client\n    _client = 1\n", __main__="raise SystemExit(5)\n"
    )

    status = main(["find-resettables", "shop"])

    assert status == 0
    assert capsys.readouterr().out == (
        "# 1 found in shop; keep those that tests change\n"
        "# conftest.py\n"
        "from isolation import resettable\n"
        "\n"
        'resettable("shop.core:_client")  # global, shop/core.py:1\n'
        "\n"
        "# or pytest.ini\n"
        "isolation_singletons =\n"
        "    shop.core:_client\n"
    )


def test_the_command_prints_a_group(package: Package, capsys: pytest.CaptureFixture[str]) -> None:
    """The settings have no groups."""
    package(core="_client = None\ndef connect():\n    global _client\n    _client = 1\nitems = []\n")

    main(["find-resettables", "shop", "--group", "orders", "--kind", "global"])

    assert capsys.readouterr().out.splitlines()[2:] == [
        "from isolation import resettable",
        "",
        'resettable("shop.core:_client", group="orders")  # global, shop/core.py:1',
    ]


def test_the_command_says_that_there_is_nothing(package: Package, capsys: pytest.CaptureFixture[str]) -> None:
    """And which modules could not be imported."""
    package(broken="1 / 0\n", leaving="raise SystemExit('bye')\n")

    status = main(["find-resettables", "shop"])

    said = capsys.readouterr()
    assert status == 0
    assert said.out == "# nothing found in shop\n"
    assert said.err == (
        "not imported: shop.broken (ZeroDivisionError: division by zero)\n"
        "not imported: shop.leaving (SystemExit: bye)\n"
    )


def test_the_command_can_be_interrupted(package: Package) -> None:
    """An import may take long."""
    package(slow="raise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        main(["find-resettables", "shop"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("isolatoin", "unknown package 'isolatoin' in the command line; did you mean 'isolation'?"),
        ("isolation.nothing", "cannot import isolation.nothing: No module named 'isolation.nothing'"),
        ("shop/core", "unknown package 'shop/core' in the command line; "),
    ],
)
def test_the_command_refuses_what_it_cannot_find(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the status of wrong use."""
    with pytest.raises(SystemExit) as caught:
        main(["find-resettables", name])

    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith(f"python -m isolation: error: {said}")


def test_the_package_can_be_run() -> None:
    """It says what it can do."""
    run = subprocess.run([sys.executable, "-m", "isolation", "--help"], capture_output=True, text=True, check=True)

    assert "find-resettables" in run.stdout
    assert "print what tests may have to reset, as lines to paste" in " ".join(run.stdout.split())
