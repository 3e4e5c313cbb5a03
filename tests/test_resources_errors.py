"""Every cleanup runs, and every failure is reported exactly once."""

import signal
from collections.abc import Callable, Iterator
from unittest.mock import Mock

import pytest

from isolation import CleanupCancelledError, CleanupError, ResourceManager
from isolation._owners import OWNER, Owner


def raising(failure: BaseException) -> Callable[[], None]:
    """Return a cleanup that raises *failure*."""

    def close() -> None:
        raise failure

    return close


async def test_two_failures_are_both_reported_once() -> None:
    """The second failure does not hide the first one."""
    manager = ResourceManager("orders")
    calls: list[str] = []
    manager.register(calls.append, "oldest")
    manager.register(raising(ValueError("B")))
    manager.register(raising(KeyError("C")))

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert str(caught.value) == "2 of 3 cleanups failed in 'orders' (2 sub-exceptions)"
    assert [repr(failure) for failure in caught.value.exceptions] == ["KeyError('C')", "ValueError('B')"]
    assert (calls, manager.errors) == (["oldest"], caught.value.exceptions)


def test_sync_failures_are_reported_alike() -> None:
    """`cleanup_all_sync` raises the same group."""
    manager = ResourceManager("orders")
    manager.register(raising(ValueError("B")))
    manager.register(raising(KeyError("C")))

    with pytest.raises(CleanupError, match="2 of 2 cleanups failed in 'orders'"):
        manager.cleanup_all_sync()


async def test_a_failure_says_whose_it_is() -> None:
    """The note names the cleanup, the fixture, and the line."""
    manager = ResourceManager()
    OWNER.set(Owner("fixture", "repository"))
    handle = manager.register(raising(KeyError()))

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert caught.value.exceptions[0].__notes__ == [
        f"while cleaning up 'close' of fixture 'repository' (registered at {handle.where})"
    ]


async def test_a_traceback_begins_in_the_users_code() -> None:
    """None of our frames stands between the group and the line that failed."""
    manager = ResourceManager()
    manager.register(raising(KeyError()))

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    trace = caught.value.exceptions[0].__traceback__
    assert trace is not None
    assert (trace.tb_frame.f_code.co_name, trace.tb_next) == ("close", None)


async def test_a_part_of_the_group_is_still_a_cleanup_error() -> None:
    """`except*` and `split` keep the type."""
    manager = ResourceManager("orders")
    manager.register(raising(ValueError("B")))
    manager.register(raising(KeyError("C")))
    caught: list[ExceptionGroup[Exception]] = []

    try:
        await manager.cleanup_all()
    except* KeyError as group:
        caught.append(group)
    except* ValueError as group:
        caught.append(group)

    assert [(type(part), repr(part.exceptions)) for part in caught] == [
        (CleanupError, "(KeyError('C'),)"),
        (CleanupError, "(ValueError('B'),)"),
    ]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SystemExit(1)], ids=repr)
async def test_an_interrupt_lets_the_rest_finish(interrupt: BaseException) -> None:
    """Ctrl-C in one cleanup still closes the other resources, and keeps their errors."""
    manager = ResourceManager()
    calls: list[str] = []
    manager.register(calls.append, "oldest")
    manager.register(raising(ValueError("B")))
    manager.register(raising(interrupt))

    with pytest.raises(type(interrupt)) as caught:
        await manager.cleanup_all()

    assert caught.value is interrupt
    assert (calls, list(map(repr, manager.errors))) == (["oldest"], [repr(interrupt), "ValueError('B')"])
    assert isinstance(interrupt.__cause__, CleanupError)


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt, also where the run was started in the background and ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_a_second_interrupt_leaves_at_once() -> None:
    """Ctrl-C twice means now; what was left is named."""
    manager = ResourceManager()
    oldest = manager.register(pytest.fail)
    manager.register(raising(KeyboardInterrupt("second")))
    manager.register(signal.raise_signal, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        manager.cleanup_all_sync()

    assert (manager.not_run, oldest.status) == ((oldest,), "not_run")


async def test_what_was_left_can_still_be_run() -> None:
    """A cleanup that did not run keeps its resource, and can be run by hand."""
    calls: list[str] = []
    manager = ResourceManager()
    oldest = manager.register(calls.append, "oldest")
    for _ in range(2):
        manager.register(raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        await manager.cleanup_all()

    await oldest.run_now()

    assert (calls, manager.not_run) == (["oldest"], ())


async def test_an_interrupt_in_a_group_is_an_interrupt() -> None:
    """The errors that came with it are recorded."""
    interrupt, error = KeyboardInterrupt(), ValueError("B")
    manager = ResourceManager()
    manager.register(raising(BaseExceptionGroup("tasks", [error, interrupt])))
    manager.register(raising(BaseExceptionGroup("tasks", [BaseExceptionGroup("inner", [SystemExit()])])))

    with pytest.raises(SystemExit):
        await manager.cleanup_all()

    assert [type(failure) for failure in manager.errors] == [SystemExit, KeyboardInterrupt, ValueError]
    assert len(error.__notes__) == 1


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (pytest.fail.Exception("no good"), "it raised Failed, which is no Exception: no good"),
        (pytest.skip.Exception("later"), "it raised Skipped, which is no Exception: later"),
        (GeneratorExit("done"), "it raised GeneratorExit, which is no Exception: done"),
        (
            BaseExceptionGroup("all", [GeneratorExit()]),
            "it raised BaseExceptionGroup, which is no Exception: all (1 sub-exception)",
        ),
    ],
)
async def test_what_fits_in_no_group_is_an_error_like_any_other(outcome: BaseException, said: str) -> None:
    """A test cannot be skipped by a cleanup, and nothing is lost."""
    manager = ResourceManager()
    manager.register(raising(ValueError("B")))
    manager.register(raising(outcome))

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    translated = caught.value.exceptions[0]
    assert (type(translated), str(translated), translated.__cause__) == (CleanupCancelledError, said, outcome)
    assert len(caught.value.exceptions) == 2


async def test_an_async_cleanup_may_raise_anything() -> None:
    """Not every GeneratorExit means that our coroutine is being closed."""

    async def close() -> None:
        raise GeneratorExit

    manager = ResourceManager()
    manager.register(close)
    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [type(failure) for failure in caught.value.exceptions] == [CleanupCancelledError]


async def test_the_error_of_a_block_is_the_context_of_the_failures() -> None:
    """Both what failed in the block and what failed in its cleanup are shown."""

    async def use() -> None:
        async with ResourceManager() as manager:
            manager.register(raising(KeyError("cleanup")))
            raise ValueError("body")

    with pytest.raises(CleanupError) as caught:
        await use()

    assert repr(caught.value.__context__) == "ValueError('body')"


def test_no_failure_replaces_the_interrupt_of_a_block() -> None:
    """Who presses Ctrl-C gets his interrupt, with the failures as its cause."""
    manager = ResourceManager()

    def use() -> None:
        with manager:
            manager.register(raising(KeyError("cleanup")))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        use()

    assert list(map(repr, manager.errors)) == ["KeyError('cleanup')"]
    assert isinstance(caught.value.__cause__, CleanupError)


async def test_a_mock_may_fail_too() -> None:
    """What the doubles of a suite raise is reported."""
    manager = ResourceManager()
    manager.register(Mock(side_effect=ConnectionError("already gone")))

    with pytest.raises(CleanupError) as caught:
        await manager.cleanup_all()

    assert [str(failure) for failure in caught.value.exceptions] == ["already gone"]
