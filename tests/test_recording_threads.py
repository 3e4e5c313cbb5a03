"""Threads and pools are recorded, and a new thread knows whose it is."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

from isolation._owners import OWNER, Owner
from isolation.recording._recorder import OURS, Recorder
from isolation.recording.threads import _wrap_bootstrap
from tests.owned import an_owner, owned_by


def work() -> None:
    """Do nothing."""


def run(thread: threading.Thread) -> threading.Thread:
    """Run *thread* to its end."""
    thread.start()
    thread.join()
    return thread


def owner_of(recorder: Recorder, pool: ThreadPoolExecutor) -> Owner | None:
    """Return the owner of *pool*."""
    origin = recorder.executors.get(pool)
    assert origin is not None
    return origin.owner


def test_a_thread_is_recorded_when_it_starts(recorder: Recorder) -> None:
    """Whoever starts a thread owns it, not whoever made the object."""
    maker, starter = an_owner("maker"), an_owner("starter")
    with owned_by(maker):
        thread = threading.Thread(target=work)

    with owned_by(starter):
        run(thread)

    origin = recorder.threads.get(thread)
    assert origin is not None
    assert origin.owner is starter


def test_our_own_threads_are_not_recorded(recorder: Recorder) -> None:
    """A guard must not find itself."""
    with owned_by(OURS):
        thread = run(threading.Thread(target=work))

    assert recorder.threads.get(thread) is None


def test_what_a_thread_makes_belongs_to_who_started_it(recorder: Recorder) -> None:
    """A new thread starts with an empty context; the owner is set there."""
    owner, found = an_owner(), list[Owner | None]()

    with owned_by(owner):
        run(threading.Thread(target=lambda: found.append(OWNER.get())))

    assert found == [owner]


@pytest.mark.parametrize("is_known", [True, False])
def test_the_owner_is_set_before_a_thread_does_anything(is_known: bool, recorder: Recorder) -> None:
    """What runs first in a thread runs for the owner of the thread, if that is known."""
    owner, found = an_owner(), list[Owner | None]()
    with owned_by(owner):
        thread = run(threading.Thread(target=work))
    if not is_known:
        recorder.threads.forget(thread)
    bootstrap = _wrap_bootstrap(lambda _: found.append(OWNER.get()), recorder)

    contextvars.Context().run(bootstrap, thread)

    assert found == [owner if is_known else None]


def test_workers_belong_to_who_made_the_pool(recorder: Recorder) -> None:
    """A pool starts its workers late, in the middle of somebody else's test."""
    maker, user = an_owner("maker"), an_owner("user")
    with owned_by(maker):
        pool = ThreadPoolExecutor(1)

    with owned_by(user), pool:
        worker = pool.submit(threading.current_thread).result()

    origin = recorder.threads.get(worker)
    assert origin is not None
    assert origin.owner is maker
    assert recorder.worker_pools[worker]() is pool


def test_workers_of_a_pool_that_nobody_saw_being_made_are_nobodys() -> None:
    """A pool from the time of imports is never a leak of a test."""
    pool = ThreadPoolExecutor(1)
    recorder = Recorder().acquire()

    with owned_by(an_owner()), pool:
        worker = pool.submit(threading.current_thread).result()
    origin = recorder.threads.get(worker)
    recorder.release()

    assert origin is not None
    assert origin.owner is None


def test_a_pool_belongs_to_who_made_it(recorder: Recorder) -> None:
    """A pool that is made outside of a loop is an ordinary thing."""
    owner = an_owner()

    with owned_by(owner), ThreadPoolExecutor(1) as pool:
        assert owner_of(recorder, pool) is owner


def test_our_own_pools_are_not_recorded(recorder: Recorder) -> None:
    """A guard must not find itself."""
    with owned_by(OURS), ThreadPoolExecutor(1) as pool:
        assert recorder.executors.get(pool) is None


@pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_the_default_executor_belongs_to_who_made_the_loop(make: type, is_known: bool, recorder: Recorder) -> None:
    """The first who needs it makes it, but it lives as long as the loop; of an unknown loop it is nobody's."""
    maker, user = an_owner("maker"), an_owner("user")
    with owned_by(maker), asyncio.Runner(loop_factory=make) as runner:
        if not is_known:
            recorder.loops.forget(runner.get_loop())
        else:
            runner.get_loop()
        with owned_by(user):
            runner.run(asyncio.to_thread(work))
        ((pool, _),) = recorder.executors.living()

    assert owner_of(recorder, pool) is (maker if is_known else None)
