"""What of an object is still open."""

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from isolation.probes._open_resources import OBJECTS, dropped, open_in


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """What is to be closed after the test."""
    with ExitStack() as stack:
        yield stack


def _loop(_: Path, ends: ExitStack) -> object:
    loop = asyncio.new_event_loop()
    ends.callback(loop.close)
    return loop


def _thread(_: Path, ends: ExitStack) -> object:
    event = threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    ends.callback(thread.join)
    ends.callback(event.set)
    return thread


def _process(_: Path, ends: ExitStack) -> object:
    return ends.enter_context(subprocess.Popen([sys.executable, "-c", ""]))


def _file(path: Path, ends: ExitStack) -> object:
    return ends.enter_context((path / "a.txt").open("w"))


def _closure(path: Path, ends: ExitStack) -> object:
    held = _file(path, ends)
    return lambda: held


class Client:
    """Holds something, deep inside."""

    def __init__(self, held: object) -> None:
        self.parts = [{"held": held}]


@pytest.mark.parametrize("make", [_loop, _thread, _process, _file, _closure])
def test_what_is_open_is_found(tmp_path: Path, ends: ExitStack, make: Callable[[Path, ExitStack], Any]) -> None:
    """However deep, until it is closed."""
    client = Client(make(tmp_path, ends))

    before = open_in(client)
    ends.close()

    assert before is not None
    assert open_in(client) is None


@pytest.mark.parametrize(
    "value", [None, 3, Client, logging.getLogger("app"), Client(threading.Thread()), asyncio.Lock()]
)
def test_what_holds_nothing_open_is_told(value: object) -> None:
    """Classes, modules and loggers lead to the whole process: they are passed."""
    assert open_in(value) is None


def test_a_world_of_its_own_is_not_walked_through(tmp_path: Path, ends: ExitStack) -> None:
    """What cannot be found soon is taken for closed."""
    many = [[[n] for n in range(OBJECTS)], [[[[_file(tmp_path, ends)]]]]]

    assert open_in(many) is None


ONE, TWO = Client(1), Client(2)


@pytest.mark.parametrize(
    ("held", "put", "lost"),
    [
        (ONE, None, [ONE]),
        (ONE, ONE, []),
        ([ONE, TWO], [ONE], [TWO]),
        ({ONE, TWO}, {TWO}, [ONE]),
        ({"a": ONE}, {}, [ONE]),
        ("text", "other", ["text"]),
    ],
)
def test_only_what_is_dropped_counts(held: object, put: object, lost: list[object]) -> None:
    """What a container holds before and after is safe."""
    assert list(dropped(held, put)) == lost
