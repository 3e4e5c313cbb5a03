"""What a test has configured of one mock, and where: results, effects, answers."""

from types import CodeType

from isolation._origin import Place, resolve
from isolation.mocks._keys import Key
from isolation.mocks._plans import Answer
from isolation.mocks._standard import DEFAULT


class Stub:
    """One result, effect or answer that somebody has set.

    Attributes:
        key: The mock it is set on.
        what: ``return_value``, ``side_effect`` or the text of a ``when``.
        uses: How many calls it has answered.
        is_excused: Whether it need not be used: it was replaced by another, or somebody said so.
        code: The code that set it; None if that is not known.
        instruction: The instruction in *code*.
    """

    __slots__ = ("code", "instruction", "is_excused", "key", "uses", "what")

    def __init__(self, key: Key, what: str, code: CodeType | None, instruction: int) -> None:
        self.key: Key = key
        self.what: str = what
        self.uses: int = 0
        self.is_excused: bool = False
        self.code: CodeType | None = code
        self.instruction: int = instruction

    @property
    def site(self) -> Place | None:
        """File, line and function where it was set; None if they are not known."""
        return None if self.code is None else resolve(self.code, self.instruction)


class Setup:
    """What is configured of one mock.

    Attributes:
        return_value: The result; ``unittest.mock.DEFAULT`` if none is set.
        side_effect: An exception, a function or an iterator that comes before the result.
        wraps: What is called where no result is set.
        answers: Results for given arguments; the newest that takes a call's arguments answers it.
        value_stub: Who set the result, None if it is a default that was read.
        effect_stub: Who set the effect.
    """

    __slots__ = ("answers", "effect_stub", "return_value", "side_effect", "value_stub", "wraps")

    def __init__(self) -> None:
        self.return_value: object = DEFAULT
        self.side_effect: object = None
        self.wraps: object = None
        self.answers: list[Answer] = []
        self.value_stub: Stub | None = None
        self.effect_stub: Stub | None = None
