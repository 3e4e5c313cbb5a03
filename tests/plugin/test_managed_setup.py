"""A set-up that fails releases what it has acquired, and what leaves it never costs pytest a finalizer."""

from collections.abc import Sequence

import pytest

from tests.plugin.logs import errors, said, write

FAILING = """
fail_at = 1

@managed_fixture
{colour} repository(resource_manager):
    global fail_at
    say("+repository")
    resource_manager.register(say, "-repository")
    if fail_at:
        fail_at -= 1
        raise {raised}
    {form} "repository"

@managed_fixture(dependencies=["repository"])
def never(): say("never")

@pytest.fixture
def other():
    yield
    say("-other")

def test_1(other, never): say("test_1")
def test_2(repository): say("test_2", repository)
"""
BOTH_COLOURS = pytest.mark.parametrize("colour", ["def", "async def"])


NO_EXCEPTION = "isolation.SetupCancelledError: fixture 'repository' raised {0}, which is no Exception, in its set-up"


@BOTH_COLOURS
@pytest.mark.parametrize("form", ["return", "yield"])
@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("OSError('gone')", ["OSError: gone"]),
        ("pytest.fail.Exception('no database')", ["Failed: no database"]),
        ("pytest.skip.Exception('no database')", []),
        ("asyncio.CancelledError()", ["asyncio.exceptions.CancelledError", NO_EXCEPTION.format("CancelledError")]),
        ("SystemExit(3)", ["SystemExit: 3", NO_EXCEPTION.format("SystemExit")]),
        ("GeneratorExit()", ["GeneratorExit", NO_EXCEPTION.format("GeneratorExit")]),
        ("BaseExceptionGroup('two', [SystemExit(3)])", [NO_EXCEPTION.format("BaseExceptionGroup")]),
    ],
)
def test_what_it_has_acquired_is_released(
    pytester: pytest.Pytester, colour: str, form: str, raised: str, message: Sequence[str]
) -> None:
    """Whatever it raises is said once; the next use sets it up again, and nothing else is lost."""
    write(pytester, FAILING.format(colour=colour, form=form, raised=raised))

    result = pytester.runpytest_inprocess("-o", "isolation_repair=false")

    result.assert_outcomes(passed=1, errors=bool(message), skipped=not message)
    assert said(pytester) == [
        "+repository", "-repository", "-other", "+repository", "test_2 repository", "-repository",
    ]  # fmt: skip
    assert errors(result) == message


@BOTH_COLOURS
@pytest.mark.parametrize(
    ("raised", "status", "summary"),
    [
        ("KeyboardInterrupt()", pytest.ExitCode.INTERRUPTED, "*KeyboardInterrupt*"),
        ("pytest.exit.Exception('enough', 5)", 5, "*Exit: enough*"),
    ],
    ids=["interrupt", "exit"],
)
def test_who_wants_to_leave_leaves(
    pytester: pytest.Pytester, colour: str, raised: str, status: int, summary: str
) -> None:
    """Ctrl-C and `pytest.exit` end the run as they are, when everything is released."""
    write(pytester, FAILING.format(colour=colour, form="yield", raised=raised))

    result = pytester.runpytest_subprocess()

    assert result.ret == status
    result.stdout.fnmatch_lines([summary])
    assert said(pytester)[:3] == ["+repository", "-repository", "-other"]


TWICE_WRONG = """
def close():
    raise OSError("cannot close")

@managed_fixture
{colour} repository(resource_manager):
    resource_manager.register(close)
    raise {raised}

def test_it(repository): pass
"""


@BOTH_COLOURS
@pytest.mark.parametrize(
    ("raised", "first"),
    [
        ("ValueError('no database')", "ValueError: no database"),
        ("pytest.fail.Exception('no database')", "Failed: no database"),
        ("pytest.skip.Exception('no database')", "Skipped: no database"),
        ("asyncio.CancelledError()", "asyncio.exceptions.CancelledError"),
        ("SystemExit(3)", "SystemExit: 3"),
    ],
    ids=["error", "fail", "skip", "cancelled", "exit"],
)
def test_both_failures_are_seen(pytester: pytest.Pytester, colour: str, raised: str, first: str) -> None:
    """What ended the set-up is the error, what failed when that was undone stands before it; a skip hides nothing."""
    write(pytester, TWICE_WRONG.format(colour=colour, raised=raised))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    output = result.stdout.str()
    assert first in output
    (summary,) = [line for line in result.outlines if line.startswith("ERROR test_it.py::test_it - ")]
    is_error = first.startswith(("ValueError", "Failed"))
    assert (first if is_error else "OSError: cannot close") in summary
    note = "while cleaning up 'close' of fixture 'repository' (registered at test_it.py:15)"
    assert output.count(note) == 1


def test_the_cause_of_a_failing_cleanup_is_seen(pytester: pytest.Pytester) -> None:
    """Nothing of it is overwritten by what ended the set-up."""
    source = TWICE_WRONG.format(colour="def", raised="ValueError('no database')")
    write(pytester, source.replace('OSError("cannot close")', 'OSError("cannot close") from KeyError("cause")'))

    output = pytester.runpytest_inprocess().stdout.str()

    assert output.index("KeyError: 'cause'") < output.index("OSError: cannot") < output.index("ValueError: no database")


@BOTH_COLOURS
@pytest.mark.parametrize("second", ["SystemExit(4)", "asyncio.CancelledError()"])
def test_a_cleanup_that_is_no_exception_is_seen(pytester: pytest.Pytester, colour: str, second: str) -> None:
    """Neither it nor the set-up's error is lost, nor any finalizer."""
    source = TWICE_WRONG.format(colour=colour, raised="ValueError('no database')")
    write(pytester, source.replace('OSError("cannot close")', second))

    result = pytester.runpytest_inprocess("-o", "isolation_repair=false")

    result.assert_outcomes(errors=1)
    output = result.stdout.str()
    assert "ValueError: no database" in output
    assert f"raised {second.partition('(')[0].removeprefix('asyncio.')}" in output


def test_an_interrupt_in_a_cleanup_ends_the_run(pytester: pytest.Pytester) -> None:
    """Ctrl-C while a failed set-up is undone is one, even if the set-up only wanted to skip."""
    source = TWICE_WRONG.format(colour="def", raised="pytest.skip.Exception('no database')")
    write(pytester, source.replace('OSError("cannot close")', "KeyboardInterrupt"))

    result = pytester.runpytest_subprocess()

    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_context_manager_is_told_why_it_is_left(pytester: pytest.Pytester) -> None:
    """One that the set-up has entered is exited with the error, as a with-block would."""
    write(
        pytester,
        """
        from contextlib import contextmanager

        @contextmanager
        def transaction():
            try:
                yield
            except ValueError as failure:
                say("rolled back:", failure)
                raise

        @managed_fixture
        def repository(resource_manager):
            resource_manager.enter_context(transaction())
            raise ValueError("no database")

        def test_it(repository): pass
        """,
    )

    result = pytester.runpytest_inprocess()

    assert said(pytester) == ["rolled back: no database"]
    assert errors(result) == ["ValueError: no database"]


@pytest.mark.parametrize("colour", ["def", "async def"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("if False: yield", "managed fixture 'x' did not yield a value"),
        ("yield 1; yield 2", "managed fixture 'x' yielded more than once"),
    ],
    ids=["none", "two"],
)
def test_a_fixture_yields_once(pytester: pytest.Pytester, colour: str, body: str, message: str) -> None:
    """Otherwise it is an error, of the set-up or of the teardown, and its resources are released."""
    write(
        pytester,
        f"""
        @managed_fixture
        {colour} x(resource_manager):
            resource_manager.register(say, "released")
            {body}

        def test_it(x): pass
        """,
    )

    result = pytester.runpytest_inprocess()

    assert result.parseoutcomes()["errors"] == 1
    assert f"isolation.FixtureYieldError: {message}" in errors(result)
    assert said(pytester) == ["released"]


@BOTH_COLOURS
def test_a_generator_with_one_yield_too_many_is_closed(pytester: pytest.Pytester, colour: str) -> None:
    """Its finally blocks run at once, not when it is collected."""
    write(
        pytester,
        f"""
        @managed_fixture
        {colour} x(resource_manager):
            resource_manager.register(say, "released")
            yield 1
            try:
                yield 2
            finally:
                say("finally")

        def test_it(x): pass
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1, errors=1)
    assert said(pytester) == ["finally", "released"]
