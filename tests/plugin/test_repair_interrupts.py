"""Ctrl-C and `pytest.exit` in a teardown: the run ends, after everything is closed, and shows every error."""

import sys
from collections.abc import Sequence
from itertools import dropwhile, takewhile

import pytest

ON, OFF = "isolation_repair=true", "isolation_repair=false"
DRIVER = """
    import signal
    import sys
    import pytest

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
    sys.exit(pytest.main(sys.argv[1:]))
"""
CONFTEST = """
    import pathlib
    import pytest
    import signal
    import time

    said = []

    def interrupt():
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure():
        pathlib.Path("log").write_text(" ".join(said))
"""
TEST = """
    import pytest
    from conftest import interrupt, said

    @pytest.fixture(scope="module")
    def module():
        yield
        {module}
        said.append("module")

    @pytest.fixture
    def first():
        yield
        {first}
        said.append("first")

    @pytest.fixture
    def second(first):
        yield
        {second}

    @pytest.fixture
    def third(second):
        yield
        {third}

    def test_it(module, third):
        {test}

    def test_other(): said.append("other")
"""
NOTHING = {"module": "pass", "first": "pass", "second": "pass", "third": "pass", "test": "pass"}
HEADING = "isolation: KeyboardInterrupt in the teardown"
PROBLEM = "raise ValueError({!r})"


@pytest.fixture(autouse=True)
def driver(pytester: pytest.Pytester) -> None:
    """Let every run have a log, and be started as from a terminal."""
    pytester.makepyfile(driver=DRIVER)
    pytester.makeconftest(CONFTEST)


def run(pytester: pytest.Pytester, *options: str, **parts: str) -> pytest.RunResult:
    """Run the test with *parts* of it replaced, in a process of its own."""
    pytester.makepyfile(test_it=TEST.format(**{**NOTHING, **parts}))
    return pytester.run(sys.executable, "driver.py", *options, timeout=60)


def log(pytester: pytest.Pytester) -> str:
    """Return what the last run noted."""
    return (pytester.path / "log").read_text()


def story(result: pytest.RunResult) -> Sequence[str]:
    """Return what is said of the teardown in which the run was ended."""
    lines = dropwhile(lambda line: "in the teardown of" not in line, result.outlines)
    return list(takewhile(lambda line: line.startswith(("isolation", "  ")), lines))


@pytest.mark.parametrize(("setting", "noted"), [(ON, "first module"), (OFF, "module")])
def test_the_first_interrupt_closes_the_rest(pytester: pytest.Pytester, setting: str, noted: str) -> None:
    """Ctrl-C in a teardown that hangs ends that one; what plain pytest leaves open then are the test's fixtures."""
    result = run(pytester, "-o", setting, second="interrupt()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["!* KeyboardInterrupt !*", "* 1 passed in *"])
    assert log(pytester) == noted


def test_the_second_interrupt_leaves(pytester: pytest.Pytester) -> None:
    """Ctrl-C twice means now: nothing more is closed, and the end of the run says what that is."""
    result = run(pytester, second="interrupt()", third="interrupt()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert log(pytester) == ""
    assert story(result) == [
        f"{HEADING} of fixture 'third' (test_it.py:21), then of fixture 'second' (test_it.py:16)",
        "isolation: not closed:",
        "  'first' (test_it.py:10)",
        "  'module' (test_it.py:4)",
    ]


def test_the_end_of_the_run_says_which_teardown_was_interrupted(pytester: pytest.Pytester) -> None:
    """Pytest shows but a line of code; what was closed nevertheless is listed, and nothing of it is repeated."""
    result = run(pytester, second="interrupt()", first=PROBLEM.format("after"))

    assert story(result) == [
        f"{HEADING} of fixture 'second' (test_it.py:16); closed all the same:",
        "  'first' (test_it.py:10)",
    ]


def test_the_end_of_the_run_says_where_somebody_asked_for_it(pytester: pytest.Pytester) -> None:
    """The same for `pytest.exit`; if nothing is left to be closed, nothing is listed."""
    result = run(pytester, module="pytest.exit('enough')", test="pass")

    assert "isolation: Exit in the teardown of fixture 'module' (test_it.py:4)" in result.outlines


def test_an_interrupt_between_two_teardowns_is_of_the_test(pytester: pytest.Pytester) -> None:
    """No fixture is blamed for a hook of a plugin."""
    pytester.makeconftest(CONFTEST + "\n    def pytest_runtest_teardown(): raise KeyboardInterrupt\n")

    result = run(pytester)

    assert story(result)[0] == f"{HEADING} of the test; closed all the same:"
    assert log(pytester) == "first module"


def test_errors_beside_an_interrupt_are_shown(pytester: pytest.Pytester) -> None:
    """What was raised before and after it is the test's error at teardown; the interrupt itself is no error."""
    result = run(pytester, first=PROBLEM.format("after"), second="interrupt()", third=PROBLEM.format("before"))

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "_* ERROR at teardown of test_it _*",
            "    | ValueError: before",
            "    | ValueError: after",
            "!* KeyboardInterrupt !*",
            "* 1 passed, 1 error in *",
        ]
    )
    result.stdout.no_fnmatch_line("    | *KeyboardInterrupt*")


def test_an_interrupt_in_a_group_is_one(pytester: pytest.Pytester) -> None:
    """Pytest groups what the finalizers of one fixture raise; the run ends all the same."""
    grouped = "raise BaseExceptionGroup('', [ValueError('beside'), KeyboardInterrupt()])"

    result = run(pytester, second=grouped)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["    | ValueError: beside", "!* KeyboardInterrupt !*", "* 1 passed, 1 error in *"])
    assert log(pytester) == "first module"


def test_an_exit_ends_the_run(pytester: pytest.Pytester) -> None:
    """`pytest.exit` is what it is, though other fixtures fail, too; plain pytest makes it one error of several."""
    result = run(pytester, second="pytest.exit('enough')", third=PROBLEM.format("before"))

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["    | ValueError: before", "!* _pytest.outcomes.Exit: enough !*", "* 1 passed, 1 error in *"]
    )
    assert log(pytester) == "first module"


def test_an_interrupted_test_is_torn_down(pytester: pytest.Pytester) -> None:
    """After Ctrl-C in a test its errors at teardown are shown like others; plain pytest dies of them."""
    result = run(pytester, test="interrupt()", second="raise SystemExit('while closing')")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "_* ERROR at teardown of test_it _*",
            "E*SystemExit: while closing",
            "!* KeyboardInterrupt !*",
            "* 1 error in *",
        ]
    )
    assert log(pytester) == "first module"


def test_an_interrupted_test_whose_teardown_hangs(pytester: pytest.Pytester) -> None:
    """The first Ctrl-C in the teardown after an interrupted test still closes the rest."""
    result = run(pytester, test="interrupt()", second="interrupt()", first=PROBLEM.format("after"))

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["E*ValueError: after", "!* KeyboardInterrupt !*", "* 1 error in *"])
    assert log(pytester) == "module"


def test_an_interrupted_test_whose_teardown_hangs_twice(pytester: pytest.Pytester) -> None:
    """The next one leaves at once, with a summary."""
    result = run(pytester, test="interrupt()", third="interrupt()", second="interrupt()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["!* KeyboardInterrupt !*"])
    assert log(pytester) == ""


def test_an_exit_after_an_interrupt_has_its_status(pytester: pytest.Pytester) -> None:
    """`pytest.exit` in a teardown that takes place at the end says how the run ends."""
    result = run(pytester, test="interrupt()", second="pytest.exit('enough', returncode=7)")

    assert result.ret == 7
    assert log(pytester) == "first module"


def test_a_run_with_an_internal_error_says_what_else_failed(pytester: pytest.Pytester) -> None:
    """Pytest shows no summary then, so the error of the teardown ends the run."""
    pytester.makeconftest(CONFTEST + "\n    def pytest_runtest_logreport(): raise RuntimeError('internal')\n")

    result = run(pytester, second="raise SystemExit('while closing')")

    result.stdout.fnmatch_lines(["INTERNALERROR> RuntimeError: internal"])
    result.stderr.fnmatch_lines(["while closing"])
    assert log(pytester) == "first module"
