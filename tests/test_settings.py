"""Settings: what is read, and what is refused."""

import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from isolation import SettingsError, _settings
from isolation._settings import Profile, Settings
from tests.made import CONNECT, IN_TEST, ROOT, finding, frame

PROFILE = Profile(name="test", reason="default", grace=0.1, emergency=5.0, memory=0)
PLACE = "isolation_x of pytest.ini"


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("fial", "did you mean 'fail'?"),
        ("x", "use one of 'fail', 'report'"),
        (["fail"], "did you mean 'fail'?"),
        (7, "use one of 'fail', 'report'"),
    ],
)
def test_a_wrong_value_is_refused_with_the_right_one(value: object, advice: str) -> None:
    """The nearest valid value is proposed, all are listed if none is near; whatever is written, it is no crash."""
    with pytest.raises(SettingsError) as caught:
        _settings.one_of(value, ["fail", "report"], "mode", PLACE)

    assert str(caught.value) == f"unknown mode {value!r} in {PLACE}; {advice}"


def test_a_right_value_is_returned() -> None:
    """What is valid passes as it is."""
    assert _settings.one_of("fail", ["fail"], "mode", PLACE) == "fail"


def test_a_mode_may_have_space_around_it() -> None:
    """An ini file aligns values as it likes."""
    assert _settings.parse_mode(" fail ", PLACE) == "fail"


def test_probes_with_modes_leave_the_others_alone() -> None:
    """`tasks=fail` says nothing about threads."""
    modes, named = _settings.parse_probes(["tasks=fail", "threads = off"], PLACE)

    assert modes == {"tasks": "fail", "threads": "off"}
    assert list(named) == []


def test_probes_that_are_named_are_the_only_ones() -> None:
    """Whoever lists probes wants these; one with a mode of its own counts as listed."""
    modes, named = _settings.parse_probes(["tasks", "threads=fail"], PLACE)

    assert list(named) == ["tasks"]
    assert "tasks" not in modes
    assert modes["threads"] == "fail"
    assert {modes[probe] for probe in _settings.PROBES if probe not in ("tasks", "threads")} == {"off"}


@pytest.mark.parametrize("line", ["thread", "thread=fail", "tasks=fial", "tasks=", "=fail", ""])
def test_probes_that_do_not_exist_are_refused(line: str) -> None:
    """Neither a probe nor a mode is guessed."""
    with pytest.raises(SettingsError, match=f" in {PLACE}; "):
        _settings.parse_probes([line], PLACE)


def test_an_allowance_is_read() -> None:
    """Probe, pattern and what the pattern is compared with; the line itself is kept for the list of stale ones."""
    allowance = _settings.parse_allowance("threads:  pycares.*  = creator", PLACE)

    assert (allowance.probe, allowance.pattern, allowance.by) == ("threads", "pycares.*", "creator")
    assert allowance.line == "threads:  pycares.*  = creator"


def test_a_pattern_may_have_signs_of_its_own() -> None:
    """The probe ends at the first colon, the pattern at the last equals sign."""
    allowance = _settings.parse_allowance("descriptors: 127.0.0.1:* = x = name", PLACE)

    assert allowance.pattern == "127.0.0.1:* = x"


@pytest.mark.parametrize("line", ["threads pycares", "threads: = name", "threads: pycares", "pycares = name", ""])
def test_a_line_that_is_no_allowance_is_refused(line: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(SettingsError) as caught:
        _settings.parse_allowance(line, PLACE)

    assert str(caught.value) == (
        f"cannot read {line!r} in {PLACE}; write 'probe: pattern = name', '= creator' or '= path', "
        "for example 'threads: pycares.* = creator'"
    )


@pytest.mark.parametrize("line", ["thread: * = name", "threads: * = nam"])
def test_an_allowance_of_nothing_known_is_refused(line: str) -> None:
    """Probes and ways to compare are checked."""
    with pytest.raises(SettingsError, match="did you mean"):
        _settings.parse_allowance(line, PLACE)


def test_severities_are_read() -> None:
    """Each line changes one kind."""
    assert _settings.parse_severities(["timer = error", "thread=note"], PLACE) == {"timer": "error", "thread": "note"}


@pytest.mark.parametrize("line", ["timer", "timers = error", "timer = fatal", "timer ="])
def test_a_wrong_severity_is_refused(line: str) -> None:
    """Kinds and severities are checked."""
    with pytest.raises(SettingsError, match=f" in {PLACE}; "):
        _settings.parse_severities([line], PLACE)


def test_a_holder_is_read() -> None:
    """It names a module and an attribute."""
    assert _settings.parse_holder(" app.http:client.pool ", PLACE) == "app.http:client.pool"


@pytest.mark.parametrize("line", ["app.http", "app.http:", ":client", ""])
def test_a_line_that_is_no_holder_is_refused(line: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(SettingsError) as caught:
        _settings.parse_holder(line, PLACE)

    assert str(caught.value) == f"cannot read {line!r} in {PLACE}; write 'package.module:attribute'"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give a module `app_of_test` that is imported."""
    module = ModuleType("app_of_test")
    monkeypatch.setitem(sys.modules, "app_of_test", module)
    return module


def test_a_holder_is_found(app: ModuleType) -> None:
    """Its value is looked up each time, along all its attributes."""
    vars(app)["http"] = SimpleNamespace(client="the client")

    assert _settings.find_holder("app_of_test:http.client") == "the client"


def test_a_holder_that_is_not_there_yet_holds_nothing(app: ModuleType) -> None:
    """A client may come with its first use, and a module with its first import."""
    vars(app)["http"] = None

    assert _settings.find_holder("app_of_test:http.client") is None
    assert _settings.find_holder("no_such_module_of_test:client") is None


def test_a_holder_that_exists_is_accepted(app: ModuleType) -> None:
    """It may be empty when the run begins."""
    vars(app)["client"] = None

    _settings.check_holder("app_of_test:client.pool", PLACE)


def test_a_holder_whose_module_does_not_exist_is_refused() -> None:
    """The message has the module, the line, and what Python says."""
    with pytest.raises(SettingsError) as caught:
        _settings.check_holder("no_such_module_of_test:client", PLACE)

    assert str(caught.value) == (
        f"cannot import 'no_such_module_of_test', which {PLACE} names in 'no_such_module_of_test:client': "
        "No module named 'no_such_module_of_test'"
    )


def test_a_holder_that_its_module_lacks_is_refused(app: ModuleType) -> None:
    """The message has the nearest name of the module."""
    vars(app)["client"] = None

    with pytest.raises(SettingsError) as caught:
        _settings.check_holder("app_of_test:cleint", PLACE)

    assert str(caught.value) == f"unknown attribute of app_of_test 'cleint' in {PLACE}; did you mean 'client'?"


def test_a_report_may_be_written(tmp_path: Path) -> None:
    """A file with a known ending, in a directory that exists."""
    assert _settings.parse_report(str(tmp_path / "report.jsonl"), "--isolation-report") == tmp_path / "report.jsonl"


def test_a_report_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Nobody wants to learn that after the run."""
    (tmp_path / "report.jsonl").mkdir()

    with pytest.raises(SettingsError, match="--isolation-report names: it is a directory"):
        _settings.parse_report(str(tmp_path / "report.jsonl"), "--isolation-report")
    with pytest.raises(SettingsError, match="--isolation-report names: its directory does not exist"):
        _settings.parse_report(str(tmp_path / "nowhere" / "report.jsonl"), "--isolation-report")
    with pytest.raises(SettingsError, match=r"unknown report format '\.txt'"):
        _settings.parse_report("report.txt", "--isolation-report")


@pytest.mark.parametrize(
    ("environment", "name", "reason"),
    [
        ({}, "test", "default"),
        ({"CI": "true"}, "ci", "CI=true"),
        ({"CI": "1", "GITHUB_ACTIONS": "true"}, "ci", "GITHUB_ACTIONS=true"),
        ({"CI": ""}, "test", "default"),
        ({"CI": "False"}, "test", "default"),
        ({"CI": "0", "ENVIRONMENT": "Production"}, "production", "ENVIRONMENT=Production"),
        ({"ENVIRONMENT": "mars"}, "test", "default"),
        ({"ISOLATION_PROFILE": "staging", "CI": "true"}, "staging", "ISOLATION_PROFILE"),
        ({"ISOLATION_PROFILE": "auto", "CI": "true"}, "ci", "CI=true"),
        ({"ISOLATION_PROFILE": ""}, "test", "default"),
    ],
)
def test_a_profile_is_found_out(environment: Mapping[str, str], name: str, reason: str) -> None:
    """The environment suggests a profile, and the reason can be read; false and empty values suggest nothing."""
    profile = _settings.choose_profile("auto", PLACE, environment)

    assert (profile.name, profile.reason) == (name, reason)


def test_a_chosen_profile_counts_more_than_a_suggestion() -> None:
    """Whoever names a profile gets it, with its times."""
    profile = _settings.choose_profile("development", PLACE, {"CI": "true"})

    assert (profile.name, profile.reason, profile.grace, profile.emergency) == ("development", PLACE, 0.1, 3.0)


@pytest.mark.parametrize(("chosen", "environment"), [("tset", {}), ("auto", {"ISOLATION_PROFILE": "tset"})])
def test_a_profile_that_does_not_exist_is_refused(chosen: str, environment: Mapping[str, str]) -> None:
    """Wherever its name comes from."""
    with pytest.raises(SettingsError, match="did you mean 'test'"):
        _settings.choose_profile(chosen, PLACE, environment)


def test_a_probe_has_the_mode_of_all_unless_it_has_its_own() -> None:
    """The general mode holds for what is not listed; memory has to be asked for."""
    settings = Settings(mode="restore", probe_modes={"tasks": "fail"}, profile=PROFILE)

    modes = [settings.mode_of(probe) for probe in ("tasks", "threads", "memory")]

    assert modes == ["fail", "restore", "off"]


@pytest.mark.parametrize(
    ("settings", "is_on"),
    [
        (Settings(profile=PROFILE), True),
        (Settings(mode="off", profile=PROFILE), False),
        (Settings(mode="off", probe_modes={"tasks": "report"}, profile=PROFILE), True),
        (Settings(probe_modes=dict.fromkeys(_settings.PROBES, "off"), profile=PROFILE), False),
    ],
)
def test_there_is_something_to_do_if_any_probe_is_on(settings: Settings, is_on: bool) -> None:
    """Mode off with one probe on is on; mode report with all probes off is off."""
    assert settings.is_on is is_on


def test_creators_are_named_by_module_and_by_file() -> None:
    """A user may write either, and any user code on the way counts, innermost first."""
    assert _settings.creators(finding().origin, ROOT) == [
        "srv.app.app.ws.connect",
        "app/ws.py",
        "srv.app.tests.test_chat.test_chat",
        "tests/test_chat.py",
    ]


def test_the_standard_library_creates_nothing() -> None:
    """Frames of Python itself are passed over."""
    library = frame(f"{sysconfig.get_path('stdlib')}/threading.py", 9, "start")

    assert _settings.creators(finding(frames=[library, IN_TEST]).origin, ROOT)[1] == "tests/test_chat.py"


@pytest.mark.parametrize(
    "boundary", [f"{sysconfig.get_path('stdlib')}/asyncio/events.py", "/usr/lib/site-packages/_pytest/python.py"]
)
def test_who_runs_a_task_or_test_has_not_created_what_it_makes(boundary: str) -> None:
    """Frames beyond the task or the test do not count: otherwise `asyncio.*` would excuse everything."""
    run = frame(boundary, 80, "run")

    assert _settings.creators(finding(frames=[CONNECT, run, IN_TEST]).origin, ROOT) == [
        "srv.app.app.ws.connect",
        "app/ws.py",
    ]


def test_what_nobody_saw_has_no_creators() -> None:
    """Without an origin there is nobody to name."""
    assert _settings.creators(finding(frames=None).origin, ROOT) == []


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/srv/lib/app/ws.py", "app.ws"),
        ("/srv/lib/app/__init__.py", "app"),
        ("/srv/lib/deep/app/ws.py", "app.ws"),
        ("/elsewhere/app.py", "elsewhere.app"),
        ("C:\\app\\ws.py", "C:.app.ws"),
    ],
)
def test_a_module_has_the_name_under_which_it_is_imported(
    monkeypatch: pytest.MonkeyPatch, file: str, name: str
) -> None:
    """The longest entry of `sys.path` counts; a file outside of it has its whole path."""
    monkeypatch.setattr(sys, "path", ["", "/srv/lib", "/srv/lib/deep/"])
    _settings.module_name.cache_clear()

    assert _settings.module_name(file) == name
    _settings.module_name.cache_clear()


@pytest.mark.parametrize("line", ["tasks, threads", "tasks threads=fail"])
def test_several_probes_in_one_line_are_refused(line: str) -> None:
    """The message says how to separate them."""
    with pytest.raises(SettingsError) as caught:
        _settings.parse_probes([line], "isolation_probes of tox.ini")

    assert str(caught.value) == (
        f"cannot read {line!r} in isolation_probes of tox.ini; one probe to a line, on the command line commas between"
    )


def test_a_probe_that_is_given_twice_is_refused() -> None:
    """Which of the two is meant nobody knows."""
    with pytest.raises(SettingsError, match=r"probe 'tasks' is given twice in isolation_probes of tox\.ini"):
        _settings.parse_probes(["tasks = fail", "tasks"], "isolation_probes of tox.ini")


def test_a_report_in_a_directory_that_takes_no_files_is_refused() -> None:
    """That is said before the first test, not after the last."""
    with pytest.raises(SettingsError, match=r"cannot write '/proc/report\.jsonl', which --isolation-report names: "):
        _settings.parse_report("/proc/report.jsonl", "--isolation-report")
