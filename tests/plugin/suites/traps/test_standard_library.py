"""What the standard library and pytest open, start and leave by themselves."""

import _thread
import asyncio
import contextlib
import importlib
import logging
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import tempfile
import threading
import unittest
from multiprocessing.shared_memory import SharedMemory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept import KEEP, forever


@settings(database=None, max_examples=20, deadline=None)
@given(st.integers())
def test_hypothesis(number):
    assert isinstance(number, int)


def test_temporary_files(tmp_path):
    with tempfile.TemporaryDirectory(dir=tmp_path), tempfile.TemporaryFile() as file:
        file.write(b"text")
    with tempfile.NamedTemporaryFile(dir=tmp_path) as file:
        file.write(b"text")


def test_sqlite(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "database")) as connection:
        connection.execute("create table numbers (number int)")


def test_shared_memory():
    memory = SharedMemory(create=True, size=64)
    memory.close()
    memory.unlink()


def test_lazy_imports():
    importlib.import_module("lazily")
    importlib.import_module("xml.dom.minidom")


def test_multiprocessing_manager():
    with multiprocessing.get_context("fork").Manager() as manager:
        numbers = manager.list([1])
        numbers.append(2)
        assert list(numbers) == [1, 2]


def test_multiprocessing_pool():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(int, [1]) == [1]


def test_forkserver():
    child = multiprocessing.get_context("forkserver").Process(target=int)
    child.start()
    child.join()
    assert child.exitcode == 0
    child.close()


def test_socket_closed_in_the_test():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            listener.accept()[0].close()


@pytest.fixture(scope="module")
def file_handler(tmp_path_factory):
    handler = logging.FileHandler(tmp_path_factory.mktemp("logs") / "log", delay=True)
    yield handler
    handler.close()


def test_file_handler(file_handler):
    file_handler.emit(logging.makeLogRecord({"msg": "hello"}))


class TestCleanups(unittest.TestCase):
    def setUp(self):
        self.socket = socket.socket()
        self.addCleanup(self.socket.close)
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)

    def test_add_cleanup(self):
        assert self.socket.fileno() >= 0


def test_subprocess_shell():
    assert subprocess.run("echo hello | cat", shell=True, check=True, capture_output=True).stdout == b"hello\n"


@pytest.mark.asyncio
async def test_wait_for_and_shield():
    async def soon():
        await asyncio.sleep(0.01)

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(soon()), 0.001)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(forever(), 0.001)


@pytest.mark.asyncio
async def test_cancelled_queue_waiter():
    waiter = asyncio.create_task(asyncio.Queue().get())
    await asyncio.sleep(0)
    waiter.cancel()


def test_capfd(capfd):
    os.write(1, b"hello")
    assert capfd.readouterr().out == "hello"


def test_dummy_thread():
    seen = threading.Event()

    def foreign() -> None:
        KEEP.append(threading.current_thread())
        seen.set()

    _thread.start_new_thread(foreign, ())
    assert seen.wait(5)


def test_singleton_of_a_library():
    importlib.import_module("pycares").Channel()


def test_pytest_timeout():
    assert any("pytest_timeout" in thread.name for thread in threading.enumerate())
