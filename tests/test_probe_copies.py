"""Names that are bound to a copy of what their container held at first: whoever does that has put it back."""

import copy
import gc
from pathlib import Path
from typing import Any

import pytest

from isolation.probes._copies import Copies
from isolation.snapshots import Root, Snapshot
from tests.heaps import Project, app

SOURCE = """
thing = object()
registry = {"a": thing}
queue = [1]
tags = {"x"}
nested = {"a": [1]}
class Pool:
    conns = {}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that has no modules so far."""
    return Project(tmp_path, monkeypatch)


def test_a_copy_of_what_was_there_is_no_change(project: Project) -> None:
    """A fixture saves a copy and puts it back, shallow or deep, and the container has what the test did to it."""
    module = app(project, SOURCE)
    copies: Any = module.registry.copy(), list(module.queue), set(module.tags), copy.deepcopy(module.nested), {}
    module.registry["b"] = object()
    module.queue.append(2)
    module.tags.add("y")
    module.nested["a"].append(2)
    module.Pool.conns["c"] = 1
    module.registry, module.queue, module.tags, module.nested, module.Pool.conns = copies

    assert project.said() == []
    module.registry["b"] = 1
    assert project.said() == [("app.registry['b']", "container_key", "warning")]


def test_a_copy_of_something_else_is_a_change(project: Project) -> None:
    """Also if the container itself was changed, which who has it still finds."""
    module = app(project, SOURCE)
    module.registry["b"] = 1
    module.registry = {"a": object()}

    assert [place for place, *_ in project.said()] == ["app.registry", "app.registry['b']"]


def test_a_copy_of_what_was_there_at_first_undoes_what_was_accepted(project: Project) -> None:
    """The end of a wider fixture: its tests have changed the container, and it puts the copy of before back."""
    module = app(project, SOURCE)
    saved = module.registry.copy()
    for name in ("b", "c"):
        module.registry[name] = name
        project.look()
    module.registry = saved

    found = project.look()

    assert [(change.place, change.before, str(change.after), change.is_silent) for change in found] == [
        ("app.registry['b']", "b", "Absent.ABSENT", True),
        ("app.registry['c']", "c", "Absent.ABSENT", True),
    ]


def test_an_empty_container_in_the_place_of_another_is_a_change(project: Project) -> None:
    """It holds what the other one held at no time."""
    module = app(project, SOURCE)
    module.registry["b"] = 1
    project.look()
    module.registry = {}

    assert [place for place, *_ in project.said()] == ["app.registry"]


def test_strict_watching_shows_copies(project: Project) -> None:
    """As every other change."""
    module = app(project, SOURCE, is_strict=True)
    module.queue = list(module.queue)

    assert project.said() == [("app.queue", "equal_value", "warning")]


def test_containers_that_are_gone_can_die() -> None:
    """What they held is not kept for them."""

    class Held:
        """Can be counted."""

    home: dict[str, Any] = {"queue": [Held()]}
    snapshot = Snapshot([Root("home", home)], lambda _: False)
    copies = Copies(snapshot)
    home["queue"].append(Held())
    found = snapshot.changes()
    copies.remember(found)
    snapshot.accept(found)
    copies.forget()
    kept = sum(type(thing) is Held for thing in gc.get_objects())
    del home["queue"], found
    snapshot.accept(snapshot.changes())
    copies.forget()
    gc.collect()

    assert (kept, sum(type(thing) is Held for thing in gc.get_objects())) == (2, 0)
