"""Threads and the executors that own them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import aiosqlite
import pytest
from kept import KEEP, STOP


def test_daemon():
    thread = threading.Thread(target=STOP.wait, daemon=True)
    thread.start()  # leak: thread severity=warning
    KEEP.append(thread)


def test_not_daemon():
    thread = threading.Thread(target=STOP.wait)
    thread.start()  # leak: thread severity=error
    KEEP.append(thread)


def test_timer():
    timer = threading.Timer(3600, print)
    timer.start()  # leak: thread severity=error
    KEEP.append(timer)


def test_executor():
    executor = ThreadPoolExecutor(max_workers=1)  # leak: executor severity=error
    executor.submit(int).result()
    KEEP.append(executor)


def test_executor_with_a_busy_worker():
    executor = ThreadPoolExecutor(max_workers=1)  # leak: executor severity=error
    executor.submit(STOP.wait)
    KEEP.append(executor)


@pytest.mark.asyncio
async def test_aiosqlite():
    KEEP.append(await aiosqlite.connect(":memory:"))  # leak: thread severity=error


@pytest.fixture
def worker():
    thread = threading.Thread(target=STOP.wait, daemon=True)
    thread.start()  # leak: thread fixture=worker severity=warning test=test_of_a_fixture
    KEEP.append(thread)


def test_of_a_fixture(worker):
    pass


@pytest.fixture(scope="module")
def ticker():
    thread = threading.Thread(target=STOP.wait, daemon=True)
    thread.start()  # leak: thread owner=fixture:ticker
    KEEP.append(thread)


def test_of_a_module_fixture(ticker):
    pass


def test_last_is_not_blamed_for_a_fixture(ticker):
    pass
