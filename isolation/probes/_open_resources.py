"""What of an object is still open: who drops such an object loses what only its owner can close."""

import asyncio
import io
import logging
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from isolation import _natures
from isolation._adoption import referents
from isolation._representations import represent

OBJECTS = 2000
"""How many objects are looked at: what holds more is a world of its own, such as an application."""


def _is_running(process: object) -> bool:
    return (_natures.instance_namespace(process) or {}).get("returncode") is None


def _is_open_loop(loop: object) -> bool:
    return (_natures.instance_namespace(loop) or {}).get("_closed") is False


_IS_OPEN: Mapping[type, Callable[[Any], bool]] = {
    socket.socket: lambda thing: socket.socket.fileno(thing) >= 0,
    io.FileIO: lambda thing: not io.FileIO.closed.__get__(thing),
    threading.Thread: threading.Thread.is_alive,
    subprocess.Popen: _is_running,
    asyncio.AbstractEventLoop: _is_open_loop,
}


def dropped(held: object, put: object) -> Sequence[object]:
    """Return what a place no longer refers to if it holds *put* instead of *held*."""
    kept = {id(put), *map(id, _items(put))}
    return [thing for thing in (_items(held) or [held]) if id(thing) not in kept]


def _items(value: object) -> Sequence[object]:
    if _natures.is_one_of(type(value), (list, tuple, set)):
        return list(cast("Iterable[object]", value))
    return list(cast("dict[object, object]", value).values()) if type(value) is dict else ()


def open_in(value: object) -> str | None:
    """Return what is open in *value* or in what it refers to, in words; None if nothing is, as far as can be seen."""
    seen: set[int] = set()
    level: Sequence[object] = [value]
    while level and len(seen) < OBJECTS:
        fresh = {id(thing): thing for thing in level if id(thing) not in seen}
        seen.update(fresh)
        for thing in fresh.values():
            if _is_open(thing):
                return represent(thing)
        level = [held for thing in fresh.values() if not _is_opaque(thing) for held in referents(thing)]
    return None


def _is_opaque(thing: object) -> bool:
    # Loggers lead to the streams of the process, and a thread to whatever it does.
    return any(_natures.is_kind_of(type(thing), kind) for kind in (logging.Filterer, threading.Thread))


def _is_open(thing: object) -> bool:
    cls = type(thing)
    return any(_natures.is_kind_of(cls, kind) and is_open(thing) for kind, is_open in _IS_OPEN.items())
