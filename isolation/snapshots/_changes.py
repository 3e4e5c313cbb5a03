"""What a snapshot says about one place that changed."""

from collections.abc import Hashable
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
        path: The shortest way from a root: ``app.core.manager._queues['u1']``.
        unit: The path with keys and indices collapsed: ``app.core.manager._queues[*]``.
        key: Equal for changes of one place, and for no other as long as its owner lives.
    """

    owner: object
    where: Where
    name: str | None
    item: object
    before: object
    after: object
    path: str
    unit: str
    key: Hashable
