"""Private names of other projects behind which they keep state of the process; see `isolation._compatibility`.

Checked with CPython 3.11.7, 3.12.1 and 3.13.0, and pytest 8.4 and 9.2; `tests/test_compatibility_state.py` fails as
soon as one of these changes.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from isolation._changes import ABSENT, Absent
from isolation._natures import module_of, name_of

WARNING_SHOWERS = ("showwarning", "_showwarnmsg_impl")
"""What `warnings.catch_warnings` puts back besides the filters."""


def undoes_warnings() -> bool | None:
    """Tell whether pytest puts warnings filters back after the test that runs now; None if none runs."""
    wrapper = getattr(sys.modules.get("_pytest.warnings"), "pytest_runtest_protocol", None)
    code: CodeType | None = getattr(wrapper, "__code__", None)
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented
    while frame is not None:
        if frame.f_code.co_name == "_multicall" and frame.f_locals.get("hook_name") == "pytest_runtest_protocol":
            return any(getattr(each, "gi_code", None) is code for each in frame.f_locals.get("teardowns", ()))
        frame = frame.f_back
    return None


HTTPS_CONTEXT = "_create_default_https_context"
"""The name in `ssl` of what makes the contexts of HTTPS clients; tests put the unverified one there."""

URL_OPENER = "_opener"
"""The name in `urllib.request` of what `install_opener` installs, and `urlopen` makes when it is first called."""

_UNIX_EVENTS: Any = sys.modules.get("asyncio.unix_events", asyncio)
_DEFAULT_POLICY: Any = getattr(_UNIX_EVENTS, "_DefaultEventLoopPolicy", None) or _UNIX_EVENTS.DefaultEventLoopPolicy


def loop_policy() -> object:
    """Return the event-loop policy without making one: None if nobody has needed any."""
    return getattr(asyncio.events, "_event_loop_policy", None)


def is_default_policy(policy: object) -> bool:
    """Tell whether *policy* is what asyncio makes by itself, or will make."""
    cls: Any = type(policy)
    return policy is None or cls is _DEFAULT_POLICY


def set_loop_policy(policy: Any) -> None:  # noqa: ANN401 - of anybody, or None
    """Let *policy* be the event-loop policy, also where asyncio has deprecated that."""
    events: Any = asyncio.events
    write = getattr(events, "_set_event_loop_policy", None) or events.set_event_loop_policy
    write(policy)


def loop_set_in(policy: object) -> asyncio.AbstractEventLoop | Absent | None:
    """Return what was set by `asyncio.set_event_loop` in this thread, `ABSENT` if nothing was, or nobody knows."""
    local = getattr(policy, "_local", None)
    loop: asyncio.AbstractEventLoop | None = getattr(local, "_loop", None)
    return loop if loop is not None or getattr(local, "_set_called", False) else ABSENT


def forget_loop(policy: object) -> None:
    """Let no loop have been set in this thread, so that `asyncio.get_event_loop` makes one as it did before."""
    local = getattr(policy, "_local", None)
    vars(local).pop("_loop", None)
    vars(local).pop("_set_called", None)


LOGGING_NAMES: Mapping[str, str] = {
    "raiseExceptions": "logging.raiseExceptions",
    "lastResort": "logging.lastResort",
    "_loggerClass": "logging.getLoggerClass()",
    "_logRecordFactory": "logging.getLogRecordFactory()",
}
"""The names in `logging` of what applies to all loggers, and how one reads what they hold."""


class LevelMark:
    """Tells whether the level of any logger was set since the last time.

    Whatever sets one lets all loggers forget what they have decided, and the root logger decides for everybody.
    """

    def __init__(self, root: logging.Logger) -> None:
        self._root = root
        self._decided: Mapping[int, bool] = getattr(root, "_cache", {})

    def set(self) -> None:
        """Let the root logger decide about a level that nobody uses."""
        self._root.isEnabledFor(_UNUSED_LEVEL)

    def is_gone(self) -> bool:
        """Tell whether that has been forgotten since, or nobody knows."""
        return _UNUSED_LEVEL not in self._decided


_UNUSED_LEVEL = 2_147_000_001


def is_capture_handler(handler: object) -> bool:
    """Tell whether *handler* is one through which pytest captures what is logged in one phase of a test."""
    return name_of(type(handler)) == "_pytest.logging.LogCaptureHandler"


def is_handler_of_pytest(handler: object) -> bool:
    """Tell whether *handler* is any of pytest's."""
    return module_of(type(handler)) == "_pytest.logging"


def patched(patch: Any) -> tuple[object, str | None, Sequence[object]]:  # noqa: ANN401 - has no public type
    """Return what *patch* of `unittest.mock`, which is active, has patched: the target, its attribute, what that was.

    A dictionary has no attribute; of it, and of an attribute that did not exist, nothing is told.
    """
    if not hasattr(patch, "temp_original"):
        return patch.in_dict, None, ()
    original = patch.temp_original
    return patch.target, patch.attribute, () if original is sys.modules["unittest.mock"].DEFAULT else (original,)


def mime_tables() -> Sequence[dict[str, Any]]:
    """Return the tables of `mimetypes`: types and their endings by strictness, encodings, suffixes; none before use."""
    names = vars(sys.modules["mimetypes"]) if "mimetypes" in sys.modules else {}
    store: Any = names.get("_db")
    if type(store) is not names.get("MimeTypes", Absent):
        return ()
    return [*store.types_map, *store.types_map_inv, store.encodings_map, store.suffix_map]
