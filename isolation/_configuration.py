"""Options, ini values and markers: what pytest lets a user say, read into settings."""

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from isolation import _settings, _watching
from isolation._errors import SettingsError
from isolation._judgements import Terms
from isolation._ledger import Ledger
from isolation._settings import EXCUSABLE, Settings

LEDGER = pytest.StashKey[Ledger]()
"""Where a run keeps what it finds."""

MARKERS = (
    'isolation_allow(*probes, reason="..."): what these probes find after this test is excused.',
    'isolation_barrier(group, on_conflict="wait", timeout=30.0, tasks="fail"): put back what this test changes.',
    'isolation_mode(mode): "off", "report", "restore" or "fail" for this test, class or module.',
    'mock_strictness(level): "off", "warn" or "strict" for what the mocks of this test find out.',
    "no_resource_tracking: no leak of this test is reported.",
)
_KEYWORDS = {"isolation_allow": ("reason",), "isolation_barrier": ("on_conflict", "timeout", "tasks")}
_CHOICES = {
    "isolation_mode": ("mode", "isolation mode", _settings.MODES),
    "mock_strictness": ("level", "strictness of mocks", _settings.STRICTNESSES),
}
_NAMES = frozenset(marker.partition("(")[0].partition(":")[0] for marker in MARKERS)


def add_options(parser: pytest.Parser) -> None:
    """Add the command-line options and ini values of this plugin."""
    group = parser.getgroup("isolation", "what tests leave behind, and who made it")
    group.addoption("--isolation-mode", metavar="MODE", help="off, report, restore or fail (overrides isolation_mode)")
    group.addoption(
        "--isolation-probes",
        metavar="PROBES",
        help="comma-separated 'probe' or 'probe=mode' (overrides isolation_probes)",
    )
    group.addoption(
        "--isolation-report", metavar="PATH", action="append", default=[], help="write the report; .jsonl (repeatable)"
    )
    group.addoption("--isolation-profile", metavar="PROFILE", help="auto, ci, test, development, staging or production")
    group.addoption("--isolation-trace", action="store_true", help="keep full creation stacks, not the compact ones")
    group.addoption(
        "--isolation-survivors",
        action="store_true",
        help="name what resource managers have closed and somebody still references",
    )
    group.addoption(
        "--isolation-debug-teardown",
        action="store_true",
        help="when a teardown hangs or fails, show all live fixtures and what is still to be cleaned up",
    )
    group.addoption(
        "--isolation-order",
        metavar="ORDER",
        help="random, random:SEED or reverse: modules, the classes in them and the tests in these change places",
    )
    group.addoption(
        "--isolation-diagnose",
        action="store_true",
        help="for each failed test, tell whether it depends on the order, and which test and state make it fail",
    )
    group.addoption(
        "--isolation-diagnose-limit",
        metavar="N",
        type=int,
        default=10,
        help="diagnose at most so many failed tests (default: 10)",
    )
    group.addoption("--isolation-restore-only", metavar="PLACE", help=argparse.SUPPRESS)  # of a run that diagnoses
    parser.addini("isolation_mode", "off, report, restore or fail", default="report")
    parser.addini("isolation_probes", "lines 'probe' or 'probe=mode'", type="linelist")
    parser.addini("isolation_allow", "lines 'probe: pattern = name', '= creator' or '= path'", type="linelist")
    parser.addini("isolation_severity", "lines 'kind = error', 'warning' or 'note'", type="linelist")
    parser.addini("isolation_holders", "lines 'package.module:attribute'", type="linelist")
    parser.addini("isolation_singletons", "lines 'package.module:attribute' to reset", type="linelist")
    parser.addini("isolation_watch", "modules and packages to watch besides the project's own", type="args")
    parser.addini("isolation_watch_strict", "report caches, counters and the like, too", type="bool", default=False)
    parser.addini("isolation_repair", "run the finalizers that pytest loses", type="bool", default=True)
    parser.addini("isolation_mock_strictness", "off, warn or strict", default="warn")
    parser.addini("isolation_services", "lines 'name = package.module:attribute'", type="linelist")
    parser.addini("isolation_profile", "auto, ci, test, development, staging or production", default="auto")


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings of *config*.

    Raises:
        pytest.UsageError: If any of them means nothing.
    """
    try:
        return _read(config)
    except SettingsError as failure:
        raise pytest.UsageError(str(failure)) from None


def _read(config: pytest.Config) -> Settings:
    file = _file(config)
    mode, mode_place = _chosen(config, "isolation_mode", file)
    probes, probes_place = _chosen_lines(config, "isolation_probes", file)
    profile, profile_place = _chosen(config, "isolation_profile", file)
    modes, named = _settings.parse_probes(probes, probes_place)
    general = _settings.parse_mode(mode, mode_place)
    return Settings(
        mode=general,
        probe_modes={**modes, **{probe: general for probe in named if probe in _settings.OPT_IN}},
        allowances=[
            _settings.parse_allowance(line, _ini_place(config, "isolation_allow", file))
            for line in config.getini("isolation_allow")
        ],
        severities=_settings.parse_severities(
            config.getini("isolation_severity"), _ini_place(config, "isolation_severity", file)
        ),
        holders=[
            _settings.parse_holder(line, _ini_place(config, "isolation_holders", file))
            for line in config.getini("isolation_holders")
        ],
        singletons=[
            _settings.parse_holder(line, _ini_place(config, "isolation_singletons", file))
            for line in config.getini("isolation_singletons")
        ],
        watch=config.getini("isolation_watch"),
        is_strict=_is_on(config, "isolation_watch_strict", file),
        is_tracing=bool(config.getoption("--isolation-trace")),
        is_repairing=_is_on(config, "isolation_repair", file),
        restore_only=config.getoption("--isolation-restore-only"),
        looks_for_survivors=bool(config.getoption("--isolation-survivors")),
        profile=_settings.choose_profile(profile, profile_place, os.environ),
        mock_strictness=_settings.parse_strictness(
            config.getini("isolation_mock_strictness"), _ini_place(config, "isolation_mock_strictness", file)
        ),
        services=_settings.parse_services(
            config.getini("isolation_services"), _ini_place(config, "isolation_services", file)
        ),
        reports=[
            _settings.parse_report(path, "--isolation-report") for path in config.getoption("--isolation-report") or ()
        ],
    )


def _is_on(config: pytest.Config, name: str, file: str) -> bool:
    try:
        return bool(config.getini(name))
    except (ValueError, pytest.UsageError) as failure:
        raise SettingsError(f"{failure} in {_ini_place(config, name, file)}; use true or false") from None


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _chosen(config: pytest.Config, name: str, file: str) -> tuple[str, str]:
    option = config.getoption(_option(name))
    return (option, _option(name)) if option is not None else (config.getini(name), _ini_place(config, name, file))


def _ini_place(config: pytest.Config, name: str, file: str) -> str:
    overrides: Sequence[str] = config.getoption("override_ini") or ()
    return f"-o {name}" if any(each.partition("=")[0].strip() == name for each in overrides) else f"{name} of {file}"


def ini_place(config: pytest.Config, name: str) -> str:
    """Return where the ini value *name* is set, as messages say it."""
    return _ini_place(config, name, _file(config))


def _file(config: pytest.Config) -> str:
    return config.inipath.name if config.inipath is not None else "the ini file"


def _chosen_lines(config: pytest.Config, name: str, file: str) -> tuple[Sequence[str], str]:
    option = config.getoption(_option(name))
    if option is not None:
        return [part.strip() for part in option.split(",") if part.strip()], _option(name)
    return config.getini(name), _ini_place(config, name, file)


def check_names(config: pytest.Config, settings: Settings) -> None:
    """Make sure that the holders, singletons and modules exist that *settings* name, now that the tests are imported.

    Raises:
        pytest.UsageError: If one does not; the message has the nearest name.
    """
    file = _file(config)
    try:
        for holder in settings.holders:
            _settings.check_holder(holder, _ini_place(config, "isolation_holders", file))
        for singleton in settings.singletons:
            _settings.check_holder(singleton, _ini_place(config, "isolation_singletons", file))
        _watching.check_names(settings.watch, _ini_place(config, "isolation_watch", file))
        check_services(config, settings)
    except SettingsError as failure:
        raise pytest.UsageError(str(failure)) from None


def check_services(config: pytest.Config, settings: Settings) -> None:
    """Make sure that there are classes where the services of *settings* are said to be; nothing is imported.

    Raises:
        pytest.UsageError: If there is none; the message has the nearest name.
    """
    if settings.services:
        from isolation.mocks._paths import check_path  # noqa: PLC0415 - most runs have none

        place = ini_place(config, "isolation_services")
        try:
            for service, path in settings.services.items():
                check_path(path, f"service {service!r} in {place}")
        except SettingsError as failure:
            raise pytest.UsageError(str(failure)) from None


def make_watching(config: pytest.Config, settings: Settings) -> _watching.Watching:
    """Return what decides which modules of this run are watched."""
    plugins = config.pluginmanager
    return _watching.Watching(
        str(config.rootpath),
        names=settings.watch,
        test_files=config.getini("python_files"),
        plugins=plugins.get_plugins,
        installed_plugins=lambda: [plugin for plugin, _ in plugins.list_plugin_distinfo()],
    )


def check_markers(items: Iterable[pytest.Item]) -> None:
    """Make sure that the markers of *items* and of the nodes above them mean something.

    Raises:
        pytest.UsageError: If one does not; the message names it, its test and the nearest valid value.
    """
    checked: set[int] = set()
    for item in items:
        node: Any = item
        while node is not None and id(node) not in checked:
            checked.add(id(node))
            for mark in node.own_markers:
                if mark.name in _NAMES:
                    _check_marker(mark, node.nodeid)
            node = node.parent


def _check_marker(mark: pytest.Mark, nodeid: str) -> None:
    place = f"@pytest.mark.{mark.name} of {nodeid}"
    try:
        _check_keywords(mark, place)
        _check_arguments(mark, place)
    except SettingsError as failure:
        raise pytest.UsageError(str(failure)) from None


def _check_keywords(mark: pytest.Mark, place: str) -> None:
    known = _KEYWORDS.get(mark.name, ())
    for keyword in mark.kwargs:
        if keyword not in known:
            raise SettingsError(f"unknown keyword {keyword!r} in {place}; it takes {' and '.join(known) or 'none'}")


def _check_arguments(mark: pytest.Mark, place: str) -> None:
    if mark.name == "isolation_allow":
        if not mark.args:
            raise SettingsError(f"nothing is allowed in {place}; name probes: {', '.join(map(repr, EXCUSABLE))}")
        for probe in mark.args:
            _settings.one_of(probe, EXCUSABLE, "probe", place)
    elif mark.name in _CHOICES:
        noun, what, valid = _CHOICES[mark.name]
        if len(mark.args) != 1:
            raise SettingsError(f"one {noun} is needed in {place}, got {len(mark.args)}")
        _settings.one_of(mark.args[0], valid, what, place)
    elif mark.name == "isolation_barrier":
        _check_barrier(mark, place)
    elif mark.args:
        raise SettingsError(f"no argument is taken in {place}, got {mark.args[0]!r}")


def _check_barrier(mark: pytest.Mark, place: str) -> None:
    from isolation._barriers import Terms  # noqa: PLC0415 - only if a test is marked

    if len(mark.args) != 1:
        raise SettingsError(f"one group is needed in {place}, got {len(mark.args)}")
    try:
        Terms(*mark.args, **mark.kwargs).check(place)
    except TypeError as failure:
        raise SettingsError(f"{failure}, in {place}") from None
    except SettingsError:
        raise
    except ValueError as failure:
        raise SettingsError(f"{failure}, in {place}") from None


def has_marker(items: Iterable[pytest.Item], name: str) -> bool:
    """Tell whether one of *items*, or a node above it, is marked with *name*."""
    checked: set[int] = set()
    for item in items:
        node: Any = item
        while node is not None and id(node) not in checked:
            checked.add(id(node))
            if any(mark.name == name for mark in node.own_markers):
                return True
            node = node.parent
    return False


def terms_of(item: pytest.Item) -> Terms:
    """Return what the markers of *item* say."""
    closest = item.get_closest_marker("isolation_mode")
    return Terms(
        mode=closest.args[0] if closest is not None else None,
        allowed=frozenset(probe for mark in item.iter_markers("isolation_allow") for probe in mark.args),
        is_tracked=item.get_closest_marker("no_resource_tracking") is None,
    )
