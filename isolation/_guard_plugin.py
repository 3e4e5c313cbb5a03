"""The guard in pytest's words: around each test, and around each fixture."""

import sys
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from isolation import _report
from isolation._adoption import Root
from isolation._canary import blind_spots
from isolation._compatibility import can_hide
from isolation._configuration import check_markers, check_names, make_watching, terms_of
from isolation._guard import Guard
from isolation._guard_failures import failure_of, is_not_ours
from isolation._judgements import Judgement
from isolation._ledger import Ledger
from isolation._owners import OWNER, Owner
from isolation._resource_warnings import ResourceWarnings
from isolation._settings import Settings
from isolation._state_guard import StateGuard
from isolation._state_probes import state_probes
from isolation._suite_isolation import GUARDED_RUNS, GuardedRun
from isolation._watchdog import Exit, Watchdog, is_debugged
from isolation._wide_fixtures import WideFixture


class GuardPlugin:
    """Puts the guard around each test, and an owner around each fixture."""

    def __init__(self, config: pytest.Config, settings: Settings, ledger: Ledger) -> None:
        self._config = config
        self._settings = settings
        self._ledger = ledger
        self._status = 0
        self._root = str(config.rootpath)
        self._live: dict[pytest.FixtureDef[Any], WideFixture] = {}
        # A run inside of a test of another run: what its tests make is its own business, then the outer test goes on.
        self._outer = OWNER.get()
        self._session = Owner("session", "session", scope="session", parent=self._outer)
        self._test = self._session
        self._failed_before = 0
        self._is_setting_up = False
        self._late: list[tuple[Judgement, _report.Record]] = []
        probes = state_probes(settings, make_watching(config, settings)) if settings.watches_state else None
        states = StateGuard(probes, self._session) if probes is not None else None
        self._guard = Guard(settings, self._root, live=self._roots, session=self._session, states=states)
        ledger.blind += blind_spots(settings, self._root, self._guard.recorder)
        self._guard.install()
        self._resource_warnings = ResourceWarnings(self._guard.recorder, self._root)

    def pytest_sessionstart(self) -> None:
        """Stand in front of pytest's own hook for what destructors raise."""
        self._resource_warnings.install()
        run = GuardedRun(ledger=self._ledger, guard=self._guard, root=self._root)
        GUARDED_RUNS.append(run)
        self._config.add_cleanup(lambda: GUARDED_RUNS.remove(run))
        self._guard.start("environment", "cwd")

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Note whose a warning is that the garbage collector gave to another test."""
        source = getattr(warning_message, "source", None)
        said = self._resource_warnings.describe(source, nodeid) if source is not None else None
        if said is not None:
            self._ledger.misplaced.append(
                f"{nodeid or 'the run'} is warned of what was {said}: {warning_message.message}"
            )

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Stop recording; make sure that the run can exit."""
        recorder = self._guard.recorder
        self._guard.uninstall()
        if recorder.is_active or self._settings.mode_of("threads") == "off":
            return  # a run inside of another one, or nobody wants to know
        Watchdog(recorder, self._root, sys.stderr).watch(self._exit())

    def _exit(self) -> Exit:
        is_ending = any(self._settings.mode_of(probe) in ("restore", "fail") for probe in ("threads", "processes"))
        is_ci = self._settings.profile.name == "ci"
        status = self._status
        if (
            is_ending
            and status == 0
            and "fail" in (self._settings.mode_of("threads"), self._settings.mode_of("processes"))
        ):
            status = 1
        return Exit(
            status=status,
            may_end=(is_ending or is_ci) and _is_main_program(self._config),
            after=0.0 if is_ending else self._settings.profile.emergency,
            is_wanted=is_ending,
        )

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse markers that mean nothing, and names of nothing."""
        if not hasattr(self._config, "workerinput"):
            check_markers(items)
            check_names(self._config, self._settings)

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let the test own what is made from now on."""
        __tracebackhide__ = can_hide
        self._failed_before = item.session.testsfailed
        self._test = Owner("test", item.name, item.nodeid, "function", self._session)
        OWNER.set(self._test)
        self._guard.begin()
        self._is_setting_up = True
        try:
            return (yield)
        finally:
            self._is_setting_up = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """Note what the set-up has put back of what the test before has left."""
        for owner, probe, unit in self._guard.body_begins():
            self._ledger.demote(owner.nodeid, probe, unit, "the set-up of the next test puts it back")

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look what the test has left, after everybody else has torn down."""
        __tracebackhide__ = is_not_ours
        try:
            result = yield
        except BaseException:
            self._end(item, has_failed=True)
            raise
        failing = self._end(item, has_failed=item.session.testsfailed > self._failed_before)
        if failing:
            raise failure_of(failing)
        return result

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Let a fixture own what it makes: through its test, or by itself if its scope is wider."""
        __tracebackhide__ = can_hide
        if fixturedef.scope != "function":
            return (yield from self._set_up_wide(fixturedef, request))
        token = OWNER.set(Owner("fixture", fixturedef.argname, self._test.nodeid, "function", self._test))
        try:
            return (yield)
        finally:
            OWNER.reset(token)

    def _set_up_wide(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        __tracebackhide__ = can_hide
        fixture = self._live[fixturedef] = WideFixture(fixturedef, request, self._session)
        looks = self._guard.look_for_fixture()
        token = OWNER.set(fixture.owner)
        try:
            result = yield
        finally:
            OWNER.reset(token)
            fixture.set_up()
            self._guard.claim_for_fixture(looks, fixture.owner)
        self._guard.fixture_gives(fixture.owner, fixture.value())
        # Finalizers run newest first: this one runs after those of the fixtures that use this one, before its own.
        # Not after an interrupted set-up: pytest never calls the finalizers of such a fixture, and trips over them.
        fixturedef.addfinalizer(lambda: self._tear_down_wide(fixture.owner))
        return result

    def _tear_down_wide(self, owner: Owner) -> None:
        OWNER.set(owner)
        self._guard.fixture_ends()

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """Let a wider fixture come to its end; what it still has is found at the next look."""
        fixture = self._live.pop(fixturedef, None)
        if fixture is not None:
            fixture.owner.is_alive = False
            OWNER.set(self._test)
            for owner, probe, unit in self._guard.fixture_ended(fixture.owner):
                self._ledger.demote(
                    owner.nodeid, probe, unit, f"fixture {fixture.owner.name!r} puts it back at its end"
                )
            if self._is_setting_up:
                # It gives way to its next parameter: the test that is set up now must not start with what it left.
                self._late += self._pairs(self._guard.finish())

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Look what was left by fixtures that ended after the last test."""
        self._status = int(exitstatus)
        self._resource_warnings.uninstall()
        OWNER.set(self._outer)
        self._note(self._guard.finish())
        self._ledger.tests += self._guard.owners
        self._ledger.seconds += self._guard.seconds
        self._ledger.first_look += self._guard.first_look
        self._ledger.loops += self._guard.loops_inspected
        self._ledger.used |= self._guard.allowances.used

    def _end(self, item: pytest.Item, *, has_failed: bool) -> Sequence[tuple[Judgement, _report.Record]]:
        judgements = self._guard.end(self._test, lambda: terms_of(item))
        OWNER.set(self._outer)
        if not judgements and not self._late:
            return ()
        pairs = [*self._late, *self._pairs(judgements)]
        self._late = []
        failing = [
            (judgement, record) for judgement, record in pairs if judgement.fails and self._is_answered(judgement)
        ]
        shown = [record for judgement, record in pairs if judgement.excused is None]
        if shown and (has_failed or not failing):
            item.add_report_section("teardown", "isolation", "\n".join(_report.section(shown)))
        return [] if has_failed else failing

    def _is_answered(self, judgement: Judgement) -> bool:
        # What an earlier test's thread or pool has started since is listed as that test's; this one is innocent.
        owner = judgement.finding.owner
        return owner is None or owner is self._test or owner.kind == "fixture"

    def _pairs(self, judgements: Sequence[Judgement]) -> Sequence[tuple[Judgement, _report.Record]]:
        return list(zip(judgements, self._note(judgements), strict=True))

    def _note(self, judgements: Sequence[Judgement]) -> Sequence[_report.Record]:
        records = [
            _report.finding_record(
                judgement.finding, restored=judgement.restored, excused=judgement.excused, root=self._root
            )
            for judgement in judgements
        ]
        self._ledger.findings += records
        return records

    def _roots(self) -> Sequence[Root]:
        return [root for fixture in self._live.values() for root in fixture.roots()]


def _is_main_program(config: pytest.Config) -> bool:
    """Tell whether this process exists for this run, and nobody debugs it: then it may be ended."""
    is_worker = hasattr(config, "workerinput")
    is_pytest = Path(sys.argv[0]).parent.name == "pytest" or Path(sys.argv[0]).stem in ("pytest", "py.test")
    return (is_worker or is_pytest) and not config.getoption("usepdb") and not is_debugged()
