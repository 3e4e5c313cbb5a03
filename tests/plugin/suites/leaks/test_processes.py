"""Processes that run on, and processes that nobody waited for."""

import asyncio
import multiprocessing
import os
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor

import pytest
from kept import CHILDREN, KEEP


def test_running():
    KEEP.append(subprocess.Popen(["sleep", "60"]))  # leak: process severity=error


def test_zombie():
    child = subprocess.Popen(["true"])  # leak: zombie
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    KEEP.append(child)


@pytest.mark.asyncio
async def test_asyncio_subprocess():
    child = await asyncio.create_subprocess_exec("sleep", "60")  # leak: process severity=error; also: descriptor
    CHILDREN.append(child.pid)
    KEEP.append(child._transport)


def test_multiprocessing():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    child.start()  # leak: process severity=error; also: pipe
    KEEP.append(child)


def test_bare_fork():
    pid = os.fork()  # leak: process severity=error no-origin
    if pid == 0:
        try:
            time.sleep(60)
        finally:
            os._exit(0)
    CHILDREN.append(pid)


def test_process_pool():
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    pool.submit(int).result()  # leak: process severity=error; also: thread executor pipe
    KEEP.append(pool)


@pytest.fixture(scope="module")
def daemon():
    child = subprocess.Popen(["sleep", "60"])  # leak: process owner=fixture:daemon
    KEEP.append(child)
    return child


def test_of_a_module_fixture(daemon):
    assert daemon.poll() is None


def test_last_is_not_blamed_for_a_fixture(daemon):
    assert daemon.poll() is None
