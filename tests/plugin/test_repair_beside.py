"""The repair beside other plugins that stand around a teardown: reruns, time limits, workers, another order."""

from pathlib import Path

import pytest

ON, OFF = "isolation_repair=true", "isolation_repair=false"
CONFTEST = """
    import asyncio
    import os
    import pathlib
    import pytest

    said = []

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure():
        pathlib.Path("log-" + os.environ.get("PYTEST_XDIST_WORKER", "0")).write_text(" ".join(said))

    @pytest.fixture(scope="module")
    def module():
        said.append("+m")
        yield
        said.append("-m")

    @pytest.fixture
    def first(module):
        said.append("+f")
        yield
        said.append("-f")

    @pytest.fixture
    def broken(first):
        yield
        if said.count('+f') == 1: raise asyncio.CancelledError
"""

FAILS_ONCE = """
from conftest import said

def test_1(broken): assert said.count("+f") == 2
"""
OTHER = """

def test_2(first): pass
"""


@pytest.fixture(autouse=True)
def conftest(pytester: pytest.Pytester) -> None:
    """Let every run have a log, and a fixture whose first teardown is cancelled."""
    pytester.makeconftest(CONFTEST)


def logs(directory: Path) -> list[str]:
    """Return what the processes of the last run noted, without a controller, which notes nothing."""
    return sorted(filter(None, (path.read_text() for path in directory.glob("log-*"))))


def rerun(pytester: pytest.Pytester, *options: str) -> dict[str, int]:
    """Return the outcomes of a run with pytest-rerunfailures, in a process of its own: it leaves a server behind."""
    result = pytester.runpytest_subprocess("-p", "pytest_rerunfailures", "--reruns=1", *options, timeout=60)
    return result.parseoutcomes()


@pytest.mark.parametrize(("others", "noted"), [("", "+m +f -f +f -f -m"), (OTHER, "+m +f -f +f -f +f -f -m")])
def test_a_rerun_keeps_what_is_wider(pytester: pytest.Pytester, others: str, noted: str) -> None:
    """What pytest-rerunfailures holds back for the next attempt is not closed: it is no loss."""
    pytester.makepyfile(FAILS_ONCE + others)

    outcomes = rerun(pytester)

    assert outcomes == {"passed": noted.count("+f") - 1, "rerun": 2}
    assert logs(pytester.path) == [noted]


def test_a_teardown_that_fails_once(pytester: pytest.Pytester) -> None:
    """The next attempt has fixtures of its own; without the repair it has those of the first one."""
    pytester.makepyfile("def test_1(broken): pass" + OTHER)

    outcomes = [rerun(pytester, "-o", setting) for setting in (OFF, ON)]

    assert outcomes == [{"passed": 3, "rerun": 1, "errors": 1}, {"passed": 3, "rerun": 1}]
    assert logs(pytester.path) == ["+m +f -f +f -f +f -f -m"]


def test_the_last_attempt_fails(pytester: pytest.Pytester) -> None:
    """A teardown that fails in every attempt is an error at last, and everything is closed each time."""
    pytester.makeconftest(CONFTEST.replace("if said.count('+f') == 1: ", ""))
    pytester.makepyfile("def test_1(broken): pass" + OTHER)

    outcomes = rerun(pytester)

    assert outcomes == {"passed": 3, "rerun": 1, "errors": 1}
    assert logs(pytester.path) == ["+m +f -f +f -f +f -f -m"]


SLOW = """
    import pytest
    import time
    from conftest import said

    @pytest.fixture
    def hanging(first):
        yield
        said.append("hangs")
        time.sleep(60)

    def test_1(hanging): pass
"""


@pytest.mark.parametrize("setting", [ON, OFF])
def test_a_time_limit_by_signal(pytester: pytest.Pytester, setting: str) -> None:
    """A teardown that exceeds the limit of pytest-timeout fails, and everything else is closed once, as without us."""
    pytester.makepyfile(SLOW)

    result = pytester.runpytest_subprocess("-o", setting, "--timeout=0.5", "--timeout-method=signal", timeout=60)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*Failed: Timeout*"])
    result.stdout.no_fnmatch_line("*closed all the same*")
    assert logs(pytester.path) == ["+m +f hangs -f -m"]


def test_a_time_limit_by_thread(pytester: pytest.Pytester) -> None:
    """The other method of pytest-timeout ends the process: nothing is closed, and nothing is in its way."""
    pytester.makepyfile(SLOW)

    result = pytester.runpytest_subprocess("--timeout=0.5", "--timeout-method=thread", timeout=60)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*+ Timeout +*"])
    assert logs(pytester.path) == []


def test_workers(pytester: pytest.Pytester) -> None:
    """Each worker of pytest-xdist repairs its own tests, and tells the controller what was closed."""
    pytester.makepyfile(test_a="def test_1(broken): pass" + OTHER, test_b="def test_1(broken): pass" + OTHER)

    result = pytester.runpytest_subprocess("-n2", "--dist=loadfile", timeout=60)

    result.assert_outcomes(passed=4, errors=2)
    assert result.outlines.count("pytest stopped at CancelledError; closed all the same:") == 2
    assert logs(pytester.path) == ["+m +f -f +f -f -m"] * 2


def test_an_interrupt_in_a_worker(pytester: pytest.Pytester) -> None:
    """What else a worker's teardown raised is shown by the controller, and the run is interrupted."""
    pytester.makeconftest(CONFTEST.replace("asyncio.CancelledError", "KeyboardInterrupt"))
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def failing(first):
            yield
            1 / 0

        def test_1(failing, broken): pass
        """
    )

    result = pytester.runpytest_subprocess("-n1", timeout=60)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["_* ERROR at teardown of test_1 _*", ">*1 / 0", "E*ZeroDivisionError: *"])


@pytest.mark.parametrize("seed", range(3))
def test_another_order(pytester: pytest.Pytester, seed: int) -> None:
    """Whatever order pytest-randomly gives, each test has its own fixture."""
    pytester.makepyfile("\n".join(f"def test_{number}(broken): pass" for number in range(4)))

    result = pytester.runpytest_inprocess("-p", "pytest_randomly", f"--randomly-seed={seed}")

    result.assert_outcomes(passed=4, errors=1)
    assert logs(pytester.path) == ["+m +f -f +f -f +f -f +f -f -m"]
