"""The kinds of containers: how each is copied, compared and written."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any
from weakref import ref

from isolation._changes import ABSENT
from isolation.snapshots import _objects as objects
from isolation.snapshots import _writes as writes
from isolation.snapshots._changes import Where
from isolation.snapshots._contents import (
    Difference,
    copied_deque,
    copied_set,
    element_differences,
    flat_differences,
    flattened,
    flattened_in_order,
    identity_differences,
    keyed_differences,
    listed_differences,
    named_differences,
    value_differences,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """How one kind of container is handled.

    Attributes:
        where: What changes of it are called.
        copy: Returns its shallow contents.
        differences: Compares two results of *copy*.
        write: Writes a place of it, or all of it.
        is_keyed: Whether its keys must be compared beside what it refers to: a dict with texts for keys does not
            say that it refers to them.  For attributes this is left out, which would take as long as all the rest: one
            that is deleted, while another one with the same value comes in its place, is missed.
        has_owner: Whether its owner is another object that must be compared as well: an instance beside its dict.
        is_named: Whether its places are attributes.
        is_measured: Whether what it refers to does not tell, so that it must be compared by its contents.
        is_fixed: Whether it can never change and is only passed on the way.
        is_derived: Whether it is not put back to what it was, but to a beginning that is as good.
        count: Returns how long the result of *copy* would be, if that is quicker; what is as long is unchanged.
    """

    where: Where
    copy: Callable[[Any], Any]
    differences: Callable[[Any, Any], Sequence[Difference]] = identity_differences
    write: writes.Write = writes.write_entry
    is_keyed: bool = False
    has_owner: bool = False
    is_named: bool = False
    is_measured: bool = False
    is_fixed: bool = False
    is_derived: bool = False
    count: Callable[[Any], int] | None = None


_UNWATCHED = (
    "__builtins__",
    "__spec__",
    "__loader__",
    "__cached__",
    "__annotations__",
    "__annotate__",
    "__annotate_func__",
    "__annotations_cache__",
    "__conditional_annotations__",
    "__orig_bases__",
    "__parameters__",
    "__abstractmethods__",
    "__dataclass_fields__",
    "__dataclass_params__",
    "__dict__",
    "__weakref__",
)


def _copied_namespace(body: dict[str, object]) -> dict[str, object]:
    """Return the attributes of a module or class but those that the interpreter makes when somebody asks for them."""
    copy: dict[str, object] = objects.DICT.copy(body)
    for name in _UNWATCHED:
        copy.pop(name, None)
    return copy


def _copied_cell(body: CellType) -> list[object]:
    try:
        return [body.cell_contents]
    except ValueError:  # empty
        return []


def _single_differences(saved: list[object], now: list[object]) -> Sequence[Difference]:
    (before,), (after,) = saved or [ABSENT], now or [ABSENT]
    return identity_differences(before, after)


def _copied_function(body: FunctionType) -> dict[str, object]:
    parts: dict[str, object] = {"__defaults__": body.__defaults__, "__kwdefaults__": body.__kwdefaults__}
    for name, cell in zip(body.__code__.co_freevars, body.__closure__ or (), strict=False):
        parts[f"__closure__.{name}"] = cell
    return parts


def _copied_stream(body: Any) -> tuple[object, int] | None:  # noqa: ANN401 - of text or of bytes
    try:
        return body.getvalue(), body.tell()
    except ValueError:  # closed
        return None


def _copied_variable(body: "ContextVar[object]") -> list[object]:
    try:
        return [body.get()]  # an argument would hide the default, and who sets that has changed nothing
    except LookupError:
        return []


def _copied_statistics(body: object) -> tuple[int, int]:
    info = objects.CACHE.cache_info(body)
    return info.misses, info.currsize


def _copied_subclasses(body: type) -> list[ref[type]]:
    """Return references only: a class that somebody makes in a test must not live on because of us."""
    return list(map(ref, type.__subclasses__(body)))


def _counted_subclasses(body: type) -> int:
    return len(type.__subclasses__(body))


def _itself(body: object) -> object:
    return body


MODULE = Kind(where="module", copy=_copied_namespace, differences=named_differences, is_named=True)
CLASS = Kind(
    where="class",
    copy=_copied_namespace,
    differences=named_differences,
    write=writes.write_class_attribute,
    is_named=True,
)
INSTANCE = Kind(where="instance", copy=objects.DICT.copy, differences=named_differences, has_owner=True, is_named=True)
SLOTS = Kind(where="slots", copy=_itself, differences=named_differences, write=writes.write_slot, is_named=True)
FUNCTION_DICT = Kind(where="instance", copy=objects.DICT.copy, differences=named_differences, is_named=True)
THREAD_LOCAL = Kind(where="thread_local", copy=objects.DICT.copy, differences=named_differences, is_named=True)
DICT = Kind(where="dict", copy=objects.DICT.copy, differences=keyed_differences, is_keyed=True)
ODD_DICT = Kind(where="dict", copy=flattened, differences=flat_differences, is_measured=True)
ORDERED_DICT = Kind(
    where="dict", copy=flattened_in_order, differences=keyed_differences, write=writes.write_ordered_entry
)
LIST = Kind(where="list", copy=objects.LIST.copy, differences=listed_differences, write=writes.write_list)
SET = Kind(where="set", copy=copied_set, differences=element_differences, write=writes.write_set)
DEQUE = Kind(where="deque", copy=copied_deque, differences=listed_differences, write=writes.write_deque)
CELL = Kind(where="cell", copy=_copied_cell, differences=_single_differences, write=writes.write_cell)
FUNCTION = Kind(
    where="defaults",
    copy=_copied_function,
    differences=named_differences,
    write=writes.write_function,
    is_named=True,
)
CLOSURE = Kind(where="fixed", copy=_copied_function, is_named=True, is_fixed=True)
FIXED = Kind(where="fixed", copy=_itself, is_fixed=True)
BYTEARRAY = Kind(
    where="bytearray", copy=bytes, differences=value_differences, write=writes.write_bytearray, is_measured=True
)
ARRAY = Kind(
    where="array", copy=objects.ARRAY.tobytes, differences=value_differences, write=writes.write_array, is_measured=True
)
TEXT = Kind(
    where="text", copy=_copied_stream, differences=value_differences, write=writes.write_stream, is_measured=True
)
BYTES = Kind(
    where="bytes", copy=_copied_stream, differences=value_differences, write=writes.write_stream, is_measured=True
)
VARIABLE = Kind(
    where="context_variable",
    copy=_copied_variable,
    differences=_single_differences,
    write=writes.write_context_variable,
    is_measured=True,
    is_derived=True,
)
LRU_CACHE = Kind(
    where="lru_cache",
    copy=_copied_statistics,
    differences=value_differences,
    write=writes.clear_cache,
    is_measured=True,
    is_derived=True,
)
SUBCLASSES = Kind(
    where="subclasses",
    copy=_copied_subclasses,
    differences=listed_differences,
    write=writes.refuse_subclasses,
    is_measured=True,
    count=_counted_subclasses,
)
KINDS = (
    MODULE,
    CLASS,
    INSTANCE,
    SLOTS,
    FUNCTION_DICT,
    THREAD_LOCAL,
    DICT,
    ODD_DICT,
    ORDERED_DICT,
    LIST,
    SET,
    DEQUE,
    CELL,
    FUNCTION,
    CLOSURE,
    FIXED,
    BYTEARRAY,
    ARRAY,
    TEXT,
    BYTES,
    VARIABLE,
    LRU_CACHE,
    SUBCLASSES,
)
