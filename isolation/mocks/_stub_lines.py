"""Which lines have set stubs: what is told is the line, and a line may have set many stubs, in many tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import CodeType

from isolation._origin import Place, relative
from isolation.mocks._ledger import Ledger
from isolation.mocks._stubs import Stub

_WORDS = {"fault": "fault of {}", "outage": "outage of {}", "return_value": "stub {}", "side_effect": "stub {}"}


@dataclass(slots=True, kw_only=True)
class StubLine:
    """All stubs of one mock that one line has set in one test.

    Attributes:
        name: The mock as people read it: ``postgres.fetchval``.
        said: What was set, as people read it.
        code: The code that has set it.
        instruction: The instruction in *code*.
        place: The line.
        stubs: What it has set.
    """

    name: str
    said: str
    code: CodeType
    instruction: int
    place: Place
    stubs: list[Stub] = field(default_factory=list[Stub])

    @property
    def is_used(self) -> bool:
        """Whether any of the stubs was used."""
        return any(stub.uses for stub in self.stubs)

    @property
    def is_excused(self) -> bool:
        """Whether none of them need be used."""
        return all(stub.is_excused for stub in self.stubs)


def stub_lines(ledgers: Iterable[Ledger]) -> Sequence[StubLine]:
    """Return the lines that have set the stubs of *ledgers*, in order."""
    lines: dict[tuple[object, ...], StubLine] = {}
    for ledger in ledgers:
        for stub in ledger.stubs:
            if stub.code is None or stub.site is None:
                continue
            name, place = str(stub.key.text(ledger.name)), stub.site
            key = (stub.code, place.line, name, stub.what)
            if key not in lines:
                lines[key] = StubLine(
                    name=name, said=_said(stub, name), code=stub.code, instruction=stub.instruction, place=place
                )
            lines[key].stubs.append(stub)
    return list(lines.values())


def _said(stub: Stub, name: str) -> str:
    return _WORDS.get(stub.what, f"stub {{}} for {stub.what}").format(name)


def said_at(place: Place | None, root: str) -> str:
    """Return *place* as it stands in a sentence."""
    return f"{relative(place.file, root)}:{place.line}" if place is not None else "an unknown place"
