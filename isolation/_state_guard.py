"""Watches state around owners: what each test, and each fixture of wider scope, left changed in the end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from isolation._changes import Change
from isolation._findings import Finding
from isolation._net_changes import NetChanges, Unsettled
from isolation._owners import Owner
from isolation._representations import represent_difference
from isolation.probes._protocol import FramedProbe, InstalledProbe, RootedProbe, StateProbe


class StateGuard:
    """Runs the probes of state: looks whenever another owner's turn comes, so that each change has one owner.

    A fixture of wider scope changes state on purpose while it is set up: what it made is what its tests begin with,
    and what it undoes at its end is no finding.  What it does not undo is its own, not the last test's.
    """

    def __init__(self, probes: Mapping[str, StateProbe], session: Owner | None = None) -> None:
        self._probes = probes
        self._looks = [probe.look for probe in probes.values()]
        self._framed = [probe for probe in probes.values() if isinstance(probe, FramedProbe)]
        self._rooted = [probe for probe in probes.values() if isinstance(probe, RootedProbe)]
        self._collection = Owner("collection", "collection", scope="session", parent=session)
        self._started: set[str] = set()
        self._has_begun = False
        self._test = NetChanges()
        self._setting_up: list[NetChanges] = []
        self._of_fixtures: dict[Owner, NetChanges] = {}
        self._left: list[tuple[Owner, Change]] = []
        self._unsettled = Unsettled()

    def start(self, *names: str) -> None:
        """Take the state as it is now for the baseline of the probes *names*: before the tests are collected."""
        for name in self._probes:
            if name in names:
                self._probes[name].start()
                self._started.add(name)

    def begin(self) -> None:
        """Let a test begin; what was changed before the first one belongs to the collection."""
        if self._has_begun:
            for framed in self._framed:
                framed.begin()
        else:
            self._has_begun = True
            self._begin_first()

    def _begin_first(self) -> None:
        for name, probe in self._probes.items():
            if name in self._started:
                self._left += [(self._collection, replace(change, severity="note")) for change in probe.look()]
            else:
                probe.start()
                self._started.add(name)

    def body_begins(self) -> Sequence[tuple[Owner, str, str]]:
        """Let the body of a test begin, after its set-up; return what that put back: who left it, probe, unit.

        Many suites clean up where a test begins, not where it ends: what they put back disturbs nobody, and what the
        test changes is compared with the clean state.
        """
        if not self._unsettled.of_last_test:
            return ()
        settled: list[tuple[Owner, str, str]] = []
        for change in self._look():
            owner = self._unsettled.settle(change)
            if owner is None:
                self._test.add([change])
            else:
                settled.append((owner, change.probe, change.unit))
        return settled

    def fixture_begins(self) -> None:
        """Let the set-up of a wider fixture begin: what was changed so far is not its own."""
        self._current.add(self._look())
        self._setting_up.append(NetChanges())

    def fixture_is_set_up(self, owner: Owner) -> None:
        """Let the tests of the fixture *owner* begin with what its set-up made."""
        changes = self._of_fixtures[owner] = self._setting_up.pop()
        changes.add(self._look())

    def add_root(self, owner: Owner, value: object) -> None:
        """Watch *value*, which the fixture *owner* gives to its tests."""
        for rooted in self._rooted:
            rooted.add_root(_root_name(owner), value)

    def fixture_ends(self) -> None:
        """Let the teardown of a wider fixture begin: what was changed until now is not its own."""
        self._current.add(self._look())

    def fixture_ended(self, owner: Owner) -> Sequence[tuple[Owner, str, str]]:
        """Compare what the fixture *owner* leaves with what it found.

        Return what its teardown has put back of what its tests have left: who left it, probe, unit.
        """
        own = self._of_fixtures.pop(owner, NetChanges())
        for rooted in self._rooted:
            # Before looking: what a teardown does to the value that it gave, nobody sees any more.
            rooted.remove_root(_root_name(owner))
        settled: list[tuple[Owner, str, str]] = []
        for change in self._look():
            # A teardown that puts back what the last test had changed as well settles that test's account, too.
            of_test = self._current.take(change)
            if own.knows(change):
                own.add([change])
                self._unsettled.forget(change)
            elif of_test is not None:
                self._current.add([of_test, change])
            else:
                owners = self._unsettled.settle_for_all(change)
                settled += [(each, change.probe, change.unit) for each in owners]
                own.add([change] if not owners else ())
        self._left += [(owner, _of_fixture(change, owner)) for change in own.left()]
        return settled

    def end(self, owner: Owner) -> Sequence[Finding]:
        """Return what the test *owner* leaves changed, and what fixtures that ended with it do."""
        self._test.add(self._look())
        self._unsettled.of_last_test.clear()
        if not self._test and not self._left:
            return ()  # as nearly always
        left = [*self._left, *((owner, change) for change in self._test.left())]
        self._left, self._test = [], NetChanges()
        return self._findings([pair for pair in left if not self._unsettled.puts_back(*pair)])

    def finish(self) -> Sequence[Finding]:
        """Return what fixtures left that ended after the last test."""
        left, self._left = self._left, []
        return self._findings([pair for pair in left if not self._unsettled.puts_back(*pair)])

    def peek(self, owner: Owner) -> Sequence[Finding]:
        """Return what the test *owner*, which goes on, has changed until now."""
        self._current.add(self._look())
        return self._findings((owner, change) for change in self._test.left())

    def unsettled(self) -> Sequence[Finding]:
        """Return which places hold what an owner that is over left there."""
        return self._findings(self._unsettled.left())

    def settle(self) -> Sequence[Change]:
        """Drop what was derived from state that was put back; return what is different again since."""
        for probe in self._probes.values():
            probe.settle()
        return self._look()

    def stop(self) -> None:
        """Take away what stands in the place of something to watch it."""
        for probe in self._probes.values():
            if isinstance(probe, InstalledProbe):
                probe.stop()

    @property
    def _current(self) -> NetChanges:
        return self._setting_up[-1] if self._setting_up else self._test

    def _look(self) -> Sequence[Change]:
        if not self._has_begun:
            return ()
        changes: list[Change] = []
        for look in self._looks:
            changes += look()
        return changes

    def _findings(self, left: Iterable[tuple[Owner, Change]]) -> Sequence[Finding]:
        # In the order of putting back: what follows may depend on what comes first.
        order = {name: index for index, name in enumerate(self._probes)}
        ordered = sorted(left, key=lambda pair: order[pair[1].probe])
        return [_finding(change, owner, partial(self._put_back, change)) for owner, change in ordered]

    def _put_back(self, change: Change, _grace: float) -> str | None:
        assert change.put is not None
        refusal = change.put(change.before)
        if refusal is None:
            self._unsettled.forget(change)
        return refusal


def _finding(change: Change, owner: Owner, ending: Callable[[float], str | None]) -> Finding:
    before, after = represent_difference(change.before, change.after, name=change.place)
    return Finding(
        probe=change.probe,
        kind=change.kind,
        name=change.name or change.place,
        owner=owner,
        origin=None,
        severity=change.severity,
        detail=change.detail,
        hint=change.hint,
        before=before,
        after=after,
        place=change.place,
        unit=change.unit,
        ending=ending if change.put is not None else None,
    )


def _of_fixture(change: Change, owner: Owner) -> Change:
    # Nothing comes after what ends with the session.
    return replace(change, severity="note") if owner.scope == "session" else change


def _root_name(owner: Owner) -> str:
    # As pytest writes what is in a module; what is in the value follows, as in ``fixture test_shop.py::db['rows']``.
    where = f"{owner.nodeid}::" if owner.nodeid else ""
    return f"fixture {where}{owner.name}"
