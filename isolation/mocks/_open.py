"""Open mocks, which take everything, and mocks with a *spec*, which know names: as in the standard library."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from inspect import Signature
from typing import Any

from isolation.mocks._handles import shared_class
from isolation.mocks._magics import CONVERTED, SPECIAL
from isolation.mocks._members import Form, Member
from isolation.mocks._standard import (
    ALL_MAGICS,
    ASSERTION_NAMES,
    ASYNC_MAGICS,
    DEFAULT_MAGICS,
    SYNC_MAGICS,
    TYPING_ERRORS,
    read_spec,
)

_MAGIC_FORMS = frozenset({Form.ASYNC, Form.MAGIC, Form.MAGIC_OBJECT, Form.ASYNC_MAGIC})
_ASYNC_FORMS = frozenset({Form.ASYNC, Form.ASYNC_MAGIC, Form.ASYNC_PLAIN})
_OF_CHILDREN = {
    Form.MAGIC_OBJECT: Form.MAGIC,
    Form.PLAIN_OBJECT: Form.PLAIN,
    Form.ASYNC_MAGIC: Form.ASYNC,
    Form.ASYNC_PLAIN: Form.ASYNC,
    Form.AWAIT_METHOD: Form.ASYNC,
    Form.CALLED_ASYNC: Form.MAGIC,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spec:
    """What a *spec* says, as the standard library reads it."""

    names: list[str] | None = None
    """The attributes that exist; None if all do."""
    cls: type | None = None
    is_set: bool = False
    """Whether attributes that do not exist cannot be set."""
    signature: Signature | None = None
    asyncs: frozenset[str] = frozenset()
    """The names of coroutine functions."""
    is_unsafe: bool = False
    """Whether attributes may be called as if they were assertions."""


NO_SPEC = Spec()


def spec_of(
    spec: Any, *, is_set: bool, is_instance: bool = False, has_self: bool = False, is_unsafe: bool = False
) -> Spec:
    """Return what the standard library reads of *spec*."""
    if spec is None:
        return Spec(is_unsafe=is_unsafe)
    read = read_spec(spec, is_set=is_set, is_instance=is_instance, has_self=has_self)
    return Spec(
        names=read["_mock_methods"],
        cls=read["_spec_class"],
        is_set=is_set,
        signature=read["_spec_signature"],
        asyncs=frozenset(read["_spec_asyncs"]),
        is_unsafe=is_unsafe,
    )


class Open:
    """What the attributes of a mock are made from, of which no more is known than a *spec* says."""

    def __init__(self, form: Form, spec: Spec = NO_SPEC) -> None:
        self.form = form
        self.spec = spec
        self.title = form.value.__name__
        self.magics = magics_of(form) if spec.names is None else magics_of(form) & set(spec.names)

    @property
    def cls(self) -> type | None:
        """The class that the mock pretends to be of."""
        return self.spec.cls

    @property
    def is_set(self) -> bool:
        """Whether attributes that do not exist cannot be set."""
        return self.spec.is_set

    @property
    def signature(self) -> Signature | None:
        """The signature of what the mock stands for."""
        return self.spec.signature

    @property
    def names(self) -> Iterable[str]:
        """The attributes that are known."""
        return self.spec.names or ()

    def member(self, name: str, /) -> Member | None:
        """Return what the attribute *name* is made from."""
        if name in ALL_MAGICS:
            return special_member(name) if name in self.magics else None
        if self.spec.names is None:
            exists = not (name.startswith("__") and name.endswith("__"))
        else:
            exists = name in self.spec.names
        return None if not exists or self._is_typing_error(name) else open_member(self._form_of(name))

    def _is_typing_error(self, name: str) -> bool:
        if self.spec.is_unsafe or (self.spec.names and name in self.spec.names):
            return False
        return name.startswith(TYPING_ERRORS) or name in ASSERTION_NAMES

    def _form_of(self, name: str) -> Form:
        if name in self.spec.asyncs:
            return Form.ASYNC
        is_method = name in SYNC_MAGICS or bool(self.spec.names and name in self.spec.names)
        if self.form in _ASYNC_FORMS and is_method:
            return Form.MAGIC
        return _OF_CHILDREN.get(self.form, self.form)

    def refusal(self, name: str, /) -> AttributeError:
        """Return what the standard library would raise."""
        if self.spec.names is not None and (name not in self.spec.names or name in ALL_MAGICS):
            return AttributeError(f"Mock object has no attribute {name!r}")
        if self._is_typing_error(name):
            advice = f"Use a spec for the mock if {name!r} is meant to be an attribute."
            return AttributeError(f"{name!r} is not a valid assertion. {advice}")
        return AttributeError(name)

    def takes(self, name: str, /) -> bool:
        """Tell whether the attribute *name* may be set."""
        if self.spec.names is None or name in self.spec.names:
            return True
        return not self.spec.is_set and name not in ALL_MAGICS

    def specified(self, spec: object, *, is_set: bool) -> Member:
        """Return what such a mock is made from when it gets another *spec*."""
        return specified_member(self.form, spec_of(spec, is_set=is_set))

    def given(self, _member: Member, /) -> Member:
        """Return what the results of the mock are made from."""
        return open_result(self.form)


def magics_of(form: Form) -> frozenset[str]:
    """Return the special methods that open mocks of *form* have from the start."""
    return DEFAULT_MAGICS if form in _MAGIC_FORMS else frozenset[str]()


@cache
def open_member(form: Form) -> Member:
    """Return what open mocks of *form* are made from."""
    return specified_member(form, NO_SPEC)


def open_result(form: Form) -> Member:
    """Return what the results of open mocks of *form* are made from."""
    return open_member(_OF_CHILDREN.get(form, form))


def specified_member(form: Form, spec: Spec) -> Member:
    """Return what mocks of *form* with *spec* are made from."""
    template = Open(form, spec)
    return Member(form, template, shared_class(form, template.magics))


@cache
def special_member(name: str) -> Member:
    """Return what the special method *name* of open mocks is made from."""
    own = Form.ASYNC if name in ASYNC_MAGICS else Form.MAGIC
    return Member(
        own,
        Open(own),
        shared_class(own, DEFAULT_MAGICS),
        special=SPECIAL.get(name),
        convert=CONVERTED.get(name),
        needs_owner=name in SPECIAL,
    )
