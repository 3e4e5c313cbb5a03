"""Put values back into containers in place, without the code of their classes."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from types import CellType, FunctionType
from typing import Any, TypeAlias, cast

from isolation._changes import ABSENT
from isolation._natures import bases_of, class_namespace
from isolation.snapshots._contents import Place, entries
from isolation.snapshots._objects import BYTEARRAY, DEQUE, DICT, LIST, ORDERED_DICT, SET

Write: TypeAlias = Callable[[Any, Any, Hashable, Any], None]
"""Takes the owner, the container that holds its state, a name, key or `Place`, and the value."""


def write_entry(_: object, body: dict[object, object], key: Hashable, value: object) -> None:
    """Set or delete an entry of *body*, or refill all of it."""
    if type(key) is Place:
        refill(body, value)
    elif value is ABSENT:
        DICT.pop(body, key, None)
    else:
        DICT.__setitem__(body, key, value)


def refill(body: dict[object, object], saved: object) -> None:
    """Give *body* the entries of *saved*, in their order; keys are not hashed again if it is a dict."""
    DICT.clear(body)
    DICT.update(body, cast("dict[object, object]", saved) if type(saved) is dict else entries(saved))


def write_ordered_entry(_: object, body: "OrderedDict[object, object]", key: Hashable, value: object) -> None:
    """Set or delete an entry of *body*, or refill all of it."""
    if type(key) is Place:
        ORDERED_DICT.clear(body)
        for each, content in entries(value):
            ORDERED_DICT.__setitem__(body, each, content)
    elif value is ABSENT:
        ORDERED_DICT.pop(body, key, None)
    else:
        ORDERED_DICT.__setitem__(body, key, value)


def write_class_attribute(owner: type, _: object, name: Hashable, value: object) -> None:
    """Set or delete an attribute of a class, past what its metaclass does then."""
    if value is not ABSENT:
        type.__setattr__(owner, cast("str", name), value)
    elif name in class_namespace(owner):
        type.__delattr__(owner, str(name))


def write_slot(owner: object, _: object, name: Hashable, value: object) -> None:
    """Set or unset a slot, past what its class does then."""
    member: Any = next(
        class_namespace(part)[cast("str", name)]
        for part in bases_of(type(owner))
        if cast("str", name) in class_namespace(part)
    )
    if value is not ABSENT:
        member.__set__(owner, value)
        return
    try:
        member.__delete__(owner)
    except AttributeError:  # it is not set
        return


def write_list(_: object, body: list[object], __: Hashable, value: list[object]) -> None:
    """Refill a list."""
    LIST.__setitem__(body, slice(None), value)


def write_set(_: object, body: set[object], __: Hashable, value: set[object]) -> None:
    """Refill a set; what is hashed already is not hashed again."""
    SET.clear(body)
    SET.update(body, value)


def write_deque(_: object, body: "deque[object]", __: Hashable, value: list[object]) -> None:
    """Refill a deque."""
    DEQUE.clear(body)
    DEQUE.extend(body, value)


def write_cell(_: object, body: CellType, __: Hashable, value: object) -> None:
    """Set or empty the cell of a closure."""
    if value is ABSENT:
        del body.cell_contents
    else:
        body.cell_contents = value


def write_function(owner: FunctionType, _: object, name: Hashable, value: object) -> None:
    """Set the defaults of a function."""
    setattr(owner, str(name), None if value is ABSENT else value)


def write_bytearray(_: object, body: bytearray, __: Hashable, value: bytes) -> None:
    """Refill a bytearray."""
    BYTEARRAY.__setitem__(body, slice(None), value)


def write_array(_: object, body: Any, __: Hashable, value: bytes) -> None:  # noqa: ANN401 - of any type code
    """Refill an array."""
    del body[:]
    body.frombytes(value)


def write_stream(_: object, body: Any, __: Hashable, value: tuple[object, int] | None) -> None:  # noqa: ANN401
    """Refill a text or byte stream in memory, and go back to where it stood."""
    if value is None:
        body.close()
        return
    body.seek(0)
    body.truncate()
    body.write(value[0])
    body.seek(value[1])


def write_context_variable(_: object, body: "ContextVar[object]", __: Hashable, value: object) -> None:
    """Set a context variable in the present context; it can go back to its default, but not to having no value.

    Raises:
        ValueError: If it had no value.
    """
    if value is ABSENT:
        raise ValueError("a context variable cannot be unset without the token of the call that set it")
    body.set(value)


def clear_cache(_: object, body: Any, __: Hashable, ___: object) -> None:  # noqa: ANN401 - of any function
    """Empty the cache of a function."""
    body.cache_clear()


def refuse_subclasses(_: object, __: object, ___: Hashable, ____: object) -> None:
    """Say why it cannot be done.

    Raises:
        ValueError: Always.
    """
    raise ValueError("a class leaves the subclasses of another one only when it is collected")
