"""Ctrl-C while an async fixture is set up or torn down ends the run, and what was acquired is released."""

import pytest

from tests.plugin.logs import said, write
from tests.plugin.test_managed_matrix import DRIVERS

# Background jobs of a shell ignore SIGINT, and so do their children.
INTERRUPT = """
import signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)

async def wait_for_interrupt():
    # When the loop waits, as it does when a person is asked to be patient.
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    await anyio.sleep(60)

async def survive():
    try:
        await wait_for_interrupt()
    except anyio.get_cancelled_exc_class():
        pass

@managed_fixture{options}
async def repository(resource_manager):
    resource_manager.register(say, "-repository")
    {before}
    yield
    {after}

@managed_fixture(dependencies=["other"], cleanup_callbacks=[{callback}])
async def base(resource_manager):
    resource_manager.register(say, "-base")
    yield

@pytest.fixture
def other():
    yield
    say("-other")

{mark}
async def test_1(base, repository): say("test_1")

{mark}
async def test_2(): say("test_2")
"""
# Without us, too, pytest-trio raises the interrupt in a group, which pytest takes for a failed test.
DRIVEN = [driver for driver in DRIVERS if driver not in ("pytest_trio", "asyncio_strict")]  # as under auto
RELEASED = ["-repository", "-base", "-other"]


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str, **parts: str) -> pytest.RunResult:
    """Run the module with *parts* under *driver*."""
    mark, options = DRIVERS[driver]
    source = {"options": "", "before": "", "after": "", "callback": "", "mark": mark} | parts
    write(pytester, INTERRUPT.format(**source))
    return pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:random_order", *options)


@pytest.mark.parametrize("driver", DRIVEN)
@pytest.mark.parametrize("own_task", ["", "(own_task=True)"], ids=["inline", "own_task"])
def test_an_interrupt_of_a_set_up(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str, own_task: str
) -> None:
    """It is undone first."""
    result = run(pytester, monkeypatch, driver, options=own_task, before="await wait_for_interrupt()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*KeyboardInterrupt*"])
    assert said(pytester) == RELEASED


@pytest.mark.parametrize("driver", DRIVEN)
@pytest.mark.parametrize(
    "parts",
    [
        {"after": "await wait_for_interrupt()"},
        {"after": "await wait_for_interrupt()", "options": "(own_task=True)"},
        {"after": "await survive()", "options": "(own_task=True)"},
        {"callback": "wait_for_interrupt"},
    ],
    ids=["code", "own_task", "survivor", "callback"],
)
def test_an_interrupt_of_a_teardown(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str, parts: dict[str, str]
) -> None:
    """What hangs is interrupted, the rest runs."""
    result = run(pytester, monkeypatch, driver, **parts)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said(pytester) == ["test_1", *RELEASED]


@pytest.mark.parametrize("driver", DRIVEN)
def test_failures_beside_an_interrupt(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    """What other cleanups of the fixture raise is shown, whoever drives it."""
    before = "resource_manager.register(lambda: 1 / 0)"

    result = run(pytester, monkeypatch, driver, before=before, after="await wait_for_interrupt()")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*ZeroDivisionError: division by zero", "!* KeyboardInterrupt !*"])
    assert said(pytester) == ["test_1", *RELEASED]


def test_failures_beside_an_exit(pytester: pytest.Pytester) -> None:
    """What other cleanups of the fixture raise is shown, and the banner of pytest stays one line."""
    pytester.makepyfile("""
        import pytest
        from isolation import managed_fixture

        @managed_fixture(cleanup_callbacks=[lambda: pytest.exit("enough"), lambda: 1 / 0])
        def base(): pass

        def test_1(base): pass
    """)

    result = pytester.runpytest_inprocess()

    result.stdout.fnmatch_lines(["*ZeroDivisionError: division by zero", "!* _pytest.outcomes.Exit: enough !*"])
