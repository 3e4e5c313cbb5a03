"""Ctrl-C in a teardown of plain fixtures, whoever runs them: never later than without us, and never stuck."""

from collections.abc import Sequence

import pytest

from tests.plugin.logs import said, write
from tests.plugin.test_managed_matrix import DRIVERS

SOURCE = """
import signal
from isolation import _interrupted_runners

signal.signal(signal.SIGINT, signal.default_int_handler)
_interrupted_runners.GRACE = 0.05

def interrupt():
    # While the loop runs no task, as it does nearly always.
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)

async def hang():
    await asyncio.Event().wait()

async def hang_and_fail():
    try:
        await hang()
    finally:
        raise ValueError("while it was interrupted")

async def refuse():
    while True:
        try:
            await hang()
        except asyncio.CancelledError:
            {again}

@pytest.fixture(scope="module")
def module():
    yield
    say("-module")

@pytest.fixture
async def wide(module):
    yield
    say("-wide")

@pytest.fixture
async def other(wide):
    yield
    say("-other")

@pytest.fixture
async def hanging(other):
    yield
    {interrupt}
    {code}

{mark}
async def test_1(hanging): {test}

def test_2(): say("test_2")
"""
ON_ASYNCIO = ["asyncio_auto", "anyio_asyncio"]
REST = ["-other", "-wide", "-module"]


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str, **parts: str) -> pytest.RunResult:
    """Run the module with *parts* under *driver*; whatever hangs is ended."""
    mark, options = DRIVERS[driver]
    source = {"mark": mark, "test": "pass", "again": "pass", "interrupt": "interrupt()", "code": "pass"} | parts
    write(pytester, SOURCE.format(**source))
    return pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:random_order", *options, timeout=60)


@pytest.mark.parametrize("driver", ON_ASYNCIO)
def test_the_rest_is_closed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    """What hangs is cancelled, so that its loop can run the other fixtures."""
    result = run(pytester, monkeypatch, driver, code="await hang()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["isolation: KeyboardInterrupt in the teardown of fixture 'hanging' (test_it.py:*); closed all the same:"]
    )
    assert said(pytester) == REST


@pytest.mark.parametrize("code", ["await hang_and_fail()", "signal.raise_signal(signal.SIGINT)"])
def test_an_interrupt_that_comes_into_the_code(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """The task of anyio's runner is over then, and another one runs what is left."""
    result = run(pytester, monkeypatch, "anyio_asyncio", code=code, interrupt="interrupt()" if "hang" in code else "")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    expected = ["ERROR test_it.py::test_1[[]asyncio] - ValueError: while it was interrupted"] if "hang" in code else []
    result.stdout.fnmatch_lines(expected)
    result.assert_outcomes(passed=1, errors=len(expected))
    assert said(pytester) == REST


def test_a_teardown_that_ends_by_itself(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the cancellation for a reason to end has no error."""
    code = "await asyncio.wait([asyncio.ensure_future(hang())], timeout=0.01)"

    result = run(
        pytester, monkeypatch, "anyio_asyncio", code=f"with __import__('contextlib').suppress(BaseException): {code}"
    )

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(passed=1)
    assert said(pytester) == REST


def test_a_teardown_that_refuses_to_end(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for: what needs the runner that it holds is named, everything else is closed."""
    result = run(pytester, monkeypatch, "anyio_asyncio", code="await refuse()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    message = "was not torn down: the task of anyio's runner does not end, though it was cancelled"
    result.stdout.fnmatch_lines([f"*RunnerStuckError: 'other' {message}", f"*RunnerStuckError: 'wide' {message}"])
    assert story(result) == ["isolation: not closed:", "  'other'", "  'wide'"]
    assert said(pytester) == ["-module"]


@pytest.mark.parametrize("driver", ON_ASYNCIO)
def test_the_second_interrupt(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    """It leaves what refuses to end, and all the rest."""
    result = run(pytester, monkeypatch, driver, code="await refuse()", again="interrupt()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert story(result) == ["isolation: not closed:", "  'other'", "  'wide'", "  'module'"]
    assert said(pytester) == []


def test_an_interrupted_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its fixtures are torn down, whichever version of anyio it is."""
    result = run(pytester, monkeypatch, "anyio_asyncio", interrupt="", test="interrupt(); await hang()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said(pytester) == REST


def story(result: pytest.RunResult) -> Sequence[str]:
    """Return the fixtures that are said to be closed or not, without where they are."""
    lines = [line.partition(" (")[0] for line in result.outlines]
    start = next(number for number, line in enumerate(lines) if line.startswith("isolation: KeyboardInterrupt"))
    return [line for line in lines[start + 1 :] if line.startswith(("  '", "isolation: not"))]
