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
    """All stubs that one line has set in one test.

    Attributes:
        name: The first mock as people read it: ``postgres.fetchval``.
        code: The code that has set them.
        instruction: The instruction in *code* that has set the first.
        place: The line.
        stubs: What it has set.
        said: What that is, as people read it.
        is_excused: Whether none of them need be used.
    """

    name: str
    code: CodeType
    instruction: int
    place: Place
    stubs: list[Stub] = field(default_factory=list[Stub])
    said: list[str] = field(default_factory=list[str])
    is_excused: bool = True

    @property
    def is_used(self) -> bool:
        """Whether any of the stubs was used."""
        return any(stub.uses for stub in self.stubs)

    def sentence(self, verdict: str, root: str) -> str:
        """Return the sentence that says *verdict* of what was set."""
        others = len(self.said) - 1
        subject = f"{self.said[0]} and {others} more were" if others else f"{self.said[0]} was"
        return f"{subject} {verdict}, set at {said_at(self.place, root)}"


_WORDS = {"fault": "fault of", "outage": "outage of"}


def stub_lines(ledgers: Iterable[Ledger]) -> Sequence[StubLine]:
    """Return the lines that have set the stubs of *ledgers*, in order."""
    lines: dict[tuple[CodeType, int], StubLine] = {}
    for ledger in ledgers:
        for stub in ledger.stubs:
            if stub.code is not None:
                _add(lines, ledger, stub, stub.code)
    return list(lines.values())


def _add(lines: dict[tuple[CodeType, int], StubLine], ledger: Ledger, stub: Stub, code: CodeType) -> None:
    name, place = str(stub.key.text(ledger.label)), resolve(code, stub.instruction)
    line = lines.get((code, place.line))
    if line is None:
        line = lines[code, place.line] = StubLine(name=name, code=code, instruction=stub.instruction, place=place)
    line.stubs.append(stub)
    line.is_excused &= stub.is_excused or _is_guard(ledger, stub)
    said = _said(ledger, stub, name)
    if said not in line.said:
        line.said.append(said)


def _is_guard(ledger: Ledger, stub: Stub) -> bool:
    """Tell whether *stub* is there so that nobody uses it: an effect that makes the test fail."""
    setup = ledger.setups.get(stub.key)
    effect = setup.side_effect if setup is not None and setup.effect_stub is stub else None
    return isinstance(effect, AssertionError) or (isinstance(effect, type) and issubclass(effect, AssertionError))


def _said(ledger: Ledger, stub: Stub, name: str) -> str:
    setup = ledger.setups.get(stub.key)
    answer = next((each for each in setup.answers if each.stub is stub), None) if setup is not None else None
    expected = f" for {said_call('when', answer.args, answer.kwargs)}" if answer is not None else ""
    return f"{_WORDS.get(stub.what, 'stub')} {name}{expected}"


def said_call(name: str, args: Iterable[object], kwargs: Mapping[str, object]) -> str:
    """Return a call of *name* as it stands in a sentence: no code of the arguments runs, and no secret is shown."""
    shown = [represent(value) for value in args]
    shown += [f"{key}={represent(value, name=key)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def said_at(place: Place | None, root: str) -> str:
    """Return *place* as it stands in a sentence."""
    return f"{relative(place.file, root)}:{place.line}" if place is not None else "an unknown place"
