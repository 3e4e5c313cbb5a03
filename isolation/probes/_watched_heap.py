"""The heap state of the watched modules: one snapshot, from which two probes each take their part."""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from isolation import _natures
from isolation._changes import Change
from isolation._watching import Watched, Watching
from isolation.probes._active_patches import NOT_STOPPED, ActivePatch
from isolation.probes._copies import Copies
from isolation.probes._heap_rules import Verdict, is_initialisation, judge
from isolation.probes._open_resources import dropped, open_in
from isolation.probes._surroundings import Surroundings
from isolation.snapshots import HeapChange, Root, Snapshot, same_value

PATCHES, SINGLETONS = "patches", "singletons"
_CONTAINERS = (list, dict, set, tuple)
_OF_PATCHES = frozenset({"mock", "stand_in"})


class WatchedHeap:
    """Looks at everything reachable from the watched modules, once for both probes, and judges what has changed.

    Args:
        watching: Which modules are watched.
        is_strict: Whether what is no finding by rule, and notes, are warnings.
        meant: Places, such as ``app.client``, that may keep what tests make.

    Attributes:
        surroundings: Knows what users have said about places.
        patched: Returns the active patch of an attribute of an owner, by its name.
    """

    surroundings: Surroundings
    patched: Callable[[object, str | None], ActivePatch | None]

    def __init__(self, watching: Watching, *, is_strict: bool = False, meant: Collection[str] = ()) -> None:
        self.surroundings = Surroundings(watching, meant)
        self.patched = lambda _owner, _name: None
        self._frame = 0
        self._watching = watching
        self._is_strict = is_strict
        self._snapshot = Snapshot((), watching.follows)
        self._copies = Copies(self._snapshot)
        self._started: set[str] = set()
        self._parts: dict[str, Sequence[Change]] = {}
        self._initialised: dict[Hashable, int] = {}
        self._filled: list[HeapChange] = []

    def start(self, probe: str) -> None:
        """Take the heap as it is now for the baseline of *probe*, and of the other one if that starts beside it."""
        if not self._started or probe in self._started:
            self._started.clear()
            self._parts.clear()
            self.surroundings.fixtures.clear()
            self._watching.join_again()
            self._snapshot = Snapshot(map(_root, self._watching.all()), self._watching.follows)
            self._copies = Copies(self._snapshot)
        self._started.add(probe)

    def look(self, probe: str) -> Sequence[Change]:
        """Return what of *probe* differs from the baseline; what is of the other one waits until that looks, too."""
        if probe not in self._parts:
            found = self._look()
            for each in self._started:
                own = [change for change in found if change.probe == each] if found else ()
                self._parts[each] = [*self._parts[each], *own] if each in self._parts else own
        return self._parts.pop(probe)

    def add_root(self, name: str, value: object) -> None:
        """Watch *value* as well, under *name*, if its class is watched or it is a plain container."""
        kind = type(value)
        if _natures.is_one_of(kind, _CONTAINERS) or self._watching.follows(kind):
            self.surroundings.fixtures.add(name)
            self._snapshot.add([Root(name, value)])

    def remove_root(self, name: str) -> None:
        """Forget the value that was watched under *name*."""
        if name in self.surroundings.fixtures:
            self.surroundings.fixtures.remove(name)
            self._snapshot.remove([name])

    def begin(self) -> None:
        """Let another test begin."""
        self._frame += 1
        self._filled.clear()

    def settle(self) -> None:
        """Clear the caches of functions that were filled since the test began; see to modules that were put back."""
        for change in self._filled:
            self._snapshot.put(change, change.before)
        self._filled.clear()
        self._snapshot.add(map(_root, self._watching.join_again()))

    def _look(self) -> Sequence[Change]:
        joined = self._watching.join()
        found = self._snapshot.changes()
        changes = self._accepted(found, joined) if found else ()
        if joined:
            self._snapshot.add(map(_root, joined))
        return changes

    def _accepted(self, found: Sequence[HeapChange], joined: Collection[Watched]) -> Sequence[Change]:
        kept, undone = self._copies.sifted(found) if not self._is_strict else (found, ())
        changes = [change for each in kept for change in self._judged(each, joined)]
        changes += [replace(change, is_silent=True) for each in undone for change in self._judged(each, joined)]
        self._copies.remember(kept)
        self._snapshot.accept(found)
        self._copies.forget()
        return changes

    def _judged(self, change: HeapChange, joined: Collection[Watched]) -> Iterable[Change]:
        was_initialised = self._initialised.get(change.key, self._frame) != self._frame
        verdict = judge(change, self.surroundings.of(change, joined, was_initialised=was_initialised))
        if verdict.severity is not None and is_initialisation(change):
            self._initialised.setdefault(change.key, self._frame)
        if change.where == "lru_cache":
            self._filled.append(change)
        severity = verdict.severity
        if self._is_strict and severity != "error":
            severity = "warning"
        if severity is not None:
            yield self._change(change, verdict._replace(severity=severity))

    def _change(self, change: HeapChange, verdict: Verdict) -> Change:
        patch = self.patched(change.owner, change.name) if verdict.kind in _OF_PATCHES else None
        stops = patch.stop if patch is not None else None
        put = partial(self._put, change, stops)
        return Change(
            probe=PATCHES if verdict.kind in _OF_PATCHES else SINGLETONS,
            kind=verdict.kind,
            place=change.path,
            unit=change.unit,
            key=change.key,
            before=change.before,
            after=change.after,
            severity=verdict.severity or "note",
            put=put if verdict.can_be_put else None,
            is_same=same_value,
            hint=verdict.hint if patch is None else NOT_STOPPED,
        )

    def _put(self, change: HeapChange, stop: Callable[[], str | None] | None, value: object) -> str | None:
        still = open_in(dropped(change.after, value))
        if still is not None:
            return f"it holds {still}, which is open"
        refusal = stop() if stop is not None else None
        return self._snapshot.put(change, value) or refusal


def _root(watched: Watched) -> Root:
    return Root(watched.name, watched.module)
