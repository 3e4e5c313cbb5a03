"""Functions of others are wrapped, and put back as they were."""

from collections.abc import Callable
from typing import Any

import pytest

from isolation.recording._patches import Patches


class Base:
    """A class that defines a method."""

    def greet(self) -> str:
        """Say hello."""
        return "hello"


class Derived(Base):
    """A class that inherits it."""


def louder(original: Callable[..., str]) -> Callable[..., str]:
    """Wrap *original*."""

    def shout(*args: Any) -> str:
        return original(*args) + "!"

    return shout


@pytest.fixture
def patches() -> Patches:
    """Give patches that are not applied yet."""
    return Patches()


def test_a_wrapped_function_is_called_instead(patches: Patches) -> None:
    """The wrapper looks like what it wraps."""
    patches.wrap(Base, "greet", louder)
    greeting, documentation = Base().greet(), Base.greet.__doc__

    patches.undo()

    assert (greeting, documentation) == ("hello!", "Say hello.")


def test_undoing_puts_the_function_back(patches: Patches) -> None:
    """What was wrapped twice is unwrapped twice."""
    original = Base.greet
    patches.wrap(Base, "greet", louder)
    patches.wrap(Base, "greet", louder)
    wrapped = Base().greet()

    patches.undo()

    assert wrapped == "hello!!"
    assert Base.greet is original


def test_undoing_does_not_freeze_an_inherited_method(patches: Patches) -> None:
    """A method that a class only inherited is inherited again."""
    patches.wrap(Derived, "greet", louder)
    greetings = Derived().greet(), Base().greet()

    patches.undo()

    assert greetings == ("hello!", "hello")
    assert "greet" not in vars(Derived)


def test_what_is_not_there_is_noted(patches: Patches) -> None:
    """A new version of something blinds what needs the name, and breaks nothing."""
    patches.wrap(Base, "farewell", louder)
    patches.undo()

    assert patches.missing == ["Base.farewell"]


def test_what_somebody_else_has_replaced_since_is_left_alone(patches: Patches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undoing does not take away a patch that came later."""
    patches.wrap(Base, "greet", louder)
    monkeypatch.setattr(Base, "greet", lambda _: "mocked")

    patches.undo()

    assert Base().greet() == "mocked"


@pytest.fixture(autouse=True)
def _greet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the method back whatever a test did to it."""
    monkeypatch.setattr(Base, "greet", Base.greet)
