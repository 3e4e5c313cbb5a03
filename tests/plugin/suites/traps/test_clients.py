"""Synchronous clients that connect when they are first used."""

import socket

import globally
import pytest


class Client:
    def __init__(self, address) -> None:
        self.address = address
        self.connection = None

    def ask(self) -> None:
        if self.connection is None:
            self.connection = socket.create_connection(self.address)
        self.connection.sendall(b"hello")

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()


@pytest.fixture(scope="module")
def client():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(listener.getsockname())
        yield client
        client.close()


def test_client_connects(client):
    client.ask()


def test_client_reuses(client):
    client.ask()


def test_client_of_a_module_global():
    assert globally.client.ask() == b"answer"
