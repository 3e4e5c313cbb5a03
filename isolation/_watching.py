"""Which modules are watched for changed state: the user's own, their tests, and what `isolation_watch` names.

A module is the user's own if its file is in the project, or if it belongs to a package that the project has and that
is imported from where it is installed.  Nothing is imported for being watched: modules join when they appear.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.machinery import ModuleSpec
from pathlib import Path, PurePath
from types import ModuleType
from typing import NamedTuple, cast

from isolation import _natures
from isolation._origin import is_library
from isolation._settings import one_of

TEST_FILES = ("test_*.py", "*_test.py")
_OURS = __name__.partition(".")[0]
_PLUGINS = ("pytest", "_pytest")
_FOREIGN_DIRECTORIES = frozenset({"site-packages", "dist-packages", "node_modules", "__pypackages__"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_BUILD_DIRECTORIES = frozenset({"build", "dist"})
_TEST_DIRECTORIES = frozenset({"tests", "test"})
_FOLLOWED = frozenset(
    # Classes of the standard library that only hold what their users put into them.
    {
        "argparse.Namespace",
        "collections.ChainMap",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.UserDict",
        "collections.UserList",
        "collections.defaultdict",
        "collections.deque",
        "configparser.ConfigParser",
        "configparser.RawConfigParser",
        "configparser.SectionProxy",
        "types.SimpleNamespace",
    }
)


class Watched(NamedTuple):
    """A module that is watched.

    Attributes:
        name: What its users call it: for a test module outside of packages its file, dotted.
        module: The module itself.
        is_test: Whether it is a test module, a conftest or what stands beside them.
    """

    name: str
    module: ModuleType
    is_test: bool


def _nothing() -> Iterable[object]:
    return ()


class Watching:
    """Decide which modules are watched, and tell which have joined.

    Args:
        root: The root directory of the run.
        names: Modules and packages that are watched as well.
        test_files: Patterns of the names of test files.
        plugins: Returns what runs as a plugin of pytest; conftests are among them, even where one name hides another.
        installed_plugins: Returns those of them that belong to installed plugins, which are not watched.

    Attributes:
        imported: The names of all modules that had appeared at the last `join`.
    """

    imported: Collection[str]

    def __init__(
        self,
        root: str,
        *,
        names: Collection[str] = (),
        test_files: Sequence[str] = TEST_FILES,
        plugins: Callable[[], Iterable[object]] = _nothing,
        installed_plugins: Callable[[], Iterable[object]] = _nothing,
    ) -> None:
        self._project = Project(root)
        self._names = tuple(names)
        self._test_files = (*test_files, "conftest.py")
        self._plugins = plugins
        self._installed_plugins = installed_plugins
        self._watched: dict[str, Watched] = {}
        self._module_names: set[str] = set()
        self._test_names: set[str] = set()
        self._judged: dict[str, int] = {}
        self._last: tuple[int, str, object] = 0, "", None
        self.imported = ()

    def join(self) -> Sequence[Watched]:
        """Return the watched modules that have appeared, or taken the name of another, since the last call.

        Costs next to nothing if nothing was imported.
        """
        number, last, module = self._last
        name = next(reversed(sys.modules))
        if len(sys.modules) == number and name == last and sys.modules[name] is module:
            self.imported = ()
            return ()
        return self.join_again()

    def join_again(self) -> Sequence[Watched]:
        """Return the same as `join`, having looked at every name: a module may have been put back under its own."""
        modules = list(sys.modules.items())
        self._last = len(modules), *modules[-1]
        self.imported = {name for name, _ in modules if name not in self._judged}
        fresh = [(name, module) for name, module in modules if self._judged.get(name) != id(module)]
        self._judged.update((name, id(module)) for name, module in fresh)
        passed = {id(plugin) for plugin in self._installed_plugins()}
        passed |= {id(watched.module) for watched in self._watched.values()}
        joined: dict[str, Watched] = {}
        for name, module in [*fresh, *self._conftests()]:
            if id(module) not in passed and (watched := self._judge(name, module)) is not None:
                passed.add(id(module))
                joined[watched.name] = watched
        self._watched.update(joined)
        return _ordered(joined.values())

    def all(self) -> Sequence[Watched]:
        """Return the watched modules in the order in which they name what several of them refer to."""
        return _ordered(self._watched.values())

    def follows(self, cls: type) -> bool:
        """Tell whether the attributes of *cls* and of its instances are watched, where these are met."""
        return _natures.module_of(cls) in self._module_names or _natures.name_of(cls) in _FOLLOWED

    def watches(self, module: ModuleType) -> bool:
        """Tell whether *module* is watched."""
        return any(watched.module is module for watched in self._watched.values())

    def is_test_code(self, module_name: str) -> bool:
        """Tell whether *module_name*, as objects know it, is a test module or what stands beside one."""
        return module_name in self._test_names

    def root_of(self, path: str) -> Watched | None:
        """Return the module with whose name *path* begins, None if it does not begin with one."""
        name = path.partition("[")[0]
        while name and name not in self._watched:
            name = name.rpartition(".")[0]
        return self._watched.get(name)

    def _conftests(self) -> Iterator[tuple[str, object]]:
        # In directories that are no packages all conftests have one name, which only the last of them keeps.
        for plugin in self._plugins():
            if _natures.is_module(plugin) and PurePath(_file_of(plugin) or "").name == "conftest.py":
                yield "conftest", plugin

    def _judge(self, name: str, module: object) -> Watched | None:
        if not _natures.is_module(module) or not (_is_within(name, self._names) or self._is_own(name, module)):
            return None
        file = _file_of(module)
        parts = self._project.parts_of(file) if file is not None else None
        is_test = self._is_test(parts or (*name.split(".")[:-1], f"{name.rpartition('.')[2]}.py"))
        self._module_names.add(name)
        if is_test:
            self._test_names.add(name)
        return Watched(_shown(name, parts) if is_test and parts else name, cast("ModuleType", module), is_test)

    def _is_own(self, name: str, module: object) -> bool:
        if name.startswith(_PLUGINS) or _is_within(name, (_OURS,)):
            return False
        file = _file_of(module)
        if file is not None and self._project.parts_of(file) is not None:
            return True
        # The project's package may be tested as it is installed; a module that was made by hand has no file.
        is_installed = file is None or not _INSTALLED.isdisjoint(PurePath(file).parts)
        return is_installed and _is_within(name, self._project.packages)

    def _is_test(self, parts: Sequence[str]) -> bool:
        is_beside_tests = not _TEST_DIRECTORIES.isdisjoint(parts[:-1])
        return is_beside_tests or any(fnmatchcase(parts[-1], pattern) for pattern in self._test_files)


def _ordered(watched: Iterable[Watched]) -> Sequence[Watched]:
    return sorted(watched, key=lambda each: (each.is_test, each.name))


class Project:
    """The directory of the user's own code.

    Args:
        root: The root directory of the run; some keep the ini file, which makes it, beside their tests.
    """

    def __init__(self, root: str) -> None:
        path = Path(root)
        self._root = path.parent if path.name in _TEST_DIRECTORIES else path
        self._prefixes = {f"{self._root}{os.sep}", f"{os.path.realpath(self._root)}{os.sep}"}

    def parts_of(self, file: str) -> Sequence[str] | None:
        """Return the parts of the path of *file* inside of the project, None if it is not the user's own."""
        if is_library(file):
            return None
        for prefix in self._prefixes:
            for path in (file, os.path.realpath(file)):
                if path.startswith(prefix):
                    parts = PurePath(path[len(prefix) :]).parts
                    return None if _is_foreign(parts) else parts
        return None

    @cached_property
    def packages(self) -> Collection[str]:
        """The names of the packages and modules in the directory and in its ``src``."""
        return {name for base in (self._root, self._root / "src") for name in _packages_in(base)}


def _is_within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _is_foreign(parts: Sequence[str]) -> bool:
    return (
        parts[0] in _BUILD_DIRECTORIES
        or any(part.startswith(".") for part in parts[:-1])
        or not _FOREIGN_DIRECTORIES.isdisjoint(parts)
    )


def _packages_in(base: Path) -> Iterator[str]:
    for path in _listed(base):
        if path.suffix == ".py" or (path / "__init__.py").is_file():
            yield path.stem
        elif not _is_foreign((path.name, "")):
            # A namespace: others may have packages in it, too.
            yield from (f"{path.name}.{each.name}" for each in _listed(path) if (each / "__init__.py").is_file())


def _listed(base: Path) -> Sequence[Path]:
    try:
        return list(base.iterdir())
    except OSError:
        return ()


def _file_of(module: object) -> str | None:
    file = _natures.module_namespace(cast("ModuleType", module)).get("__file__")
    return file if type(file) is str else None


def _shown(name: str, parts: Sequence[str]) -> str:
    # A test module outside of packages is called after its file alone, or oddly; people look for its file.
    dotted = ".".join((*parts[:-1], parts[-1].rpartition(".")[0])).removesuffix(".__init__")
    return name if "." in name and f".{dotted}".endswith(f".{name}") else dotted


def check_names(names: Iterable[str], place: str) -> None:
    """Make sure that the modules *names* exist, without importing them.

    Raises:
        SettingsError: If one does not; the message has the nearest name.
    """
    for name in names:
        if not _exists(name):
            one_of(name, _names_beside(name), "module", place)


def _exists(name: str) -> bool:
    return name in sys.modules or _spec_of(name) is not None


def _spec_of(name: str) -> ModuleSpec | None:
    # `importlib.util.find_spec` would import the packages above.
    path = _path_of(name.rpartition(".")[0])
    specs = (finder.find_spec(name, path) for finder in sys.meta_path) if path != () else ()
    return next((spec for spec in specs if spec is not None), None)


def _path_of(package: str) -> Sequence[str] | None:
    if not package:
        return None
    spec = None if package in sys.modules else _spec_of(package)
    path = getattr(sys.modules.get(package), "__path__", ()) if spec is None else spec.submodule_search_locations
    return tuple(path or ())


def _names_beside(name: str) -> Sequence[str]:
    from pkgutil import iter_modules  # noqa: PLC0415 - needed only to help somebody who is wrong

    package, dot, _ = name.rpartition(".")
    path = _path_of(package)
    if path == ():
        return _names_beside(package)
    return [f"{package}{dot}{each.name}" for each in iter_modules(path)]
