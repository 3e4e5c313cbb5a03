"""A made-up project whose heap is watched: modules written in a test, and what the probes say about them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from isolation._changes import Change
from isolation._watching import Watching
from isolation.probes._watched_heap import WatchedHeap
from isolation.probes.patches import PatchesProbe
from isolation.probes.singletons import SingletonsProbe


class Project:
    """Modules that are imported and watched, and the two probes that look at their heap."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._monkeypatch = monkeypatch
        self.start()

    def module(self, name: str, source: str, file: str | None = None) -> Any:
        """Import the module *name* with *source*."""
        module = ModuleType(name)
        module.__file__ = str(self._root / (file or f"{name.replace('.', '/')}.py"))
        self._monkeypatch.setitem(sys.modules, name, module)
        exec(compile(dedent(source), module.__file__, "exec"), vars(module))
        return module

    def start(self, *, is_strict: bool = False, meant: Sequence[str] = ()) -> None:
        """Take the heap as it is now for the baseline."""
        self.heap = WatchedHeap(Watching(str(self._root)), is_strict=is_strict, meant=meant)
        self.patches, self.singletons = PatchesProbe(self.heap), SingletonsProbe(self.heap)
        self.patches.start()
        self.singletons.start()

    def look(self) -> Sequence[Change]:
        """Return what both probes see."""
        return [*self.patches.look(), *self.singletons.look()]

    def said(self) -> Sequence[tuple[str, str, str]]:
        """Return place, kind and severity of what both probes see."""
        return [(change.place, change.kind, change.severity) for change in self.look()]

    def next_test(self) -> None:
        """Let the next test begin."""
        self.singletons.begin()


def app(project: Project, source: str, *, is_strict: bool = False) -> Any:
    """Import the module `app` with *source* and start to watch it."""
    module = project.module("app", source)
    project.start(is_strict=is_strict)
    return module
