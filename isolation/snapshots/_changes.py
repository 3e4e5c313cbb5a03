"""What a snapshot says about one place that changed."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Where: TypeAlias = Literal[
    "module",
    "class",
    "instance",
    "slots",
    "dict",
    "list",
    "set",
    "deque",
    "bytearray",
    "array",
    "text",
    "bytes",
    "cell",
    "defaults",
    "thread_local",
    "context_variable",
    "lru_cache",
    "subclasses",
    "fixed",
]

Step: TypeAlias = tuple[str, str]
"""A part of a path, and the same with keys and indices collapsed."""


class Way:
    """The parts of a path, found when they are wanted.

    Args:
        find: Returns the way to the owner of the place, as long as the baseline is what it was then.
        last: The step from the owner to the place, if the place is not all of it.
    """

    __slots__ = ("_find", "_found", "_last")

    def __init__(self, find: Callable[[], Sequence[Step]], last: Sequence[Step]) -> None:
        self._find = find
        self._last = last
        self._found: Sequence[Step] | None = None

    def __call__(self) -> Sequence[Step]:
        """Return the parts of the path."""
        if self._found is None:
            self._found = [*self._find(), *self._last]
        return self._found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeapChange:
    """One place of the heap that holds something else than the baseline of its snapshot.

    Of modules, classes, instances and dicts each attribute or key is a place; every other container is one place.

    Attributes:
        owner: The object that has the place: the module, the class, the instance, the container, the function.
        where: What kind of place it is.
        name: The attribute; None for a container and its entries.
        item: The key of the entry of a dict; None for all others.
        before: What it held, or `ABSENT`; for a container a shallow copy.
        after: What it holds now, or `ABSENT`; for a container a shallow copy.
        key: Equal for changes of one place, and for no other as long as its owner lives.
        way: Finds the parts of the path when they are wanted.
    """

    owner: object
    where: Where
    name: str | None
    item: object
    before: object
    after: object
    key: Hashable
    way: "Way"

    @property
    def path(self) -> str:
        """The shortest way from a root: ``app.core.manager._queues['u1']``."""
        return "".join(shown for shown, _ in self.way())

    @property
    def unit(self) -> str:
        """The path with keys and indices collapsed: ``app.core.manager._queues[*]``."""
        return "".join(collapsed for _, collapsed in self.way())
