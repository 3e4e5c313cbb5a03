"""What ends its own processes at exit does not hold it."""

import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from isolation._watchdog import Exit, Watchdog
from isolation.recording._recorder import process_recorder

ENDING = Exit(status=0, may_end=False, after=0.0)


def test_an_idle_pool_of_processes_does_not_hold_the_exit() -> None:
    """The interpreter tells it to end."""
    stream = io.StringIO()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(int).result()

        Watchdog(process_recorder(), "", stream).watch(ENDING)

    assert stream.getvalue() == ""
