"""Threads and pools that outlive their owner."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from isolation._findings import Finding
from isolation._owners import Owner
from isolation.probes._scene import Scene
from isolation.probes.threads import ThreadsProbe, shut_down, wait_for
from tests.owned import ended


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Give an event that ends the threads of a test."""
    stop = threading.Event()
    yield stop
    stop.set()


@pytest.fixture
def probe(scene: Scene) -> ThreadsProbe:
    """Give a probe."""
    return ThreadsProbe(scene)


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """Return kind, name, severity and detail of *findings*, the detail without its place."""
    return [(found.kind, found.name, found.severity, found.detail.partition(", now at ")[0]) for found in findings]


@pytest.mark.parametrize(
    ("daemon", "expected"),
    [
        (False, ("error", "not daemon", "it keeps the interpreter from exiting")),
        (True, ("warning", "daemon", "")),
    ],
)
def test_a_running_thread_is_found(
    daemon: bool, expected: tuple[str, str, str], probe: ThreadsProbe, stop: threading.Event
) -> None:
    """One that keeps the interpreter from exiting is an error."""
    with ended():
        threading.Thread(target=stop.wait, name="worker", daemon=daemon).start()

    found = probe.findings(None)

    severity, detail, hint = expected
    assert brief(found) == [("thread", "worker", severity, detail)]
    assert found[0].hint == hint
    assert " in wait" in found[0].detail


def test_a_thread_is_found_once(probe: ThreadsProbe, stop: threading.Event) -> None:
    """It is told when its owner ends, and not again."""
    with ended():
        threading.Thread(target=stop.wait).start()
    suspicious = probe.is_suspicious(None)

    first, second = probe.findings(None), probe.findings(None)

    assert (suspicious, len(first), len(second), probe.is_suspicious(None)) == (True, 1, 0, False)


def test_a_thread_that_has_ended_is_forgotten(probe: ThreadsProbe, scene: Scene) -> None:
    """Its object may live on."""
    with ended():
        thread = threading.Thread(target=int)
        thread.start()
    thread.join()

    assert probe.findings(None) == []
    assert len(scene.recorder.threads) == 0


def test_a_thread_that_a_library_keeps_is_not_waited_for(
    probe: ThreadsProbe, scene: Scene, stop: threading.Event
) -> None:
    """No later test looks at it again."""
    scene.is_well_known = lambda name, _: name == "threads"
    with ended():
        threading.Thread(target=stop.wait).start()

    assert list(probe.findings(None)) == []
    assert scene.recorder.threads.left(scene.number) == []


def test_without_threads_there_is_nothing_to_look_at(probe: ThreadsProbe) -> None:
    """A clean test pays next to nothing."""
    probe.snapshot()

    assert probe.findings(None) == ()
    probe.restore(None)


@pytest.mark.parametrize(("workers", "said"), [(1, "1 worker"), (2, "2 workers")])
def test_an_open_pool_is_found_instead_of_its_workers(workers: int, said: str, probe: ThreadsProbe) -> None:
    """The pool is what has to be shut down."""
    with ended():
        pool = ThreadPoolExecutor(workers, thread_name_prefix="mail")
        meeting = threading.Barrier(workers)
        list(pool.map(lambda _: meeting.wait(), range(workers)))

    found = probe.findings(None)

    pool.shutdown()
    assert brief(found) == [("executor", "mail", "error", f"not shut down, with {said}")]


def test_the_workers_of_a_pool_that_a_fixture_keeps_are_not_found(probe: ThreadsProbe, scene: Scene) -> None:
    """They go with their pool."""
    client = Owner("fixture", "client", scope="session")
    with ended():
        pool = ThreadPoolExecutor(1)
        pool.submit(int).result()
    scene.adopters = lambda things: {id(thing): client for thing in things if thing is pool}

    assert list(probe.findings(None)) == []
    pool.shutdown()


def test_a_pool_without_workers_is_nothing(probe: ThreadsProbe) -> None:
    """A pool that nobody has used holds nothing."""
    with ended():
        pool = ThreadPoolExecutor(1)

    assert not probe.is_suspicious(None)
    pool.shutdown()


def test_a_busy_worker_of_a_pool_that_is_shut_down_is_found(probe: ThreadsProbe, stop: threading.Event) -> None:
    """Shutting down without waiting leaves the thread."""
    with ended():
        pool = ThreadPoolExecutor(1, thread_name_prefix="mail")
        pool.submit(stop.wait)
        pool.shutdown(wait=False)

    assert brief(probe.findings(None)) == [("thread", "mail_0", "error", "not daemon")]


def test_a_thread_whose_pool_is_gone_is_judged_by_itself(probe: ThreadsProbe, stop: threading.Event) -> None:
    """Without the pool nobody will shut it down."""
    with ended():
        pool = ThreadPoolExecutor(1, thread_name_prefix="mail")
        pool.submit(stop.wait)
        del pool

    assert brief(probe.findings(None)) == [("thread", "mail_0", "error", "not daemon")]


def test_a_thread_can_only_be_waited_for(stop: threading.Event) -> None:
    """Nobody can end a thread from outside."""
    thread = threading.Thread(target=stop.wait)
    thread.start()
    refusal = wait_for(thread, 0)

    stop.set()

    assert refusal == "a thread cannot be ended from outside"
    assert wait_for(thread, 30) is None


def test_a_found_pool_is_shut_down(probe: ThreadsProbe) -> None:
    """Its idle workers end."""
    with ended():
        pool = ThreadPoolExecutor(1)
        pool.submit(int).result()
    (found,) = probe.findings(None)

    assert found.ending is not None
    assert found.ending(30) is None
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_busy_workers_outlive_the_end_of_their_pool(stop: threading.Event) -> None:
    """How many they are is told."""
    pool = ThreadPoolExecutor(1)
    pool.submit(stop.wait)

    assert shut_down(pool, 0.001) == "1 of its workers are busy"
