"""Survivors of a run: what managers of tests and fixtures have closed and somebody still references."""

import sys
from collections.abc import Generator
from typing import Any

import pytest

from isolation._fixture_definitions import MANAGER
from isolation._ledger import Ledger
from isolation._live_fixtures import LiveFixture, LiveFixtures
from isolation._owners import Owner
from isolation._report import survivor_record
from isolation._resources import tracker_of
from isolation._survivors import Tracker, survivors_of

# What only pytest holds until the end of the run: instances of test classes, values of parameters.
_STRANGERS = (pytest.Item, pytest.Collector, pytest.FixtureDef, pytest.FixtureRequest, pytest.Mark)


class SurvivorPlugin:
    """Looks after each test that has passed, when pytest itself has let go of everything.

    A test that failed is looked at together with the next one that passes, since its traceback holds its variables.
    """

    def __init__(self, live: LiveFixtures, ledger: Ledger) -> None:
        self._live = live
        self._ledger = ledger
        self._ended: list[tuple[Owner, Tracker]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """Note the managers of a fixture that has ended; they are not kept alive."""
        for fixture in self._live.fixtures():
            for manager in fixture.managers if fixture.fixturedef is fixturedef else ():
                self._note(_owner(fixture), tracker_of(manager))

    def _note(self, owner: Owner, tracker: Tracker) -> None:
        if all(tracker is not known for _, known in self._ended):  # an anchor has the manager of its test, too
            self._ended.append((owner, tracker))

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look when a test is over that has raised nothing."""
        failed_before = item.session.testsfailed
        result = yield
        if self._ended and item.session.testsfailed == failed_before and not hasattr(sys, "last_value"):
            self._look()
        return result

    def _look(self) -> None:
        ended, self._ended = self._ended, []
        found = survivors_of([tracker for _, tracker in ended], _STRANGERS)
        self._ledger.survivors += [
            survivor_record(owner, name=each.name, registered_at=each.registered_at, held_by=each.retained_by)
            for (owner, _), survivors in zip(ended, found, strict=True)
            for each in survivors
        ]


def _owner(fixture: LiveFixture) -> Owner:
    """Return who answers for the managers of *fixture*: for the test's own manager, that is the test."""
    if fixture.fixturedef.argname == MANAGER or fixture.fixturedef.argname.startswith("_isolation"):
        return Owner("test", fixture.request.node.name, fixture.nodeid)
    return Owner("fixture", fixture.name, fixture.nodeid, fixture.fixturedef.scope)
