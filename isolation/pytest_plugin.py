"""The pytest plugin: turns pytest's events into calls and decides nothing."""

import platform
import sys
from collections.abc import Collection, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from isolation import _configuration, _report
from isolation._adoption import Root
from isolation._canary import blind_spots
from isolation._compatibility import fixture_value
from isolation._configuration import check_markers, read_settings, terms_of
from isolation._errors import LeakError
from isolation._guard import Guard, Judgement
from isolation._ledger import Ledger
from isolation._owners import OWNER, Owner
from isolation._settings import Settings, check_holder
from isolation._watchdog import Exit, Watchdog, is_debugged
from isolation._xdist import ControllerLink, WorkerLink

_LEDGER = pytest.StashKey[Ledger]()
_NO_ROOTS = ("_pytest", "pytest_asyncio", "anyio", "xdist", "pytest_trio", "isolation")


class LeakFailure(LeakError, pytest.fail.Exception):  # type: ignore[name-defined, misc]  # noqa: N818 - a function's attribute
    """A `LeakError` that pytest shows without the frames of the hooks that raised it."""

    def __init__(self, message: str, judgements: Sequence[Judgement]) -> None:
        LeakError.__init__(self, message, [judgement.finding for judgement in judgements])
        self.msg = message
        self.pytrace = False

    def __str__(self) -> str:
        return str(self.msg)


# The name under which users can catch it, and which pytest prints in its short summary.
LeakFailure.__module__, LeakFailure.__qualname__ = "builtins", "LeakError"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    _configuration.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings; start the guard unless it is switched off."""
    for marker in _configuration.MARKERS:
        config.addinivalue_line("markers", marker)
    settings = read_settings(config)
    is_worker = hasattr(config, "workerinput")
    ledger = config.stash[_LEDGER] = Ledger(header=_header(config, settings))
    if not settings.is_on:
        return
    config.pluginmanager.register(GuardPlugin(config, settings, ledger), "isolation_guard")
    if is_worker:
        config.pluginmanager.register(WorkerLink(ledger), "isolation_worker_link")
    else:
        config.pluginmanager.register(RunReport(settings, ledger), "isolation_run_report")


def _header(config: pytest.Config, settings: Settings) -> dict[str, Any]:
    plugins = {f"{dist.project_name}-{dist.version}" for _, dist in config.pluginmanager.list_plugin_distinfo()}
    return {
        "mode": settings.mode,
        "profile": settings.profile.name,
        "pytest": pytest.__version__,
        "python": platform.python_version(),
        "plugins": sorted(plugins),
    }


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which mode and profile apply, and why; and what the guard cannot see."""
    settings = read_settings(config)
    if not settings.is_on:
        return []
    deviating = "".join(f", {probe}={mode}" for probe, mode in settings.probe_modes.items())
    header = f"isolation: mode {settings.mode}{deviating}, profile {settings.profile.name} ({settings.profile.reason})"
    return [header, *(f"isolation: BLIND for {spot}" for spot in config.stash[_LEDGER].blind)]


class GuardPlugin:
    """Puts the guard around each test, and an owner around each fixture."""

    def __init__(self, config: pytest.Config, settings: Settings, ledger: Ledger) -> None:
        self._config = config
        self._settings = settings
        self._ledger = ledger
        self._status = 0
        self._root = str(config.rootpath)
        self._file = config.inipath.name if config.inipath is not None else "the ini file"
        self._live: dict[pytest.FixtureDef[Any], Owner] = {}
        # A run inside of a test of another run: what its tests make is its own business, then the outer test goes on.
        self._outer = OWNER.get()
        self._session = Owner("session", "session", scope="session", parent=self._outer)
        self._test = self._session
        self._failed_before = 0
        self._guard = Guard(settings, self._root, live=self._roots, session=self._session)
        ledger.blind += blind_spots(settings, self._root, self._guard.recorder)
        self._guard.install()

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
        )

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse markers that mean nothing, and holders that do not exist."""
        check_markers(items)
        for holder in self._settings.holders:
            check_holder(holder, f"isolation_holders of {self._file}")

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let the test own what is made from now on."""
        self._failed_before = item.session.testsfailed
        self._test = Owner("test", item.name, item.nodeid, "function", self._session)
        OWNER.set(self._test)
        self._guard.begin()
        return (yield)

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look what the test has left, after everybody else has torn down."""
        try:
            result = yield
        except BaseException:
            self._end(item)
            raise
        failing = self._end(item)
        if failing:
            raise LeakFailure(_report.leak_message([record for _, record in failing]), [found for found, _ in failing])
        return result

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Let a fixture own what it makes: through its test, or by itself if its scope is wider."""
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
        owner = Owner("fixture", fixturedef.argname, request.node.nodeid, fixturedef.scope, self._session)
        self._live[fixturedef] = owner
        looks = self._guard.look_for_fixture()
        token = OWNER.set(owner)
        try:
            return (yield)
        finally:
            OWNER.reset(token)
            self._guard.claim_for_fixture(looks, owner)
            # Finalizers run newest first: this one runs after those of the fixtures that use this one, before its own.
            fixturedef.addfinalizer(lambda: _set_owner(owner))

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """Let a wider fixture come to its end; what it still has is found at the next look."""
        owner = self._live.pop(fixturedef, None)
        if owner is not None:
            owner.is_alive = False
            OWNER.set(self._test)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Look what was left by fixtures that ended after the last test."""
        self._status = int(exitstatus)
        OWNER.set(self._outer)
        self._note(self._guard.finish())
        self._ledger.tests += self._guard.owners
        self._ledger.seconds += self._guard.seconds
        self._ledger.loops += self._guard.loops_inspected
        self._ledger.used |= self._guard.allowances.used

    def _end(self, item: pytest.Item) -> Sequence[tuple[Judgement, _report.Record]]:
        judgements = self._guard.end(self._test, lambda: terms_of(item))
        OWNER.set(self._outer)
        if not judgements:
            return ()
        pairs = list(zip(judgements, self._note(judgements), strict=True))
        failing = [(judgement, record) for judgement, record in pairs if judgement.fails]
        shown = [record for judgement, record in pairs if judgement.excused is None]
        if shown and (self._has_failed(item) or not failing):
            item.add_report_section("teardown", "isolation", "\n".join(_report.section(shown)))
        return [] if self._has_failed(item) else failing

    def _has_failed(self, item: pytest.Item) -> bool:
        return item.session.testsfailed > self._failed_before

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
        return [
            (owner, fixture_value(fixturedef))
            for fixturedef, owner in self._live.items()
            if fixturedef.func.__module__.partition(".")[0] not in _NO_ROOTS
        ]


def _is_main_program(config: pytest.Config) -> bool:
    """Tell whether this process exists for this run, and nobody debugs it: then it may be ended."""
    is_worker = hasattr(config, "workerinput")
    is_pytest = Path(sys.argv[0]).parent.name == "pytest" or Path(sys.argv[0]).stem in ("pytest", "py.test")
    return (is_worker or is_pytest) and not config.getoption("usepdb") and not is_debugged()


def _set_owner(owner: Owner) -> None:
    OWNER.set(owner)


class RunReport:
    """Collects what was found in this process and in its workers; writes the files and the summary."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Listen to workers if there are any."""
        manager = session.config.pluginmanager
        if manager.hasplugin("dsession"):
            manager.register(ControllerLink(self._ledger), "isolation_controller_link")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the report files."""
        for path in self._settings.reports:
            Path(path).write_text(_report.jsonl(self._ledger.records()), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show what was left."""
        ledger = self._ledger
        if not ledger.tests:
            return
        shown = [*ledger.counted, *(ledger.notes if terminalreporter.verbosity > 0 else ())]
        if shown:
            terminalreporter.section("isolation")
            for said in _report.section(shown):
                terminalreporter.line(said)
            terminalreporter.line(ledger.verdict())
        else:
            terminalreporter.line(f"isolation: {ledger.verdict()}")
        if _is_complete(terminalreporter.config):
            for line in _stale(self._settings, ledger.used):
                terminalreporter.line(f"isolation: {line!r} excused nothing in this run; it can go")


def _stale(settings: Settings, used: Collection[str]) -> Sequence[str]:
    """Return the allowances and holders of *settings* that are not among the *used*."""
    lines = [*(allowance.line for allowance in settings.allowances), *settings.holders]
    return [line for line in lines if line not in used]


def _is_complete(config: pytest.Config) -> bool:
    """Tell whether nothing was asked for that leaves tests out, so that what was of no use is of none."""
    options = vars(config.option)
    chosen = ("keyword", "markexpr", "lf", "maxfail", "deselect", "ignore", "ignore_glob", "stepwise", "collectonly")
    return not any(options.get(name) for name in chosen) and config.args_source is not pytest.Config.ArgsSource.ARGS
