"""The modules that are loaded: entries of `sys.modules` that were replaced or removed, and fakes that were added."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from isolation._changes import ABSENT, Change
from isolation._findings import Severity
from isolation._natures import is_mock, is_module, module_namespace, module_of

# Python itself imports with this one; whoever replaces it replaces a name.
_MODULES = sys.modules


class LoadedModules:
    """Compares the entries of `sys.modules` by identity; an import is a silent change."""

    def __init__(self, probe: str) -> None:
        self._probe = probe
        self._loaded: dict[str, Any] = {}
        self._modules: list[object] = []
        self.imported: Sequence[str] = ()
        """The names of what was imported between the last two looks."""

    def start(self) -> None:
        """Take what is loaded now for the baseline."""
        # One call, then what was copied: other threads import meanwhile.
        self._loaded = _MODULES.copy()
        self._modules = [*self._loaded.values()]

    def look(self) -> Sequence[Change]:
        """Return what was replaced, removed or added, and make the present modules the baseline."""
        self.imported = ()
        # As lists these compare in C, by identity first: `==` is asked only once, of a module that was replaced.
        if _are_equal([*_MODULES.values()], self._modules):
            return ()
        before = self._loaded
        self.start()
        now = self._loaded
        self.imported = [name for name in now if name not in before]
        changed = [name for name, module in before.items() if now.get(name, ABSENT) is not module]
        fakes = {name for name in self.imported if _is_fake(now[name])}
        loud = [self._change(name, group, before) for name, group in grouped([*changed, *fakes]).items()]
        # Each by itself: whoever removes some of them again has undone what he did.
        silent = [self._change(name, [name], before) for name in self.imported if name not in fakes]
        return [*loud, *(replace(change, is_silent=True) for change in silent)]

    def _change(self, name: str, group: Sequence[str], before: Mapping[str, object]) -> Change:
        olds = {each: before.get(each, ABSENT) for each in group}
        news = {each: self._loaded.get(each, ABSENT) for each in group}
        place = f"sys.modules[{name!r}]"
        return Change(
            probe=self._probe,
            kind="module",
            name=name,
            place=place,
            unit=place,
            key=(self._probe, name),
            before=olds[name],
            after=news[name],
            severity=_severity(name, olds[name], news[name]),
            put=lambda value: self._put({**olds, name: value}, news),
            detail=_detail(name, olds[name], news[name], len(group) - 1),
        )

    def _put(self, olds: Mapping[str, Any], news: Mapping[str, object]) -> str | None:
        for name, module in olds.items():
            if module is ABSENT:
                _MODULES.pop(name, None)
            else:
                _MODULES[name] = module
            _put_attribute(name, module, news[name])
        self.start()
        return None


def grouped(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return *names* of modules by the topmost of them: who imports a package again imports all that is in it."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        parts = name.split(".")
        parents = (".".join(parts[:number]) for number in range(1, len(parts)))
        top = next((parent for parent in parents if parent in groups), name)
        groups.setdefault(top, []).append(name)
    return groups


def _put_attribute(name: str, module: object, replaced: object) -> None:
    """Let the package of *module* have it as its attribute again, if it has what replaced it."""
    package, _, attribute = name.rpartition(".")
    parent = _MODULES.get(package)
    if parent is None or not is_module(parent) or replaced is ABSENT:
        return
    namespace = module_namespace(parent)
    if namespace.get(attribute, ABSENT) is replaced:
        if module is ABSENT:
            del namespace[attribute]
        else:
            namespace[attribute] = module


def _are_equal(one: list[Any], other: list[Any]) -> bool:
    try:
        return one == other
    except Exception:  # noqa: BLE001 - a fake that cannot be compared is not what was there
        return False


def _is_fake(thing: object) -> bool:
    return thing is None or is_mock(thing)


def _severity(name: str, before: object, after: object) -> Severity:
    # A module may put something else in its own place, when it is imported or first used.
    return "note" if before is not ABSENT and module_of(type(after)) == name else "error"


def _detail(name: str, before: object, after: object, others: int) -> str:
    if after is ABSENT:
        said = "removed: the next import makes a second one, with classes of its own"
    elif after is None:
        said = f"imports of {name} fail"
    elif before is ABSENT or not is_module(after):
        said = f"imports of {name} get this"
    else:
        said = "replaced: who imported it before has other classes than who imports it now"
    return f"{said}; with {others} submodule{'s' if others > 1 else ''}" if others else said
