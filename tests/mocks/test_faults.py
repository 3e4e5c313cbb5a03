"""Calls of a mock fail, wait or are held: by count, by chance, for one method or a whole service."""

import asyncio
import errno
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self, cast

import anyio
import pytest

from isolation import control, isolated_mock, outage
from isolation.mocks._raising import fresh


class Database:
    """A client whose methods are awaited, but for one."""

    async def fetch(self, query: str) -> list[int]:
        """Return rows."""
        raise NotImplementedError

    async def execute(self, query: str) -> str:
        """Return a status."""
        raise NotImplementedError

    def quote(self, name: str) -> str:
        """Return a name for a query."""
        raise NotImplementedError

    def transaction(self) -> "Transaction":
        """Return what a block enters."""
        raise NotImplementedError


class Transaction:
    """What a client's block enters."""

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None:
        raise NotImplementedError

    async def commit(self) -> None:
        """End it."""


async def outcomes(call: Callable[[], Awaitable[object]], count: int) -> str:
    """Return a letter for each of *count* calls: a dot if it gave a result, the first one of the error's text else."""
    letters = ""
    for _ in range(count):
        try:
            await call()
        except ValueError as failure:
            letters += str(failure)[0]
        else:
            letters += "."
    return letters


@pytest.fixture
def database() -> Database:
    """A mock of the client."""
    return isolated_mock(Database)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "xxxxxxxx"),
        ({"after": 2}, "..xxxxxx"),
        ({"times": 3}, "xxx....."),
        ({"after": 2, "times": 1}, "..x....."),
        ({"every": 3}, "..x..x.."),
        ({"after": 1, "every": 3}, "...x..x."),
        ({"every": 3, "times": 1}, "..x....."),
        ({"probability": 0.5, "seed": 7}, "xx.x.xx."),
        ({"probability": 0.5, "seed": 7, "times": 2}, "xx......"),
    ],
)
async def test_a_fault_hits_by_count_and_by_chance(database: Database, terms: dict[str, Any], said: str) -> None:
    """Calls are counted from where the fault was set; *every* and chance choose among those behind *after*."""
    await database.fetch("before")

    control(database.fetch).fault(ValueError("x"), **terms)

    assert await outcomes(lambda: database.fetch("q"), 8) == said


async def test_a_fault_is_of_one_method(database: Database) -> None:
    """Others give their results, and so does what the method gives."""
    control(database.fetch).fault(ValueError("x"))
    control(database.transaction).fault(ValueError("y"), after=1)

    async with database.transaction() as transaction:
        await transaction.commit()

    assert await database.execute("q") == ""
    with pytest.raises(ValueError, match="x"):
        await database.fetch("q")


async def test_faults_are_met_in_the_order_in_which_they_were_set(database: Database) -> None:
    """One that raises ends the call; those behind it do not count that one."""
    control(database.fetch).fault(ValueError("a"), times=1)
    control(database.fetch).fault(ValueError("b"), after=1, times=1)

    assert await outcomes(lambda: database.fetch("q"), 4) == "a.b."


async def test_a_call_that_failed_is_recorded_as_awaited(database: Database) -> None:
    """As with a side effect that raises."""
    control(database.fetch).fault(ConnectionError)

    with pytest.raises(ConnectionError):
        await database.fetch("q")

    control(database.fetch).assert_awaited_once_with("q")


async def test_each_call_gets_a_new_exception(database: Database) -> None:
    """One that is raised again would have grown the traceback of both calls, and hold their frames."""
    prepared = TimeoutError("slow")
    control(database.fetch).fault(prepared)

    raised = []
    for _ in range(2):
        with pytest.raises(TimeoutError, match=r"^slow$") as caught:
            await database.fetch("q")
        raised.append(caught.value)

    assert raised[0] is not raised[1]
    assert prepared.__traceback__ is None
    assert prepared not in raised


async def test_a_sync_method_fails_at_the_call(database: Database) -> None:
    """Nothing has to be awaited."""
    control(database.quote).fault(LookupError("no"), after=1)

    assert database.quote("a") == ""
    with pytest.raises(LookupError, match="no"):
        database.quote("a")


@pytest.mark.parametrize("terms", [{"latency": 1}, {"jitter": 1}, {"until": asyncio.Event()}])
def test_a_sync_method_cannot_wait(database: Database, terms: dict[str, Any]) -> None:
    """Type checkers know that, and so does the call."""
    fault = cast("Any", control(database.quote)).fault

    with pytest.raises(TypeError) as caught:
        fault(**terms)

    assert str(caught.value) == (
        f"{next(iter(terms))} needs a method that is awaited, and mock.quote is not; "
        "delay what it gives: control(mock.quote.return_value.method)"
    )


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
class TestOnBothBackends:
    """What waits does so by anyio."""

    pytestmark = pytest.mark.anyio

    async def test_latency_is_waited_before_the_result(self, database: Database) -> None:
        """A client's own timeout sees it."""
        control(database.fetch).when("slow").returns([1])
        control(database.fetch).fault(latency=60, times=1)

        with anyio.move_on_after(0.01) as scope:
            await database.fetch("slow")

        assert scope.cancelled_caught
        assert await database.fetch("slow") == [1]

    async def test_latency_is_waited_before_the_error(self, database: Database) -> None:
        """A timeout that takes its time."""
        control(database.fetch).fault(TimeoutError("slow"), latency=0.001)

        with pytest.raises(TimeoutError, match="slow"):
            await database.fetch("q")

    async def test_an_event_holds_a_call(self, database: Database) -> None:
        """Nobody has to sleep to see a call in flight."""
        arrived, release, given = anyio.Event(), anyio.Event(), []
        control(database.fetch).fault(until=release)

        async def call() -> None:
            arrived.set()
            given.append(await database.fetch("q"))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await arrived.wait()
            await anyio.lowlevel.checkpoint()
            held = list(given)
            release.set()

        assert held == []
        assert given == [[]]

    async def test_a_cancelled_call_stays_recorded_as_awaited(self, database: Database) -> None:
        """It was awaited, it only came to no end; the standard library counts it, too."""
        control(database.fetch).fault(until=anyio.Event())

        with anyio.move_on_after(0.01) as scope:
            await database.fetch("q")

        assert scope.cancelled_caught
        control(database.fetch).assert_awaited_once_with("q")


async def test_jitter_is_chosen_by_the_seed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between nothing and *jitter* more seconds, and the same ones in each run."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 4))

    monkeypatch.setattr(anyio, "sleep", sleep)
    control(database.fetch).fault(latency=1, jitter=0.5, seed=7)

    await database.fetch("q")
    await database.fetch("q")

    assert slept == [1.1619, 1.0754]


async def test_a_fault_by_chance_is_the_same_in_each_run() -> None:
    """Without a seed it is derived from the method and the faults before; the exception tells it."""
    fetches = [isolated_mock(Database, name="db").fetch for _ in range(2)]
    first, second = (control(fetch).fault(ValueError("x"), probability=0.3) for fetch in fetches)
    another = control(fetches[0]).fault(ValueError("y"), probability=0.3)

    with pytest.raises(ValueError, match="x") as caught:  # noqa: PT012 - one of them raises
        for _ in range(100):
            await fetches[1]("q")

    assert first.seed == second.seed != another.seed
    assert caught.value.__notes__ == [f"by chance: fault of db.fetch, probability=0.3, seed={first.seed}"]


async def test_a_fault_can_be_ended(database: Database) -> None:
    """At the end of a block, or when the test says so; it tells what it has hit."""
    with control(database.fetch).fault(ValueError("a"), every=2) as fault:
        within = await outcomes(lambda: database.fetch("q"), 3)

    assert within + await outcomes(lambda: database.fetch("q"), 2) == ".a..."
    assert (fault.calls, fault.hits) == (3, 1)
    assert repr(fault) == f"<Fault of mock.fetch over, hit 1 of 3 calls, seed {fault.seed}>"


def test_an_active_fault_says_so(database: Database) -> None:
    """To those who look at it."""
    fault = control(database.fetch).fault(ValueError, seed=3)

    assert repr(fault) == "<Fault of mock.fetch active, hit 0 of 0 calls, seed 3>"


async def test_faults_vanish_with_what_a_mock_was_told(database: Database) -> None:
    """They are configuration."""
    control(database.fetch).fault(ValueError("x"))
    outage(database, ValueError("y"))

    cast("Any", database).reset_mock(side_effect=True)

    assert await database.fetch("q") == []


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "nothing would happen to the calls; give an exception, or latency, jitter or until"),
        ({"error": "boom"}, "error must be an exception or a class of exceptions, got 'boom'"),
        ({"error": int}, "error must be an exception or a class of exceptions, got <class 'int'>"),
        (
            {"error": UnicodeDecodeError},
            (
                "UnicodeDecodeError cannot be made without arguments (function takes exactly 5 arguments (0 given)); "
                "give an instance instead of the class: UnicodeDecodeError(...)"
            ),
        ),
        ({"error": OSError, "after": -1}, "after must be at least 0, got -1"),
        ({"error": OSError, "times": 0}, "times must be at least 1, got 0"),
        ({"error": OSError, "every": 0}, "every must be at least 1, got 0"),
        ({"error": OSError, "every": 1.5}, "every must be a number of calls, got 1.5"),
        ({"error": OSError, "times": True}, "times must be a number of calls, got True"),
        ({"error": OSError, "probability": 1.5}, "probability must be above 0 and at most 1, got 1.5"),
        ({"error": OSError, "probability": 0}, "probability must be above 0 and at most 1, got 0"),
        ({"error": OSError, "probability": "10%"}, "probability must be a number from 0 to 1, got '10%'"),
        ({"error": OSError, "seed": "7"}, "seed must be a whole number, got '7'"),
        ({"latency": -1}, "latency must not be negative, got -1"),
        ({"latency": "1s"}, "latency must be a number of seconds, got '1s'"),
        ({"jitter": -1}, "jitter must not be negative, got -1"),
        ({"until": 5}, "until must be an event, such as anyio.Event(), got 5"),
        ({"until": anyio.Event}, f"until must be an event, such as anyio.Event(), got {anyio.Event!r}"),
    ],
)
def test_terms_that_mean_nothing_are_refused(database: Database, terms: dict[str, Any], said: str) -> None:
    """Where they are written, with the value and what to do."""
    with pytest.raises((TypeError, ValueError)) as caught:
        control(database.fetch).fault(**terms)

    assert str(caught.value) == said


class RefusedError(ConnectionError):
    """An error that is made of something else than it keeps."""

    def __init__(self, host: str) -> None:
        super().__init__(errno.ECONNREFUSED, f"{host} refused")
        self.host = host


class CodedError(Exception):
    """An error that takes a keyword, and keeps something outside of its dictionary."""

    __slots__ = ("code", "unset")

    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


class MadeError(Exception):
    """An error that makes itself in its own way."""

    def __new__(cls, host: str, port: int) -> Self:
        """Make it."""
        return super().__new__(cls, f"{host}:{port}")

    def __init__(self, host: str, port: int) -> None:
        self.port = port


@pytest.mark.parametrize(
    "error",
    [
        KeyError("k"),
        OSError(errno.ENOENT, "no such file", "a.txt"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        ExceptionGroup("several", [ValueError(1), ValueError(2)]),
        ImportError("none", name="app"),
        StopIteration(3),
        RefusedError("db"),
        CodedError(code=3),
        MadeError("db", 1),
    ],
)
def test_a_fresh_exception_is_equal_to_the_prepared_one(error: BaseException) -> None:
    """Whatever its class makes of arguments, and wherever it keeps what it was given."""
    new = fresh(error)

    names = ("errno", "strerror", "filename", "start", "exceptions", "name", "value", "host", "code", "port")
    assert (type(new), new.args, str(new), vars(new)) == (type(error), error.args, str(error), vars(error))
    assert [getattr(new, name, None) for name in names] == [getattr(error, name, None) for name in names]


def test_a_fresh_exception_has_notes_and_a_cause_of_its_own() -> None:
    """Who adds a note to one adds it to that one; the cause is part of what was prepared."""
    cause = OSError("wire")
    prepared = ConnectionError("down")
    prepared.add_note("prepared")
    prepared.__cause__ = cause

    new = fresh(prepared)
    new.add_note("later")

    assert prepared.__notes__ == ["prepared"]
    assert new.__notes__ == ["prepared", "later"]
    assert (new.__cause__, new.__suppress_context__) == (cause, True)
    assert isinstance(fresh(TimeoutError), TimeoutError)


async def test_an_outage_hits_every_method(database: Database) -> None:
    """Sync ones, too, and what is below: nobody answers."""
    transaction = database.transaction()

    with outage(database, ConnectionError("down")):
        with pytest.raises(ConnectionError, match=r"^down$"):
            await database.fetch("q")
        with pytest.raises(ConnectionError, match="down"):
            database.quote("n")
        with pytest.raises(ConnectionError, match="down"):
            await transaction.commit()

    assert await database.fetch("q") == []


async def test_an_outage_ends_when_the_test_says_so(database: Database) -> None:
    """It begins where it is written, in a block or not."""
    began = outage(database, ValueError("down"), after=1)
    during = await outcomes(lambda: database.fetch("q"), 2)

    began.end()

    assert during + await outcomes(lambda: database.execute("q"), 1) == ".d."


async def test_a_block_can_be_left_in_an_outage(database: Database) -> None:
    """What failed inside is what the test sees, and not that the block's end failed, too."""
    with pytest.raises(LookupError, match="inside"):  # noqa: PT012 - the block is what is tested
        async with database.transaction():
            outage(database, ConnectionError("down"))
            raise LookupError("inside")


async def test_a_block_cannot_be_entered_in_an_outage(database: Database) -> None:
    """Entering one asks the service."""
    transaction = database.transaction()
    outage(database, ConnectionError("down"))

    with pytest.raises(ConnectionError, match="down"):
        async with transaction:
            pass


async def test_an_outage_of_a_part_leaves_the_rest_alone(database: Database) -> None:
    """What a method gives is a mock as well."""
    outage(database.transaction(), ConnectionError("down"))

    assert await database.fetch("q") == []
    with pytest.raises(ConnectionError, match="down"):
        await database.transaction().commit()


async def test_a_slow_outage_delays_only_what_is_awaited(database: Database) -> None:
    """A sync method of the service fails at once."""
    outage(database, TimeoutError("late"), latency=60)

    with pytest.raises(TimeoutError, match="late"):
        database.quote("n")
    with anyio.move_on_after(0.01) as scope:
        await database.fetch("q")
    assert scope.cancelled_caught


@pytest.mark.parametrize("thing", [object(), Database(), Database().fetch])
def test_only_isolated_mocks_have_outages(thing: object) -> None:
    """Anything else would go on as before."""
    with pytest.raises(TypeError, match=r"outage\(\) takes an isolated mock, got "):
        outage(thing, ConnectionError)


def test_a_mock_that_failed_leaves_nothing_to_the_collector() -> None:
    """It is freed with the exceptions that it raised, which refer to frames, which refer to it."""

    def fail() -> None:
        mock = isolated_mock(Database)
        control(mock.quote).when("a").raises(KeyError("a"))
        control(mock.quote).fault(KeyError("b"), after=1, times=1)
        outage(mock, KeyError, after=2, probability=0.99, seed=1)
        for _ in range(3):
            with suppress(KeyError):
                mock.quote("a")

    fail()
    gc.collect()
    with collector_off():
        fail()
        left = gc.collect()

    assert left == 0


@contextmanager
def collector_off() -> Iterator[None]:
    """Let nothing be collected meanwhile."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
