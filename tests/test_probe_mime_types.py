"""The types of files that `mimetypes` knows."""

import mimetypes
import sys
from collections.abc import Iterator

import pytest

from isolation._changes import ABSENT, Change
from isolation.probes._mime_types import MimeTypes


@pytest.fixture(autouse=True)
def read_again() -> Iterator[None]:
    """Let everybody read the tables of the system again."""
    mimetypes.init()
    yield
    mimetypes.init()


@pytest.fixture
def watch() -> MimeTypes:
    """Give what compares the types."""
    watch = MimeTypes("interpreter")
    watch.start()
    return watch


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_guessing_is_no_change(watch: MimeTypes) -> None:
    """Nor is reading the same tables again."""
    assert mimetypes.guess_type("a.html") == ("text/html", None)
    mimetypes.init()

    assert not watch.look()


def test_a_type_that_was_added_is_a_note_and_taken_away(watch: MimeTypes) -> None:
    """Libraries add theirs when they are first used."""
    mimetypes.add_type("application/x-shop", ".shop")

    (found,) = watch.look()

    assert (found.probe, found.kind, found.severity, found.name) == ("interpreter", "mime_type", "note", ".shop")
    assert (found.place, found.unit) == ("mimetypes.types_map['.shop']", "mimetypes.types_map[*]")
    assert (found.before, found.after) == (ABSENT, "application/x-shop")
    assert found.is_same(ABSENT, found.before)
    assert put_back(found) is None
    assert mimetypes.guess_type("a.shop") == (None, None)
    assert mimetypes.guess_extension("application/x-shop") is None
    assert not watch.look()


def test_a_type_that_was_replaced_is_a_warning_and_put_back(watch: MimeTypes) -> None:
    """Also where types are not standard."""
    mimetypes.add_type("image/x-shop", ".jpg", strict=False)

    (found,) = watch.look()

    assert (found.place, found.severity) == ("mimetypes.common_types['.jpg']", "warning")
    assert (found.before, found.after) == ("image/jpg", "image/x-shop")
    assert put_back(found) is None
    assert mimetypes.guess_type("a.jpg", strict=False) == ("image/jpeg", None)
    assert ".jpg" in mimetypes.guess_all_extensions("image/jpg", strict=False)
    assert not watch.look()


def test_the_first_use_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads what the system knows."""
    monkeypatch.setattr(mimetypes, "_db", None)
    watch = MimeTypes("interpreter")
    watch.start()
    assert not watch.look()
    mimetypes.init()

    assert not watch.look()


def test_the_module_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it there are no types."""
    monkeypatch.delitem(sys.modules, "mimetypes")
    watch = MimeTypes("interpreter")
    watch.start()

    assert not watch.look()
    assert "mimetypes" not in sys.modules
