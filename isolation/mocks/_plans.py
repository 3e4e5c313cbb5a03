"""What may stand between a call and its result: answers for given arguments, and plans for faults and delays."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Answer(Protocol):
    """A result that holds for calls with certain arguments: what ``control(f).when(...)`` makes."""

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments that a call is compared with."""
        ...

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The keyword arguments that a call is compared with."""
        ...

    @property
    def stub(self) -> Any:
        """Where it was set, and how often it was used."""
        ...

    @property
    def is_async(self) -> bool:
        """Whether what it gives has to be awaited."""
        ...

    def takes(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        """Tell whether a call with *args* and *kwargs* is answered by this."""
        ...

    def give(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return the result of such a call, or raise its exception."""
        ...


class Plan(Protocol):
    """Faults, delays and holds: met by each call before its result is given."""

    def meet(self, key: str) -> None:
        """Meet a call of the mock *key*, which is not awaited; may raise."""
        ...

    async def meet_awaited(self, key: str) -> None:
        """Meet a call of the mock *key* when it is awaited; may raise, and may wait."""
        ...
