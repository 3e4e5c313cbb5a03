"""Watching the user's code while it runs: what it reads, and which line changes a place."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from isolation._line_watch import CodeWatch, LineWatch
from isolation._origin import Place

PLACE: dict[str, int] = {}


class Changes:
    """Tells whether :data:`PLACE` is another than at the last look."""

    def __init__(self) -> None:
        self.known = dict(PLACE)

    def __call__(self) -> bool:
        """Look."""
        before, self.known = self.known, dict(PLACE)
        return before != self.known


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    yield
    PLACE.clear()


@contextmanager
def watched(watch: CodeWatch | LineWatch) -> Iterator[None]:
    """Let *watch* look at the block."""
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def passes() -> None:
    """Be some code of the user."""


def line_of(function: Callable[[], object]) -> tuple[str, int] | None:
    """Return the function and the line in it, counted from its first, that changed the place last."""
    watch = LineWatch(Changes())
    with watched(watch):
        function()
    return (watch.place.function, watch.place.line - function.__code__.co_firstlineno) if watch.place else None


def test_the_line_is_named() -> None:
    """It is the line that was run, not the one at which it was seen."""

    def changes() -> None:
        value = 1
        PLACE["a"] = value
        del value

    assert line_of(changes) == ("changes", 2)


def test_the_last_line_of_a_function_counts() -> None:
    """There is no next line at which to look."""

    def changes() -> None:
        PLACE["a"] = 1

    assert line_of(changes) == ("changes", 1)


def test_the_last_change_counts() -> None:
    """It is the one that was left."""

    def changes() -> None:
        PLACE["a"] = 1
        PLACE["a"] = 2
        len(PLACE)

    assert line_of(changes) == ("changes", 2)


def test_what_a_call_returned_is_stored_by_the_caller() -> None:
    """The line that stores is not that of the function that it has called before."""

    def changes() -> None:
        PLACE["a"] = other()
        len(PLACE)

    def other() -> int:
        return 1

    assert line_of(changes) == ("changes", 1)


def test_a_function_that_is_called_is_named() -> None:
    """The innermost line of the user's code is what changed it."""

    def changes() -> None:
        other()

    def other() -> None:
        PLACE["a"] = 1

    watch = LineWatch(Changes())
    with watched(watch):
        changes()

    assert watch.place is not None
    assert watch.place.function == "other"


def test_what_a_library_does_belongs_to_the_line_that_asked_for_it() -> None:
    """Frames of libraries are passed over."""

    def changes() -> None:
        json.loads('{"a": 1}', object_pairs_hook=PLACE.update)
        len(PLACE)

    assert line_of(changes) == ("changes", 1)


def test_what_a_library_calls_is_named() -> None:
    """A callback is the user's; after it, the line goes on that the library was called from."""

    def changes() -> None:
        PLACE["a"] = json.loads("{}", object_hook=hook)
        len(PLACE)

    def hook(_: object) -> int:
        return 1

    assert line_of(changes) == ("changes", 1)


def test_a_function_that_raises_is_left_as_well() -> None:
    """The line that handles the error is the next one."""

    def changes() -> None:
        try:
            fails()
        except ValueError:
            PLACE["a"] = 1

    def fails() -> None:
        raise ValueError

    assert line_of(changes) == ("changes", 4)


def test_what_nobody_did_has_no_line() -> None:
    """What changes before a line of the user has run belongs to none."""
    watch = LineWatch(Changes())
    PLACE["a"] = 1

    with watched(watch):
        passes()

    assert watch.place is None


def test_nothing_changed_has_no_line() -> None:
    """It is not guessed."""
    assert line_of(lambda: None) is None


def test_each_line_answers_for_what_came_before_the_next() -> None:
    """Called as the interpreter does it: before a line, and after a call."""
    watch = LineWatch(Changes())
    watch.entered(sys._getframe())
    line = sys._getframe().f_lineno - 1
    PLACE["a"] = 1
    watch.left(sys._getframe())

    assert watch.place == Place(__file__, line, "test_each_line_answers_for_what_came_before_the_next")


def test_a_look_is_not_looked_at() -> None:
    """What runs because somebody looks is nobody's line."""

    def has_changed() -> bool:
        watch.left(sys._getframe())
        return False

    watch = LineWatch(has_changed)
    watch.entered(sys._getframe())

    assert watch.place is None


def test_what_nobody_called_goes_back_to_nobody() -> None:
    """A thread ends where no line of the user goes on."""
    watch = LineWatch(Changes())

    def in_thread() -> None:
        watch.left(sys._getframe())
        PLACE["a"] = 1
        watch.left(sys._getframe())

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()

    assert watch.place is None


def test_a_callback_goes_back_to_the_line_that_called_the_library() -> None:
    """The frames of the library between them are passed over."""
    watch = LineWatch(Changes())

    json.loads("{}", object_hook=lambda _: watch.left(sys._getframe()))
    PLACE["a"] = 1
    watch.left(sys._getframe())

    assert watch.place is not None
    assert watch.place.source.startswith("json.loads(")


def test_threads_are_watched() -> None:
    """A line of another thread is a line."""

    def changes() -> None:
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()

    def in_thread() -> None:
        PLACE["a"] = 1

    watch = LineWatch(Changes())
    with watched(watch):
        changes()

    assert watch.place is not None
    assert watch.place.function == "in_thread"


def test_code_that_runs_is_read() -> None:
    """All functions that are called count, not those of libraries."""

    def reads() -> None:
        for _ in range(2):
            other("argument")
        json.loads("{}")

    def other(_: str, default: str = "default") -> None:
        PLACE.get("key")

    watch = CodeWatch()
    with watched(watch):
        reads()

    assert {"PLACE", "key", "loads", "argument", "default"} <= watch.reads.names
    assert "raw_decode" not in watch.reads.names
    assert watch.reads.modules == {__name__}


def test_somebody_else_may_say_whose_code_it_is() -> None:
    """An installed package may be the user's."""

    def loads() -> None:
        json.loads('{"a": 1}', object_pairs_hook=PLACE.update)

    code, lines = CodeWatch(lambda file: "json" in file), LineWatch(Changes(), lambda file: "json" in file)
    with watched(lines):
        loads()
    with watched(code):
        loads()

    assert "raw_decode" in code.reads.names
    assert lines.place is not None
    assert lines.place.function == "raw_decode"


def test_code_is_read_once() -> None:
    """However often it is called."""
    watch = CodeWatch()

    watch.called(sys._getframe())
    watch.called(sys._getframe())

    assert "CodeWatch" in watch.reads.names
