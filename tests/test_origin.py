"""Origins: compact stacks, resolved to the lines that people want to read."""

import asyncio
import sys
import sysconfig
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import CodeType

import pytest

from isolation import _origin
from isolation._origin import (
    Origin,
    Place,
    awaited_frames,
    capture,
    innermost,
    is_library,
    is_stdlib,
    relative,
    resolve,
    show,
)
from isolation._owners import Owner

STDLIB = sysconfig.get_path("stdlib")
SITE = sysconfig.get_path("purelib")
OWN_CODE = str(Path(_origin.__file__).with_name("_guard.py"))
TEST = Owner("test", "test_login", "tests/test_chat.py::test_login")
CLIENT = Owner("fixture", "client", TEST.nodeid, parent=TEST)


def code_in(filename: str, line: int = 1, name: str = "connect") -> CodeType:
    """Return the code of a function that *filename* defines."""
    module = compile("\n" * (line - 1) + f"def {name}(): return 1", filename, "exec")
    return next(constant for constant in module.co_consts if isinstance(constant, CodeType))


def frames_in(*filenames: str) -> Sequence[tuple[CodeType, int]]:
    """Return frames, innermost first, of functions in *filenames*."""
    return [(code_in(filename), 0) for filename in filenames]


def outer(skip: int, depth: int) -> Sequence[tuple[CodeType, int]]:
    """Capture from a function below."""
    return inner(skip, depth)


def inner(skip: int, depth: int) -> Sequence[tuple[CodeType, int]]:
    """Capture from here."""
    return capture(skip, depth)


def names(frames: Sequence[tuple[CodeType, int]]) -> list[str]:
    """Return the names of the functions of *frames*."""
    return [code.co_name for code, _ in frames]


def test_a_captured_stack_begins_with_the_caller() -> None:
    """The innermost frame comes first."""
    assert names(outer(0, 3)) == ["inner", "outer", "test_a_captured_stack_begins_with_the_caller"]


def test_a_captured_stack_leaves_out_who_records() -> None:
    """A wrapper skips its own frames."""
    assert names(outer(1, 1)) == ["outer"]


def test_a_captured_stack_ends_with_the_thread() -> None:
    """Asking for more frames than there are returns all of them."""
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.extend(names(capture(0, sys.maxsize))))
    thread.start()
    thread.join()

    assert seen[-1] == "_bootstrap"


def test_there_is_nothing_above_the_first_frame() -> None:
    """What C code makes at the start of a thread has no stack."""
    assert capture(10**6, 1) == ()


def test_an_instruction_is_resolved_to_its_line() -> None:
    """A place is the line that was running, in people's terms."""
    ((code, lasti),) = capture(0, 1)

    place = resolve(code, lasti)

    assert (place.file, place.function) == (__file__, "test_an_instruction_is_resolved_to_its_line")
    assert place.source == "((code, lasti),) = capture(0, 1)"


def test_an_unknown_instruction_is_resolved_to_the_definition() -> None:
    """If the line is not known, the first line of the function is better than nothing."""
    assert resolve(code_in("app/ws.py", line=41), 10**6) == Place("app/ws.py", 41, "connect")


def test_a_place_without_source_has_an_empty_line() -> None:
    """Code that was never in a file has no source line."""
    assert Place("<nowhere>", 1, "connect").source == ""


@pytest.mark.parametrize(
    ("file", "root", "expected"),
    [
        ("/home/me/app/ws.py", "/home/me", "app/ws.py"),
        ("/home/me/app/ws.py", "/home/me/", "app/ws.py"),
        ("C:\\app\\ws.py", "C:\\app", "ws.py"),
        ("/elsewhere/ws.py", "/home/me", "/elsewhere/ws.py"),
        ("/home/me/ws.py", "", "/home/me/ws.py"),
        ("/home/me/.venv/lib/site-packages/redis/client.py", "/home/me", "redis/client.py"),
        (f"{STDLIB}/asyncio/tasks.py", "/home/me", "asyncio/tasks.py"),
    ],
)
def test_paths_are_shown_relative(file: str, root: str, expected: str) -> None:
    """A path is relative to the root, to where packages are installed, or to the standard library."""
    assert relative(file, root) == expected


def test_a_place_is_shown_with_file_line_and_function() -> None:
    """Reports can be clicked on."""
    assert show(Place("/home/me/app/ws.py", 41, "connect"), "/home/me") == "app/ws.py:41 in connect"


@pytest.mark.parametrize(
    ("filename", "of_stdlib", "of_library"),
    [
        ("/home/me/app/ws.py", False, False),
        (f"{STDLIB}/asyncio/tasks.py", True, True),
        (f"{SITE}/redis/client.py", False, True),
        (f"{STDLIB}/site-packages/redis/client.py", False, True),
        ("<frozen importlib._bootstrap>", True, True),
        (OWN_CODE, True, True),
    ],
)
def test_the_users_own_code_is_told_from_others(filename: str, of_stdlib: bool, of_library: bool) -> None:
    """Installed packages, the standard library and this package are not what a user has written."""
    assert (is_stdlib(filename), is_library(filename)) == (of_stdlib, of_library)


@pytest.mark.parametrize(
    ("filenames", "chosen"),
    [
        ([f"{STDLIB}/socket.py", f"{SITE}/redis/client.py", "/home/me/app/ws.py", "/home/me/test.py"], 2),
        ([f"{STDLIB}/socket.py", f"{SITE}/redis/client.py", f"{SITE}/redis/pool.py"], 1),
        ([f"{STDLIB}/socket.py", f"{STDLIB}/threading.py"], 0),
    ],
)
def test_the_innermost_line_of_the_user_is_what_made_a_thing(filenames: list[str], chosen: int) -> None:
    """The user's code comes before a library's, a library's before the standard library's."""
    place = innermost(frames_in(*filenames))

    assert place is not None
    assert place.file == filenames[chosen]


def test_nothing_made_a_thing_that_was_not_seen() -> None:
    """Without frames there is no place."""
    assert Origin(TEST).created_at is None


def test_the_users_lines_are_told_outermost_first() -> None:
    """A reader follows the calls down to the creation, without those of libraries."""
    origin = Origin(TEST, frames_in("/home/me/app/ws.py", f"{STDLIB}/asyncio/tasks.py", "/home/me/test.py"))

    assert [place.file for place in origin.places()] == ["/home/me/test.py", "/home/me/app/ws.py"]


def test_an_origin_knows_the_fixture_that_was_set_up() -> None:
    """The fixture's name is part of the report."""
    assert [Origin(owner).fixture for owner in (CLIENT, TEST, None)] == ["client", None, None]


def test_a_fixtures_things_are_over_with_its_test() -> None:
    """A function-scoped fixture is not judged by itself."""
    test = Owner("test", "test_login")
    client = Origin(Owner("fixture", "client", parent=test))
    before = client.is_over

    test.is_alive = False

    assert (before, client.is_over, Origin(None).is_over) == (False, True, False)


def test_an_origin_says_where_and_whose() -> None:
    """The representation has the place, if there is one, and the owner."""
    assert repr(Origin(None, frames_in("app/ws.py"))) == "<Origin app/ws.py:1 of None>"
    assert repr(Origin(None)) == "<Origin of None>"


async def test_a_task_waits_in_an_async_generator() -> None:
    """Who waits for the next value of an async generator waits where that waits."""

    async def ticks() -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    async def first() -> None:
        await anext(ticks())

    task = asyncio.create_task(first())
    await asyncio.sleep(0)

    names = [frame.f_code.co_name for frame in awaited_frames(task.get_coro())]
    task.cancel()
    await asyncio.wait([task])

    assert names == ["first", "ticks", "wait"]
