"""The pytest plugin: its options, and which parts of it a run needs."""

import platform
import sys
from collections.abc import Generator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import isolation
from isolation import _configuration, fixtures
from isolation._compatibility import knows_lost_finalizers
from isolation._configuration import LEDGER, read_settings
from isolation._failed_teardowns import FailedTeardowns
from isolation._fixture_state import RUNS
from isolation._guard_plugin import GuardPlugin
from isolation._ledger import Ledger
from isolation._live_fixtures import LIVE, LiveFixtures
from isolation._repair import Repair
from isolation._run_report import RunReport
from isolation._settings import Settings
from isolation._teardown_watch import TeardownWatch, open_stderr
from isolation._xdist import WorkerLink

if TYPE_CHECKING:
    from isolation._managed_fixtures import ManagedFixtures

_MARK = pytest.StashKey[int]()
_GROUPS = "isolation._groups"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    _configuration.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Note what was registered for barriers before this run: its conftests come next."""
    # A run in this process, by pytester, forgets the modules that it imported, but not what was taken from them.
    for module in list(vars(isolation).values()):
        if isinstance(module, ModuleType):
            sys.modules.setdefault(module.__name__, module)
    groups = sys.modules.get(_GROUPS)
    early_config.stash[_MARK] = groups.GROUPS.mark() if groups is not None else 0


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings; start the guard unless it is switched off."""
    for marker in _configuration.MARKERS:
        config.addinivalue_line("markers", marker)
    settings = read_settings(config)
    live = config.stash[LIVE] = LiveFixtures(str(config.rootpath))
    config.pluginmanager.register(live, "isolation_live_fixtures")
    config.pluginmanager.register(fixtures, "isolation_fixtures")
    is_worker = hasattr(config, "workerinput")
    ledger = config.stash[LEDGER] = Ledger(header=_header(config, settings))
    if settings.is_repairing:
        _start_repair(config, live)
    if settings.is_on:
        config.pluginmanager.register(GuardPlugin(config, settings, ledger), "isolation_guard")
    if settings.looks_for_survivors:
        _look_for_survivors(config, live, ledger)
    _start_on_request(config, settings, ledger)
    if is_worker:
        config.pluginmanager.register(WorkerLink(settings, ledger), "isolation_worker_link")
    else:
        config.pluginmanager.register(RunReport(settings, ledger), "isolation_run_report")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put barriers around tests and take baselines, if anybody has registered anything."""
    settings = read_settings(config)
    groups = sys.modules.get(_GROUPS)
    is_used = "isolation._barriers" in sys.modules or (groups is not None and groups.GROUPS.members(None))
    is_marked = _configuration.has_marker(items, "isolation_barrier")
    if not settings.is_on:
        _check_without_guard(config, settings, items, is_marked=is_marked)
    if is_used or is_marked or settings.singletons:
        from isolation._barrier_plugin import BarrierPlugin  # noqa: PLC0415 - most runs have none

        plugin = BarrierPlugin(config.stash.get(_MARK, 0))
        config.pluginmanager.register(plugin, "isolation_barriers")
        plugin.begin(items, settings)


def _check_without_guard(
    config: pytest.Config, settings: Settings, items: list[pytest.Item], *, is_marked: bool
) -> None:
    if is_marked or _configuration.has_marker(items, "mock_strictness"):
        _configuration.check_markers(items)
    _configuration.check_services(config, settings)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note that the run does not have all tests."""
    for item in items[:1]:
        item.config.stash[LEDGER].is_partial = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget what the run has registered for barriers."""
    groups = sys.modules.get(_GROUPS)
    if groups is not None:
        groups.GROUPS.forget_since(config.stash.get(_MARK, 0))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the live fixtures of the run be asked for and watched, until it ends."""
    config = session.config
    live = config.stash[LIVE]
    RUNS.append(live)
    config.add_cleanup(lambda: RUNS.remove(live))
    is_detailed = bool(config.getoption("--isolation-debug-teardown"))
    # Output is captured later; what hangs has to be seen at once.
    watch = TeardownWatch(live, read_settings(config).profile.emergency, open_stderr(), is_detailed=is_detailed)
    config.add_cleanup(watch.close)
    if is_detailed:
        config.pluginmanager.register(FailedTeardowns(), "isolation_failed_teardowns")


def _start_repair(config: pytest.Config, live: LiveFixtures) -> None:
    if knows_lost_finalizers():
        live.is_repairing = True
        config.pluginmanager.register(Repair(live), "isolation_repair")
    else:
        config.stash[LEDGER].blind.append("lost finalizers (pytest tears down otherwise than expected)")


def _start_on_request(config: pytest.Config, settings: Settings, ledger: Ledger) -> None:
    if config.getoption("--isolation-order") is not None:
        _put_in_order(config, ledger)
    if config.getoption("--isolation-diagnose"):
        _start_diagnosis(config, settings, ledger)


def _put_in_order(config: pytest.Config, ledger: Ledger) -> None:
    from isolation._order_plugin import OrderPlugin, read_order  # noqa: PLC0415 - only on request

    order = read_order(config)
    ledger.header["order"] = str(order)
    config.pluginmanager.register(OrderPlugin(config, order), "isolation_order")


def _start_diagnosis(config: pytest.Config, settings: Settings, ledger: Ledger) -> None:
    from isolation._diagnosis_plugin import DiagnosisPlugin, ReadsPlugin  # noqa: PLC0415 - only on request

    config.pluginmanager.register(ReadsPlugin(), "isolation_reads")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(DiagnosisPlugin(config, settings, ledger), "isolation_diagnosis")


def _look_for_survivors(config: pytest.Config, live: LiveFixtures, ledger: Ledger) -> None:
    from isolation._survivor_plugin import SurvivorPlugin  # noqa: PLC0415 - rarely needed

    config.pluginmanager.register(SurvivorPlugin(live, ledger), "isolation_survivors")


def _header(config: pytest.Config, settings: Settings) -> dict[str, Any]:
    plugins = {f"{dist.project_name}-{dist.version}" for _, dist in config.pluginmanager.list_plugin_distinfo()}
    return {
        "mode": settings.mode,
        "order": None,
        "profile": settings.profile.name,
        "pytest": pytest.__version__,
        "python": platform.python_version(),
        "plugins": sorted(plugins),
    }


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which mode and profile apply, and why; and what we cannot see."""
    settings = read_settings(config)
    blind = [f"isolation: BLIND for {spot}" for spot in config.stash[LEDGER].blind]
    if not settings.is_on:
        return blind
    deviating = "".join(f", {probe}={mode}" for probe, mode in settings.probe_modes.items())
    header = f"isolation: mode {settings.mode}{deviating}, profile {settings.profile.name} ({settings.profile.reason})"
    return [header, *blind]


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> Generator[None, object, object]:
    """Look at the managed fixtures of each test, once somebody has defined one."""
    made = yield
    if made and _has_managed_fixtures():
        _managed_plugin(collector.config).check(made)
    return made


def _has_managed_fixtures() -> bool:
    # A run in this process, by pytester, forgets the modules that it imported, but not what was taken from them.
    return "managed_fixture" in vars(isolation) or "isolation._managed" in sys.modules


def _managed_plugin(config: pytest.Config) -> "ManagedFixtures":
    plugin: ManagedFixtures | None = config.pluginmanager.get_plugin("isolation_managed_fixtures")
    if plugin is None:
        from isolation import _managed_fixtures  # noqa: PLC0415 - most runs have none

        plugin = _managed_fixtures.ManagedFixtures(config)
        config.pluginmanager.register(plugin, "isolation_managed_fixtures")
    return plugin
