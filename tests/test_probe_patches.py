"""What stands in for something else and should have gone with its test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from isolation._changes import ABSENT
from tests.heaps import Project, app


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that has no modules so far."""
    return Project(tmp_path, monkeypatch)


@pytest.fixture
def stopping() -> Iterator[None]:
    """Leave no patch to other tests."""
    yield
    mock.patch.stopall()


SOURCE = """
class Pool:
    instance = None
    def close(self): ...
    @staticmethod
    def fetch(): ...
pool = Pool()
pools = {}
client = None
def fetch(): ...
"""


@pytest.mark.parametrize(
    ("act", "place"),
    [
        (lambda app: setattr(app, "fetch", mock.Mock()), "app.fetch"),
        (lambda app: setattr(app, "fetch", mock.create_autospec(app.fetch)), "app.fetch"),
        (lambda app: setattr(app, "client", mock.AsyncMock()), "app.client"),
        (lambda app: setattr(app.Pool, "close", mock.MagicMock(spec=app.Pool.close)), "app.Pool.close"),
        (lambda app: setattr(app.Pool, "instance", mock.MagicMock(spec=app.Pool)), "app.Pool.instance"),
        (lambda app: setattr(app.pool, "close", mock.MagicMock()), "app.pool.close"),
    ],
)
def test_a_mock_that_is_left_is_an_error(project: Project, act: Callable[[Any], object], place: str) -> None:
    """In product code it is never meant to stay: not in a module, not in a class, not in an instance."""
    module = app(project, SOURCE)

    act(module)
    [change] = project.look()

    assert (change.probe, change.kind, change.place, change.severity) == ("patches", "mock", place, "error")


def test_a_mock_is_taken_out(project: Project) -> None:
    """As any other value."""
    module = app(project, SOURCE)
    fetch = module.fetch
    module.fetch = mock.Mock()

    [change] = project.look()

    assert change.put is not None
    assert change.put(change.before) is None
    assert module.fetch is fetch
    assert project.look() == []


def test_a_mock_in_a_container_is_an_entry(project: Project) -> None:
    """Tests register mocks where they would register what these stand for."""
    module = app(project, SOURCE)

    module.pools["a"] = mock.Mock()

    assert project.said() == [("app.pools['a']", "container_key", "warning")]


def test_mocks_of_test_modules_are_values(project: Project) -> None:
    """That is what test modules are for."""
    module = project.module("tests.test_orders", "class TestOrders: ...\nclient = object()")
    project.start()

    module.client = mock.Mock()
    module.TestOrders.client = mock.Mock()

    assert project.said() == [("tests.test_orders.client", "global", "warning")]


def test_what_tests_define_stands_in_for_the_product(project: Project) -> None:
    """A function, a class or an object of a class of a test module, in an attribute of the product."""
    module = app(project, SOURCE)
    test = project.module("test_orders", "def fake(): ...\nclass Fake:\n def method(self): ...", "tests/test_orders.py")
    project.start()

    module.fetch = test.fake
    module.Pool.close = test.fake
    module.client = test.Fake()
    module.Pool.fetch = staticmethod(test.fake)
    module.pool.close = test.Fake().method
    module.Pool.instance = test.Fake

    changes = project.look()
    assert {(change.kind, change.severity, change.hint) for change in changes} == {
        ("stand_in", "warning", "defined in test_orders")
    }
    assert len(changes) == 6


def test_what_is_taken_out_again_is_of_the_same_kind(project: Project) -> None:
    """So that its owner's account is settled; who takes out what somebody else has put in is told."""
    module = app(project, SOURCE)
    real = module.fetch
    module.fetch = mock.Mock()
    [put] = project.look()

    module.fetch = real
    [taken] = project.look()

    assert (taken.probe, taken.key, taken.kind, taken.severity) == (put.probe, put.key, "mock", "warning")
    assert taken.is_same(put.before, taken.after)


def test_a_function_without_a_home_stands_for_nothing(project: Project) -> None:
    """Whoever made it did not say where."""
    module = app(project, SOURCE)
    module.close = lambda: None
    project.look()

    module.close.__module__ = None
    module.fetch = module.close

    assert project.said() == [("app.fetch", "global", "warning")]


def test_a_started_patch_is_told_with_what_it_has_changed(project: Project, stopping: None) -> None:
    """One cause, one finding; stopping the patch takes the mock out."""
    module = app(project, SOURCE)
    fetch = module.fetch
    mock.patch.object(module, "fetch").start()

    [change] = project.look()
    assert (change.kind, change.hint) == ("mock", "its patch was started and not stopped")
    assert change.put is not None
    assert change.put(change.before) is None

    assert module.fetch is fetch
    assert mock.patch.stopall() is None
    assert module.fetch is fetch
    assert project.look() == []


class Target:
    """Nobody watches it."""

    name = "on"


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: mock.patch.object(Target, "name", "off"), f"{__name__}.Target.name"),
        (lambda: mock.patch.object(Target(), "name", "off"), f"{__name__}.Target.name"),
        (lambda: mock.patch("json.decoder.scanner", "off"), "json.decoder.scanner"),
    ],
)
def test_a_patch_of_what_is_not_watched_is_told(
    project: Project, stopping: None, make: Callable[[], Any], place: str
) -> None:
    """The mock module knows which patches were started."""
    make().start()

    [change] = project.look()

    assert (change.probe, change.kind, change.place, change.severity) == ("patches", "patch", place, "error")
    assert (change.after, change.hint) == ("off", "its patch was started and not stopped")
    assert project.look() == []


def test_a_patched_dictionary_is_told(project: Project, stopping: None) -> None:
    """Its entries may be secrets: only what it is called."""
    held = {"a": 1}
    patch = mock.patch.dict(held, b=2)
    patch.start()

    [change] = project.look()

    assert (change.place, change.before, change.after) == ("patch.dict(dict)", ABSENT, patch)
    assert change.put is not None
    assert change.put(change.before) is None
    assert held == {"a": 1}
    assert project.look() == []


def test_an_attribute_that_the_patch_has_made_was_absent(project: Project, stopping: None) -> None:
    """It is gone when the patch is stopped."""
    mock.patch.object(Target, "made", "here", create=True).start()

    [change] = project.look()
    assert change.put is not None
    change.put(change.before)

    assert (change.before, change.after, hasattr(Target, "made")) == (ABSENT, "here", False)


def test_the_newest_patch_is_stopped_first(project: Project, stopping: None) -> None:
    """Otherwise the older one would put back what the newer one has found."""
    for value in ("first", "second"):
        mock.patch.object(Target, "name", value).start()

    puts = [change.put for change in project.look()]
    for put in puts:
        assert put is not None
        put(None)

    assert Target.name == "on"


def test_a_patch_that_is_stopped_in_time_settles_its_account(project: Project, stopping: None) -> None:
    """The probes may look in the middle of a test."""
    patch = mock.patch.object(Target, "name", "off")
    patch.start()
    [started] = project.look()

    patch.stop()
    [stopped] = project.look()

    assert started.key == stopped.key
    assert stopped.is_same(started.before, stopped.after)
    assert (stopped.severity, stopped.put) == ("warning", None)
    assert stopped.hint == "its patch was stopped by somebody who had not started it"


def test_a_patch_from_before_the_first_look_may_stay_and_go(project: Project, stopping: None) -> None:
    """A conftest has started it; nobody has to stop it."""
    patch = mock.patch.object(Target, "name", "off")
    patch.start()
    project.start()

    first = project.look()
    patch.stop()

    assert (first, project.look()) == ([], [])


class Frozen:
    """Refuses to be changed back."""

    name = "on"

    def __delattr__(self, name: str) -> None:
        raise RuntimeError("frozen")


def test_a_patch_that_cannot_be_stopped_says_why(project: Project) -> None:
    """Whatever its target raises."""
    mock.patch.object(Frozen(), "name", "off").start()

    [change] = project.look()

    assert change.put is not None
    assert change.put(change.before) == "stop() raised RuntimeError: frozen"
