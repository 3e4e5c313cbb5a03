"""What type checkers know of patches, and what they report."""

import os
import shutil
from collections.abc import MutableMapping
from typing import Any, assert_type

import pytest

from isolation import IsolatedPatch


class Client:
    """A client."""

    def fetch(self) -> int:
        """Return a number."""
        return 1


def test_what_is_given_is_returned() -> None:
    """A value keeps its type, a mock has that of the class that it stands for, or none that is known."""
    client = Client()
    with IsolatedPatch() as patch:
        assert_type(patch, IsolatedPatch)
        assert_type(patch("shutil.which"), Any)
        assert_type(patch("shutil.which", 3), int)
        assert_type(patch("shutil.which", spec=Client), Client)
        assert_type(patch.object(client, "fetch"), Any)
        assert_type(patch.object(client, "fetch", "text"), str)
        assert_type(patch.object(client, "fetch", spec=Client), Client)


def test_a_mapping_is_returned_as_it_is() -> None:
    """Of a named one only that it can be changed is known."""
    numbers = {"a": 1}
    with IsolatedPatch() as patch:
        assert_type(patch.dict(numbers, b=2), dict[str, int])
        assert_type(patch.dict("os.environ", {"A": "1"}), MutableMapping[Any, Any])
        patch.environment(A=None, B="2")

    assert "B" not in os.environ


def test_wrong_uses_are_reported() -> None:
    """By type checkers, and where they are written."""
    with IsolatedPatch() as patch:
        with pytest.raises(TypeError):
            patch(shutil.which)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError):
            patch("shutil.which", 3, spec=Client)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
        with pytest.raises(TypeError):
            patch.environment(A=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError):
            patch.dict([1])  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
