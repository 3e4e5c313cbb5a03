"""Attributes of mocks: made at first use, refused where the real thing has none."""

from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

from isolation.mocks._functions import ATTRIBUTES
from isolation.mocks._magics import SUPPORTED, UNSUPPORTED
from isolation.mocks._members import Member
from isolation.mocks._standard import is_mock
from isolation.mocks._state import State, stamp_below

_DELETED = "_isolation_deleted"


class Attributes(State):
    """What an attribute of a mock is, and which may be set."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in CONFIGURED:  # its property has raised an AttributeError, and shall say so itself
            return getattr(type(self), name).__get__(self)
        if name.startswith("_isolation_"):
            raise AttributeError(name)
        member = self._isolation_member.template.member(name)
        if member is None or name in self.__dict__.get(_DELETED, ()):
            __tracebackhide__ = True
            found = ATTRIBUTES[name](self._isolation_member) if name in ATTRIBUTES else None
            if found is None:
                raise self._isolation_unknown(name)
            return found
        if self._isolation_ledger.sealed:
            self._isolation_refuse_if_sealed(name)
        if member.is_value and member.make is not None:
            return self.__dict__.setdefault(name, self._isolation_value(name, member.make))
        return self.__dict__.setdefault(name, self._isolation_made(name, member))

    def _isolation_value(self, name: str, make: Callable[[], object]) -> object:
        setup = self._isolation_ledger.setups.get(self._isolation_key)
        return make() if setup is None or setup.wraps is None else getattr(setup.wraps, name)

    def _isolation_made(self, name: str, member: Member) -> Any:
        made = stamp_below(self, name, member)
        if member.is_value:
            self._isolation_ledger.gives_mocks = True
        setup = self._isolation_ledger.setups.get(self._isolation_key)
        if setup is not None and setup.wraps is not None and name not in SUPPORTED:
            made._isolation_setup.wraps = getattr(setup.wraps, name)
        return made

    def _isolation_unknown(self, name: str) -> AttributeError:
        return self._isolation_member.template.refusal(name)

    def _isolation_refuse_if_sealed(self, name: str) -> None:
        if self._isolation_ledger.is_sealed(self._isolation_key):
            dot = "" if name == "()" else "."
            raise AttributeError(f"{self._extract_mock_name()}{dot}{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in CONFIGURED:
            object.__setattr__(self, name, value)
        elif name == "__class__":
            self.__dict__["_isolation_class"] = value
        elif name in UNSUPPORTED:
            raise AttributeError(f"Attempting to set unsupported magic method {name!r}.")
        elif not self._isolation_member.template.takes(name) and name not in self.__dict__:
            raise self._isolation_unknown(name)
        else:
            self._isolation_set(name, value)

    def _isolation_set(self, name: str, value: Any) -> None:
        if name in SUPPORTED and name not in self._isolation_magics:
            self._isolation_change_magics(self._isolation_magics | {name})
        if name not in self.__dict__ and self._isolation_ledger.sealed:
            self._isolation_refuse_if_sealed(name)
        self._isolation_adopt(name, value)
        self.__dict__.get(_DELETED, set()).discard(name)
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        deleted = self.__dict__.setdefault(_DELETED, set())
        if name in deleted or (name not in self.__dict__ and self._isolation_member.template.member(name) is None):
            raise AttributeError(name)
        self.__dict__.pop(name, None)
        deleted.add(name)
        if name in self._isolation_magics:
            self._isolation_change_magics(self._isolation_magics - {name})

    def __dir__(self) -> Iterable[str]:
        if not mock.FILTER_DIR:
            return object.__dir__(self)
        own = (name for name in self.__dict__ if not name.startswith(("_isolation_", "(")))
        names = {*self._isolation_member.template.names, *mock_names(type(self)), *own}
        return sorted(names - self.__dict__.get(_DELETED, set()))

    @property
    def _mock_children(self) -> dict[str, Any]:
        return {name: child for name, child in self.__dict__.items() if name != "()" and is_mock(child)}


CONFIGURED: set[str] = set()
"""Attributes of mocks that configure them, whatever the class has."""


def mock_names(cls: type) -> list[str]:
    """Return the attributes that every mock of *cls* has."""
    return [name for name in dir(cls) if not name.startswith("_")]
