"""Barriers around blocks: what they put back, in which order, and what they say when something goes wrong."""

import asyncio
import inspect
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, Token, copy_context
from pathlib import Path
from typing import Any

import pytest

from isolation import (
    Barrier,
    BarrierConflictError,
    CleanupError,
    IsolationWarning,
    _barriers,
    environment,
    isolate,
    isolation_barrier,
    sync_isolation_barrier,
    working_directory,
)
from isolation._groups import GROUPS
from tests.barred import LOCALE, TENANT, Box, Derived, Stubborn, Telling


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the plugin from making an error of what these tests do on purpose."""
    monkeypatch.setattr("isolation._barriers.LISTENERS", [])


def shown(text: object) -> str:
    """Return *text* without the numbers of the lines."""
    return re.sub(r"\.py:\d+", ".py:LINE", str(text))


@pytest.fixture
def group(request: pytest.FixtureRequest) -> str:
    """Give the name of a group that nobody else uses."""
    return str(request.node.name)


async def test_what_is_registered_is_put_back(group: str) -> None:
    """One line registers the environment and the working directory for a group."""
    before = Path.cwd()
    forget = isolate(group, environment(), working_directory())

    async with isolation_barrier(group):
        os.environ["ISOLATION_TEST"] = "inside"
        os.chdir("/")
    forget()

    assert "ISOLATION_TEST" not in os.environ
    assert Path.cwd() == before


def test_a_sync_barrier_does_the_same(group: str) -> None:
    """With what is listed for this block only, too."""
    box, other = Box("registered"), Box("listed")
    forget = isolate(group, box)

    with sync_isolation_barrier(group, other):
        box.value = other.value = "inside"
    forget()

    assert (box.value, other.value) == ("before", "before")


def test_what_is_forgotten_is_not_put_back(group: str) -> None:
    """Calling it twice does no harm, and other registrations of the same thing stay."""
    box = Box("box")
    forget, forget_again = isolate(group, box), isolate(group, box)
    forget()
    forget()
    with sync_isolation_barrier(group):
        box.value = "inside"
    still = box.value
    forget_again()
    with sync_isolation_barrier(group):
        box.value = "inside"

    assert (still, box.value) == ("before", "inside")


def test_a_barrier_tells_what_has_changed(group: str) -> None:
    """As far as its targets can tell, and only at the end."""
    box, other, silent = Telling("box"), Telling("other"), Box("silent")

    with sync_isolation_barrier(group, box, other, silent, TENANT, LOCALE) as barrier:
        box.value = silent.value = "inside"
        LOCALE.set("de")
        during = barrier.changed

    assert during == []
    assert barrier.changed == ["box.value", "locale"]
    assert repr(barrier) == f"<Barrier {group!r}>"


def test_the_last_that_was_registered_is_restored_first(group: str) -> None:
    """But the environment and the working directory before all, and what is derived from others after all."""
    log: list[str] = []

    class Noting:
        """A target of another name that stands where the environment stands."""

        name = "environment"
        isolation_stage = 0

        def snapshot(self) -> None:
            """Note it."""
            log.append("take environment")

        def restore(self, state: None, /) -> None:
            """Note it."""
            log.append("restore environment")

    with sync_isolation_barrier(group, Derived("home", log), Box("first", log), Noting(), Box("second", log)):
        taken, log[:] = list(log), []

    assert taken == ["take home", "take first", "take second", "take environment"]
    assert log == ["restore environment", "restore second", "restore first", "restore home", "settle home"]


def test_a_target_that_is_registered_and_listed_is_taken_once(group: str) -> None:
    """And the environment is one thing, however often somebody has made a target for it."""
    log: list[str] = []
    box = Box("box", log)
    forget = isolate(group, environment(), box, environment())

    with sync_isolation_barrier(group, box, environment()):
        pass
    forget()

    assert log == ["take box", "restore box"]


async def test_listed_context_variables_are_reset(group: str) -> None:
    """One that was unset is unset again, and one that had a value has it again."""
    LOCALE.set("fr")

    async with isolation_barrier(group, TENANT, LOCALE):
        inside = LOCALE.get()
        TENANT.set("a")
        LOCALE.set("de")

    assert inside == "fr"
    assert TENANT.get("unset") == "unset"
    assert LOCALE.get() == "fr"


def test_a_context_variable_belongs_to_a_group(group: str) -> None:
    """It is registered like any other target."""
    forget = isolate(group, TENANT)

    with sync_isolation_barrier(group):
        TENANT.set("a")
    forget()

    assert TENANT.get("unset") == "unset"


def test_other_context_variables_are_named() -> None:
    """Nobody can undo them in a task that goes on."""

    def run() -> Barrier:
        token = LOCALE.set("fr")
        with sync_isolation_barrier("names", TENANT) as barrier:
            TENANT.set("a")
            ContextVar[int]("fresh").set(1)
            LOCALE.reset(token)
        return barrier

    barrier = copy_context().run(run)

    assert barrier.leaked_contextvars == ["fresh", "locale"]


def test_a_context_variable_cannot_be_reset_in_another_context(group: str) -> None:
    """A barrier that ends in another context than it began in says so, and does the rest."""
    box = Box("box")
    block = sync_isolation_barrier(group, box, TENANT)
    copy_context().run(block.__enter__)
    box.value = "inside"

    with pytest.raises(CleanupError) as caught:
        copy_context().run(block.__exit__, None, None, None)

    (failure,) = caught.value.exceptions
    assert "was created in a different Context" in str(failure)
    assert list(map(shown, failure.__notes__)) == [
        f"while resetting 'tenant' at the end of barrier {group!r} (tests/test_barriers.py:LINE)"
    ]
    assert box.value == "before"


def test_every_target_is_tried(group: str) -> None:
    """All that fails is raised together, and says which target it was, and of which barrier."""
    box = Box("box")
    one, two = Stubborn("one", restore=KeyError("one")), Stubborn("two", restore=ValueError("two"))

    with pytest.raises(CleanupError) as caught, sync_isolation_barrier(group, one, box, two):
        box.value = "inside"

    assert shown(caught.value.message) == f"2 problems at the end of barrier {group!r} (tests/test_barriers.py:LINE)"
    assert [repr(failure) for failure in caught.value.exceptions] == ["ValueError('two')", "KeyError('one')"]
    assert list(map(shown, caught.value.exceptions[1].__notes__)) == [
        f"while restoring 'one' at the end of barrier {group!r} (tests/test_barriers.py:LINE)"
    ]
    assert box.value == "before"


def test_one_failure_is_a_group_too(group: str) -> None:
    """`except*` finds it, however many there are."""
    with pytest.raises(CleanupError, match="1 problem at the end"):
        with sync_isolation_barrier(group, Stubborn("one", restore=KeyError("one"))):
            pass


def test_an_interrupt_lets_the_rest_be_restored(group: str) -> None:
    """Then it goes on."""
    box, one = Box("box"), Stubborn("one", restore=KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt), sync_isolation_barrier(group, box, one):
        box.value = "inside"

    assert box.value == "before"


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_the_failure_of_the_block_is_not_masked(group: str, kind: str) -> None:
    """What goes wrong at the end is a note on it, and told to those who listen."""
    failure, told = RuntimeError("the block"), list[BaseException]()
    one = Stubborn("one", restore=KeyError("one"))
    _barriers.LISTENERS.append(told.append)

    async def block() -> None:
        if kind == "sync":
            with sync_isolation_barrier(group, one):
                raise failure
        async with isolation_barrier(group, one):
            raise failure

    with pytest.raises(RuntimeError) as caught:
        await block()

    assert caught.value is failure
    assert failure.__notes__[0].startswith(
        "KeyError: 'one'\nwhile restoring 'one' at the end of barrier 'test_the_fail"
    )
    assert [type(each) for each in told] == [CleanupError]


def test_an_interrupt_carries_no_note(group: str) -> None:
    """It would be printed in the banner of pytest."""
    interrupt = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt), sync_isolation_barrier(group, Stubborn("one", restore=KeyError("one"))):
        raise interrupt

    assert not hasattr(interrupt, "__notes__")


def test_a_snapshot_that_fails_releases_what_was_taken(group: str) -> None:
    """What was swapped out is swapped in, the claims are free, and the barrier around goes on."""
    box = Box("box")
    one, two = Stubborn("one", take=KeyError("one")), Stubborn("two", restore=ValueError("two"))

    with sync_isolation_barrier(group, box) as outer:
        with pytest.raises(KeyError) as caught, sync_isolation_barrier(group, two, box, one):
            pass
        with sync_isolation_barrier(group, box) as inner:
            pass

    assert list(map(shown, caught.value.__notes__)) == [
        f"while taking the snapshot of 'one' for barrier {group!r} (tests/test_barriers.py:LINE)",
        "ValueError: two",
    ]
    assert box.log == ["take box", "take box", "restore box", "take box", "restore box", "restore box"]
    assert inner.parent is outer


def test_a_barrier_can_be_used_again(group: str) -> None:
    """One after the other, but not inside of itself."""
    box = Box("box")
    block: Any = sync_isolation_barrier(group, box)
    with block:
        box.value = "first"
    with block as barrier:
        box.value = "second"
        with pytest.raises(RuntimeError) as caught:
            block.__enter__()

    assert box.value == "before"
    assert (
        shown(caught.value) == f"barrier {group!r} (tests/test_barriers.py:LINE) is in use already; ask for another one"
    )
    assert barrier.parent is None


async def test_a_barrier_that_could_not_begin_can_be_tried_again(group: str) -> None:
    """And two tasks cannot share one, not even while the first of them waits."""
    box = Box("box")
    is_in, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with isolation_barrier(group, box):
            is_in.set()
            await may_end.wait()

    async def use(block: Any) -> None:
        async with block:
            pass

    holder = asyncio.create_task(hold())
    await is_in.wait()
    block, impatient = isolation_barrier(group, box), isolation_barrier(group, box, on_conflict="fail")
    waiter = asyncio.create_task(use(block))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="is in use already; ask for another one"):
        await use(block)
    with pytest.raises(BarrierConflictError):
        await use(impatient)
    may_end.set()
    await asyncio.gather(holder, waiter)
    await use(impatient)
    await use(block)


def test_a_sync_barrier_that_could_not_begin_can_be_tried_again(group: str) -> None:
    """The same without waiting."""
    box = Box("box")
    block: Any = sync_isolation_barrier(group, box, on_conflict="fail")

    def use() -> None:
        with block:
            pass

    with ThreadPoolExecutor(1) as pool, sync_isolation_barrier(group, box):
        failure = pool.submit(use).exception()
    use()

    assert isinstance(failure, BarrierConflictError)


def test_a_group_that_nobody_knows_is_doubted() -> None:
    """Once, and only if another one may be meant."""
    forget = isolate("database_tests", Box("box"))

    with pytest.warns(IsolationWarning) as caught, sync_isolation_barrier("databse_tests"):
        pass
    with sync_isolation_barrier("databse_tests"), sync_isolation_barrier("something else"):
        pass
    forget()

    (warning,) = caught
    assert str(warning.message) == "nothing is registered for group 'databse_tests'; did you mean 'database_tests'?"
    assert Path(warning.filename).name == "test_barriers.py"


def test_wrong_use_fails_where_it_is_written(group: str) -> None:
    """With what is needed instead."""
    wrong: Any = isolation_barrier

    with pytest.raises(TypeError, match=r"^a group is named by a string, got 5$"):
        wrong(5)
    with pytest.raises(
        TypeError, match=r"^a target is a context variable or has a name, snapshot\(\) and restore\(\), got 5$"
    ):
        wrong(group, 5)
    with pytest.raises(TypeError, match=r"got environment, which has to be called$"):
        isolate(group, environment)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^on_conflict must be 'wait' or 'fail', got 'raise'$"):
        wrong(group, on_conflict="raise")
    with pytest.raises(ValueError, match=r"^timeout must not be negative, got -1$"):
        wrong(group, timeout=-1)
    with pytest.raises(ValueError, match="cancel"):
        wrong(group, tasks="cansel")
    with pytest.raises(TypeError, match="has to be called"):
        sync_isolation_barrier(group, Box)  # type: ignore[arg-type]


def test_a_token_is_all_that_is_needed() -> None:
    """Why a listed variable that was unset reads None inside: only a token leads back to *unset*."""

    def run() -> object:
        with sync_isolation_barrier("unset", TENANT):
            inside = TENANT.get()
            token: Token[str] = TENANT.set("a")
            TENANT.reset(token)
        return inside

    assert copy_context().run(run) is None


def test_a_barrier_says_where_it_is_written(group: str) -> None:
    """By the line of the block."""
    frame = inspect.currentframe()
    assert frame is not None

    line = frame.f_lineno + 1
    with pytest.raises(CleanupError) as caught, sync_isolation_barrier(group, Stubborn("one", restore=KeyError("one"))):
        pass

    assert caught.value.message == f"1 problem at the end of barrier {group!r} (tests/test_barriers.py:{line})"


def test_what_was_registered_since_can_be_forgotten() -> None:
    """At the end of a run, for example; what was there before stays."""
    before = isolate("forgetting", Box("before"))
    mark = GROUPS.mark()
    isolate("forgetting", Box("after"))
    isolate("forgetting", Box("after, too"))

    GROUPS.forget_since(mark)
    left = [target.name for target in GROUPS.members("forgetting")]
    before()

    assert left == ["before"]


def test_a_group_that_has_become_empty_is_not_suggested() -> None:
    """Nobody means it any more."""
    isolate("payment_tests", Box("box"))()

    with sync_isolation_barrier("paymnt_tests") as barrier:
        pass

    assert barrier.changed == []
