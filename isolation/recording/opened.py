"""Record where files are opened, while full stacks are kept: an audit hook sees every `open`, and cannot be removed."""

import os
import sys
import weakref
from functools import partial
from typing import Any

from isolation.recording._recorder import UNLIMITED, Recorder

REMEMBERED = 4096


def install(recorder: Recorder) -> None:
    """Begin to note every path that is opened; once for a process."""
    if not recorder.watches_opens:
        recorder.watches_opens = True
        sys.addaudithook(partial(_note, weakref.ref(recorder)))


def _note(reference: "weakref.ref[Recorder]", event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open":
        return
    recorder = reference()
    path = arguments[0]
    if recorder is None or not recorder.is_active or recorder.depth != UNLIMITED or not isinstance(path, str | bytes):
        return
    origin = recorder.origin()
    if origin is not None and origin.owner is not None:
        # The lowest free number is the one that the file will get.
        number = os.dup(0)
        os.close(number)
        where = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - pathlib would be audited too
        recorder.opened[number, where] = origin
        if len(recorder.opened) > REMEMBERED:
            recorder.opened.popitem(last=False)
