"""A context: what the mocks of a test find out about it, and what becomes of them."""

import asyncio
import gc
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from unittest.mock import AsyncMock, MagicMock, call

import pytest

from isolation import MockContext, ResourceManager, ServiceType, SettingsError, control, outage
from isolation._origin import caller_frame
from isolation.mocks._keys import Key
from isolation.mocks._late_calls import LateCalls
from isolation.mocks._mock import ledger_of
from isolation.mocks._strictness import filtered
from isolation.mocks._stubs import Stub
from tests.mocks.product import Pool, find_user, forget

HERE = "tests/mocks/test_mock_context.py"
PRODUCT = "tests/mocks/product.py"


@pytest.fixture
def context(request: pytest.FixtureRequest) -> Iterator[MockContext]:
    """Give a context of no test of pytest's."""
    context = MockContext("orders", root=str(request.config.rootpath))
    yield context
    context.close()


@pytest.fixture
def pool(context: MockContext) -> Pool:
    """Give a mock of that context."""
    return context.mock(Pool, name="postgres")


def said(context: MockContext) -> Sequence[str]:
    """Return what there is to say now."""
    return [finding.detail for finding in context.findings()]


def line() -> int:
    """Return the line of the caller."""
    return caller_frame(1).f_lineno


async def test_a_context_without_findings(context: MockContext, pool: Pool) -> None:
    """What is set and used, called and awaited, is as it should be."""
    control(pool.fetchval).return_value = 7

    assert await find_user(pool, "ann") == 7
    assert said(context) == []


def test_each_way_to_set_a_result_can_be_unused(context: MockContext, pool: Pool) -> None:
    """A result, an effect, an answer, a fault and an outage are named by what they are."""
    control(pool.fetchval).return_value = 7
    control(pool.execute).side_effect = OSError
    control(pool.fetchval).when("select 1").returns(1)
    control(pool.execute).fault(OSError)
    outage(pool, OSError)

    number = line() - 6
    assert said(context) == [
        f"stub postgres.fetchval was never used, set at {HERE}:{number}",
        f"stub postgres.execute was never used, set at {HERE}:{number + 1}",
        f"stub postgres.fetchval for when('select 1') was never used, set at {HERE}:{number + 2}",
        f"fault of postgres.execute was never used, set at {HERE}:{number + 3}",
        f"outage of postgres was never used, set at {HERE}:{number + 4}",
    ]


async def test_a_line_counts_as_a_whole(context: MockContext, pool: Pool) -> None:
    """If a line sets something again and again, one use is enough."""
    for number in range(3):
        control(pool.fetchval).return_value = number
    await find_user(pool, "ann")

    assert said(context) == []


def test_a_line_may_set_several_mocks(context: MockContext, pool: Pool) -> None:
    """It is told once, and not at all if one of them is used."""
    for method in (pool.fetchval, pool.execute, pool.close):
        control(method).return_value = None

    assert said(context) == [f"stub postgres.fetchval and 2 more were never used, set at {HERE}:{line() - 2}"]
    pool.close()
    assert said(context) == []


@pytest.mark.parametrize("error", [AssertionError, AssertionError("must not be called")])
def test_a_guard_need_not_be_met(context: MockContext, pool: Pool, error: AssertionError) -> None:
    """An effect that makes the test fail is there so that nobody calls the mock."""
    control(pool.execute).side_effect = error

    assert said(context) == []


def test_a_stub_below_a_result_has_its_path(context: MockContext, pool: Pool) -> None:
    """The name is the way that leads there."""
    control(pool.acquire().fetchval).return_value = 7

    assert said(context) == [f"stub postgres.acquire().fetchval was never used, set at {HERE}:{line() - 2}"]


def test_a_stub_is_excused(context: MockContext, pool: Pool) -> None:
    """`allow_unused()` is for what was set before."""
    control(pool.fetchval).return_value = 7
    control(pool.fetchval).allow_unused()

    assert said(context) == []


async def test_other_arguments_than_expected_are_found(context: MockContext, pool: Pool) -> None:
    """With the call, its line, and the expectation that comes nearest; that one is not told again as unused."""
    control(pool.fetchval).when("select 1").returns(1)
    control(pool.fetchval).when("select id from users where name = $1", "bob", timeout=1.5).returns(2)

    await find_user(pool, "ann")

    number = line() - 5
    assert said(context) == [
        (
            "postgres.fetchval('select id from users where name = $1', 'ann', timeout=1.5) was called at "
            f"{PRODUCT}:25, but when('select id from users where name = $1', 'bob', timeout=1.5) is set at "
            f"{HERE}:{number + 1}"
        ),
        f"stub postgres.fetchval for when('select 1') was never used, set at {HERE}:{number}",
    ]


async def test_a_call_from_the_same_file_is_meant(context: MockContext, pool: Pool) -> None:
    """A test that calls its own mock knows what it does; that nobody met the expectation is told."""
    control(pool.fetchval).when("select 1").returns(1)

    await pool.fetchval("select 2")

    assert [finding.kind for finding in context.findings()] == ["unused_stub"]


async def test_what_cannot_be_compared_may_be_expected(context: MockContext, pool: Pool) -> None:
    """As two arrays cannot, which are equal here and different there."""

    class Array:
        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        def __hash__(self) -> int:
            return 0

    control(pool.fetchval).when(Array(), "ann", timeout=1.5).returns(1)  # type: ignore[arg-type]
    with suppress(ValueError):
        await find_user(pool, "ann")

    assert [finding.kind for finding in context.findings()] == ["unused_stub"]


def test_a_stub_that_nobody_has_set_is_not_told(context: MockContext, pool: Pool) -> None:
    """Without a line there is nothing to be done about it."""
    ledger_of(pool).stubs.append(Stub(Key("fetchval"), "return_value", None, -1))

    assert said(context) == []


async def test_an_expectation_that_was_met_is_satisfied(context: MockContext, pool: Pool) -> None:
    """Other calls of the same method may have other arguments."""
    control(pool.fetchval).when("select 1").returns(1)

    assert await pool.fetchval("select 1") == 1
    await find_user(pool, "ann")

    assert said(context) == []


async def test_what_a_result_answers_is_expected(context: MockContext, pool: Pool) -> None:
    """Who sets a result besides says what all other calls get."""
    control(pool.fetchval).return_value = 7
    control(pool.fetchval).when("select 1").returns(1)

    assert await find_user(pool, "ann") == 7

    assert [finding.kind for finding in context.findings()] == ["unused_stub"]


async def test_an_expectation_that_came_later_is_no_mismatch(context: MockContext, pool: Pool) -> None:
    """A call is not compared with what was set after it and would have taken it."""
    await find_user(pool, "ann")
    control(pool.fetchval).when("select id from users where name = $1", "ann", timeout=1.5).returns(1)

    assert [finding.kind for finding in context.findings()] == ["unused_stub"]


def test_a_call_that_nobody_awaits_has_its_line(context: MockContext, pool: Pool) -> None:
    """And its arguments; closing the context gives no warning besides."""
    forget(pool)

    context.close()

    assert said(context) == [f"postgres.execute('delete from users') was called at {PRODUCT}:30 and never awaited"]


def test_who_closes_a_coroutine_means_it(context: MockContext, pool: Pool) -> None:
    """It is not forgotten then."""
    pool.execute("a").close()

    assert said(context) == []


async def test_a_task_that_has_not_begun_may_still_await(context: MockContext, pool: Pool) -> None:
    """Somebody has the coroutine; its call is late, but not forgotten."""
    task = asyncio.create_task(pool.execute("a"))

    context.close()

    assert said(context) == []
    assert await task == ""


def catch(pool: Pool, kept: list[object]) -> None:
    """Leave a coroutine in a variable of a function whose frame somebody holds."""
    coroutine = pool.execute("a")
    try:
        int("no number")
    except ValueError as error:
        kept.append(error)
    assert coroutine is not None


def test_a_variable_of_a_function_that_has_returned_awaits_nothing(context: MockContext, pool: Pool) -> None:
    """An exception that was caught holds the frame, and that the coroutine, which is forgotten all the same."""
    kept: list[object] = []
    catch(pool, kept)

    context.close()

    assert [finding.kind for finding in context.findings()] == ["never_awaited"]


async def test_a_variable_of_a_function_that_goes_on_may_be_awaited(context: MockContext, pool: Pool) -> None:
    """Be it suspended or running now; so may what a list holds."""

    async def wait() -> str:
        coroutine = pool.execute("suspended")
        frames.append(caller_frame(0))
        await asyncio.sleep(0)
        return await coroutine

    frames: list[object] = [caller_frame(0)]
    task, mine, kept = asyncio.create_task(wait()), pool.execute("running"), [pool.execute("kept")]
    await asyncio.sleep(0)

    assert said(context) == []
    assert [await task, await mine, await kept[0]] == ["", "", ""]


async def test_what_a_failed_test_holds_is_told_unless_a_task_has_it(context: MockContext, pool: Pool) -> None:
    """Its traceback holds what the test forgot to await."""
    held, task = pool.execute("forgotten"), asyncio.create_task(pool.execute("begun later"))
    context.outcome = "failed"

    context.close()

    assert [finding.kind for finding in context.findings()] == ["never_awaited"]
    with pytest.raises(RuntimeError, match="cannot reuse"):
        await held
    assert await task == ""


def test_a_context_that_does_not_watch_says_nothing(recwarn: pytest.WarningsRecorder) -> None:
    """Python warns of what was not awaited, as it does of a mock without a context."""
    context = MockContext(severity=None)
    pool = context.mock(Pool)
    control(pool.fetchval).return_value = 7

    forget(pool)
    context.close()

    assert said(context) == []
    assert context.shared_lines == []
    assert [str(warning.message) for warning in recwarn] == ["coroutine 'call of an isolated mock' was never awaited"]


def test_filters_of_other_warnings_do_not_matter(context: MockContext, pool: Pool) -> None:
    """Only what holds for a coroutine that nobody awaits holds for the finding."""
    forget(pool)
    (finding,) = context.findings()

    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.filterwarnings("error", category=DeprecationWarning)
        assert filtered(finding) is None
        for name in ("execute", "call of an isolated mock", "AsyncMockMixin._execute_mock_call"):
            warnings.filterwarnings("ignore", message=f"coroutine '{name}' was never awaited")
            assert filtered(finding) == "ignore"
            warnings.resetwarnings()


def test_a_mock_without_a_name_is_called_something(context: MockContext) -> None:
    """By its class or as a mock; it stays without a name, so that it becomes part of what it is assigned to."""
    manager, pool = MagicMock(), context.mock(Pool)
    assert repr(pool.close).startswith("<MagicMock name='Pool.close'")
    manager.pool = pool

    pool.close()
    context.mock()(1)

    assert manager.mock_calls == [call.pool.close()]
    control(pool.execute).return_value = ""
    assert [finding.name for finding in context.findings()] == ["Pool.execute", "mock"]


def test_secrets_are_not_told(context: MockContext, pool: Pool) -> None:
    """What is called a password is not shown."""
    context.mock(name="http").login(user="ann", password="hunter2")

    assert said(context)[0].startswith("http.login(user='ann', password=<redacted>) was called at ")


async def test_a_late_call_is_told_once(pool: Pool) -> None:
    """Whoever collects gets each line once, however often it calls."""
    late = LateCalls()
    context = MockContext("orders", late=late)
    pool = context.mock(Pool, name="postgres")
    context.close()

    for name in ("ann", "bob"):
        assert await find_user(pool, name) == 0

    assert [(finding.kind, finding.name) for finding in late.take()] == [("use_after_close", "postgres.fetchval")]
    assert late.take() == ()


async def test_each_test_is_told_of_its_late_calls() -> None:
    """The line may be that of a helper, which both have called."""
    late = LateCalls()
    for name in ("one", "other"):
        context = MockContext(name, nodeid=name, late=late)
        pool = context.mock(Pool)
        context.close()
        await find_user(pool, "ann")

    assert [finding.owner.name for finding in late.take() if finding.owner is not None] == ["one", "other"]


def test_a_closed_context_stays_as_it_was(context: MockContext, pool: Pool) -> None:
    """What was found is kept, and closing again does nothing."""
    control(pool.fetchval).return_value = 7
    context.close()
    context.close()

    assert context.is_closed
    assert len(context.findings()) == 1
    assert repr(context) == "<MockContext 'orders' closed, 0 mocks>"


def test_closing_breaks_circles(context: MockContext) -> None:
    """A mock that is its own result, effect or argument goes without the collector."""
    gc.disable()
    try:
        gone = weakref.ref(make_circles(context))
        context.close()

        assert gone() is None
    finally:
        gc.enable()


def make_circles(context: MockContext) -> AsyncMock:
    """Return a mock that is told to give itself."""
    pool = context.mock()
    pool.clone.return_value = pool
    pool.reset.side_effect = lambda: pool
    pool.clone(pool).close()
    pool.clone.assert_called_once_with(pool)
    return pool


def test_a_service_is_made_once() -> None:
    """By its name or its type, bound or not."""
    context = MockContext(services={"postgres": "tests.mocks.product:Pool"})

    pool, bus = context.service("postgres"), context.service(ServiceType.KAFKA)

    assert isinstance(pool, Pool)
    assert isinstance(bus, AsyncMock)
    assert context.service(ServiceType.POSTGRES) is pool
    assert context.service("kafka") is bus
    assert context.open_mocks == ["kafka"]
    assert repr(context) == "<MockContext 'mocks' open, 2 mocks>"
    context.service("http", Pool).close()


def test_a_wrong_service_is_refused() -> None:
    """With where it was set."""
    context = MockContext(services={"postgres": "tests.mocks.product:Pol"}, place="isolation_services of tox.ini")

    with pytest.raises(SettingsError) as refused:
        context.service("postgres")

    assert str(refused.value) == (
        "unknown attribute of tests.mocks.product 'Pol' in 'tests.mocks.product:Pol' of service 'postgres' in "
        "isolation_services of tox.ini; did you mean 'Pool'?"
    )


def test_a_service_is_one_class() -> None:
    """Two fixtures that mean different classes by one name are not given the same mock."""
    context = MockContext()
    context.service("postgres", Pool)
    context.service("kafka")

    assert context.service("postgres", "tests.mocks.product:Pool") is context.service("postgres")
    with pytest.raises(SettingsError) as refused:
        context.service("postgres", "json:JSONDecoder")
    assert str(refused.value) == (
        "service 'postgres' is tests.mocks.product:Pool in this test already, and not json:JSONDecoder"
    )
    with pytest.raises(
        SettingsError, match=r"is an open mock in this test already, and not tests\.mocks\.product:Pool"
    ):
        context.service("kafka", Pool)


def test_a_context_owns_a_manager() -> None:
    """What it is given is cleaned up when the context closes; in a test of pytest it is that of the test."""
    closed: list[str] = []
    context = MockContext("orders")

    context.manager.add("session", closed.append)
    assert context.manager is context.manager
    context.close()

    assert closed == ["session"]
    given = ResourceManager("given")
    assert MockContext(manager=lambda: given).manager is given
