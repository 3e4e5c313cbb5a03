"""What the user has set, checked once, with the nearest valid value for every wrong one."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Literal, cast, get_args

from isolation._errors import SettingsError
from isolation._findings import MOCKS, Finding, Severity
from isolation._origin import Origin, is_stdlib, relative

Mode = Literal["off", "report", "restore", "fail"]
By = Literal["name", "creator", "path"]
ProfileName = Literal["ci", "test", "development", "staging", "production"]
Strictness = Literal["off", "warn", "strict"]

MODES: Sequence[Mode] = get_args(Mode)
SEVERITIES: Sequence[Severity] = get_args(Severity)
STRICTNESSES: Sequence[Strictness] = get_args(Strictness)
LEAKS = ("tasks", "loops", "threads", "processes", "descriptors", "memory")
STATES = (
    "environment", "cwd", "modules", "interpreter", "signals", "locale", "warnings", "logging", "randomness",
    "patches", "singletons",
)  # fmt: skip
PROBES = (*LEAKS, *STATES)
OPT_IN = frozenset({"memory"})
EXCUSABLE = (*PROBES, MOCKS)
"""Whose findings can be excused: mocks are judged by their strictness, not by a mode."""
KINDS = (
    "task", "loop", "timer", "async_generator", "thread", "executor", "process", "zombie", "socket", "file",
    "pipe", "descriptor", "memory",
    "environment_variable", "cwd", "module", "import_system",
    "signal_handler", "signal_mask", "alarm", "fault_handler", "locale", "time_zone",
    "warnings_filter", "warnings_hook",
    "stream", "hook", "limit", "interpreter", "builtin", "umask", "loop_policy", "socket_timeout", "decimal_context",
    "garbage_collection", "temporary_directory", "url_opener", "https_context", "logging", "seed", "mime_type",
    "mock", "patch", "stand_in", "third_party",
    "container_key", "container", "global", "class_attribute", "instance", "initialisation", "counter", "subclass",
    "context_variable", "fixture_value", "import", "cache", "equal_value", "meant",
)  # fmt: skip
MOCK_KINDS = ("unused_stub", "argument_mismatch", "never_awaited", "use_after_close")
REPORT_FORMATS = (".jsonl",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Times that fit a kind of machine.

    Attributes:
        name: Its name.
        reason: Why it was chosen.
        grace: Seconds that what is left has to end by itself.
        emergency: Seconds after which a run that cannot exit is ended, and a teardown that hangs is named.
        memory: Bytes by which the resident memory may grow during one test.
    """

    name: ProfileName
    reason: str
    grace: float
    emergency: float
    memory: int = 100 << 20


_PROFILES: Mapping[ProfileName, tuple[float, float, int]] = {
    "ci": (0.2, 10.0, 50),
    "test": (0.1, 5.0, 100),
    "development": (0.1, 3.0, 150),
    "staging": (0.1, 7.5, 100),
    "production": (0.1, 5.0, 100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is no finding: ``probe: pattern = name`` or ``= creator``.

    Attributes:
        probe: Whose findings it excuses.
        pattern: A shell pattern.
        by: What the pattern is compared with.
        line: The setting as it was written.
    """

    probe: str
    pattern: str
    by: By
    line: str

    def excuses(self, finding: Finding, root: str) -> bool:
        """Tell whether *finding* is meant."""
        if finding.probe != self.probe:
            return False
        if self.by == "creator":
            return any(fnmatchcase(creator, self.pattern) for creator in creators(finding.origin, root))
        if self.by == "path":
            # A unit such as ``registry[*]`` is meant literally, too: it can be copied from the report.
            paths = {finding.place or finding.name, finding.unit or finding.name}
            return self.pattern in paths or any(fnmatchcase(path, self.pattern) for path in paths)
        return fnmatchcase(finding.name, self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a run.

    Attributes:
        mode: What happens with findings.
        probe_modes: Probes whose mode differs.
        allowances: What is no finding.
        severities: Kinds whose severity differs.
        holders: ``package.module:attribute`` of objects that may keep what tests open.
        watch: Modules and packages that are watched as well as the user's own.
        is_strict: Whether caches, counters and other changes that are rarely meant are reported like others.
        singletons: ``package.module:attribute`` of what is reset.
        is_tracing: Whether full creation stacks are kept.
        is_repairing: Whether finalizers that pytest loses are run.
        restore_only: The one place of state that is put back, whatever the mode; None for what the modes say.
        looks_for_survivors: Whether somebody wants to know what is closed and still referenced.
        profile: The times that apply.
        reports: Files to write.
        mock_strictness: What happens if a test does with its mocks what it did not say.
        services: Names of services, each with ``package.module:attribute`` of the class that its mocks stand for.
    """

    mode: Mode = "report"
    probe_modes: Mapping[str, Mode] = field(default_factory=dict[str, Mode])
    allowances: Sequence[Allowance] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    holders: Sequence[str] = ()
    singletons: Sequence[str] = ()
    watch: Sequence[str] = ()
    is_strict: bool = False
    is_tracing: bool = False
    is_repairing: bool = True
    restore_only: str | None = None
    looks_for_survivors: bool = False
    profile: Profile
    reports: Sequence[Path] = ()
    mock_strictness: Strictness = "warn"
    services: Mapping[str, str] = field(default_factory=dict[str, str])

    def mode_of(self, probe: str) -> Mode:
        """Return the mode of *probe*."""
        return self.probe_modes.get(probe, "off" if probe in OPT_IN else self.mode)

    @property
    def watches_state(self) -> bool:
        """Tell whether any probe of state has anything to do."""
        return any(self.mode_of(probe) != "off" for probe in STATES)

    @property
    def is_on(self) -> bool:
        """Tell whether any probe has anything to do."""
        return any(self.mode_of(probe) != "off" for probe in PROBES)


def one_of(value: object, valid: Sequence[str], what: str, place: str) -> str:
    """Return *value*, whatever was written, if it is one of *valid*.

    Raises:
        SettingsError: If it is not; the message has *what* it should be, the *place* and the nearest valid value.
    """
    if isinstance(value, str) and value in valid:
        return value
    near = nearest(str(value), valid)
    advice = f"did you mean {near!r}?" if near is not None else f"use one of {', '.join(map(repr, valid))}"
    raise SettingsError(f"unknown {what} {value!r} in {place}; {advice}")


def nearest(value: str, valid: Sequence[str], *, cutoff: float = 0.5) -> str | None:
    """Return which of *valid* may be meant by *value*, None if none is as near as *cutoff*."""
    import difflib  # noqa: PLC0415 - needed only to help somebody who is wrong

    return next(iter(difflib.get_close_matches(value, valid, n=1, cutoff=cutoff)), None)


def parse_mode(value: str, place: str) -> Mode:
    """Return *value* as a mode."""
    return cast("Mode", one_of(value.strip(), MODES, "isolation mode", place))


def parse_probes(lines: Iterable[str], place: str) -> tuple[Mapping[str, Mode], Sequence[str]]:
    """Return the modes of probes that *lines* give, and the probes that they name without one."""
    modes: dict[str, Mode] = {}
    named: list[str] = []
    for line in lines:
        probe, equals, mode = (part.strip() for part in line.partition("="))
        if "," in probe or " " in probe:
            raise SettingsError(
                f"cannot read {line!r} in {place}; one probe to a line, on the command line commas between"
            )
        one_of(probe, PROBES, "probe", place)
        if probe in modes or probe in named:
            raise SettingsError(f"probe {probe!r} is given twice in {place}")
        if equals:
            modes[probe] = parse_mode(mode, place)
        else:
            named.append(probe)
    if named:
        # Naming probes means only these; one with a mode of its own counts as named.
        modes.update({probe: "off" for probe in PROBES if probe not in named and probe not in modes})
    return modes, named


_PATH = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")
_ALLOWANCE = re.compile(r"(?P<probe>[^:]*):(?P<pattern>.*)=(?P<by>[^=]*)")


def parse_allowance(line: str, place: str) -> Allowance:
    """Return the allowance that *line* writes as ``probe: pattern = name``, ``= creator`` or ``= path``."""
    match = _ALLOWANCE.fullmatch(line)
    if match is None or not match["pattern"].strip():
        raise SettingsError(
            f"cannot read {line!r} in {place}; write 'probe: pattern = name', '= creator' or '= path', "
            "for example 'threads: pycares.* = creator'"
        )
    probe = one_of(match["probe"].strip(), EXCUSABLE, "probe", place)
    by = cast("By", one_of(match["by"].strip(), get_args(By), "kind of allowance", place))
    return Allowance(probe=probe, pattern=match["pattern"].strip(), by=by, line=line)


def parse_severities(lines: Iterable[str], place: str) -> Mapping[str, Severity]:
    """Return the severities that *lines* write as ``kind = error``, ``warning`` or ``note``."""
    severities: dict[str, Severity] = {}
    for line in lines:
        kind, equals, severity = (part.strip() for part in line.partition("="))
        if not equals:
            raise SettingsError(
                f"cannot read {line!r} in {place}; write 'kind = severity', for example 'timer = error'"
            )
        one_of(kind, (*KINDS, *MOCK_KINDS), "kind of finding", place)
        severities[kind] = cast("Severity", one_of(severity, SEVERITIES, "severity", place))
    return severities


def parse_strictness(value: str, place: str) -> Strictness:
    """Return *value* as a strictness of mocks."""
    return cast("Strictness", one_of(value.strip(), STRICTNESSES, "strictness of mocks", place))


def parse_services(lines: Iterable[str], place: str) -> Mapping[str, str]:
    """Return the paths of classes by service that *lines* write as ``name = package.module:attribute``."""
    services: dict[str, str] = {}
    for line in lines:
        name, equals, path = (part.strip() for part in line.partition("="))
        if not (equals and name.isidentifier() and _PATH.fullmatch(path)):
            raise SettingsError(
                f"cannot read {line!r} in {place}; write 'name = package.module:attribute', "
                "for example 'postgres = asyncpg:Pool'"
                + ("; a comment stands on a line of its own" if "#" in line else "")
            )
        if name.startswith("isolated_") and name.endswith("_mock"):
            raise SettingsError(f"{name!r} in {place} is a fixture; name its service, {name[9:-5]!r}")
        if name in services:
            raise SettingsError(f"service {name!r} is given twice in {place}")
        services[name] = path
    return services


def parse_holder(line: str, place: str) -> str:
    """Return *line* if it reads ``package.module:attribute``."""
    module, colon, attribute = line.strip().partition(":")
    if not (colon and module and attribute):
        raise SettingsError(f"cannot read {line!r} in {place}; write 'package.module:attribute'")
    return line.strip()


def find_holder(holder: str) -> object:
    """Return the object that *holder* names now, None while its module is not imported or lacks it."""
    module_name, _, attributes = holder.partition(":")
    found: object = sys.modules.get(module_name)
    for attribute in attributes.split("."):
        found = getattr(found, attribute, None)
    return found


def check_holder(holder: str, place: str) -> None:
    """Make sure that *holder* exists, importing its module if need be.

    Raises:
        SettingsError: If it does not; the message has the nearest name.
    """
    module_name, _, attribute = holder.partition(":")
    try:
        module = import_module(module_name)
    except ImportError as failure:
        raise SettingsError(f"cannot import {module_name!r}, which {place} names in {holder!r}: {failure}") from failure
    first = attribute.partition(".")[0]
    if not hasattr(module, first):
        one_of(first, sorted(vars(module)), f"attribute of {module_name}", place)


def parse_report(path: str, place: str) -> Path:
    """Return *path* if its ending names a format that can be written there."""
    report = Path(path).absolute()  # a test may change the current directory
    one_of(report.suffix, REPORT_FORMATS, "report format", f"{place}={path}")
    if report.is_dir():
        raise SettingsError(f"cannot write {path!r}, which {place} names: it is a directory")
    if not report.parent.is_dir():
        raise SettingsError(f"cannot write {path!r}, which {place} names: its directory does not exist")
    try:
        report.open("a").close()
    except OSError as failure:
        raise SettingsError(f"cannot write {path!r}, which {place} names: {failure.strerror}") from failure
    return report


def choose_profile(chosen: str, place: str, environment: Mapping[str, str]) -> Profile:
    """Return the profile that *chosen* names, or that *environment* suggests if it is ``"auto"``."""
    names: Sequence[str] = ("auto", *_PROFILES)
    reason = place
    if environment.get("ISOLATION_PROFILE"):
        chosen, reason = environment["ISOLATION_PROFILE"], "ISOLATION_PROFILE"
    one_of(chosen, names, "profile", reason)
    if chosen == "auto":
        chosen, reason = _detect(environment)
    name = cast("ProfileName", chosen)
    grace, emergency, mebibytes = _PROFILES[name]
    return Profile(name=name, reason=reason, grace=grace, emergency=emergency, memory=mebibytes << 20)


def _detect(environment: Mapping[str, str]) -> tuple[str, str]:
    for variable in ("GITHUB_ACTIONS", "CI"):
        if environment.get(variable, "").lower() not in ("", "0", "false", "no"):
            return "ci", f"{variable}={environment[variable]}"
    declared = environment.get("ENVIRONMENT", "").lower()
    if declared in _PROFILES:
        return declared, f"ENVIRONMENT={environment['ENVIRONMENT']}"
    return "test", "default"


_TASK_BOUNDARIES = ("asyncio/events.py", "asyncio/runners.py", "/_pytest/", "/pluggy/", "isolation/recording/")


def creators(origin: Origin | None, root: str) -> Sequence[str]:
    """Return what may be meant by the creator of *origin*: dotted names and relative files, innermost first.

    Only the frames up to the task, test or fixture that made it count, not the frameworks that run these.
    """
    names: list[str] = []
    for code, _ in origin.frames if origin is not None else ():
        file = code.co_filename.replace("\\", "/")
        if names and any(boundary in file for boundary in _TASK_BOUNDARIES):
            break
        if not is_stdlib(code.co_filename):
            names += [f"{module_name(code.co_filename)}.{code.co_qualname}", relative(code.co_filename, root)]
    return names


@lru_cache(maxsize=1024)
def module_name(file: str) -> str:
    """Return the dotted name under which *file* would be imported."""
    path = file.replace("\\", "/")
    roots = sorted({entry.rstrip("/") + "/" for entry in sys.path if entry}, key=len, reverse=True)
    local = next((path[len(entry) :] for entry in roots if path.startswith(entry)), path.lstrip("/"))
    return local.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
