"""The current directory that is left changed, or deleted."""

import os
from pathlib import Path

import pytest

from isolation._changes import ABSENT
from isolation.probes.working_directory import WorkingDirectoryProbe


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory the current one, and let pytest go back."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def probe(home: Path) -> WorkingDirectoryProbe:
    """Give a probe that knows the current directory."""
    probe = WorkingDirectoryProbe()
    probe.start()
    return probe


def test_the_same_directory_is_no_change(probe: WorkingDirectoryProbe, home: Path) -> None:
    """Who goes somewhere and comes back has changed nothing."""
    os.chdir("/")
    os.chdir(home)

    assert probe.look() == ()


def test_another_directory_is_found_and_left(probe: WorkingDirectoryProbe, home: Path) -> None:
    """It tells where the test went, and goes back."""
    os.chdir("/")

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("cwd", "cwd", "error")
    assert (found.place, found.unit, found.before, found.after) == ("os.getcwd()", "os.getcwd()", str(home), "/")
    assert found.hint == "use monkeypatch.chdir(path), or contextlib.chdir(path)"
    assert found.is_same(found.before, str(home))
    assert found.put is not None
    assert found.put(found.before) is None
    assert Path.cwd() == home
    assert probe.look() == ()


def test_what_was_seen_is_accepted(probe: WorkingDirectoryProbe) -> None:
    """The next test starts where this one stopped."""
    os.chdir("/")
    probe.look()

    assert probe.look() == ()


def test_a_deleted_directory_is_found_and_left(probe: WorkingDirectoryProbe, home: Path) -> None:
    """Everybody's `os.getcwd()` raises then, ours does not."""
    (home / "gone").mkdir()
    os.chdir(home / "gone")
    (home / "gone").rmdir()

    (found,) = probe.look()

    assert (found.before, found.after) == (str(home), ABSENT)
    assert found.detail == "the current directory was deleted"
    assert found.put is not None
    assert found.put(found.before) is None
    assert Path.cwd() == home


def test_a_directory_that_is_gone_cannot_be_gone_back_to(probe: WorkingDirectoryProbe, home: Path) -> None:
    """It says why."""
    (home / "gone").mkdir()
    os.chdir(home / "gone")
    probe.look()
    os.chdir(home)
    (home / "gone").rmdir()

    (found,) = probe.look()

    assert found.put is not None
    assert found.put(found.before) == (
        f"chdir raised FileNotFoundError: [Errno 2] No such file or directory: '{home / 'gone'}'"
    )


def test_who_started_nowhere_cannot_go_back(probe: WorkingDirectoryProbe, home: Path) -> None:
    """A directory that was deleted before has no name."""
    (home / "gone").mkdir()
    os.chdir(home / "gone")
    (home / "gone").rmdir()
    probe.start()
    os.chdir(home)

    (found,) = probe.look()

    assert (found.before, found.after, found.detail) == (ABSENT, str(home), "")
    assert found.put is not None
    assert found.put(found.before) == "it was deleted before"


def test_a_patched_function_is_not_asked(probe: WorkingDirectoryProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite may let `os.getcwd` lie."""
    monkeypatch.setattr("os.getcwd", lambda: "/srv/app")
    probe.settle()

    assert probe.look() == ()
