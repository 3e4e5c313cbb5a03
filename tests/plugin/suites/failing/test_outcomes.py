"""A test that fails for its own reasons keeps that outcome, whatever it leaves."""

import asyncio
import gc
import socket

import pytest
from kept import KEEP, forever


def test_fails_and_its_traceback_keeps_a_socket():
    connection = socket.socket()  # leak: socket
    assert connection.fileno() == -1


async def test_fails_and_leaves_a_task():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error
    pytest.fail("for its own reasons")


@pytest.mark.xfail(strict=True)
async def test_is_expected_to_fail():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error
    pytest.fail("as expected")


async def test_skips_itself():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error
    pytest.skip("not today")


async def test_passes():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


async def test_passes_and_leaves_a_generator():
    async def numbers():
        yield 1

    generator = numbers()
    await anext(generator)  # leak: async_generator severity=warning
    KEEP.append(generator)


async def test_collects_what_others_left():
    gc.collect()
