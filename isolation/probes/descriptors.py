"""Descriptors that stay open when their owner is over: sockets, files, pipes, bare numbers."""

import socket
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from isolation import _compatibility
from isolation._findings import Finding, Severity
from isolation._origin import Origin
from isolation._owners import Owner
from isolation.probes._closing import ending_of
from isolation.probes._numbers import Links, count_quickly, count_works, links
from isolation.probes._scene import Left, Scene, severity_for
from isolation.probes._suspects import Suspect, classify, name_things
from isolation.recording._recorder import UNLIMITED

STANDARD = frozenset({0, 1, 2})
"""Who redirects input, output and errors puts them back; closing them would end all that is said."""


class Descriptors(NamedTuple):
    """What was open: how many, and what each number led to."""

    total: int
    links: Links


class Claim(NamedTuple):
    """A number that a wider fixture opened without a Python object that we know."""

    link: str
    owner: Owner


class DescriptorsProbe:
    """Find open sockets, files, pipes and numbers."""

    name = "descriptors"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._claims: dict[int, Claim] = {}
        self._last = Descriptors(-1, {})
        self._count: Callable[[], int] = count_quickly if count_works() else lambda: len(links())

    def snapshot(self) -> Descriptors:
        """Return what is open; what appeared between two tests joins it."""
        count = self._count()
        if count != self._last.total:
            self._last = Descriptors(count, links())
        return self._last

    def findings(self, before: Descriptors, /) -> Sequence[Finding]:
        """Return the sockets whose owner is over, and the numbers that were not there *before*."""
        if self._count() == before.total and not self._has_left_sockets() and not self._claims_over():
            return ()
        suspects = name_things(self._suspects(before))
        if not suspects:
            return ()
        self._let_adopt(suspects)

        def look() -> Left[Suspect]:
            return [(suspect, Origin(None)) for suspect in self._suspects(before)]

        # Notes are worth a word, not worth waiting.
        is_worth_waiting = any(self._classify(suspect)[1] != "note" for suspect in suspects)
        left = self._scene.remaining(look) if is_worth_waiting else look()
        things = {(suspect.number, suspect.link): suspect.thing for suspect in suspects}
        named = [suspect._replace(thing=things.get(suspect[:2], suspect.thing)) for suspect, _ in left]
        return [self._report(suspect) for suspect in named]

    def is_suspicious(self, before: Descriptors, /) -> bool:
        """Tell whether anything is left now."""
        return bool(self._suspects(before))

    def restore(self, before: Descriptors, /) -> None:
        """Do nothing: each finding has its own ending."""

    def look(self) -> Links:
        """Return what every open number leads to."""
        return links()

    def claim(self, before: Links, owner: Owner) -> None:
        """Give the numbers that are open now and were not *before* to *owner*: its set-up opened them."""
        for number, link in links().items():
            if before.get(number) != link:
                self._claims[number] = Claim(link, owner)

    def look_anew(self) -> None:
        """Forget what was seen last: it was seen while pytest's capture had other files at the standard numbers."""
        self._last = Descriptors(-1, {})

    def _has_left_sockets(self) -> bool:
        table = self._scene.recorder.sockets
        for sock, _ in table.left(self._scene.number):
            if _compatibility.fileno(sock) >= 0:
                return True
            table.forget(sock)  # closed, but kept in a cycle until the collector comes: it cannot leak any more
        return False

    def _claims_over(self) -> bool:
        return bool(self._claims) and any(not claim.owner.judged.is_alive for claim in self._claims.values())

    def _suspects(self, before: Descriptors) -> list[Suspect]:
        now = links()
        self._last = Descriptors(len(now), now)
        sockets = {
            _compatibility.fileno(sock): (sock, origin) for sock, origin in self._scene.recorder.sockets.living()
        }
        spared = self._spared()
        found: list[Suspect] = []
        for number, link in now.items():
            if number in spared:
                continue
            thing, origin = sockets.get(number, (None, None))
            if origin is None:
                origin = self._origin_of_number(number, link, before)
            if origin is not None and (origin.owner is None or origin.is_over) and not self._is_told(thing, origin):
                found.append(Suspect(number, link, thing, origin if origin.owner is not None else None))
        return found

    def _spared(self) -> set[int]:
        # What loops and processes need for themselves goes with them, and they are judged themselves.
        processes = [process for process, _ in self._scene.recorder.processes.living()]
        return (_compatibility.helper_descriptors() | STANDARD).union(
            *map(_compatibility.loop_descriptors, self._scene.open_loops()),
            *map(_compatibility.process_descriptors, processes),
        )

    def _is_told(self, thing: Any, origin: Origin) -> bool:  # noqa: ANN401 - a socket or None
        return thing is not None and (
            origin.owner is None or self._scene.recorder.sockets.is_told(thing, self._scene.number)
        )

    def _origin_of_number(self, number: int, link: str, before: Descriptors) -> Origin | None:
        claim = self._claims.get(number)
        if claim is not None and claim.link == link:
            return Origin(claim.owner)
        return Origin(None) if before.links.get(number) != link else None

    def _let_adopt(self, suspects: Sequence[Suspect]) -> None:
        things = [suspect.thing for suspect in suspects if suspect.thing is not None]
        adopters = self._scene.adopters(things)
        for suspect in suspects:
            adopter = adopters.get(id(suspect.thing))
            if adopter is not None:
                self._adopt(suspect, adopter)

    def _report(self, suspect: Suspect) -> Finding:
        self._claims.pop(suspect.number, None)
        if isinstance(suspect.thing, socket.socket) and suspect.origin is not None:
            self._scene.recorder.sockets.tell(suspect.thing, suspect.origin, self._scene.number)
        return self._finding(suspect)

    def _adopt(self, suspect: Suspect, owner: Owner) -> None:
        if isinstance(suspect.thing, socket.socket):
            frames = suspect.origin.frames if suspect.origin is not None else ()
            self._scene.recorder.sockets.add(suspect.thing, Origin(owner, frames))
        else:
            self._claims[suspect.number] = Claim(suspect.link, owner)

    def _finding(self, suspect: Suspect) -> Finding:
        kind, severity, name = self._classify(suspect)
        return Finding(
            probe=self.name,
            kind=kind,
            name=name,
            owner=suspect.origin.owner if suspect.origin is not None else None,
            origin=self._origin(suspect),
            severity=severity_for(suspect.origin, severity),
            detail="" if kind == "socket" else f"open, number {suspect.number}",
            hint=self._hint(suspect),
            # What feeds a pool of processes is closed by the pool, which would trip over it.
            ending=None if kind == "pipe" else ending_of(suspect.thing),
        )

    def _classify(self, suspect: Suspect) -> tuple[str, Severity, str]:
        return classify(suspect, self._scene.root, is_vague=self._scene.recorder.has_foreign_loops())

    def _hint(self, suspect: Suspect) -> str:
        held = self._scene.keepers.hint(suspect.thing) if suspect.thing is not None else ""
        is_known = suspect.origin is not None and suspect.origin.frames
        if is_known or self._scene.recorder.depth == UNLIMITED or suspect.link.startswith(("pipe:", "anon_inode:")):
            return held
        return f"{held}; --isolation-trace tells where" if held else "--isolation-trace tells where it was opened"

    def _origin(self, suspect: Suspect) -> Origin | None:
        if suspect.origin is not None and suspect.origin.frames:
            return suspect.origin
        return self._scene.recorder.opened.get((suspect.number, suspect.link))
