"""Sockets, files and numbers that stay open."""

import asyncio
import gc
import os
import socket

import pytest
import pytest_asyncio
from kept import KEEP, NUMBERS


class Cycle:
    def __init__(self, thing: object) -> None:
        self.thing = thing
        self.itself = self


def test_socket():
    KEEP.append(socket.socket())  # leak: socket severity=error


def test_socket_pair():
    KEEP.extend(socket.socketpair())  # leak: socket severity=error; also: socket


def test_file(tmp_path):
    KEEP.append((tmp_path / "file").open("w"))  # leak: file origin=trace


def test_number(tmp_path):
    NUMBERS.append(os.open(tmp_path / "number", os.O_CREAT | os.O_WRONLY))  # leak: descriptor origin=trace


def test_pipe():
    NUMBERS.extend(os.pipe())  # leak: pipe severity=note no-origin; also: pipe


def test_socket_in_a_cycle():
    Cycle(socket.socket())  # leak: socket


def test_collects_what_another_left():
    gc.collect()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server():
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()
    server.close()
    for writer in writers:
        writer.close()
    await server.wait_closed()


@pytest.mark.asyncio(loop_scope="session")
async def test_stream_connection(server):
    _, writer = await asyncio.open_connection(*server)  # leak: socket
    KEEP.append(writer)


@pytest.mark.asyncio(loop_scope="session")
async def test_after_a_stream_connection(server):
    pass


@pytest.fixture(scope="module")
def listening():
    KEEP.append(socket.create_server(("127.0.0.1", 0)))  # leak: socket owner=fixture:listening


def test_of_a_module_fixture(listening):
    pass


def test_last_is_not_blamed_for_a_fixture(listening):
    pass
