"""Effects that a test sets: what is kept of them, so that raising one does not keep the mock alive."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from isolation.mocks._raising import fresh
from isolation.mocks._standard import is_exception
from isolation.mocks._stubs import Setup


class Queue:
    """The effects of a list, each dropped when it was used: one that was raised refers to frames, hence to the mock."""

    __slots__ = ("_items",)

    def __init__(self, items: "list[Any] | tuple[Any, ...]") -> None:
        self._items = deque(items)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return self._items.popleft()
        except IndexError:
            raise StopIteration from None


def kept(effect: Any) -> Any:
    """Return what to keep of *effect*: an iterator of what can be iterated, anything else as it is."""
    if effect is None or is_exception(effect) or callable(effect):
        return effect
    if type(effect) in (list, tuple) and any(isinstance(item, BaseException) for item in effect):
        return Queue(effect)
    try:
        return iter(effect)
    except TypeError:
        return effect


def raised(setup: Setup) -> Any:
    """Return the exception to raise for the effect of *setup*, which keeps a new one from now on.

    A raised exception refers to the frames it went through, hence to the mock: it must not stay in the ledger.
    """
    effect: Any = setup.side_effect
    if isinstance(effect, BaseException):
        setup.side_effect = fresh(effect)
    return effect
