"""Leaks of tests that pytest-trio runs."""

import threading

import pytest
import trio
from kept import KEEP, STOP


@pytest.mark.trio
async def test_system_task():
    KEEP.append(trio.lowlevel.spawn_system_task(trio.sleep_forever))  # leak: task no-origin


@pytest.mark.trio
async def test_thread():
    thread = threading.Thread(target=STOP.wait, daemon=True)
    thread.start()  # leak: thread severity=warning
    KEEP.append(thread)


@pytest.mark.trio
async def test_socket():
    KEEP.append(trio.socket.socket())  # leak: socket severity=error


@pytest.mark.trio
async def test_afterwards():
    await trio.sleep(0)
