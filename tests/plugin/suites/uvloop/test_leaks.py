"""What can be left on a loop that is not written in Python."""

import asyncio
import socket
import threading

import pytest
import uvloop
from kept import KEEP, STOP, forever, numbers


async def test_is_uvloop():
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)


async def test_task():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


async def test_async_generator():
    generator = numbers()
    await anext(generator)  # leak: async_generator severity=warning
    KEEP.append(generator)


async def test_timer():
    KEEP.append(asyncio.get_running_loop().call_later(3600, print))  # leak: timer no-origin


async def test_thread():
    thread = threading.Thread(target=STOP.wait, daemon=True)
    thread.start()  # leak: thread severity=warning
    KEEP.append(thread)


async def test_socket():
    KEEP.append(socket.socket())  # leak: socket


@pytest.mark.asyncio(loop_scope="module")
async def test_task_on_a_module_loop():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio(loop_scope="module")
async def test_afterwards():
    pass


@pytest.fixture
async def connection():
    return asyncio.create_task(forever())  # leak: task fixture=connection severity=error test=test_of_a_fixture


async def test_of_a_fixture(connection):
    KEEP.append(connection)


def test_runner_by_hand():
    async def main():
        KEEP.append(asyncio.create_task(forever()))  # leak: task

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_loop_never_closed():
    KEEP.append(uvloop.new_event_loop())  # leak: loop; also: descriptor pipe
