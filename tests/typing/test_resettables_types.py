"""What type checkers know of resettables, and what they report."""

from collections.abc import Sequence
from typing import assert_type

import pytest

from isolation import FoundResettable, Isolatable, Resettable, find_resettables, reset_all, resettable


class Pool:
    """A singleton."""

    _instance: "Pool | None" = None


def test_a_resettable_is_a_target() -> None:
    """It can be listed wherever one is taken."""
    registered = resettable(Pool, attrs=["_instance"], group="types", depth="shallow", follow=callable, reset=int)
    target: Isolatable[object] = registered

    assert_type(registered, Resettable)
    assert_type(registered.changed(target.snapshot()), Sequence[str])
    registered.forget()


def test_what_was_reset_is_told() -> None:
    """By paths."""
    assert_type(reset_all("types"), Sequence[str])


def test_what_is_found_is_typed() -> None:
    """Its kind is one of six words."""
    found = find_resettables("isolation", kinds=["global"])

    assert_type(found, Sequence[FoundResettable])


def test_a_depth_is_one_of_two_words() -> None:
    """A wrong one is reported where it is written."""
    with pytest.raises(ValueError, match="deep"):
        resettable(Pool, depth="deep")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
