"""Open numbers are named, classified and closed."""

import asyncio
import io
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isolation.probes._closing import close_file, close_socket, ending_of
from isolation.probes._suspects import Suspect, classify, name_things, socket_name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file that exists."""
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    return path


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give two sockets that are connected."""
    first, second = socket.socketpair()
    with first, second:
        yield first, second


def suspect(number: int, link: str = "", thing: Any = None) -> Suspect:
    """Return a suspect without origin."""
    return Suspect(number, link, thing, None)


def test_a_number_is_named_by_its_object(file: Path) -> None:
    """Of a file's layers the outermost is what the user has."""
    with file.open() as text, file.open("rb") as binary:
        named = name_things([suspect(text.fileno()), suspect(binary.fileno())])
        things = [each.thing for each in named]

        assert things == [text, binary]


def test_a_number_without_object_has_no_name(file: Path) -> None:
    """A C library may own it."""
    number = os.open(file, os.O_RDONLY)
    (named,) = name_things([suspect(number)])
    os.close(number)

    assert named.thing is None


def test_what_has_a_name_keeps_it() -> None:
    """There is no search if nothing is missing, and it is not replaced if there is one."""
    known, thing = object(), io.BytesIO()

    assert [each.thing for each in name_things([suspect(1, thing=known)])] == [known]
    assert [each.thing for each in name_things([suspect(1, thing=thing), suspect(10**6)])] == [thing, None]


def test_a_connection_of_multiprocessing_is_named() -> None:
    """Its class is not one of the files'."""
    from multiprocessing import Pipe

    reader, writer = Pipe(duplex=False)
    with reader, writer:
        (named,) = name_things([suspect(reader.fileno())])

        assert named.thing is reader


@pytest.mark.parametrize(
    ("link", "thing", "expected"),
    [
        ("pipe:[1]", None, ("pipe", "note", "pipe:[1]")),
        ("socket:[1]", None, ("socket", "note", "socket:[1]")),
        ("anon_inode:[eventpoll]", None, ("descriptor", "note", "anon_inode:[eventpoll]")),
        ("/srv/data:1/notes.txt", None, ("descriptor", "warning", "data:1/notes.txt")),
        ("/srv/notes.txt", io.BytesIO(), ("file", "warning", "notes.txt")),
    ],
)
def test_a_link_tells_what_a_number_is(link: str, thing: object, expected: tuple[str, str, str]) -> None:
    """What has no Python object belongs to a C library or to something that is reported itself."""
    assert classify(suspect(7, link, thing), "/srv") == expected


def test_a_bare_number_is_a_note_where_loops_are_foreign(file: Path) -> None:
    """A loop of uvloop opens numbers without Python objects."""
    assert classify(suspect(7, str(file)), "", is_vague=True)[1] == "note"


def test_a_database_is_a_note(tmp_path: Path, file: Path) -> None:
    """A pool of a wider fixture may own the connection, which cannot be asked for its number."""
    path = tmp_path / "notes.db"
    connection = sqlite3.connect(path)
    connection.execute("create table notes (text)")
    connection.close()

    assert [classify(suspect(7, str(each)), "")[1] for each in (path, file)] == ["note", "warning"]


def test_a_connected_socket_is_named_by_both_ends() -> None:
    """As people read them."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        port, own = server.getsockname()[1], client.getsockname()[1]

        assert socket_name(client) == f"127.0.0.1:{own} -> 127.0.0.1:{port}"
        assert classify(suspect(7, "socket:[1]", server), "") == ("socket", "error", f"127.0.0.1:{port}")


def test_a_socket_without_address_is_named_by_its_family(pair: tuple[socket.socket, socket.socket]) -> None:
    """Nothing else is known of it."""
    with socket.socket() as unbound:
        assert socket_name(unbound) == "AF_INET, not connected"
    assert socket_name(pair[0]) == "AF_UNIX, not connected"


def test_a_socket_of_unix_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is its address."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("chat")

        assert socket_name(server) == "unix:chat"


def test_a_file_is_closed(file: Path) -> None:
    """The ending of a file is its own."""
    opened = file.open()
    ending = ending_of(opened)

    assert ending is not None
    assert ending(0) is None
    assert opened.closed


def test_a_bare_number_is_not_closed() -> None:
    """A C library may own it."""
    assert ending_of(None) is None


def test_a_socket_without_transport_is_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    """Nobody watches it."""
    ending = ending_of(pair[0])

    assert ending is not None
    assert ending(0) is None
    assert pair[0].fileno() == -1


def test_what_a_file_raises_when_it_is_closed_is_told() -> None:
    """It is part of the report."""

    class Broken:
        def close(self) -> None:
            raise OSError("full")

    assert close_file(Broken()) == "close() raised OSError: full"


def connect(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> asyncio.Transport:
    """Return a transport for *sock* in *loop*."""
    transport, _ = loop.run_until_complete(loop.create_connection(asyncio.Protocol, sock=sock))
    return transport


def test_a_socket_is_closed_through_its_transport(pair: tuple[socket.socket, socket.socket]) -> None:
    """Closing it under the selector that watches it would break the loop."""
    loop = asyncio.new_event_loop()
    transport = connect(loop, pair[0])

    assert close_socket(pair[0]) is None

    assert (transport.is_closing(), pair[0].fileno()) == (True, -1)
    loop.close()


async def test_in_a_loop_that_cannot_run_now_a_transport_ends_later(pair: tuple[socket.socket, socket.socket]) -> None:
    """It is asked to."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=pair[0])

    assert close_socket(pair[0]) is None

    assert transport.is_closing()
    await asyncio.sleep(0)
    assert pair[0].fileno() == -1


def test_a_socket_whose_loop_is_closed_is_closed_itself(pair: tuple[socket.socket, socket.socket]) -> None:
    """Its transport cannot do anything any more."""
    loop = asyncio.new_event_loop()
    transport = connect(loop, pair[0])
    loop.close()

    assert close_socket(pair[0]) is None

    assert pair[0].fileno() == -1
    assert not transport.is_closing()
    vars(transport)["_sock"] = None  # so that it does not warn of itself


def test_a_terminal_is_not_read() -> None:
    """Reading one would wait for somebody to write."""
    controller, terminal = os.openpty()

    _, severity, name = classify(suspect(terminal, os.ttyname(terminal)), "")

    os.close(controller)
    os.close(terminal)
    assert (severity, name.startswith("/dev/pts/")) == ("warning", True)
