"""Looks whether the neighbours of the service are there, from code that knows no event loop."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")
Address = tuple[str, int]


class HealthProbe:
    """Keep a connection to each neighbour, as a load balancer does, and hear when one goes."""

    _sockets: dict[Address, socket.socket]
    _is_lost: Callable[[Address], None]

    def __init__(self) -> None:
        self._sockets = {}
        self._is_lost = self.forget

    def is_reachable(self, address: Address) -> bool:
        """Tell whether somebody listens at *address*."""
        if address not in self._sockets:
            try:
                self._sockets[address] = socket.create_connection(address, timeout=1)
            except OSError:
                return False
        return True

    def forget(self, address: Address) -> None:
        """Close the connection to *address*."""
        self._sockets.pop(address).close()

    def close(self) -> None:
        """Close all connections."""
        for address in list(self._sockets):
            self._is_lost(address)


class BlockingCaller:
    """Run coroutines for callers who are not async, on an event loop of its own."""

    _loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def call(self, coroutine: Coroutine[object, object, T]) -> T:
        """Return what *coroutine* returns."""
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """Close the event loop."""
        self._loop.close()


health_probe = HealthProbe()
