"""Calls back for each line, or each call, of the user's code: by `sys.monitoring`, before Python 3.12 by tracing.

Code that is called while somebody traces is not traced itself, and which of the two classes is used depends on the
version: both are left out of what coverage measures, and tested by what `isolation._line_watch` makes of them.
"""

import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Protocol, cast

from isolation._origin import caller_frame

_HAS_MONITORING = hasattr(sys, "monitoring")
_TOOL = 4  # neither a debugger's, nor coverage's, nor a profiler's
OnFrame = Callable[[FrameType], object]
IsOwn = Callable[[str], bool]


class CodeEvents(Protocol):
    """Calls back from `start` to `stop`."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End, and give back what was there before."""
        ...


def line_events(is_own: IsOwn, *, entered: OnFrame, left: OnFrame) -> CodeEvents:
    """Return events for what the code does whose file *is_own*: *entered* before each line, *left* after each call."""
    kind = _Monitor if _HAS_MONITORING else _Tracer
    return kind(is_own, entered=entered, left=left)


def call_events(is_own: IsOwn, *, called: OnFrame) -> CodeEvents:
    """Return events for the calls of code whose file *is_own*: *called* for each piece of code at least once."""
    kind = _Monitor if _HAS_MONITORING else _Profiler
    return kind(is_own, called=called)


class _Monitor:  # pragma: no cover - Python 3.12 and later
    def __init__(
        self,
        is_own: IsOwn,
        *,
        entered: OnFrame | None = None,
        left: OnFrame | None = None,
        called: OnFrame | None = None,
    ) -> None:
        self._is_own = is_own
        self._entered = entered
        self._left = left
        self._called = called

    def start(self) -> None:
        monitoring = self._monitoring
        events = monitoring.events
        callbacks: dict[int, Callable[..., object]] = {events.PY_START: self._on_call}
        if self._called is None:
            callbacks = dict.fromkeys((events.LINE, events.PY_START, events.PY_RESUME), self._on_line)
            callbacks |= dict.fromkeys((events.PY_RETURN, events.PY_YIELD, events.PY_UNWIND), self._on_end)
        monitoring.use_tool_id(_TOOL, "isolation")
        for event, callback in callbacks.items():
            monitoring.register_callback(_TOOL, event, callback)
        monitoring.set_events(_TOOL, sum(callbacks))
        monitoring.restart_events()

    def stop(self) -> None:
        self._monitoring.set_events(_TOOL, 0)
        self._monitoring.free_tool_id(_TOOL)

    @property
    def _monitoring(self) -> Any:  # noqa: ANN401 - not known to the types of 3.11
        return cast("Any", sys).monitoring

    def _on_call(self, code: CodeType, _offset: int) -> object:
        if self._called is not None and self._is_own(code.co_filename):
            self._called(caller_frame(1))
        return self._monitoring.DISABLE

    def _on_line(self, code: CodeType, _line_or_offset: int) -> object:
        if self._entered is None or not self._is_own(code.co_filename):
            return self._monitoring.DISABLE
        self._entered(caller_frame(1))
        return None

    def _on_end(self, code: CodeType, _offset: int, _value: object) -> None:
        if self._left is not None and self._is_own(code.co_filename):
            self._left(caller_frame(1))


class _Tracer:  # pragma: no cover - a trace function is not traced
    def __init__(self, is_own: IsOwn, *, entered: OnFrame, left: OnFrame) -> None:
        self._is_own = is_own
        self._entered = entered
        self._left = left
        self._before: Any = None
        self._of_threads: Any = None

    def start(self) -> None:
        # New threads have another one: coverage's of this thread would mix up what it measures in both.
        self._before, self._of_threads = sys.gettrace(), threading.gettrace()
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def stop(self) -> None:
        sys.settrace(self._before)
        threading.settrace(self._of_threads)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401 - as sys.settrace wants it
        if not self._is_own(frame.f_code.co_filename):
            return None
        if event == "return":
            self._left(frame)
        elif event in ("call", "line"):
            self._entered(frame)
        return self._trace


class _Profiler:  # pragma: no cover - Python 3.11
    def __init__(self, is_own: IsOwn, *, called: OnFrame) -> None:
        self._is_own = is_own
        self._called = called
        self._before: Any = None
        self._of_threads: Any = None

    def start(self) -> None:
        self._before, self._of_threads = sys.getprofile(), threading.getprofile()
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    def stop(self) -> None:
        sys.setprofile(self._before)
        threading.setprofile(self._of_threads)

    def _profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and self._is_own(frame.f_code.co_filename):
            self._called(frame)
