"""Open numbers that somebody should have closed: what they are, and what they are called."""

import gc
import io
import os
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from isolation import _compatibility
from isolation._findings import Severity
from isolation._origin import Origin, relative


class Suspect(NamedTuple):
    """An open number that its owner should have closed."""

    number: int
    link: str
    thing: Any
    origin: Origin | None


_FILES = (io.TextIOWrapper, io.BufferedWriter, io.BufferedReader, io.BufferedRandom, io.FileIO)


_DATABASE_SUFFIXES = (".db", ".db3", ".sqlite", ".sqlite3", "-wal", "-shm", "-journal")


def name_things(suspects: Sequence[Suspect]) -> Sequence[Suspect]:
    """Return *suspects* with the Python objects that have their numbers, the outermost of a file's layers."""
    missing = {suspect.number for suspect in suspects if suspect.thing is None}
    if not missing:
        return suspects
    things: dict[int, Any] = {}
    alive: list[object] = gc.get_objects()
    for thing in alive:
        # `type`, never `isinstance`: some objects do work when they are asked for their class.
        kind = type(thing)
        if kind in _FILES or kind.__module__ == "multiprocessing.connection":
            number = _compatibility.fileno(thing)
            known = things.get(number)
            if number in missing and (known is None or _rank(thing) < _rank(known)):
                things[number] = thing
    return [
        suspect if suspect.thing is not None else suspect._replace(thing=things.get(suspect.number))
        for suspect in suspects
    ]


def _rank(thing: object) -> int:
    return _FILES.index(type(thing)) if type(thing) in _FILES else len(_FILES)


def classify(suspect: Suspect, root: str, *, is_vague: bool = False) -> tuple[str, Severity, str]:
    """Return kind, severity and name of *suspect*; bare numbers are notes where it *is_vague* whose they are."""
    if isinstance(suspect.thing, socket.socket):
        return "socket", "error", socket_name(suspect.thing)
    scheme, colon, _ = suspect.link.partition(":")
    if colon and scheme in ("socket", "pipe", "anon_inode"):
        # What has no Python object belongs to a C library or to something that is reported itself.
        kind = scheme if scheme != "anon_inode" else "descriptor"
        return kind, "note", suspect.link
    name = relative(suspect.link, root)
    if suspect.thing is not None:
        return "file", "warning", name
    return "descriptor", "note" if is_vague or _is_database(suspect.link) else "warning", name


def _is_database(path: str) -> bool:
    # sqlite3's connections cannot be asked for their descriptors: a pool of a wider fixture may own this one.
    if "sqlite3" in sys.modules and path.endswith(_DATABASE_SUFFIXES):
        return True
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a link may be anything but a path
            return False  # reading a terminal or a queue would wait for somebody to write
        with open(path, "rb") as file:  # noqa: PTH123 - a link may be anything but a path
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def socket_name(sock: socket.socket) -> str:
    """Return the addresses of *sock* as people read them."""
    local, remote = _address(sock.getsockname), _address(sock.getpeername)
    if local and remote:
        return f"{local} -> {remote}"
    return local or f"{sock.family.name}, not connected"


def _address(ask: Callable[[], Any]) -> str:
    try:
        address = ask()
    except OSError:
        return ""
    if isinstance(address, tuple):
        host, port = str(address[0]), str(address[1])  # pyright: ignore[reportUnknownArgumentType] - by family
        return f"{host}:{port}" if port != "0" else ""
    return f"unix:{address}" if address else ""
