"""`no_leaks`: an owner around a block of code, in any runner, without pytest."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from isolation import _report
from isolation._errors import LeakError
from isolation._guard import Guard
from isolation._judgements import Judgement
from isolation._owners import OWNER, Owner
from isolation._settings import LEAKS, OPT_IN, PROBES, Profile, Settings, one_of

_ADVICE = "end them inside the block"


class NoLeaks:
    """What `no_leaks` returns: a context manager for ``with`` and for ``async with``, usable once at a time."""

    def __init__(self, probes: Sequence[str], grace: float) -> None:
        self._settings = Settings(
            probe_modes={probe: "report" if probe in probes else "off" for probe in PROBES},
            profile=Profile(name="test", reason="no_leaks", grace=grace, emergency=0.0),
        )
        self._root = str(Path.cwd())

    def __enter__(self) -> Self:
        self._owner = Owner("barrier", "no_leaks block", _nodeid(OWNER.get()), "block", OWNER.get())
        self._guard = Guard(self._settings, self._root)
        self._guard.install()
        self._token = OWNER.set(self._owner)
        self._guard.begin()
        return self

    async def __aenter__(self) -> Self:
        return self.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        self._owner.answers = True
        try:
            OWNER.reset(self._token)
            judgements = self._guard.end(self._owner)
        finally:
            self._owner.answers = False
            self._guard.uninstall()
        own = [judgement for judgement in judgements if self._is_own(judgement)]
        if own:
            self._report(own, failure)

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        self._owner.is_alive, self._owner.answers = False, True
        try:
            await self._settle()
        except BaseException as cancelled:
            self._guard.forgo_grace()
            self.__exit__(type(cancelled), cancelled, cancelled.__traceback__)
            raise
        self._guard.forgo_grace()
        self.__exit__(kind, failure, traceback)

    async def _settle(self) -> None:
        import anyio  # noqa: PLC0415 - only ``async with`` needs it

        deadline = time.monotonic() + self._settings.profile.grace
        step = 0.0005
        # A block that is cancelled is judged like any other: what it cancels in turn needs a moment to end.
        with anyio.CancelScope(shield=True):
            while self._guard.is_suspicious() and time.monotonic() < deadline:
                await anyio.sleep(step)
                step = min(step * 2, 0.02)

    def _is_own(self, judgement: Judgement) -> bool:
        owner = judgement.finding.owner
        while owner is not None and owner is not self._owner:
            owner = owner.parent
        return owner is not None and judgement.excused is None and judgement.finding.severity != "note"

    def _report(self, judgements: Sequence[Judgement], failure: BaseException | None) -> None:
        __tracebackhide__ = True
        records = [
            _report.finding_record(judgement.finding, restored=None, excused=None, root=self._root)
            for judgement in judgements
        ]
        message = _report.leak_message(records, _ADVICE)
        if failure is None:
            raise LeakError(message, [judgement.finding for judgement in judgements])
        failure.add_note(message)


def _nodeid(owner: Owner | None) -> str:
    return owner.nodeid if owner is not None else ""


def no_leaks(*probes: str, grace: float = 0.1) -> NoLeaks:
    """Make sure that a block leaves nothing behind, in ``with`` or in ``async with``.

    It works under any runner and without pytest.  What the block starts and what this starts in turn belong to the
    block, also if it happens in another task or thread; what goes on around the block does not.

    Args:
        probes: What to look for: any of ``"tasks"``, ``"loops"``, ``"threads"``, ``"processes"``,
            ``"descriptors"``; everything by default.
        grace: Seconds that what is left has to end by itself, spent only if something is left.  In ``with`` inside
            a running event loop nothing can end meanwhile: use ``async with`` there.

    Raises:
        LeakError: When the block ends and something it started is still there; ``findings`` lists it.  If the
            block raises itself, its exception goes on and the findings are a note on it.
        SettingsError: If a probe does not exist.

    >>> with no_leaks("threads"):
    ...     pass
    """
    for probe in probes:
        one_of(probe, LEAKS, "probe", "no_leaks()")
    return NoLeaks(probes or [probe for probe in LEAKS if probe not in OPT_IN], grace)
