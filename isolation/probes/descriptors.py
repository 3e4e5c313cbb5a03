"""Descriptors that stay open when their owner is over: sockets, files, pipes, bare numbers."""

import gc
import io
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from isolation import _compatibility
from isolation._event_loop import is_idle
from isolation._findings import Finding, Severity
from isolation._origin import Origin, relative
from isolation._owners import Owner
from isolation.probes._scene import Scene, severity_for

# Bound early, so that tests and plugins that replace them neither see the guard nor slow it down.
_stat, _listdir, _readlink, _dup, _close = os.stat, os.listdir, os.readlink, os.dup, os.close
_DIRECTORY = "/proc/self/fd"
Links = Mapping[int, str]


class Descriptors(NamedTuple):
    """What was open: how many, and what each number led to."""

    total: int
    links: Links


class Claim(NamedTuple):
    """A number that a wider fixture opened without a Python object that we know."""

    link: str
    owner: Owner


class Suspect(NamedTuple):
    """An open number that its owner should have closed."""

    number: int
    link: str
    thing: Any
    origin: Origin | None


class DescriptorsProbe:
    """Find open sockets, files, pipes and numbers."""

    name = "descriptors"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._claims: dict[int, Claim] = {}
        self._last = Descriptors(-1, {})
        self._count: Callable[[], int] = count_quickly if count_works() else lambda: len(links())

    def snapshot(self) -> Descriptors:
        """Return what is open; what appeared between two tests joins it."""
        count = self._count()
        if count != self._last.total:
            self._last = Descriptors(count, links())
        return self._last

    def findings(self, before: Descriptors, /) -> Sequence[Finding]:
        """Return the sockets whose owner is over, and the numbers that were not there *before*."""
        sockets = self._scene.recorder.sockets
        if self._count() == before.total and not sockets.left(self._scene.number) and not self._claims_over():
            return ()
        left = self._scene.remaining(lambda: [(suspect, Origin(None)) for suspect in self._suspects(before)])
        return self._explain([suspect for suspect, _ in left])

    def is_suspicious(self, before: Descriptors, /) -> bool:
        """Tell whether anything is left now."""
        return bool(self._suspects(before))

    def restore(self, before: Descriptors, /) -> None:
        """Do nothing: each finding has its own ending."""

    def look(self) -> Links:
        """Return what every open number leads to."""
        return links()

    def claim(self, before: Links, owner: Owner) -> None:
        """Give the numbers that are open now and were not *before* to *owner*: its set-up opened them."""
        for number, link in links().items():
            if before.get(number) != link:
                self._claims[number] = Claim(link, owner)

    def _claims_over(self) -> bool:
        return any(not claim.owner.judged.is_alive for claim in self._claims.values())

    def _suspects(self, before: Descriptors) -> list[Suspect]:
        now = links()
        self._last = Descriptors(len(now), now)
        sockets = {
            _compatibility.fileno(sock): (sock, origin) for sock, origin in self._scene.recorder.sockets.living()
        }
        spared = self._spared()
        found: list[Suspect] = []
        for number, link in now.items():
            if number in spared:
                continue
            thing, origin = sockets.get(number, (None, None))
            if origin is None:
                origin = self._origin_of_number(number, link, before)
            if origin is not None and (origin.owner is None or origin.is_over) and not self._is_told(thing, origin):
                found.append(Suspect(number, link, thing, origin if origin.owner is not None else None))
        return found

    def _spared(self) -> set[int]:
        # What loops and processes need for themselves goes with them, and they are judged themselves.
        processes = [process for process, _ in self._scene.recorder.processes.living()]
        return _compatibility.helper_descriptors().union(
            *map(_compatibility.loop_descriptors, self._scene.open_loops()),
            *map(_compatibility.process_descriptors, processes),
        )

    def _is_told(self, thing: Any, origin: Origin) -> bool:  # noqa: ANN401 - a socket or None
        return thing is not None and (
            origin.owner is None or self._scene.recorder.sockets.is_told(thing, self._scene.number)
        )

    def _origin_of_number(self, number: int, link: str, before: Descriptors) -> Origin | None:
        claim = self._claims.get(number)
        if claim is not None and claim.link == link:
            return Origin(claim.owner)
        return Origin(None) if before.links.get(number) != link else None

    def _explain(self, suspects: Sequence[Suspect]) -> Sequence[Finding]:
        if not suspects:
            return ()
        named = name_things(suspects)
        adopters = self._scene.adopters([suspect.thing for suspect in named if suspect.thing is not None])
        found: list[Finding] = []
        for suspect in named:
            adopter = adopters.get(id(suspect.thing))
            self._claims.pop(suspect.number, None)
            if adopter is not None:
                self._adopt(suspect, adopter)
                continue
            if type(suspect.thing) is socket.socket and suspect.origin is not None:
                self._scene.recorder.sockets.tell(suspect.thing, suspect.origin, self._scene.number)
            found.append(self._finding(suspect))
        return found

    def _adopt(self, suspect: Suspect, owner: Owner) -> None:
        if isinstance(suspect.thing, socket.socket):
            frames = suspect.origin.frames if suspect.origin is not None else ()
            self._scene.recorder.sockets.add(suspect.thing, Origin(owner, frames))
        else:
            self._claims[suspect.number] = Claim(suspect.link, owner)

    def _finding(self, suspect: Suspect) -> Finding:
        is_vague = self._scene.recorder.has_foreign_loops()
        kind, severity, name = classify(suspect, self._scene.root, is_vague=is_vague)
        return Finding(
            probe=self.name,
            kind=kind,
            name=name,
            owner=suspect.origin.owner if suspect.origin is not None else None,
            origin=self._origin(suspect),
            severity=severity_for(suspect.origin, severity),
            detail="" if kind == "socket" else f"open, number {suspect.number}",
            ending=ending_of(suspect.thing),
        )

    def _origin(self, suspect: Suspect) -> Origin | None:
        if suspect.origin is not None and suspect.origin.frames:
            return suspect.origin
        return self._scene.recorder.opened.get((suspect.number, suspect.link))


def count_quickly() -> int:
    """Return how many descriptors are open; Linux tells it as the size of the directory since 6.2."""
    return _stat(_DIRECTORY).st_size


def count_works() -> bool:
    """Tell whether the quick count follows what is opened and closed."""
    before = count_quickly()
    number = _dup(0)
    try:
        return count_quickly() == before + 1
    finally:
        _close(number)


def links() -> Links:
    """Return what every open number leads to, without the one that the listing itself needs."""
    found: dict[int, str] = {}
    for name in _listdir(_DIRECTORY):
        try:
            found[int(name)] = _readlink(f"{_DIRECTORY}/{name}")
        except FileNotFoundError:
            continue  # the descriptor of the listing, closed by now
    return found


_FILES = (io.TextIOWrapper, io.BufferedWriter, io.BufferedReader, io.BufferedRandom, io.FileIO)


def name_things(suspects: Sequence[Suspect]) -> Sequence[Suspect]:
    """Return *suspects* with the Python objects that have their numbers, the outermost of a file's layers."""
    missing = {suspect.number for suspect in suspects if suspect.thing is None}
    if not missing:
        return suspects
    things: dict[int, Any] = {}
    for thing in gc.get_objects():
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
    try:
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
        host, port = address[:2]
        return f"{host}:{port}" if port else ""
    return f"unix:{address}" if address else ""


def ending_of(thing: Any) -> Callable[[float], str | None] | None:  # noqa: ANN401 - a socket, a file, or None
    """Return what closes *thing*; None for a bare number, which a C library may own."""
    if thing is None:
        return None
    return (lambda _: close_socket(thing)) if isinstance(thing, socket.socket) else (lambda _: close_file(thing))


def close_socket(sock: socket.socket) -> str | None:
    """Abort the transport of *sock*, or close it if it has none; return None or what went wrong."""
    for holder in gc.get_referrers(sock):
        transport = _transport_of(holder, sock)
        if transport is not None and not transport._loop.is_closed():  # noqa: SLF001 - no public way to the loop of a transport
            transport.abort()
            if is_idle(transport._loop):  # noqa: SLF001 - the same
                transport._loop.run_until_complete(_pause())  # noqa: SLF001 - the same
            return None
    return close_file(sock)


async def _pause() -> None:
    return


def _transport_of(holder: Any, sock: socket.socket) -> Any:  # noqa: ANN401 - anything that refers to a socket
    if type(holder) is dict and holder.get("_sock") is sock:
        owners = (owner for owner in gc.get_referrers(holder) if hasattr(type(owner), "abort"))
        return next(owners, None)
    return holder if hasattr(type(holder), "abort") and hasattr(type(holder), "get_extra_info") else None


def close_file(thing: Any) -> str | None:  # noqa: ANN401 - a file or a socket
    """Close *thing*; return None or what went wrong."""
    try:
        thing.close()
    except Exception as failure:  # noqa: BLE001 - whatever its close raises is part of the report
        return f"close() raised {type(failure).__name__}: {failure}"
    return None
