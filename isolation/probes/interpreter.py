"""What is set for the whole interpreter: streams, hooks, limits, builtins, the event-loop policy, and the like."""

import gc
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from isolation._changes import Change
from isolation._compatibility_state import HTTPS_CONTEXT, URL_OPENER
from isolation._findings import Severity
from isolation._natures import module_of
from isolation.probes._attributes import Attribute, Attributes
from isolation.probes._decimal_context import DecimalContext
from isolation.probes._limits import LIMITS, default_directories
from isolation.probes._lists import WatchedList
from isolation.probes._loop_policy import LoopPolicy
from isolation.probes._mime_types import MimeTypes
from isolation.probes._values import Settings


class Part(Protocol):
    """Compares some places of the interpreter."""

    def start(self) -> None:
        """Take what is there now for the baseline."""

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make what is there now the baseline."""
        ...


class InterpreterProbe:
    """Find settings of the interpreter, and of modules of the standard library, that changed.

    Attributes:
        is_strict: Whether it tells, too, what runners of loops and libraries that measure do all the time.
    """

    name = "interpreter"
    is_strict = False

    def __init__(self) -> None:
        self._streams: dict[str, object] = {}
        self._callbacks = WatchedList(
            gc.__dict__, "callbacks", "gc.callbacks", probe=self.name, kind="garbage_collection", judge=_judge_callbacks
        )
        self._parts: Sequence[Part] = [
            LoopPolicy(self.name),
            Settings(self.name, LIMITS),
            Attributes(self.name, "sys", _SYS, settled=self._settled_stream),
            Attributes(self.name, "builtins", _BUILTINS),
            Attributes(self.name, "threading", _THREADING),
            Attributes(self.name, "tempfile", _TEMPFILE, settled=_settled_directory),
            Attributes(self.name, "urllib.request", _URLLIB),
            Attributes(self.name, "ssl", _SSL),
            DecimalContext(self.name),
            MimeTypes(self.name),
        ]

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._streams = {name: vars(sys).get(name) for name in (*_STREAMS, *_REAL_STREAMS)}
        self._callbacks.start()
        for part in self._parts:
            part.start()

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline."""
        changes: list[Change] = []
        for part in self._parts:
            changes += part.look()
        if self._callbacks.differs():
            changes += self._callbacks.look()
        return changes if self.is_strict else [_quietly(change) for change in changes]

    def settle(self) -> None:
        """Do nothing: nothing is derived from these."""

    def _settled_stream(self, name: str, stream: object) -> object:
        # Pytest captures through streams of its own, and puts back what it found, phase by phase.
        usual = (self._streams.get(name, self), self._streams.get(f"__{name}__", self))
        is_usual = any(stream is each for each in usual) or module_of(type(stream)) == "_pytest.capture"
        return self if is_usual else stream


_STREAMS = ("stdin", "stdout", "stderr")
_REAL_STREAMS = ("__stdin__", "__stdout__", "__stderr__")


def _all(kind: str, severity: Severity, *names: str) -> Sequence[Attribute]:
    return [Attribute(name=name, kind=kind, severity=severity) for name in names]


_SYS = [
    *_all("stream", "error", *_STREAMS),
    *_all("hook", "warning", "excepthook", "displayhook", "unraisablehook", "breakpointhook"),
    *_all("interpreter", "error", "platform", "executable", "prefix", "version_info", "exit"),
    *_all("interpreter", "warning", "dont_write_bytecode"),
]
_BUILTINS = _all("builtin", "error", "__import__", "open", "print", "input")
_THREADING = _all("hook", "warning", "excepthook", "__excepthook__")
_TEMPFILE = [
    Attribute(name="tempdir", kind="temporary_directory", hint="temporary files of all later tests are made there"),
    Attribute(name="template", kind="temporary_directory"),
]
_URLLIB = [
    Attribute(
        name=URL_OPENER,
        kind="url_opener",
        severity="warning",
        first="note",
        initial=None,
        detail="urllib.request.urlopen() of everybody goes through it",
    ),
    Attribute(name="urlopen", kind="url_opener"),
]
_SSL = _all("https_context", "error", HTTPS_CONTEXT, "create_default_context")


def _settled_directory(_: str, directory: object) -> object:
    # What `tempfile` finds when it is first asked is what it would have found before.
    if directory is None or (type(directory) is str and directory in default_directories()):
        return tempfile
    return directory


def _quietly(change: Change) -> Change:
    is_usual = change.severity == "note" and change.kind in ("loop_policy", "garbage_collection")
    return replace(change, is_silent=True) if is_usual else change


def _judge_callbacks(before: Sequence[object], after: Sequence[object]) -> Severity:
    # Hypothesis, and those who measure, add one when they are first used.
    known = set(map(id, after))
    return "note" if all(id(callback) in known for callback in before) else "warning"
