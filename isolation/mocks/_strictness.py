"""What the mocks of a test find out about it: stubs that nobody used, calls that nobody expected or awaited.

A wrong finding costs more than a missed one, so each is left out where something else may be meant:

- A line counts as used if any stub that it has set was used.
- An `AssertionError` as effect is there so that nobody calls the mock.
- Other arguments than expected are told only of a ``when`` that nobody has met, by a call from another file.
- A call that nobody awaited is told only if nobody can await it any more: a task may have it that has not begun.
"""

import gc
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType

from isolation._findings import MOCKS, Finding, Severity
from isolation._origin import Origin, current_frames
from isolation._owners import Owner
from isolation.mocks._calling import COROUTINE_NAME
from isolation.mocks._calls import Call
from isolation.mocks._ledger import Ledger
from isolation.mocks._plans import Answer
from isolation.mocks._stub_lines import StubLine, said_at, said_call

_COROUTINES = (COROUTINE_NAME, "AsyncMockMixin._execute_mock_call")
"""What coroutines of mocks are called in warnings, ours and those of the standard library."""
_SUSPENDED = (CoroutineType, GeneratorType, AsyncGeneratorType)
"""What holds a frame that will go on."""
_ONLY_OURS = 3
"""References to what only a call holds: its slot, a variable here, and the argument of the function that counts."""


class Strictness:
    """Tell what *owner* has not done with its mocks as it said.

    Args:
        owner: Whose the mocks are.
        root: Paths are relative to this directory.
        severity: How bad a finding is.
    """

    __slots__ = ("_root", "_severity", "owner")

    def __init__(self, owner: Owner, root: str, severity: Severity) -> None:
        self.owner: Owner = owner
        self._root = root
        self._severity: Severity = severity

    def findings(
        self, ledgers: Iterable[Ledger], lines: Iterable[StubLine], *, is_held_by_failure: bool = False
    ) -> Iterator[Finding]:
        """Yield what is found in *ledgers*, and which of *lines* were of no use.

        Args:
            ledgers: Of the mocks of a test.
            lines: That have set their stubs.
            is_held_by_failure: Whether the test has failed, so that its traceback may hold what nobody will await.
        """
        unused = [line for line in lines if not line.is_used and not line.is_excused]
        met: set[int] = set()
        for ledger in ledgers:
            yield from self._mismatches(ledger, unused, met)
        for line in unused:
            if met.isdisjoint(map(id, line.stubs)):
                yield self.unused(line, "never used")
        for ledger in ledgers:
            yield from self._never_awaited(ledger, is_held_by_failure=is_held_by_failure)

    def unused(self, line: StubLine, verdict: str) -> Finding:
        """Return the finding that *verdict* holds of *line*."""
        said = line.sentence(verdict, self._root)
        return self._finding("unused_stub", line.name, said, line.code, line.instruction)

    def late(self, call: Call, root: str) -> Finding:
        """Return the finding that *call*, of a mock below *root*, came when its owner was over."""
        name = str(call.key.text(root))
        owner = self.owner.nodeid or self.owner.name
        said = f"{self._called(name, call)} after {owner} was over"
        return self._finding("use_after_close", name, said, call.code, call.instruction)

    def _mismatches(self, ledger: Ledger, unused: Sequence[StubLine], met: set[int]) -> Iterator[Finding]:
        """Yield the calls that came near to *unused* stubs; note in *met* to which."""
        unmet = {id(stub) for line in unused for stub in line.stubs}
        for key, setup in ledger.setups.items():
            answers = [answer for answer in setup.answers if id(answer.stub) in unmet]
            for call in ledger.log.of(key) if answers else ():
                near = _nearest(call, answers)
                if _is_unexpected(call, setup.answers) and _is_elsewhere(call, near):
                    met.add(id(near.stub))
                    yield self._mismatch(str(key.text(ledger.label)), call, near)

    def _mismatch(self, name: str, call: Call, near: Answer) -> Finding:
        expected = said_call("when", near.args, near.kwargs)
        said = f"{self._called(name, call)}, but {expected} is set at {said_at(near.stub.site, self._root)}"
        return self._finding("argument_mismatch", name, said, call.code, call.instruction)

    def _never_awaited(self, ledger: Ledger, *, is_held_by_failure: bool) -> Iterator[Finding]:
        for call in ledger.log:
            if is_forgotten(call) or (is_held_by_failure and is_stranded(call)):
                name = str(call.key.text(ledger.label))
                said = f"{self._called(name, call)} and never awaited"
                yield self._finding("never_awaited", name, said, call.code, call.instruction)

    def _called(self, name: str, call: Call) -> str:
        return f"{said_call(name, call.args, call.kwargs)} was called at {said_at(call.site, self._root)}"

    def _finding(self, kind: str, name: str, said: str, code: CodeType | None, instruction: int) -> Finding:
        origin = Origin(self.owner, [(code, instruction)]) if code is not None else None
        return Finding(
            probe=MOCKS,
            kind=kind,
            name=name,
            owner=self.owner,
            origin=origin,
            severity=self._severity,
            detail=said,
        )


def is_forgotten(call: Call) -> bool:
    """Tell whether nobody can await the coroutine that *call* gave any more, and nobody has closed that."""
    if not _has_not_begun(call):
        return False
    coroutine = call.coroutine
    others = sys.getrefcount(coroutine) - _ONLY_OURS
    return others <= 0 or _is_left_in_frames(call, others)


def _is_left_in_frames(call: Call, references: int) -> bool:
    """Tell whether all *references* to the coroutine of *call* are variables of functions that have returned.

    Who has caught an exception holds the frames that it went through, in a circle that waits for the collector.
    """
    holders = [each for each in gc.get_referrers(call.coroutine) if each is not call]
    frames = [each for each in holders if isinstance(each, FrameType)]
    return len(holders) == len(frames) == references and all(map(_has_returned, frames))


def _has_returned(frame: FrameType) -> bool:
    suspended = (each for each in gc.get_referrers(frame) if type(each) in _SUSPENDED)
    return not any(suspended) and all(frame is not each for each in _running())


def _running() -> Iterator[FrameType]:
    for current in current_frames().values():
        frame: FrameType | None = current
        while frame is not None:
            yield frame
            frame = frame.f_back


def is_stranded(call: Call) -> bool:
    """Tell whether no task has the coroutine that *call*, of a test that has failed, gave: then it never begins."""
    return _has_not_begun(call) and all(type(each).__name__ != "Task" for each in gc.get_referrers(call.coroutine))


def _has_not_begun(call: Call) -> bool:
    return call.coroutine is not None and call.coroutine.cr_frame is not None


def filtered(finding: Finding) -> str | None:
    """Return what the filters of warnings do with the standard library's warning of a coroutine never awaited.

    That is said by a finding instead, so what the user has set for the warning holds for the finding.
    """
    place = finding.origin.created_at if finding.origin is not None else None
    texts = [f"coroutine {name!r} was never awaited" for name in (finding.name.rpartition(".")[2], *_COROUTINES)]
    for action, message, category, module, line in warnings.filters:
        if (
            (message is None or any(map(message.match, texts)))
            and issubclass(RuntimeWarning, category)
            and module is None
            and (line in (0, place.line if place is not None else 0))
        ):
            return action
    return None


def _is_unexpected(call: Call, answers: Iterable[Answer]) -> bool:
    try:
        return call.stub is None and not any(answer.takes(call.args, call.kwargs) for answer in answers)
    except Exception:  # noqa: BLE001 - what cannot be compared, such as arrays, may be what is expected
        return False


def _is_elsewhere(call: Call, answer: Answer) -> bool:
    return call.site is not None and answer.stub.site is not None and call.site.file != answer.stub.site.file


def _nearest(call: Call, answers: Iterable[Answer]) -> Answer:
    return max(answers, key=lambda answer: _agreement(answer.args, answer.kwargs, call))


def _agreement(args: Sequence[object], kwargs: Mapping[str, object], call: Call) -> int:
    positional = sum(_is_same(*pair) for pair in zip(args, call.args, strict=False))
    return positional + sum(
        name in call.kwargs and _is_same(value, call.kwargs[name]) for name, value in kwargs.items()
    )


def _is_same(one: object, other: object) -> bool:
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - what cannot be compared, such as arrays, is not the same
        return False
