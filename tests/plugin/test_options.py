"""Wrong settings: the run stops before the first test, and says what is wrong, where, and what is right."""

import pytest

from tests.plugin.said import SETTINGS, WATCHING

TEST = "def test_passes(): pass"


def refusal(result: pytest.RunResult) -> str:
    """Return the usage error with which the run behind *result* was refused."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    return next(line for line in reversed(result.errlines) if line.startswith("ERROR: "))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--isolation-mode=fial", "unknown isolation mode 'fial' in --isolation-mode; did you mean 'fail'?"),
        (
            "--isolation-mode=loud",
            "unknown isolation mode 'loud' in --isolation-mode; use one of 'off', 'report', 'restore', 'fail'",
        ),
        ("--isolation-probes=task=fail", "unknown probe 'task' in --isolation-probes; did you mean 'tasks'?"),
        (
            "--isolation-probes=tasks=repot",
            "unknown isolation mode 'repot' in --isolation-probes; did you mean 'report'?",
        ),
        ("--isolation-probes=tasks, thread", "unknown probe 'thread' in --isolation-probes; did you mean 'threads'?"),
        ("--isolation-profile=prod", "unknown profile 'prod' in --isolation-profile; did you mean 'production'?"),
        (
            "--isolation-report=report.jsonlines",
            "unknown report format '.jsonlines' in --isolation-report=report.jsonlines; did you mean '.jsonl'?",
        ),
        (
            "--isolation-report=nowhere/report.jsonl",
            "cannot write 'nowhere/report.jsonl', which --isolation-report names: its directory does not exist",
        ),
    ],
)
def test_a_wrong_option_is_refused(pytester: pytest.Pytester, option: str, message: str) -> None:
    """The message has the value, the option, and the nearest valid value."""
    pytester.makepyfile(TEST)

    result = pytester.runpytest_inprocess(option)

    assert refusal(result) == f"ERROR: {message}"


def test_a_wrong_switch_is_refused(pytester: pytest.Pytester) -> None:
    """What is neither true nor false says where it was set."""
    pytester.makepyfile(TEST)

    result = pytester.runpytest_inprocess("-o", "isolation_repair=maybe")

    assert refusal(result) == "ERROR: invalid truth value 'maybe' in -o isolation_repair; use true or false"


def test_a_report_is_no_directory(pytester: pytest.Pytester) -> None:
    """A report cannot be written where a directory is."""
    pytester.mkdir("report.jsonl")

    result = pytester.runpytest_inprocess("--isolation-report=report.jsonl")

    assert refusal(result) == ("ERROR: cannot write 'report.jsonl', which --isolation-report names: it is a directory")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("isolation_mode = fial", "unknown isolation mode 'fial' in isolation_mode of tox.ini; did you mean 'fail'?"),
        ("isolation_probes = taks", "unknown probe 'taks' in isolation_probes of tox.ini; did you mean 'tasks'?"),
        ("isolation_profile = tset", "unknown profile 'tset' in isolation_profile of tox.ini; did you mean 'test'?"),
        (
            "isolation_allow = threads pycares",
            (
                "cannot read 'threads pycares' in isolation_allow of tox.ini; write 'probe: pattern = name', "
                "'= creator' or '= path', for example 'threads: pycares.* = creator'"
            ),
        ),
        (
            "isolation_allow = thread: pycares.* = creator",
            "unknown probe 'thread' in isolation_allow of tox.ini; did you mean 'threads'?",
        ),
        (
            "isolation_allow = threads: pycares.* = author",
            "unknown kind of allowance 'author' in isolation_allow of tox.ini; did you mean 'creator'?",
        ),
        (
            "isolation_severity = timers = error",
            "unknown kind of finding 'timers' in isolation_severity of tox.ini; did you mean 'timer'?",
        ),
        (
            "isolation_severity = timer = eror",
            "unknown severity 'eror' in isolation_severity of tox.ini; did you mean 'error'?",
        ),
        (
            "isolation_severity = timer",
            (
                "cannot read 'timer' in isolation_severity of tox.ini; write 'kind = severity', "
                "for example 'timer = error'"
            ),
        ),
        (
            "isolation_holders = app.http",
            "cannot read 'app.http' in isolation_holders of tox.ini; write 'package.module:attribute'",
        ),
    ],
)
def test_a_wrong_line_of_the_ini_file_is_refused(pytester: pytest.Pytester, line: str, message: str) -> None:
    """The message has the value, the setting and its file, and the nearest valid value."""
    pytester.makeini(f"{WATCHING}{line}\n")

    result = pytester.runpytest_inprocess()

    assert refusal(result) == f"ERROR: {message}"


@pytest.mark.parametrize(
    ("holder", "message"),
    [
        (
            "appx:client",
            ("cannot import 'appx', which isolation_holders of tox.ini names in 'appx:client': No module named 'appx'"),
        ),
        (
            "json:decodr",
            "unknown attribute of json 'decodr' in isolation_holders of tox.ini; did you mean 'decoder'?",
        ),
    ],
)
def test_a_holder_that_does_not_exist_is_refused(pytester: pytest.Pytester, holder: str, message: str) -> None:
    """Holders are looked up when the tests are collected, and none of these runs if one is wrong."""
    pytester.makeini(f"{SETTINGS}isolation_holders = {holder}\n")
    pytester.makepyfile(TEST)

    result = pytester.runpytest_inprocess()

    assert refusal(result) == f"ERROR: {message}"


def test_an_overridden_setting_is_found_on_the_command_line(pytester: pytest.Pytester) -> None:
    """What `-o` says is not looked for in the ini file."""
    result = pytester.runpytest_inprocess("-o", "isolation_mode=fial")

    assert refusal(result) == "ERROR: unknown isolation mode 'fial' in -o isolation_mode; did you mean 'fail'?"


def test_a_wrong_environment_variable_is_refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile from the environment is checked like any other."""
    monkeypatch.setenv("ISOLATION_PROFILE", "develop")

    result = pytester.runpytest_inprocess()

    assert refusal(result) == "ERROR: unknown profile 'develop' in ISOLATION_PROFILE; did you mean 'development'?"


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('isolation_allow("task")', "unknown probe 'task' in {place}; did you mean 'tasks'?"),
        ('isolation_allow(["tasks"])', "unknown probe ['tasks'] in {place}; did you mean 'tasks'?"),
        ('isolation_allow("tasks", why="late")', "unknown keyword 'why' in {place}; it takes reason"),
        ('isolation_mode("fial")', "unknown isolation mode 'fial' in {place}; did you mean 'fail'?"),
        ('isolation_mode(" fail ")', "unknown isolation mode ' fail ' in {place}; did you mean 'fail'?"),
        ("isolation_mode()", "one mode is needed in {place}, got 0"),
        ('isolation_mode("fail", "report")', "one mode is needed in {place}, got 2"),
        ('isolation_mode(mode="fail")', "unknown keyword 'mode' in {place}; it takes none"),
        ('no_resource_tracking("tasks")', "no argument is taken in {place}, got 'tasks'"),
    ],
)
def test_a_wrong_marker_is_refused(pytester: pytest.Pytester, marker: str, message: str) -> None:
    """The message has the value, the marker and its test, and the nearest valid value; no test runs."""
    pytester.makepyfile(test_wrong=f"import pytest\n@pytest.mark.{marker}\ndef test_passes(): pass\n")

    result = pytester.runpytest_inprocess()

    name = marker.partition("(")[0]
    place = f"@pytest.mark.{name} of test_wrong.py::test_passes"
    assert refusal(result) == f"ERROR: {message.format(place=place)}"


def test_an_allowance_of_nothing_is_refused(pytester: pytest.Pytester) -> None:
    """Who allows something says what."""
    pytester.makepyfile(test_wrong='import pytest\n@pytest.mark.isolation_allow(reason="?")\ndef test_passes(): pass\n')

    result = pytester.runpytest_inprocess()

    place = "@pytest.mark.isolation_allow of test_wrong.py::test_passes"
    assert refusal(result).startswith(f"ERROR: nothing is allowed in {place}; name probes: 'tasks', 'loops', ")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ('pytestmark = pytest.mark.isolation_mode("fial")\ndef test_passes(): pass\n', "test_wrong.py"),
        (
            '@pytest.mark.isolation_mode("fial")\nclass TestIt:\n    def test_passes(self): pass\n',
            "test_wrong.py::TestIt",
        ),
    ],
    ids=["module", "class"],
)
def test_a_wrong_marker_is_found_where_it_stands(pytester: pytest.Pytester, source: str, place: str) -> None:
    """A marker of a class or module is named with that, not with the first test below."""
    pytester.makepyfile(test_wrong=f"import pytest\n{source}")

    result = pytester.runpytest_inprocess()

    assert f" in @pytest.mark.isolation_mode of {place}; " in refusal(result)


def test_the_help_explains_the_options(pytester: pytest.Pytester) -> None:
    """`pytest --help` has a group of its own for the options of this plugin."""
    result = pytester.runpytest_inprocess("--help")

    result.stdout.fnmatch_lines(
        [
            "what tests leave behind, and who made it:",
            "  --isolation-mode=MODE*",
            "  --isolation-probes=PROBES",
            "  --isolation-report=PATH",
        ]
    )


def test_the_markers_are_explained(pytester: pytest.Pytester) -> None:
    """`pytest --markers` lists the markers, so that `--strict-markers` knows them."""
    result = pytester.runpytest_inprocess("--markers")

    result.stdout.fnmatch_lines(
        [
            '@pytest.mark.isolation_allow(*probes, reason="..."): what these probes find after this test is excused.',
            '@pytest.mark.isolation_mode(mode): "off", "report", "restore" or "fail" for this test, class or module.',
            "@pytest.mark.no_resource_tracking: no leak of this test is reported.",
        ]
    )
