"""Tests that do not pass: they keep their outcome, and what they left is said."""

import pytest

from tests.plugin.said import REPORT, brief, findings, steady

HEAD = """
    import socket
    import pytest

    kept = []

    def leak():
        kept.append(socket.socket())
"""


def makepyfile(pytester: pytest.Pytester, body: str) -> None:
    """Write a module with *body* below :data:`HEAD`."""
    pytester.makepyfile(test_it=f"{HEAD}{body}")


def isolation_section(result: pytest.RunResult) -> list[str]:
    """Return the captured section of the failed test of *result*."""
    lines = [steady(line) for line in result.outlines]
    start = next(number for number, line in enumerate(lines) if "Captured isolation teardown" in line)
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith(("===", "---")))
    return lines[start + 1 : end]


def test_a_failed_test_gets_a_section(pytester: pytest.Pytester) -> None:
    """A test that fails for its own reasons has one failure, and below it what it left."""
    makepyfile(
        pytester,
        """
    def test_fails():
        leak()
        assert False
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(failed=1)
    assert isolation_section(result) == [
        "test_it.py::test_fails left",
        "  socket AF_INET, not connected, created at test_it.py:7 in leak; held by test_it:kept",
    ]


def test_a_failed_test_is_restored(pytester: pytest.Pytester) -> None:
    """The test after a failed one starts clean, too."""
    makepyfile(
        pytester,
        """
    def test_fails():
        leak()
        assert False

    def test_comes_next():
        assert kept[0].fileno() == -1
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=1, failed=1)


def test_a_failed_setup_is_the_only_error(pytester: pytest.Pytester) -> None:
    """What a fixture left before it failed is reported, without an error of its own."""
    makepyfile(
        pytester,
        """
    @pytest.fixture
    def client():
        leak()
        raise ConnectionError

    def test_is_not_run(client):
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(errors=1)
    assert [(record["test"], record["fixture"]) for record in findings(pytester.path)] == [
        ("test_it.py::test_is_not_run", "client")
    ]


def test_a_failed_teardown_is_the_only_error(pytester: pytest.Pytester) -> None:
    """What a teardown did not get to is said below its own failure."""
    makepyfile(
        pytester,
        """
    @pytest.fixture
    def client():
        leak()
        yield
        raise ConnectionError("reset")

    def test_passes(client):
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E * ConnectionError: reset"])
    assert isolation_section(result)[0] == "test_it.py::test_passes left"


def test_a_test_that_skips_itself_counts_as_passed(pytester: pytest.Pytester) -> None:
    """A test that skips in the middle may leave no more than others."""
    makepyfile(
        pytester,
        """
    def test_skips_itself():
        leak()
        pytest.skip("not today")
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(skipped=1, errors=1)


def test_a_test_that_is_expected_to_fail_is_listed(pytester: pytest.Pytester) -> None:
    """What such a test leaves is reported and ended; pytest expects any error of it, that of its teardown included."""
    makepyfile(
        pytester,
        """
    @pytest.mark.xfail(strict=True)
    def test_is_expected_to_fail():
        leak()
        assert False
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    assert result.ret == pytest.ExitCode.OK
    assert brief(pytester.path) == [("test_is_expected_to_fail", "socket")]


def test_a_test_that_never_ran_left_nothing(pytester: pytest.Pytester) -> None:
    """A skip mark keeps a test from running; it counts as a clean one."""
    makepyfile(
        pytester,
        """
    @pytest.mark.skip
    def test_is_not_run():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(skipped=1)
    assert findings(pytester.path) == []


def test_a_traceback_may_hold_what_a_test_opened(pytester: pytest.Pytester) -> None:
    """A failed test's local socket, alive through its traceback alone, is no failure of a later test."""
    makepyfile(
        pytester,
        """
    def test_fails():
        connection = socket.socket()
        assert connection.fileno() == -1

    def test_passes():
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(failed=1, passed=1)
    assert brief(pytester.path) == [("test_fails", "socket")]


def test_stopping_at_the_first_failure_reports_it(pytester: pytest.Pytester) -> None:
    """With `-x` the findings up to there are shown, those of fixtures that end early included."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="session")
    def server():
        leak()

    def test_fails(server):
        leak()
        assert False

    def test_is_not_run():
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "-x", REPORT)

    result.assert_outcomes(failed=1)
    assert sorted(brief(pytester.path)) == [("server", "socket"), ("test_fails", "socket")]


def test_an_interrupted_run_reports_what_it_saw(pytester: pytest.Pytester) -> None:
    """After control-C the tests that ran are summed up."""
    makepyfile(
        pytester,
        """
    def test_leaks():
        leak()

    def test_is_interrupted():
        raise KeyboardInterrupt
""",
    )

    result = pytester.runpytest_subprocess("--isolation-mode=restore", REPORT)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert brief(pytester.path) == [("test_leaks", "socket")]


def shown(result: pytest.RunResult, when: str) -> list[str]:
    """Return what *result* shows of the error in the conftest file."""
    start = next(number for number, line in enumerate(result.outlines) if f"ERROR at {when} of test_it" in line)
    end = next(number for number, line in enumerate(result.outlines) if line.endswith(": ValueError"))
    return result.outlines[start + 1 : end]


@pytest.mark.parametrize("scope", ["function", "module"])
@pytest.mark.parametrize("decorator", ["pytest.fixture", "managed_fixture"])
def test_a_failing_set_up_shows_no_frame_of_ours(pytester: pytest.Pytester, decorator: str, scope: str) -> None:
    """The error of a fixture of a conftest file reads as without the plugin."""
    pytester.makeconftest(
        f"""
        import pytest
        from isolation import managed_fixture

        @{decorator}(scope="{scope}")
        def broken():
            raise ValueError("broken")
        """
    )
    pytester.makepyfile(test_it="def test_it(broken): pass")

    result = pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:anyio")

    assert shown(result, "setup") == [
        "",
        f'    @{decorator}(scope="{scope}")',
        "    def broken():",
        '>       raise ValueError("broken")',
        "E       ValueError: broken",
        "",
    ]


@pytest.mark.parametrize("decorator", ["pytest.fixture", "pytest_asyncio.fixture"])
def test_a_failing_teardown_shows_no_frame_of_ours(pytester: pytest.Pytester, decorator: str) -> None:
    """The error of a teardown reads as without the plugin, too, though several parts of this one look at it."""
    colour = "async " if "asyncio" in decorator else ""
    pytester.makeconftest(
        f"""
        import pytest
        import pytest_asyncio

        @{decorator}
        {colour}def broken():
            yield
            raise ValueError("broken")
        """
    )
    pytester.makepyfile(test_it=f"{colour}def test_it(broken): pass")

    result = pytester.runpytest_inprocess("--isolation-debug-teardown")

    assert "isolation" not in "\n".join(shown(result, "teardown"))
    assert shown(result, "teardown")[-3:] == ['>       raise ValueError("broken")', "E       ValueError: broken", ""]
