"""Modes: what the plugin does about what it finds."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, brief, error, findings, section, verdict

SOCKET = """
    import socket

    kept = []

    def teardown_module():
        kept.pop().close()

    def test_leaks():
        kept.append(socket.socket())

    def test_comes_next():
        print("still open" if kept[0].fileno() != -1 else "closed")
"""
DAEMON = """
    import threading

    ended = threading.Event()

    def beat():
        ended.wait()

    def teardown_module():
        ended.set()

    def test_leaks():
        threading.Thread(target=beat, daemon=True, name="heart").start()

    def test_comes_next():
        pass
"""


def test_off_says_nothing(pytester: pytest.Pytester) -> None:
    """In mode off nobody looks and nothing is said."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=off", "-v")

    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*isolation:*")
    result.stdout.no_fnmatch_line("*= isolation =*")


def test_off_patches_nothing(pytester: pytest.Pytester) -> None:
    """In mode off everything that makes sockets, threads and tasks is as Python made it."""
    pytester.makepyfile("""
        import asyncio, socket, threading

        def test_originals():
            functions = socket.socket.__init__, threading.Thread.start, asyncio.BaseEventLoop.create_task
            assert not [function for function in functions if "isolation" in function.__code__.co_filename]
    """)

    result = pytester.runpytest_subprocess("--isolation-mode=off")

    result.assert_outcomes(passed=1)


def test_the_plugin_can_be_switched_off_by_name(pytester: pytest.Pytester) -> None:
    """`-p no:isolation` makes a run without it."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("-p", "no:isolation")

    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*isolation:*")


def test_report_is_the_default(pytester: pytest.Pytester) -> None:
    """Without a setting the plugin looks and summarises, and no outcome changes."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    assert verdict(result) == "1 finding in 1 of 2 tests · score 0.500 · guard N µs per test"


def test_report_ends_nothing(pytester: pytest.Pytester) -> None:
    """In mode report what a test left is still there for the next one."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("-rP", "--isolation-mode=report", REPORT)

    result.stdout.fnmatch_lines(["still open"])
    assert [record["restored"] for record in findings(pytester.path)] == [None]


def test_restore_lets_the_next_test_start_clean(pytester: pytest.Pytester) -> None:
    """In mode restore what a test left is ended before the next one, and no outcome changes."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("-rP", "--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["closed"])
    assert [record["restored"] for record in findings(pytester.path)] == [True]


def test_fail_makes_the_teardown_an_error(pytester: pytest.Pytester) -> None:
    """In mode fail the test that left something gets an error at its teardown, not the test after it."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2, errors=1)
    assert error(result, "test_leaks") == [
        "test_fail_makes_the_teardown_an_error.py::test_leaks left 1 thing behind",
        (
            "  socket AF_INET, not connected, created at test_fail_makes_the_teardown_an_error.py:9 in test_leaks; "
            "held by test_fail_makes_the_teardown_an_error:kept"
        ),
        'close them in a teardown, or mark the test with @pytest.mark.isolation_allow("descriptors", reason="...")',
    ]


def test_fail_restores(pytester: pytest.Pytester) -> None:
    """In mode fail the next test starts clean, too."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("-rP", "--isolation-mode=fail")

    result.stdout.fnmatch_lines(["closed"])


def test_fail_does_not_fail_on_warnings(pytester: pytest.Pytester) -> None:
    """A daemon thread is a warning: listed and counted, but no error."""
    pytester.makepyfile(test_daemon=DAEMON)

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2)
    assert section(result) == [
        "test_daemon.py::test_leaks left",
        (
            "  thread 'heart' daemon, now at test_daemon.py:6 in beat, not ended: a thread cannot be ended from "
            "outside, created at test_daemon.py:12 in test_leaks"
        ),
        "1 finding in 1 of 2 tests · score 0.500 · guard N µs per test",
    ]


def test_a_severity_can_be_raised(pytester: pytest.Pytester) -> None:
    """`isolation_severity` makes an error of a warning, which then fails the test."""
    pytester.makepyfile(DAEMON)

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "-o", "isolation_severity=thread = error")

    result.assert_outcomes(passed=2, errors=1)


def test_a_severity_can_be_lowered(pytester: pytest.Pytester) -> None:
    """`isolation_severity` makes a note of an error, which then is not counted."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "-o", "isolation_severity=socket = note")

    result.assert_outcomes(passed=2)
    assert verdict(result) == "isolation: 2 tests left nothing behind (1 in notes) · guard N µs per test"


def test_a_probe_has_a_mode_of_its_own(pytester: pytest.Pytester) -> None:
    """`descriptors=fail` fails on sockets while everything else is reported only."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-probes=descriptors=fail")

    result.assert_outcomes(passed=2, errors=1)


def test_a_probe_can_be_switched_off(pytester: pytest.Pytester) -> None:
    """`descriptors=off` finds no sockets although everything else fails."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "--isolation-probes=descriptors=off")

    result.assert_outcomes(passed=2)


def test_a_probe_can_be_on_while_the_rest_is_off(pytester: pytest.Pytester) -> None:
    """Whoever starts with one probe switches the mode off and gives that probe another one."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=off", "--isolation-probes=descriptors=fail")

    result.assert_outcomes(passed=2, errors=1)


def test_naming_probes_means_only_these(pytester: pytest.Pytester) -> None:
    """With `threads, tasks` nobody looks for sockets."""
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "--isolation-probes=threads, tasks")

    result.assert_outcomes(passed=2)


def test_the_mode_is_read_from_the_ini_file(pytester: pytest.Pytester) -> None:
    """A suite says in its ini file what it wants."""
    pytester.makeini(f"{SETTINGS}  threads=off\n  descriptors=restore\nisolation_mode = fail\n")
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("-rP")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["isolation: mode fail, singletons=off, threads=off, descriptors=restore, profile *"])
    result.stdout.fnmatch_lines(["closed"])


def test_the_command_line_overrides_the_ini_file(pytester: pytest.Pytester) -> None:
    """What is typed counts more than what is written down."""
    pytester.makeini(f"{SETTINGS}  descriptors=off\nisolation_mode = fail\n")
    pytester.makepyfile(SOCKET)

    result = pytester.runpytest_inprocess("--isolation-mode=report", "--isolation-probes=descriptors=report,patches")

    result.assert_outcomes(passed=2)
    assert verdict(result).startswith("1 finding in 1 of 2 tests")


def test_a_survivor_is_reported_once(pytester: pytest.Pytester) -> None:
    """In mode report the tests after a leak are not blamed for it."""
    pytester.makepyfile(SOCKET)

    pytester.runpytest_inprocess(REPORT)

    assert brief(pytester.path) == [("test_leaks", "socket")]


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"CI": "true"}, "profile ci (CI=true)"),
        ({"CI": "false"}, "profile test (default)"),
        ({"GITHUB_ACTIONS": "true"}, "profile ci (GITHUB_ACTIONS=true)"),
        ({"ENVIRONMENT": "staging"}, "profile staging (ENVIRONMENT=staging)"),
        ({"CI": "true", "ISOLATION_PROFILE": "development"}, "profile development (ISOLATION_PROFILE)"),
    ],
)
def test_the_header_says_why_a_profile_applies(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], reason: str
) -> None:
    """Which times apply can be read, and where they come from."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)

    result = pytester.runpytest_inprocess()

    result.stdout.fnmatch_lines([f"isolation: mode report, singletons=off, {reason}"])
