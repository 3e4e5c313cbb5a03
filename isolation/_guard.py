"""The guard: runs the probes around one owner and decides what its findings mean."""

import gc
import time
from asyncio import AbstractEventLoop, CancelledError
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from isolation._adoption import Root, adopters
from isolation._allowances import Allowances
from isolation._findings import Finding, Severity
from isolation._judgements import NO_TERMS, Judgement, Terms, judged_place, refuted
from isolation._owners import OWNER, Owner
from isolation._settings import LEAKS, Mode, Settings, find_holder
from isolation._state_guard import StateGuard
from isolation.probes import PROBES, LeakProbe, Scene
from isolation.probes._protocol import LoopProbe
from isolation.probes.descriptors import DescriptorsProbe
from isolation.probes.processes import ProcessesProbe
from isolation.probes.tasks import TasksProbe
from isolation.recording._recorder import OURS, UNLIMITED, ClosedBy, Recorder, process_recorder


class Guard:
    """Look around owners: `begin` before each, `end` after it.

    Attributes:
        seconds: Time spent in looking, without the first look.
        first_look: Seconds that the first look took, which finds out what there is to watch.
        owners: How many owners have come to their end.
        loops_inspected: How many loops were seen before they died.
    """

    def __init__(
        self,
        settings: Settings,
        root: str,
        *,
        recorder: Recorder | None = None,
        live: Callable[[], Iterable[Root]] = tuple,
        session: Owner | None = None,
        states: StateGuard | None = None,
    ) -> None:
        self.settings = settings
        self.seconds = 0.0
        self.first_look = 0.0
        self.owners = 0
        self.loops_inspected = 0
        self.recorder = recorder or process_recorder()
        self.allowances = Allowances(settings, root)
        self._live = live
        self._session = session
        self._states = states
        self._holder_owners = {holder: Owner("session", holder, scope="session") for holder in settings.holders}
        self._scene = Scene(self.recorder, root, settings.profile.grace)
        self._scene.adopters = self._adopters
        self._scene.is_well_known = self.allowances.is_well_known
        self._scene.memory_threshold = settings.profile.memory
        chosen = (name for name in LEAKS if settings.mode_of(name) != "off")
        self._probes: Sequence[LeakProbe] = [PROBES[name](self._scene) for name in chosen]
        self._loop_probes: Sequence[LoopProbe] = [probe for probe in self._probes if isinstance(probe, LoopProbe)]
        self._delta_probes = [probe for probe in self._probes if isinstance(probe, DescriptorsProbe | ProcessesProbe)]
        self._befores: list[Any] = []
        self._dying: list[Finding] = []

    def install(self) -> None:
        """Begin to record who makes what."""
        if self.settings.is_tracing:
            from isolation.recording import opened  # noqa: PLC0415 - rarely needed

            self.recorder.depth = UNLIMITED
            opened.install(self.recorder)
        self.recorder.acquire()
        self.recorder.closing_listeners.append(self._loop_closing)
        self.recorder.trio_listeners.append(self._trio_closing)
        self.recorder.trio_run_listeners.append(self._trio_run_ending)

    def uninstall(self) -> None:
        """Stop recording."""
        self.recorder.closing_listeners.remove(self._loop_closing)
        self.recorder.trio_listeners.remove(self._trio_closing)
        self.recorder.trio_run_listeners.remove(self._trio_run_ending)
        self.recorder.release()
        if self._states is not None:
            self._states.stop()

    def begin(self) -> None:
        """Remember what is there before an owner begins."""
        started = time.perf_counter()
        self.recorder.late_arrivals()
        if self._states is not None:
            self._states.begin()
        self._befores = [probe.snapshot() for probe in self._probes]
        took = time.perf_counter() - started
        if self.first_look:
            self.seconds += took
        else:
            self.first_look = took

    def end(self, owner: Owner, terms: Callable[[], Terms] = lambda: NO_TERMS) -> Sequence[Judgement]:
        """Return what *owner*, and every wider fixture that has come to its end, left.

        Args:
            owner: Who is over now, and answers for what nobody else owns.
            terms: Returns what its markers say; asked only if something is left.
        """
        if self.recorder.is_forked:
            return ()
        started = time.perf_counter()
        owner.is_alive = False
        self.owners += 1
        token = OWNER.set(OURS)
        try:
            left = self._end_leaks(owner, terms)
            return left if self._states is None else [*left, *self._end_states(self._states, owner, terms)]
        finally:
            OWNER.reset(token)
            self.seconds += time.perf_counter() - started

    def _end_leaks(self, owner: Owner, terms: Callable[[], Terms]) -> Sequence[Judgement]:
        is_collecting = gc.isenabled()
        # What a destructor says when it is collected here would be said to the next test.
        gc.disable()
        try:
            found = self._look()
            return self._judge(found, owner, terms()) if found else ()
        finally:
            if is_collecting:
                gc.enable()

    def is_suspicious(self) -> bool:
        """Tell whether anything is left now, without reporting it."""
        token = OWNER.set(OURS)
        try:
            pairs = zip(self._probes, self._befores, strict=True)
            return any(probe.is_suspicious(before) for probe, before in pairs)
        finally:
            OWNER.reset(token)

    def still_changed(self) -> Sequence[Finding]:
        """Return which state holds what owners that are over left, each with who changed it last."""
        return self._states.unsettled() if self._states is not None else ()

    def body_begins(self) -> Sequence[tuple[Owner, str, str]]:
        """Return what the set-up of a test has put back: who left it changed, probe, unit."""
        return self._states.body_begins() if self._states is not None else ()

    def second_look(self) -> Sequence[Judgement]:
        """Return what is alive though its owner is over, whether it was reported before or not; nothing is ended."""
        other = Guard(
            replace(self.settings, mode="report", probe_modes=self._reporting()),
            self._scene.root,
            recorder=self.recorder,
            live=self._live,
            session=self._session,
        )
        other.forgo_grace()
        token = OWNER.set(OURS)
        try:
            other.begin()
            return other._judge(other._look(), OURS, NO_TERMS)
        finally:
            OWNER.reset(token)

    def _reporting(self) -> Mapping[str, Mode]:
        modes = {probe: self.settings.mode_of(probe) for probe in PROBES}
        return {probe: "off" if mode == "off" else "report" for probe, mode in modes.items()}

    def changed_so_far(self) -> Sequence[Finding]:
        """Return what the owner that has begun has changed until now."""
        return self._states.peek(OURS) if self._states is not None else ()

    def forgo_grace(self) -> None:
        """Judge at once from now on: the caller has let the grace period pass."""
        self._scene.grace = 0.0

    def finish(self) -> Sequence[Judgement]:
        """Return what was left by owners that came to their end after the last test: a run that stops early."""
        if self.recorder.is_forked:
            return ()
        token = OWNER.set(OURS)
        try:
            owned = [finding for finding in self._look() if finding.owner is not None]
            changed = self._states.finish() if self._states is not None else ()
            return self._judge([*owned, *changed], OURS, NO_TERMS)
        finally:
            OWNER.reset(token)
            for probe in self._probes:
                if isinstance(probe, DescriptorsProbe):
                    probe.look_anew()

    def look_for_fixture(self) -> Sequence[Any]:
        """Return what is open before the set-up of a wider fixture; give it to `claim_for_fixture`."""
        with self._timed():
            if self._states is not None:
                self._states.fixture_begins()
            return [probe.look() for probe in self._delta_probes]

    def claim_for_fixture(self, looks: Sequence[Any], owner: Owner) -> None:
        """Give *owner*, a wider fixture that is set up now, what was opened since *looks* were taken."""
        with self._timed():
            for probe, before in zip(self._delta_probes, looks, strict=True):
                probe.claim(before, owner)
            if self._states is not None:
                self._states.fixture_is_set_up(owner)

    def start(self, *names: str) -> None:
        """Let the probes of state *names* begin before the tests are collected."""
        if self._states is not None:
            self._states.start(*names)

    def fixture_gives(self, owner: Owner, value: object) -> None:
        """Watch *value*, which the wider fixture *owner* gives to its tests."""
        if self._states is not None:
            with self._timed():
                self._states.add_root(owner, value)

    def fixture_ends(self) -> None:
        """Let the teardown of a wider fixture begin."""
        if self._states is not None:
            with self._timed():
                self._states.fixture_ends()

    def fixture_ended(self, owner: Owner) -> Sequence[tuple[Owner, str, str]]:
        """Return what the teardown of the wider fixture *owner*, which is over, has put back, as `body_begins` does."""
        if self._states is None:
            return ()
        with self._timed():
            return self._states.fixture_ended(owner)

    @contextmanager
    def _timed(self) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started

    def _look(self) -> list[Finding]:
        found, self._dying = self._dying, []
        self._scene.begin()
        for probe, before in zip(self._probes, self._befores, strict=False):
            found += probe.findings(before)
        return found

    def _end_states(self, states: StateGuard, owner: Owner, terms: Callable[[], Terms]) -> Sequence[Judgement]:
        # After what is left has ended: what ends may change state, too.
        found = states.end(owner)
        if not found:
            return ()
        judgements = self._judge(found, owner, terms())
        if any(judgement.restored for judgement in judgements):
            again = {(change.probe, change.place) for change in states.settle()}
            judgements = [
                refuted(judgement) if judged_place(judgement) in again else judgement for judgement in judgements
            ]
        return judgements

    def _judge(self, found: Sequence[Finding], owner: Owner, terms: Terms) -> Sequence[Judgement]:
        judgements: list[Judgement] = []
        for finding in filter(self._is_ours, found):
            owned = replace(
                finding,
                owner=finding.owner.judged if finding.owner is not None else owner,
                severity=self.settings.severities.get(finding.kind, finding.severity),
            )
            of_test = terms if owned.owner is owner else NO_TERMS
            is_meant = of_test.is_tracked or owned.probe not in LEAKS
            if is_meant and self._mode(owned.probe, of_test) != "off":
                judgements.append(self._judge_one(owned, of_test))
        return judgements

    def _is_ours(self, finding: Finding) -> bool:
        # Another run inside of this one judges its own tests.
        owner = finding.owner
        while owner is not None and owner.kind != "session":
            owner = owner.parent
        return self._session is None or finding.owner is None or owner is self._session

    def _judge_one(self, finding: Finding, terms: Terms) -> Judgement:
        mode = self._mode(finding.probe, terms)
        if self.settings.restore_only is not None:
            mode = "restore" if self.settings.restore_only in (finding.place, finding.unit) else "report"
        excused = self.allowances.excuse(finding, terms.allowed.__contains__)
        if excused is not None or mode == "report" or finding.ending is None:
            return Judgement(finding=finding, mode=mode, excused=excused)
        refusal = self._end(finding.ending)
        if refusal is not None:
            verb = "ended" if finding.probe in LEAKS else "put back"
            finding = replace(finding, detail=f"{finding.detail}, not {verb}: {refusal}".lstrip(", "))
        return Judgement(finding=finding, mode=mode, restored=refusal is None)

    def _mode(self, probe: str, terms: Terms) -> Mode:
        return terms.mode if terms.mode is not None else self.settings.mode_of(probe)

    def _end(self, ending: Callable[[float], str | None]) -> str | None:
        try:
            return ending(self.settings.profile.grace)
        except (Exception, CancelledError) as failure:  # noqa: BLE001 - every ending is tried; what it raised is said
            return f"{type(failure).__name__}: {failure}"

    def _loop_closing(self, loop: AbstractEventLoop, closed_by: ClosedBy) -> None:
        self.loops_inspected += 1
        token = OWNER.set(OURS)
        try:
            for probe in self._loop_probes:
                self._dying += probe.findings_at_close(loop, closed_by)
        finally:
            OWNER.reset(token)

    def _trio_closing(self, runner: object) -> None:
        for probe in self._probes:
            if isinstance(probe, TasksProbe):
                self._dying += probe.findings_in_trio(runner, is_closing=True)

    def _trio_run_ending(self, tasks: Sequence[Any], severity: Severity) -> None:
        for probe in self._probes:
            if isinstance(probe, TasksProbe):
                self._dying += probe.findings_of_trio_run(tasks, severity)

    def _adopters(self, things: Sequence[object]) -> Mapping[int, Owner]:
        holders = [(owner, find_holder(holder)) for holder, owner in self._holder_owners.items()]
        found = adopters(things, [*holders, *self._live()])
        keepers = set(map(id, found.values()))
        self.allowances.used.update(holder for holder, owner in self._holder_owners.items() if id(owner) in keepers)
        return found
