"""The three slots of a mock, and how it is made: without running ``__new__`` or ``__init__`` of ``unittest.mock``."""

from typing import Any, Final
from weakref import ref

from isolation.mocks._keys import Key
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Member

_new: Final[Any] = object.__new__


class State:
    """What a mock holds besides the mocks of its attributes, which are in its ``__dict__`` by name.

    A mock does not hold what it is an attribute of: mocks are a tree that points down, all point to the ledger, and the
    ledger to none of them. So they are freed as soon as nobody refers to them.
    """

    __slots__ = ("_isolation_key", "_isolation_ledger", "_isolation_member")

    _isolation_key: Key
    _isolation_ledger: Ledger
    _isolation_member: Member

    @property
    def _isolation_owner(self) -> Any:
        """The mock that this is a method of; an equal one if that is gone, itself if this is no method."""
        owned_by = self.__dict__.get("_isolation_owned_by")
        if owned_by is None:
            return self
        reference, member = owned_by
        owner = reference()
        return stamp(member, self._isolation_ledger, self._isolation_key.parent) if owner is None else owner


_set_key: Final[Any] = vars(State)["_isolation_key"].__set__
_set_ledger: Final[Any] = vars(State)["_isolation_ledger"].__set__
_set_member: Final[Any] = vars(State)["_isolation_member"].__set__


def stamp(member: Member, ledger: Ledger, key: Key) -> Any:
    """Return a new mock of *member* that stands at *key* of *ledger*."""
    handle = _new(member.handle)
    _set_key(handle, key)
    _set_ledger(handle, ledger)
    _set_member(handle, member)
    return handle


def stamp_below(owner: Any, name: str, member: Member) -> Any:
    """Return a new mock of *member*, which is the attribute *name* of *owner*."""
    handle = stamp(member, owner._isolation_ledger, owner._isolation_key.child(name))
    if member.needs_owner:
        handle.__dict__["_isolation_owned_by"] = (ref(owner), owner._isolation_member)
    return handle


def is_isolated(value: object) -> bool:
    """Tell whether *value* is one of these mocks, whatever its ``__class__`` says."""
    return issubclass(type(value), State)


def change_member(handle: Any, member: Member) -> None:
    """Let *handle* be a mock of *member* from now on."""
    _set_member(handle, member)


change_class: Final[Any] = vars(object)["__class__"].__set__
"""Give a mock another class; its ``__class__`` says what it pretends to be."""
