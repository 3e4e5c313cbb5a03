"""A teardown runs everything, and what went wrong is said once, with the fixture and the place where it was written."""

from collections.abc import Sequence

import pytest

from tests.plugin.logs import errors, said, write

BOTH_COLOURS = pytest.mark.parametrize("colour", ["def", "async def"])
# Without the repair, so that a fixture is lost if what leaves the teardown is no Exception.
ALONE = ("-o", "isolation_repair=false")
RAISING = """
def close(value):
    raise {raised}

@pytest.fixture
def other():
    yield
    say("-other")

@managed_fixture({callbacks})
{colour} repository(other, resource_manager):
    resource_manager.register(say, "released")
    yield "repository"
    {end}

def test_1(repository): say("test_1")
def test_2(other): say("test_2")
"""
NOTE = "while cleaning up 'close' of fixture 'repository' (registered at test_it.py:18)"
NO_EXCEPTION = "isolation.CleanupCancelledError: it raised {0}, which is no Exception: {1}"
CANCELLED = (
    "isolation.CleanupCancelledError: it raised CancelledError, though nobody cancelled it; "
    "to end a task, cancel it and use asyncio.wait([task])"
)
BADLY = [
    ("OSError('gone')", ["OSError: gone"]),
    ("pytest.fail.Exception('gone')", ["Failed: gone"]),
    ("pytest.skip.Exception('gone')", ["Skipped: gone", NO_EXCEPTION.format("Skipped", "gone")]),
    ("pytest.xfail.Exception('gone')", ["_pytest.outcomes.XFailed: gone", NO_EXCEPTION.format("XFailed", "gone")]),
    ("asyncio.CancelledError()", ["asyncio.exceptions.CancelledError", CANCELLED]),
    ("GeneratorExit()", ["GeneratorExit", NO_EXCEPTION.format("GeneratorExit", "").rstrip()]),
]


@BOTH_COLOURS
@pytest.mark.parametrize(("raised", "message"), BADLY)
def test_what_a_callback_raises_is_an_error_of_the_teardown(
    pytester: pytest.Pytester, colour: str, raised: str, message: Sequence[str]
) -> None:
    """One error, whatever it is, and everything else comes down; no outcome of pytest is control flow here."""
    write(pytester, RAISING.format(colour=colour, raised=raised, callbacks="cleanup_callbacks=[close]", end=""))

    result = pytester.runpytest_inprocess(*ALONE)

    result.assert_outcomes(passed=2, errors=1)
    assert said(pytester) == ["test_1", "released", "-other", "test_2", "-other"]
    assert errors(result) == [*message, NOTE]


@BOTH_COLOURS
@pytest.mark.parametrize(("raised", "message"), BADLY)
def test_what_the_code_after_yield_raises_is_one_too(
    pytester: pytest.Pytester, colour: str, raised: str, message: Sequence[str]
) -> None:
    """The note names it."""
    write(pytester, RAISING.format(colour=colour, raised=raised, callbacks="", end="close('repository')"))

    result = pytester.runpytest_inprocess(*ALONE)

    result.assert_outcomes(passed=2, errors=1)
    assert said(pytester) == ["test_1", "released", "-other", "test_2", "-other"]
    assert errors(result) == [*message, NOTE.replace("'close'", "'the code after yield'")]


@BOTH_COLOURS
@pytest.mark.parametrize("where", ["callback", "code"])
def test_a_wish_to_leave_in_a_teardown_is_an_error(pytester: pytest.Pytester, colour: str, where: str) -> None:
    """SystemExit would end the run and lose the other fixtures of the test; nobody means that by a cleanup."""
    callbacks, end = ("cleanup_callbacks=[close]", "") if where == "callback" else ("", "close('repository')")
    write(pytester, RAISING.format(colour=colour, raised="SystemExit(3)", callbacks=callbacks, end=end))

    result = pytester.runpytest_inprocess(*ALONE)

    result.assert_outcomes(passed=2, errors=1)
    assert said(pytester) == ["test_1", "released", "-other", "test_2", "-other"]
    raised, note, translated = errors(result)
    assert raised == "SystemExit: 3"
    assert note.startswith("while cleaning up '")
    assert " of fixture 'repository' (registered at test_it.py:" in note
    assert translated == "isolation.CleanupCancelledError: the teardown raised SystemExit, which is no Exception: 3"


@BOTH_COLOURS
@pytest.mark.parametrize(("raised", "status"), [("KeyboardInterrupt()", 2), ("pytest.exit.Exception('enough', 5)", 5)])
@pytest.mark.parametrize("setting", ["true", "false"])
def test_an_interrupt_leaves_when_the_rest_has_run(
    pytester: pytest.Pytester, colour: str, raised: str, status: int, setting: str
) -> None:
    """Ctrl-C and `pytest.exit` end the run, as they do elsewhere."""
    write(pytester, RAISING.format(colour=colour, raised=raised, callbacks="cleanup_callbacks=[close]", end=""))

    result = pytester.runpytest_subprocess("-o", f"isolation_repair={setting}")

    assert result.ret == status
    assert said(pytester)[:2] == ["test_1", "released"]
    assert "test_2" not in said(pytester)


SEVERAL = """
def fail(): raise OSError("first")
async def fail_async(value): raise KeyError("second")
def leave(): raise {raised}
def write_down(): say("written")

@managed_fixture(cleanup_callbacks=[fail, fail_async, leave, write_down])
async def repository(resource_manager):
    resource_manager.register(fail)
    yield "repository"
    raise ValueError("third")

async def test_it(repository): pass
"""


def test_several_failures_are_a_group(pytester: pytest.Pytester) -> None:
    """Each is in it once, in their order, with its note."""
    write(pytester, SEVERAL.format(raised="SystemExit"))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    output = result.stdout.str()
    notes = [
        f"while cleaning up {name} of fixture 'repository' (registered at test_it.py:{line})"
        for name, line in [("'fail'", 15), ("'fail_async'", 15), ("'the code after yield'", 15), ("'fail'", 17)]
    ]
    assert [output.count(note) for note in notes] == [1, 1, 1, 1]
    assert sorted(notes, key=output.index) == notes
    assert said(pytester) == ["written"]


def test_several_failures_of_a_sync_fixture_are_a_group(pytester: pytest.Pytester) -> None:
    """It is shown as pytest shows groups, though all frames between the failures and pytest are hidden."""
    write(
        pytester,
        """
        def fail(): raise OSError("first")

        @managed_fixture(cleanup_callbacks=[fail])
        def repository():
            yield
            raise ValueError("second")

        def test_it(repository): pass
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    messages = ["CleanupError: 2 of 2 cleanups failed in 'repository'", "OSError: first", "ValueError: second"]
    output = result.stdout.str()
    assert sorted(messages, key=output.index) == messages


def test_the_errors_beside_an_interrupt_are_seen(pytester: pytest.Pytester) -> None:
    """They are reported before the run ends."""
    write(pytester, SEVERAL.format(raised="KeyboardInterrupt"))

    result = pytester.runpytest_subprocess()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    output = result.stdout.str()
    assert "KeyboardInterrupt" in output
    for message in ("OSError: first", "KeyError: 'second'", "ValueError: third"):
        assert message in output
    assert said(pytester) == ["written"]


def test_the_errors_beside_an_exit_are_seen(pytester: pytest.Pytester) -> None:
    """They are reported before the run ends."""
    write(pytester, SEVERAL.format(raised="pytest.exit.Exception('enough', 5)"))

    result = pytester.runpytest_subprocess()

    assert result.ret == 5
    output = result.stdout.str()
    for message in ("Exit: enough", "OSError: first", "KeyError: 'second'", "ValueError: third"):
        assert message in output


def test_a_failure_and_a_wish_of_pytest_are_a_group(pytester: pytest.Pytester) -> None:
    """`pytest.fail` fits in no group; what stands for it says what was said."""
    write(pytester, SEVERAL.format(raised="pytest.fail.Exception('fourth')"))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    for message in ("OSError: first", "ValueError: third", "Failed: fourth"):
        assert message in result.stdout.str()


def test_callbacks_run_in_the_listed_order_and_get_what_they_need(pytester: pytest.Pytester) -> None:
    """Builtins, partials, lambdas, methods; sync and async."""
    write(
        pytester,
        """
        class Repository(dict):
            def close(self): say("close", len(self))
            async def aclose(self): say("aclose", len(self))

        async def close_later(text): say("later", text)

        @managed_fixture(cleanup_callbacks=[
            Repository.close,
            Repository.aclose,
            lambda: say("nothing"),
            lambda value: close_later(len(value)),
            functools.partial(close_later, "partial"),
            functools.partial(say, "printed"),
            dict.clear,
            lambda value, more=1: say("cleared", len(value), more),
        ])
        async def repository(): return Repository(a=1)

        async def test_it(repository): pass
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert said(pytester) == [
        "close 1", "aclose 1", "nothing", "later 1", "later partial", "printed", "cleared 0 1",
    ]  # fmt: skip


def test_a_callback_that_hangs_is_cancelled(pytester: pytest.Pytester) -> None:
    """Each has the time of ``cleanup_timeout``; the others run, the sync one that is too slow is named."""
    write(
        pytester,
        """
        import threading

        async def hang(): await asyncio.Event().wait()
        async def hang_again(): await asyncio.Event().wait()
        def write_down(): say("written")

        @managed_fixture(cleanup_callbacks=[hang, hang_again, write_down], cleanup_timeout=0.05)
        async def repository(): return 1

        async def test_it(repository): pass
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    output = result.stdout.str()
    assert output.count("CleanupTimeoutError: it exceeded its timeout of 0.05 s and was cancelled") == 2
    assert output.count("of fixture 'repository' (registered at test_it.py:16)") == 2
    assert said(pytester) == ["written"]


def test_what_a_generator_is_thrown_by_its_driver_unwinds_it(pytester: pytest.Pytester) -> None:
    """pytest-trio throws the cancellation of a nursery around ``yield`` into it; its resources are released."""
    write(
        pytester,
        """
        import trio

        async def crash(): raise ValueError("crashed")

        @managed_fixture
        async def nursery(resource_manager):
            resource_manager.register(say, "released")
            async with trio.open_nursery() as nursery:
                yield nursery
            say("unreachable")

        @managed_fixture
        def dependant(nursery, resource_manager):
            resource_manager.register(say, "-dependant")
            yield

        @pytest.mark.trio
        async def test_it(nursery, dependant):
            nursery.start_soon(crash)
            await trio.sleep_forever()
        """,
    )

    result = pytester.runpytest_subprocess("-p", "trio", "--asyncio-mode=strict")

    result.assert_outcomes(failed=1)
    assert "ValueError: crashed" in result.stdout.str()
    assert said(pytester) == ["-dependant", "released"]
