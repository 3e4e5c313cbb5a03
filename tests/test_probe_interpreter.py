"""What is set for the whole interpreter: streams, hooks, limits, builtins, and the like."""

import asyncio
import builtins
import contextlib
import gc
import io
import os
import socket
import ssl
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from isolation._changes import Change
from isolation._compatibility_state import forget_loop
from isolation.probes._limits import Umask
from isolation.probes.interpreter import InterpreterProbe


def function(*_: object, **__: object) -> Any:
    """Stand for what somebody has set."""


@pytest.fixture(autouse=True)
def put_everything_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the interpreter of the run alone."""
    for module, names in {
        sys: ("stdin", "stdout", "stderr", "excepthook", "platform", "dont_write_bytecode"),
        builtins: ("open",),
        threading: ("excepthook",),
        tempfile: ("tempdir",),
        urllib.request: ("_opener",),
        ssl: ("_create_default_https_context",),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    numbers = sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()
    threshold, callbacks, mask = gc.get_threshold(), list(gc.callbacks), os.umask(0o022)
    os.umask(mask)
    yield
    sys.setrecursionlimit(numbers[0])
    sys.setswitchinterval(numbers[1])
    sys.set_int_max_str_digits(numbers[2])
    gc.enable()
    gc.set_threshold(*threshold)
    gc.set_debug(0)
    gc.callbacks[:] = callbacks
    socket.setdefaulttimeout(None)
    threading.stack_size(0)
    os.umask(mask)


@pytest.fixture
def probe() -> InterpreterProbe:
    """Give a probe that knows what is set."""
    probe = InterpreterProbe()
    probe.start()
    return probe


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_nothing_changed_is_no_change(probe: InterpreterProbe) -> None:
    """What is redirected for a while is put back."""
    with contextlib.redirect_stdout(io.StringIO()):
        sys.setrecursionlimit(sys.getrecursionlimit())
    probe.settle()

    assert not probe.look()


SETTINGS: list[tuple[str, str, str, Callable[[], object], object]] = [
    ("sys.excepthook", "hook", "warning", lambda: setattr(sys, "excepthook", function), function),
    ("sys.platform", "interpreter", "error", lambda: setattr(sys, "platform", "win32"), "win32"),
    ("sys.dont_write_bytecode", "interpreter", "warning", lambda: setattr(sys, "dont_write_bytecode", 1), 1),
    ("builtins.open", "builtin", "error", lambda: setattr(builtins, "open", function), function),
    ("threading.excepthook", "hook", "warning", lambda: setattr(threading, "excepthook", function), function),
    ("tempfile.tempdir", "temporary_directory", "error", lambda: setattr(tempfile, "tempdir", "/srv"), "/srv"),
    (
        "ssl._create_default_https_context",
        "https_context",
        "error",
        lambda: setattr(ssl, "_create_default_https_context", function),
        function,
    ),
    ("sys.getrecursionlimit()", "limit", "error", lambda: sys.setrecursionlimit(1234), 1234),
    ("sys.getswitchinterval()", "limit", "error", lambda: sys.setswitchinterval(0.5), 0.5),
    ("sys.get_int_max_str_digits()", "limit", "error", lambda: sys.set_int_max_str_digits(5000), 5000),
    ("threading.stack_size()", "limit", "error", lambda: threading.stack_size(1 << 20), 1 << 20),
    ("socket.getdefaulttimeout()", "socket_timeout", "error", lambda: socket.setdefaulttimeout(3), 3.0),
    ("os.umask()", "umask", "error", lambda: os.umask(0o077), "0o77"),
    ("gc.isenabled()", "garbage_collection", "warning", gc.disable, False),
    ("gc.get_threshold()", "garbage_collection", "warning", lambda: gc.set_threshold(1, 2, 3), (1, 2, 3)),
    ("gc.get_debug()", "garbage_collection", "warning", lambda: gc.set_debug(gc.DEBUG_SAVEALL), gc.DEBUG_SAVEALL),
]


@pytest.mark.parametrize("row", SETTINGS, ids=[row[0] for row in SETTINGS])
def test_a_setting_is_found_and_put_back(probe: InterpreterProbe, row: tuple[str, str, str, Any, object]) -> None:
    """It is named as one would read it."""
    place, kind, severity, change, after = row
    change()

    (found,) = probe.look()

    assert (found.probe, found.place, found.unit) == ("interpreter", place, place)
    assert (found.kind, found.severity, found.after) == (kind, severity, after)
    assert put_back(found) is None
    assert not probe.look()
    change()
    (again,) = probe.look()
    assert again.key == found.key
    assert again.is_same(again.before, found.before)
    put_back(again)


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_stream_is_found_and_put_back(probe: InterpreterProbe, name: str) -> None:
    """Unless pytest has put it there, to capture what is said in one phase."""
    before, other = getattr(sys, name), io.StringIO()
    setattr(sys, name, other)

    (found,) = probe.look()

    assert (found.place, found.kind, found.severity, found.after) == (f"sys.{name}", "stream", "error", other)
    assert put_back(found) is None
    assert getattr(sys, name) is before
    assert not probe.look()


def test_streams_of_capture_are_no_change(probe: InterpreterProbe, capsys: pytest.CaptureFixture[str]) -> None:
    """They come and go with the phases of a test; a worker of pytest-xdist has another stream below."""
    with capsys.disabled():
        probe.start()  # as the guard does, outside of what is captured
    assert not probe.look()

    with capsys.disabled():
        assert not probe.look()


def test_a_collection_callback_that_is_added_is_a_note_if_asked_for(probe: InterpreterProbe) -> None:
    """Who measures adds one; who takes one away harms somebody else."""
    gc.callbacks.append(function)
    assert [change.is_silent for change in probe.look()] == [True]
    gc.callbacks.remove(function)
    probe.look()
    probe.is_strict = True
    gc.callbacks.append(function)

    (found,) = probe.look()

    assert (found.place, found.kind, found.severity) == ("gc.callbacks", "garbage_collection", "note")
    put_back(found)
    assert function not in gc.callbacks
    gc.callbacks.append(function)
    probe.look()
    gc.callbacks.remove(function)
    assert [change.severity for change in probe.look()] == ["warning"]


def test_runners_of_loops_are_told_if_asked_for(probe: InterpreterProbe) -> None:
    """They set loops and take them away, but leave no closed one."""
    forget_loop(asyncio.get_event_loop_policy())
    probe.start()
    asyncio.run(asyncio.sleep(0))
    assert [found.is_silent for found in probe.look()] == [True]
    forget_loop(asyncio.get_event_loop_policy())
    probe.start()
    probe.is_strict = True
    asyncio.run(asyncio.sleep(0))
    (found,) = probe.look()

    assert (found.place, found.severity, found.is_silent) == ("asyncio.get_event_loop()", "note", False)


def test_the_first_opener_is_a_note(probe: InterpreterProbe) -> None:
    """Most often `urlopen` has made it; who replaces it has installed another one."""
    urllib.request.install_opener(urllib.request.build_opener())

    (first,) = probe.look()

    assert (first.place, first.kind, first.severity) == ("urllib.request._opener", "url_opener", "note")
    urllib.request.install_opener(urllib.request.build_opener())
    (second,) = probe.look()
    assert second.severity == "warning"
    assert second.put is not None
    assert second.put(None) is None
    assert not probe.look()


def test_the_directory_that_tempfile_finds_is_no_change(
    probe: InterpreterProbe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that it found in a test's environment is."""
    tempfile.tempdir = None
    probe.start()
    tempfile.tempdir = "/tmp"
    assert not probe.look()
    tempfile.tempdir = None
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path))
        tempfile.gettempdir()

    (found,) = probe.look()

    assert (found.before, found.after) == ("/tmp", str(tmp_path))
    assert found.hint == "temporary files of all later tests are made there"


def test_the_mask_of_new_files_is_read_without_changing_it() -> None:
    """Whatever was expected; only one that is not expected is set, and put back."""
    umask = Umask()
    mask = os.umask(0o027)
    try:
        read = umask.read(), umask.read()
        assert os.umask(mask) == 0o027
        assert (read, umask.read()) == (("0o27", "0o27"), oct(mask))
    finally:
        os.umask(mask)
