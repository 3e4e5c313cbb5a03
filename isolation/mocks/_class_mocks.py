"""Mocks of classes: called like the class, they check the constructor's arguments and give mocks of instances."""

from collections.abc import Iterable
from dataclasses import replace
from inspect import Signature, isfunction
from typing import Any, cast
from weakref import ref

from isolation.mocks._blueprints import Blueprint, blueprint_of
from isolation.mocks._facts import Nested
from isolation.mocks._handles import shared_class
from isolation.mocks._keys import ROOT
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Form, Member
from isolation.mocks._state import State, stamp
from isolation.mocks.inspection import describe_construction, describe_member
from isolation.mocks.inspection._lookup import find


class AsClass(State):
    """What a mock of a class can do because it stands for a class."""

    __slots__ = ()

    @property
    def __name__(self) -> str:
        return self._isolation_template.title_of_class

    @property
    def _isolation_real(self) -> type | None:
        """The class, which what is found out of other classes is about; see `inspection._lookup.replaced_by`."""
        return self._isolation_template.reference()

    @property
    def _isolation_template(self) -> "ClassTemplate":
        return cast("ClassTemplate", self._isolation_member.template)

    def __instancecheck__(self, instance: object) -> bool:
        cls = self._isolation_template.reference()
        return cls is not None and isinstance(instance, cls)

    def __subclasscheck__(self, subclass: type) -> bool:
        cls = self._isolation_template.reference()
        return cls is not None and issubclass(subclass, cls)


class ClassTemplate:
    """What the attributes of a mock of a class are made from: those of the class itself.

    Attributes:
        reference: The class.
        title_of_class: Its name.
        title: What the interpreter calls it in its messages.
        cls: What the mock pretends to be of.
        is_set: Whether attributes that the class has not cannot be set.
        signature: None, for the arguments are checked when the mock is called.
    """

    title = "type"
    cls = type
    is_set = True
    signature: Signature | None = None

    def __init__(self, reference: "ref[type]", blueprint: Blueprint) -> None:
        self.reference = reference
        self.title_of_class = blueprint.title
        self._blueprint = blueprint
        self.specified = blueprint.specified

    @property
    def names(self) -> Iterable[str]:
        """The attributes of the class."""
        return self._blueprint.names

    def takes(self, name: str, /) -> bool:
        """Tell whether the class has an attribute *name*."""
        cls = self.reference()
        return cls is not None and find(cls, name) is not None

    def member(self, name: str, /) -> Member | None:
        """Return what the attribute *name* is made from; a method is called with the object, as on the class."""
        cls = self.reference()
        found = None if cls is None else find(cls, name)
        if cls is None or found is None:
            return None
        if not isfunction(found.raw):
            return self._blueprint.member(name)
        facts = describe_member(cls, name)
        return None if facts is None else self._blueprint.made_from(replace(facts, is_bound=False))

    def refusal(self, name: str, /) -> AttributeError:
        """Return what to raise where somebody asks for the attribute *name*, which the class has not."""
        return AttributeError(f"type object {self.title_of_class!r} has no attribute {name!r}")

    def given(self, member: Member, /) -> Member:  # noqa: ARG002 - templates are asked alike
        """Return what the instances are made from."""
        return self._blueprint.root


def class_mock(cls: type, ledger: Ledger) -> Any:
    """Return a mock of *cls* itself, the root of *ledger*."""
    facts = describe_construction(cls)
    template = ClassTemplate(ref(cls), blueprint_of(cls))
    member = Member(
        Form.MAGIC,
        template,
        shared_class(Form.MAGIC, bases=(AsClass,)),
        check=facts.check,
        is_bound=facts.is_bound,
        result=Nested(ref(cls)),
    )
    return stamp(member, ledger, ROOT)
