"""While full stacks are kept, every file is recorded that is opened."""

from pathlib import Path
from typing import Any
from weakref import ref

import pytest

from isolation._owners import Owner
from isolation.recording import opened
from isolation.recording._recorder import UNLIMITED, Recorder
from isolation.recording.opened import _note, install
from tests.owned import an_owner, owned_by


@pytest.fixture
def tracing(recorder: Recorder) -> Recorder:
    """Give a recorder that keeps full stacks."""
    recorder.depth = UNLIMITED
    return recorder


def test_a_file_is_recorded_by_number_and_path(tracing: Recorder) -> None:
    """The number tells two files apart that have the same path."""
    install(tracing)
    install(tracing)
    owner = an_owner()

    with owned_by(owner), Path(__file__).open() as file:
        origin = tracing.opened[file.fileno(), __file__]

    assert origin.owner is owner
    assert origin.created_at is not None
    assert origin.created_at.function == "test_a_file_is_recorded_by_number_and_path"
    tracing.release()
    tracing.acquire()


@pytest.mark.parametrize("path", ["relative.txt", b"relative.txt"], ids=["text", "bytes"])
def test_a_path_is_recorded_in_full(path: str | bytes, tracing: Recorder) -> None:
    """Reports and the system name files by absolute paths."""
    with owned_by(an_owner()):
        _note(ref(tracing), "open", (path, "r", 0))

    assert [where for _, where in tracing.opened] == [str(Path.cwd() / "relative.txt")]


@pytest.mark.parametrize(
    ("event", "path", "owner", "depth"),
    [
        ("import", "file", an_owner(), UNLIMITED),
        ("open", 3, an_owner(), UNLIMITED),
        ("open", "file", an_owner(), 16),
        ("open", "file", None, UNLIMITED),
    ],
    ids=["another event", "a number", "compact stacks", "nobody's"],
)
def test_nothing_else_is_recorded(event: str, path: Any, owner: Owner | None, depth: int, recorder: Recorder) -> None:
    """Only what an owner opens by path is of interest, and only while tracing."""
    recorder.depth = depth

    with owned_by(owner):
        _note(ref(recorder), event, (path, "r", 0))

    assert not recorder.opened


def test_nothing_is_recorded_when_nobody_records() -> None:
    """An audit hook cannot be taken away again."""
    recorder = Recorder(depth=UNLIMITED)

    with owned_by(an_owner()):
        _note(ref(recorder), "open", ("file", "r", 0))

    assert not recorder.opened


def test_a_recorder_that_is_gone_records_nothing() -> None:
    """The hook refers to it weakly."""
    reference = ref(Recorder())

    _note(reference, "open", ("file", "r", 0))

    assert reference() is None


def test_only_the_latest_files_are_remembered(tracing: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is bounded."""
    monkeypatch.setattr(opened, "REMEMBERED", 2)

    with owned_by(an_owner()):
        for name in ("a", "b", "c"):
            _note(ref(tracing), "open", (name, "r", 0))

    assert [Path(where).name for _, where in tracing.opened] == ["b", "c"]
