"""What an object is, found out without running its code."""

from typing import Any
from unittest.mock import MagicMock

from isolation import _natures


class Plain:
    """An ordinary class."""


class Slotted:
    """A class whose instances have no dictionary."""

    __slots__ = ("a",)


def _fail(_: object) -> Any:
    raise AssertionError


FAKED = type("Faked", (), {"__dict__": property(_fail), "__class__": property(_fail)})


def test_the_dictionary_of_an_instance_is_its_own() -> None:
    """Changes made to it are changes of the object."""
    plain = Plain()

    attributes = _natures.instance_namespace(plain)

    assert attributes is plain.__dict__


def test_an_instance_without_a_dictionary_has_none() -> None:
    """Neither slots nor a property of that name are a dictionary."""
    assert _natures.instance_namespace(Slotted()) is None
    assert _natures.instance_namespace(FAKED()) is None


def test_a_class_is_named_with_its_module() -> None:
    """A class whose module is no text is named without."""
    odd = type("Odd", (), {"__module__": 3})

    assert _natures.name_of(Plain) == f"{__name__}.Plain"
    assert _natures.name_of(odd) == "Odd"


def test_mocks_are_known_whatever_they_claim_to_be() -> None:
    """A mock with a spec passes for what it stands for."""
    assert _natures.is_mock(MagicMock(spec=Plain))
    assert not _natures.is_mock(Plain())
    assert not _natures.is_mock(FAKED())


def test_classes_and_modules_are_told_by_their_type() -> None:
    """An object that claims to be something is not asked."""
    assert _natures.is_class(Plain)
    assert not _natures.is_class(MagicMock(spec=type))
    assert _natures.is_module(_natures)
    assert not _natures.is_module(MagicMock(spec=_natures))
