"""Close what somebody left open, gently: a socket through its transport if it has one."""

import asyncio
import gc
import socket
from collections.abc import Callable
from typing import Any, cast

from isolation import _compatibility
from isolation._event_loop import is_idle, spin


def ending_of(thing: Any) -> Callable[[float], str | None] | None:  # noqa: ANN401 - a socket, a file, or None
    """Return what closes *thing*; None for a bare number, which a C library may own."""
    if thing is None:
        return None
    return (lambda _: close_socket(thing)) if isinstance(thing, socket.socket) else (lambda _: close_file(thing))


def close_socket(sock: socket.socket) -> str | None:
    """Abort the transport of *sock*, or close it if it has none; return None or what went wrong."""
    for transport in filter(None, (_transport(holder) for holder in gc.get_referrers(sock))):
        loop = _compatibility.transport_loop(transport)
        if loop is not None and not loop.is_closed():
            transport.abort()  # closing the socket under a selector that watches it would break the loop
            if is_idle(loop):
                spin(loop, 0)
            return None
    return close_file(sock)


def _transport(holder: object) -> asyncio.WriteTransport | None:
    # A transport refers to its socket by itself or by its dictionary; `type`, never `isinstance`, on strangers.
    owners: list[object] = gc.get_referrers(holder) if type(holder) is dict else [holder]
    return next((cast("asyncio.WriteTransport", owner) for owner in owners if _is_transport(type(owner))), None)


def _is_transport(kind: type) -> bool:
    return asyncio.BaseTransport in kind.__mro__ and hasattr(kind, "abort")


def close_file(thing: Any) -> str | None:  # noqa: ANN401 - a file or a socket
    """Close *thing*; return None or what went wrong."""
    try:
        thing.close()
    except Exception as failure:  # noqa: BLE001 - whatever its close raises is part of the report
        return f"close() raised {type(failure).__name__}: {failure}"
    return None
