"""Workers that start in a test and belong to something wider."""

import asyncio
import logging
import logging.handlers
import multiprocessing
import queue
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import anyio.to_thread
import pytest
import trio


@pytest.mark.asyncio(loop_scope="session")
async def test_default_executor_of_a_session_loop():
    await asyncio.to_thread(int)


@pytest.mark.asyncio(loop_scope="session")
async def test_getaddrinfo_on_a_session_loop():
    await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)


@pytest.mark.asyncio(loop_scope="module")
async def test_anyio_thread_on_a_module_loop():
    await anyio.to_thread.run_sync(int)


def test_trio_thread():
    trio.run(trio.to_thread.run_sync, int)


@pytest.fixture(scope="session")
def log():
    records = queue.Queue()
    listener = logging.handlers.QueueListener(records, logging.NullHandler())
    listener.start()
    yield records
    listener.stop()


def test_queue_listener_of_a_session(log):
    log.put(logging.makeLogRecord({"msg": "hello"}))


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        yield pool


def test_process_pool_opened(processes):
    assert processes.submit(int).result() == 0


def test_process_pool_reused(processes):
    assert processes.submit(int).result() == 0


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor() as pool:
        yield pool


def test_thread_pool(threads):
    assert threads.submit(int).result() == 0
