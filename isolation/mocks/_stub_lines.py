"""Which lines have set stubs: what is told is the line, and a line may have set many stubs, in many tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType

from isolation._origin import Place, relative, resolve
from isolation._representations import represent
from isolation.mocks._ledger import Ledger
from isolation.mocks._stubs import Stub


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
            if stub.code is None:
                continue
            name, place = str(stub.key.text(ledger.name)), resolve(stub.code, stub.instruction)
            key = (stub.code, place.line, name, stub.what)
            if key not in lines:
                said = _said(ledger, stub, name)
                lines[key] = StubLine(name=name, said=said, code=stub.code, instruction=stub.instruction, place=place)
            lines[key].stubs.append(stub)
    return list(lines.values())


def _said(ledger: Ledger, stub: Stub, name: str) -> str:
    setup = ledger.setups.get(stub.key)
    answer = next((each for each in setup.answers if each.stub is stub), None) if setup is not None else None
    expected = f" for {said_call('when', answer.args, answer.kwargs)}" if answer is not None else ""
    return f"{'fault of' if stub.what == 'fault' else 'stub'} {name}{expected}"


def said_call(name: str, args: Iterable[object], kwargs: Mapping[str, object]) -> str:
    """Return a call of *name* as it stands in a sentence: no code of the arguments runs, and no secret is shown."""
    shown = [represent(value) for value in args]
    shown += [f"{key}={represent(value, name=key)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def said_at(place: Place | None, root: str) -> str:
    """Return *place* as it stands in a sentence."""
    return f"{relative(place.file, root)}:{place.line}" if place is not None else "an unknown place"
