"""The repair: what pytest loses when a teardown raises something else than an `Exception`."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from isolation._live_fixtures import LiveFixture, LiveFixtures
from isolation._repair import Repair

ON, OFF = "isolation_repair=true", "isolation_repair=false"
RAISED = ("asyncio.CancelledError()", "SystemExit(3)", "GeneratorExit()", "BaseExceptionGroup('', [SystemExit()])")
LOG = """
    import asyncio
    import pathlib
    import pytest

    said = []

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure():
        pathlib.Path("log").write_text(" ".join(said))
"""
CANCELLING = """
    import asyncio
    import pytest
    from conftest import said

    @pytest.fixture
    async def transaction():
        said.append("begin")
        yield object()
        said.append("rollback")

    @pytest.fixture
    async def worker(transaction):
        task = asyncio.create_task(asyncio.Event().wait())
        await asyncio.sleep(0)
        yield
        task.cancel()
        await task

    async def test_first(transaction, worker):
        test_first.transaction = transaction

    async def test_second(transaction):
        said.append("stale" if transaction is test_first.transaction else "fresh")
"""


def log(pytester: pytest.Pytester) -> str:
    """Return what the last run noted."""
    return (pytester.path / "log").read_text()


def said(result: pytest.RunResult) -> Sequence[str]:
    """Return what the repair added to the report."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if "Captured isolation teardown" in line)
    end = next(number for number, line in enumerate(lines) if number > start and not line.startswith(("pytest", "  ")))
    return lines[start + 1 : end]


@pytest.fixture(autouse=True)
def conftest(pytester: pytest.Pytester) -> None:
    """Let every run have a log."""
    pytester.makeconftest(LOG)


def run(pytester: pytest.Pytester, setting: str = ON, *options: str) -> pytest.RunResult:
    """Run the tests of *pytester*."""
    return pytester.runpytest_inprocess("-o", setting, "-p", "no:anyio", *options)


@pytest.mark.parametrize(
    ("setting", "noted"), [(ON, "begin rollback begin fresh rollback"), (OFF, "begin stale rollback")]
)
def test_a_cancelled_task_in_a_teardown_loses_nothing(pytester: pytest.Pytester, setting: str, noted: str) -> None:
    """The next test gets a transaction of its own; on plain pytest it gets that of the test before."""
    pytester.makepyfile(test_it=CANCELLING)

    run(pytester, setting).assert_outcomes(passed=2, errors=1)

    assert log(pytester) == noted


@pytest.mark.parametrize("raised", RAISED)
@pytest.mark.parametrize(("setting", "noted"), [(ON, "+1 -1 +2 -2"), (OFF, "+1 =1")])
def test_whatever_is_raised(pytester: pytest.Pytester, raised: str, setting: str, noted: str) -> None:
    """Each thing that is no `Exception` leaves the other fixtures of the test set up on plain pytest, for good."""
    pytester.makepyfile(
        test_it=f"""
        import asyncio
        import pytest
        from conftest import said

        @pytest.fixture
        def first(request):
            number = request.node.name[-1]
            said.append(f"+{{number}}")
            yield number
            said.append(f"-{{number}}")

        @pytest.fixture
        def second(first):
            yield
            raise {raised}

        def test_1(first, second): pass

        def test_2(first):
            if first == "1": said.append("=1")
        """
    )

    run(pytester, setting, "-p", "no:asyncio")

    assert log(pytester).startswith(noted)


WIDE = """
    @pytest.fixture(scope="{scope}")
    def first(request):
        said.append("+" + request.node.name[-4])
        yield said[-1][1:]
        said.append("-" + request.node.name[-4])

    @pytest.fixture(scope="{scope}")
    def second(first):
        yield
        if first == "a": raise asyncio.CancelledError
"""


@pytest.mark.parametrize(
    ("setting", "noted", "outcomes"),
    [
        (ON, "+a -a +b -b", {"passed": 2, "errors": 1}),
        (OFF, "+a", {"passed": 2, "errors": 2}),  # the second module has the fixture of the first one
    ],
)
def test_two_modules(pytester: pytest.Pytester, setting: str, noted: str, outcomes: dict[str, int]) -> None:
    """A fixture of one module is closed before the next module begins, which has its own."""
    pytester.makeconftest(LOG + WIDE.format(scope="module"))
    pytester.makepyfile(test_a="def test_1(second): pass", test_b="def test_2(second): pass")

    run(pytester, setting).assert_outcomes(**outcomes)

    assert log(pytester) == noted


@pytest.mark.parametrize(("setting", "errors"), [(ON, 1), (OFF, 2)])
def test_the_next_test_begins_as_it_should(pytester: pytest.Pytester, setting: str, errors: int) -> None:
    """What contains the test is torn down as well; plain pytest says that the previous item was not torn down."""
    pytester.makeconftest(LOG + WIDE.format(scope="module"))
    pytester.makepyfile(
        **{"one/test_a": "def test_1(second): pass", "two/test_c": "def test_2(): pass"},
    )

    result = run(pytester, setting)

    result.assert_outcomes(passed=3 - errors, errors=errors)
    message = "E*previous item was not torn down properly"
    (result.stdout.no_fnmatch_line if setting == ON else result.stdout.fnmatch_lines_random)(message)


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
@pytest.mark.parametrize(("setting", "noted"), [(ON, "+a -a"), (OFF, "+a")])
def test_fixtures_of_wider_scope(pytester: pytest.Pytester, scope: str, setting: str, noted: str) -> None:
    """What holds for the fixtures of a test holds for those of its class, module, package and session."""
    pytester.makeconftest(LOG + WIDE.format(scope=scope).replace("request.node.name[-4]", "'a'"))
    pytester.makepyfile("class TestIt:\n    def test_1(self, second): pass")

    run(pytester, setting).assert_outcomes(passed=1, errors=1)

    assert log(pytester) == noted


BROKEN_SET_UP = """
    import asyncio
    import pytest
    from conftest import said

    @pytest.fixture(scope="{scope}")
    def pool(request):
        said.append("+")
        request.addfinalizer(lambda: said.append("-"))
        if len(said) == 1: raise {raised}

    def test_1(pool): pass

    def test_2(pool): pass
"""


# pytest 9.0 and older run the finalizers.
@pytest.mark.skipif(pytest.version_tuple < (9, 1), reason="this pytest loses nothing in set-ups")
@pytest.mark.parametrize("scope", ["function", "module"])
@pytest.mark.parametrize("raised", RAISED)
def test_plain_pytest_loses_what_a_set_up_has_acquired(pytester: pytest.Pytester, raised: str, scope: str) -> None:
    """When pytest no longer does that, the repair is not needed any more."""
    pytester.makepyfile(BROKEN_SET_UP.format(scope=scope, raised=raised))

    result = run(pytester, OFF)

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["ERROR *::test_2 - Asserti*"])
    assert log(pytester) == "+"


@pytest.mark.parametrize("raised", RAISED)
def test_a_set_up_gives_back_what_it_has_acquired(pytester: pytest.Pytester, raised: str) -> None:
    """The finalizers of a set-up that is cancelled run, and the next test can use the fixture."""
    pytester.makepyfile(BROKEN_SET_UP.format(scope="function", raised=raised))

    run(pytester).assert_outcomes(passed=1, errors=1)

    assert log(pytester) == "+ - + -"


def test_a_set_up_of_a_module_fails_for_the_module(pytester: pytest.Pytester) -> None:
    """As with an `Exception`, the set-up is not repeated for each test, and its finalizers run once."""
    pytester.makepyfile(BROKEN_SET_UP.format(scope="module", raised="asyncio.CancelledError()"))

    run(pytester).assert_outcomes(errors=2)

    assert log(pytester) == "+ -"


ERRORS = """
    import asyncio
    import pytest

    @pytest.fixture
    def closed_last():
        yield
        raise {last}

    @pytest.fixture
    def silent(closed_last): yield

    @pytest.fixture
    def cancelled(silent):
        yield
        raise asyncio.CancelledError("second")

    @pytest.fixture
    def closed_first(cancelled):
        yield
        raise ValueError("first")

    def test_it(closed_first): pass
"""


def test_every_error_is_reported(pytester: pytest.Pytester) -> None:
    """Errors before and after the one that stops pytest are shown, each once, in the order in which they came."""
    pytester.makepyfile(test_it=ERRORS.format(last='KeyError("third")'))

    result = run(pytester)

    result.assert_outcomes(passed=1, errors=1)
    shown = result.outlines[result.outlines.index("collected 1 item") :]
    assert [line for line in shown if "Error: " in line or "Group: " in line] == [
        "  | BaseExceptionGroup: errors during test teardown (3 sub-exceptions)",
        "    | ValueError: first",
        "    | asyncio.exceptions.CancelledError: second",
        "    | KeyError: 'third'",
        "ERROR test_it.py::test_it - BaseExceptionGroup: errors during test teardown (...",
    ]


def test_each_scope_may_fail(pytester: pytest.Pytester) -> None:
    """After the last test, what each scope raises is shown once, and the scopes around it are torn down."""
    fixture = """
        @pytest.fixture(scope="{scope}")
        def of_{scope}({uses}):
            yield
            raise asyncio.CancelledError("{scope}")
    """
    scopes = ("function", "of_class"), ("class", "of_module"), ("module", "of_session"), ("session", "")
    fixtures = "".join(fixture.format(scope=scope, uses=uses) for scope, uses in scopes)
    pytester.makepyfile(
        test_it=f"""
        import asyncio
        import pytest
        {fixtures}
        class TestIt:
            def test_it(self, of_function): pass
    """
    )

    result = run(pytester)

    result.assert_outcomes(passed=1, errors=1)
    shown = [line for line in result.outlines if "CancelledError: " in line]
    assert shown == [f"    | asyncio.exceptions.CancelledError: {scope}" for scope, _ in scopes]


def test_a_failed_teardown_is_an_error_like_any_other(pytester: pytest.Pytester) -> None:
    """`pytest.fail`, which no group of exceptions can hold that is not for everything, is shown as well."""
    pytester.makepyfile(test_it=ERRORS.format(last='pytest.fail.Exception("third")'))

    result = run(pytester)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["    | ValueError: first", "    | *CancelledError: second", "    | Failed: third"])


def test_the_report_says_what_was_closed(pytester: pytest.Pytester) -> None:
    """Below the error stand the fixtures that pytest would have left set up, in the order in which they were closed."""
    pytester.makepyfile(test_it=ERRORS.format(last="KeyError").replace("def silent", "async def silent"))

    result = run(pytester)

    assert said(result) == [
        "pytest stopped at CancelledError; closed all the same:",
        "  'silent' (test_it.py:9)",
        "  'closed_last' (test_it.py:4)",
    ]


def test_an_exception_is_none_of_our_business(pytester: pytest.Pytester) -> None:
    """A teardown that raises what pytest is prepared for reads as without the plugin: nothing was lost."""
    pytester.makepyfile(test_it=ERRORS.format(last="KeyError").replace("asyncio.CancelledError", "RuntimeError"))

    result = run(pytester)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["  | ExceptionGroup: errors while tearing down <Function test_it> (3 sub-exceptions)"])
    result.stdout.no_fnmatch_line("*closed all the same*")


def test_the_guard_looks_afterwards(pytester: pytest.Pytester) -> None:
    """What a fixture that is closed late gives back is no leak of the test."""
    pytester.makepyfile(
        test_it="""
        import asyncio
        import socket
        import pytest

        @pytest.fixture
        def connection():
            with socket.socket() as connection: yield connection

        @pytest.fixture
        def broken(connection):
            yield
            raise asyncio.CancelledError

        def test_it(broken): pass
        """
    )

    kept = run(pytester, OFF, "--isolation-mode=fail")
    closed = run(pytester, ON, "--isolation-mode=fail")

    kept.stdout.fnmatch_lines(["  socket *"])
    closed.stdout.no_fnmatch_line("  socket *")


def test_output_of_what_is_closed_is_captured(pytester: pytest.Pytester) -> None:
    """What a fixture prints that is closed late stands in the report, as always."""
    pytester.makepyfile(test_it=ERRORS.format(last="SystemExit(print('printed'))"))

    result = run(pytester)

    assert result.outlines[result.outlines.index("printed") - 1].strip("- ") == "Captured stdout teardown"


def test_a_hook_that_fails_before_anything_is_torn_down(pytester: pytest.Pytester) -> None:
    """The teardown that another plugin has prevented takes place, and its error is reported."""
    pytester.makeconftest(
        LOG
        + """
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(item):
        if item.name == "test_1": raise RuntimeError("hook")
"""
        + WIDE.format(scope="function")
    )
    pytester.makepyfile(test_a="def test_1(first): pass", test_b="def test_2(first): pass")

    result = run(pytester)

    result.assert_outcomes(passed=2, errors=1)
    assert said(result) == [
        "pytest stopped at RuntimeError; closed all the same:",
        "  'first' (conftest.py:15)",
    ]
    assert log(pytester) == "+s -s +s -s"


def test_a_finalizer_that_an_interrupt_has_cut_out() -> None:
    """Ctrl-C between two steps of pytest can lose the finalizer that was about to run: its fixture is finished."""
    closed: list[str] = []
    live = LiveFixtures("")
    for name in ("node", "other"):
        definition: Any = SimpleNamespace(func=None, finish=lambda request: closed.append(request.node))
        live._live[name] = LiveFixture(definition, cast("Any", SimpleNamespace(node=name)))  # type: ignore[index]

    Repair(live)._run([], "node", [])

    assert closed == ["node"]
