"""What may stand between a call and its result: answers for given arguments, and plans for faults and delays."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Answer(Protocol):
    """A result that holds for calls with certain arguments: what ``control(f).when(...)`` makes."""

    def takes(self, args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
        """Tell whether a call with *args* and *kwargs* is answered by this."""
        ...

    def give(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        """Return the result of such a call, or raise its exception."""
        ...


class Plan(Protocol):
    """A fault, a delay or a hold: met by each call of a method, or of a whole service, before its result is given."""

    def meet(self, number: int) -> None:
        """Meet the *number*-th call (from 1) of a method that is not awaited; may raise."""
        ...

    async def meet_awaited(self, number: int) -> None:
        """Meet the *number*-th call (from 1) when it is awaited; may raise, and may wait."""
        ...
