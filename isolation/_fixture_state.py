"""The state of fixtures: which are live, whose they are, what their managers have to clean up; as plain data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # not outside of pytest, and not at every start of it
    from isolation._cleanups import CleanupHandle
    from isolation._live_fixtures import LiveFixture, LiveFixtures
    from isolation._resources import ResourceManager

Data = dict[str, Any]
UNKNOWN = "unknown"

RUNS: "list[LiveFixtures]" = []
"""The runs that go on in this process, innermost last; process-wide, as they are."""


def debug_fixture_state() -> list[dict[str, Any]]:
    """Return the fixtures that are set up now, oldest first, with their managers and what these have to clean up.

    Call it from a test, a fixture, a debugger or another thread.  It holds names and places only, never values of
    yours, so that it can be shown and stored anywhere.  Inside of nested runs of pytest it is about the innermost one.

    Returns:
        JSON-serialisable data, as the reference describes it; nothing outside of pytest.
    """
    return [_fixture(fixture, RUNS[-1].root) for fixture in _copied(RUNS[-1].fixtures)] if RUNS else []


def _fixture(fixture: "LiveFixture", root: str) -> Data:
    return {
        "name": text(lambda: fixture.name),
        "scope": text(lambda: fixture.scope),
        "nodeid": text(lambda: fixture.nodeid),
        "where": text(lambda: fixture.where(root)),
        "state": fixture.state,
        "owner": fixture.owner,
        "managers": [manager_state(manager) for manager in fixture.managers],
    }


def manager_state(manager: "ResourceManager") -> Data:
    """Return what *manager* is doing and has to do."""
    return {
        "name": text(lambda: manager.name),
        "state": manager.state.value,
        "running": _cleanups(manager.running),
        "pending": _cleanups(manager.pending),
    }


def _cleanups(handles: "Iterable[CleanupHandle]") -> list[Data]:
    return [_cleanup(handle) for handle in handles]


def _cleanup(handle: "CleanupHandle") -> Data:
    child: Any = handle.resource if handle.terms.child is not None else None
    return {
        "name": text(lambda: handle.name),
        "where": text(lambda: handle.where),
        "manager": manager_state(child) if child is not None else None,
    }


def state_lines(state: Sequence[Data]) -> Iterator[str]:
    """Yield the *state* of fixtures for people to read."""
    for fixture in state:
        place = f" of {fixture['nodeid']}" if fixture["nodeid"] else ""
        yield f"  fixture {fixture['name']!r} ({fixture['scope']}{place}, {fixture['where']}) {fixture['state']}"
        for manager in fixture["managers"]:
            yield from _manager_lines(manager)


def _manager_lines(manager: Data) -> Iterator[str]:
    yield f"    manager {manager['name']!r} {manager['state']}"
    yield from (f"  {line}" for line in running_lines(manager))
    for cleanup in manager["pending"]:
        yield f"      {cleanup['name']!r} (registered at {cleanup['where']}) is pending"


def running_lines(manager: Data) -> Iterator[str]:
    """Yield which cleanups *manager* is waiting for."""
    for cleanup in manager["running"]:
        yield f"    {cleanup['name']!r} (registered at {cleanup['where']}) is running"
        yield from running_lines(cleanup["manager"] or {"running": ()})


def text(read: Callable[[], object]) -> str:
    """Return what *read* returns if that is a text; names of users' objects can be anything, and can raise."""
    try:
        value = read()
    except Exception:  # noqa: BLE001 - looking must never be what fails
        return UNKNOWN
    return value if type(value) is str else UNKNOWN


def _copied(fixtures: "Callable[[], Sequence[LiveFixture]]") -> "Sequence[LiveFixture]":
    """Return the fixtures, though another thread sets some up meanwhile."""
    while True:
        try:
            return fixtures()
        except RuntimeError:  # pragma: no cover - the dictionary changed while it was copied: a matter of luck
            continue
