"""Filters of warnings that are left changed, and what shows warnings."""

import sys
import warnings
from collections.abc import Iterator

import pytest

from isolation._changes import Change
from isolation.probes.warning_filters import WarningsProbe
from tests.alone import said_by


class NotPutBackProbe(WarningsProbe):
    """Is what it would be with ``-p no:warnings``."""

    def __init__(self) -> None:
        super().__init__()
        self._are_undone = False


@pytest.fixture(autouse=True)
def put_everything_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the filters of the run alone."""
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    with warnings.catch_warnings():
        yield


@pytest.fixture
def probe() -> WarningsProbe:
    """Give a probe that knows the filters."""
    probe = NotPutBackProbe()
    probe.start()
    return probe


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_nothing_changed_is_no_change(probe: WarningsProbe) -> None:
    """What `catch_warnings` puts back was never changed."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("ignore")

    assert not probe.look()


def test_a_filter_is_found_and_taken_away(probe: WarningsProbe) -> None:
    """The list stays the same list."""
    held, before = warnings.filters, list(warnings.filters)
    warnings.simplefilter("ignore", BytesWarning)

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("warnings", "warnings_filter", "error")
    assert (found.place, found.unit) == ("warnings.filters", "warnings.filters")
    assert (found.before, found.after) == (before, [("ignore", None, BytesWarning, None, 0), *before])
    assert put_back(found) is None
    assert warnings.filters is held
    assert held == before
    assert not probe.look()


def test_a_warning_is_raised_again_when_the_filters_are_put_back(probe: WarningsProbe) -> None:
    """Python remembers what it has decided until it is told that filters changed."""

    def warn() -> None:
        warnings.warn("again", UserWarning, stacklevel=1)

    warnings.simplefilter("ignore")
    warn()
    (found,) = probe.look()
    put_back(found)

    with pytest.raises(UserWarning, match="again"):
        warn()


def test_filters_that_somebody_caught_for_good_are_found(probe: WarningsProbe) -> None:
    """Who enters `catch_warnings` and never leaves it takes all warnings away."""
    held = warnings.filters
    caught = warnings.catch_warnings(record=True)
    caught.__enter__()
    warnings.simplefilter("ignore")

    found = probe.look()

    assert [change.place for change in found] == ["warnings.filters", "warnings._showwarnmsg_impl"]
    assert [put_back(change) for change in found] == [None, None]
    assert warnings.filters is held
    assert not probe.look()


def test_another_format_is_found_and_put_back(probe: WarningsProbe) -> None:
    """Nobody else puts it back."""
    original = warnings.formatwarning
    warnings.formatwarning = lambda *_, **__: "oops"

    (found,) = probe.look()

    assert (found.kind, found.place, found.before) == ("warnings_hook", "warnings.formatwarning", original)
    assert put_back(found) is None
    assert warnings.formatwarning is original


def test_what_pytest_puts_back_is_no_change() -> None:
    """The filters of a test end with it; how warnings are written does not."""
    probe = WarningsProbe()
    probe.start()
    warnings.simplefilter("ignore")
    warnings.showwarning = lambda *_, **__: None
    warnings.formatwarning = lambda *_, **__: "oops"

    assert [change.place for change in probe.look()] == ["warnings.formatwarning"]


def test_what_is_set_around_a_test_is_its_baseline(probe: WarningsProbe) -> None:
    """Markers set filters for one test."""
    warnings.simplefilter("ignore")
    probe.begin()
    probe.settle()

    assert not probe.look()


def test_without_a_test_nobody_puts_back() -> None:
    """Who looks by himself is told of all changes."""
    program = """
import warnings
from isolation.probes.warning_filters import WarningsProbe
probe = WarningsProbe()
probe.start()
warnings.simplefilter("ignore")
print([change.place for change in probe.look()])
"""

    assert said_by(program) == "['warnings.filters']\n"


def test_a_name_that_is_gone_is_put_back(probe: WarningsProbe) -> None:
    """Somebody may delete it."""
    original = sys.modules["warnings"].__dict__.pop("formatwarning")

    (found,) = probe.look()

    assert (repr(found.after), found.before) == ("absent", original)
    assert put_back(found) is None
    assert warnings.formatwarning is original
    assert not probe.look()
