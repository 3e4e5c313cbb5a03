"""A session fixture's thread that gives the session's loop something to do."""

import asyncio
import threading

import pytest
import pytest_asyncio


class Feed:
    """Start a short task on *loop* every millisecond, from another thread."""

    def __init__(self, loop) -> None:
        self.loop = loop
        self.fed = threading.Event()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        futures = []
        while not self.stopped.wait(0.001):
            futures.append(asyncio.run_coroutine_threadsafe(asyncio.sleep(0.2), self.loop))
            self.fed.set()
        for future in futures:
            future.cancel()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def feed():
    feed = Feed(asyncio.get_running_loop())
    feed.thread.start()
    yield feed
    feed.stopped.set()
    await asyncio.to_thread(feed.thread.join)
    await asyncio.sleep(0.01)


@pytest.mark.asyncio(loop_scope="session")
async def test_fed_by_a_thread(feed):
    feed.fed.clear()
    assert await asyncio.to_thread(feed.fed.wait, 5)


@pytest.mark.asyncio(loop_scope="session")
async def test_empty_after_it():
    pass
