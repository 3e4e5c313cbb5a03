"""The event-loop policy, and the loop that is set in the main thread."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from isolation._changes import ABSENT, Change
from isolation._compatibility import running_loop
from isolation._compatibility_state import (
    forget_loop,
    is_default_policy,
    loop_policy,
    loop_set_in,
    set_loop_policy,
)
from isolation._findings import Severity

_set_event_loop = asyncio.set_event_loop
_POLICY, _LOOP = "asyncio.get_event_loop_policy()", "asyncio.get_event_loop()"


class LoopPolicy:
    """Compares the policy and its loop, without making either."""

    def __init__(self, probe: str) -> None:
        self._probe = probe
        self._policy: object = None
        self._loop: Any = ABSENT

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._policy = loop_policy()
        self._loop = loop_set_in(self._policy)

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make what is set now the baseline."""
        policy = loop_policy()
        loop = loop_set_in(policy)
        if policy is self._policy and loop is self._loop:
            return ()
        if running_loop() is not None:
            return ()  # what runs it has set it, and will set back what was there
        old_policy, old_loop = self._policy, self._loop
        self._policy, self._loop = policy, loop
        if old_policy is not policy and not (is_default_policy(old_policy) and is_default_policy(policy)):
            return [_change(self._probe, _POLICY, old_policy, policy, put=self._put_policy)]
        if old_loop is loop:
            return ()
        severity, detail = _severity(old_loop, loop), _detail(loop)
        return [_change(self._probe, _LOOP, old_loop, loop, put=self._put_loop, severity=severity, detail=detail)]

    def _put_policy(self, policy: object) -> str | None:
        set_loop_policy(policy)
        self.start()
        return None

    def _put_loop(self, loop: Any) -> str | None:  # noqa: ANN401 - a loop, None or ABSENT
        if loop is ABSENT:
            forget_loop(self._policy)
        else:
            _set_event_loop(loop)
        self.start()
        return None


def _change(
    probe: str,
    place: str,
    before: object,
    after: object,
    *,
    put: Callable[[object], str | None],
    severity: Severity = "error",
    detail: str = "",
) -> Change:
    return Change(
        probe=probe,
        kind="loop_policy",
        place=place,
        unit=place,
        key=(probe, place),
        before=before,
        after=after,
        severity=severity,
        put=put,
        detail=detail,
    )


def _severity(before: Any, after: Any) -> Severity:  # noqa: ANN401 - a loop, None or ABSENT
    # Runners of pytest-asyncio and anyio, and `asyncio.run`, set loops and take them away all the time, and a loop
    # that somebody has left open is a finding itself; but nobody wants one that is closed.
    return "error" if _is_closed(after) and not _is_closed(before) else "note"


def _is_closed(loop: Any) -> bool:  # noqa: ANN401 - a loop, None or ABSENT
    return loop is not None and loop is not ABSENT and loop.is_closed()


def _detail(loop: Any) -> str:  # noqa: ANN401 - a loop, None or ABSENT
    if loop is None:
        return "asyncio.get_event_loop() raises from now on, as asyncio.run() leaves it"
    return "closed" if _is_closed(loop) else ""
