"""What is found out of a class is kept, but not of what a test has put into it for a while."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

import pytest

from isolation import IsolatedPatch, isolated_mock


def made() -> type:
    """Return a class that no mock was made of."""

    class Client:
        async def fetch(self, query: str) -> list[int]:
            raise NotImplementedError

        @classmethod
        def parse(cls, text: str) -> int:
            raise NotImplementedError

        @property
        def size(self) -> int:
            raise NotImplementedError

    return Client


def by_a_mock(cls: type, name: str) -> AbstractContextManager[object]:
    """Patch as with the standard library."""
    return mock.patch.object(cls, name)


def by_a_function(cls: type, name: str) -> AbstractContextManager[object]:
    """Patch with a function that takes nothing."""
    return mock.patch.object(cls, name, lambda self: 3)  # noqa: PT008 - a function, and no mock


def by_ours(cls: type, name: str) -> AbstractContextManager[object]:
    """Patch as with `isolated_patch`."""
    patch = IsolatedPatch()
    patch.object(cls, name, 3)
    return patch


def known(cls: type) -> Iterator[object]:
    """Yield what a mock of *cls* knows of its members."""
    client: Any = isolated_mock(cls)
    for call in (client.fetch, client.parse):
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            call()
        yield type(call).__name__
    yield client.size


@pytest.mark.parametrize("patched", [by_a_mock, by_a_function, by_ours])
@pytest.mark.parametrize("name", ["fetch", "parse", "size"])
def test_a_member_that_is_patched_is_not_kept(
    patched: Callable[[type, str], AbstractContextManager[object]], name: str
) -> None:
    """A mock that is made afterwards knows what a mock of an untouched class knows."""
    cls = made()
    with patched(cls, name):
        getattr(isolated_mock(cls), name)

    assert list(known(cls)) == ["AsyncMock", "MagicMock", 0]


def test_a_member_that_is_patched_later_is_known_as_it_is_now() -> None:
    """The mock stands for what stands there."""
    cls: Any = made()
    list(known(cls))

    with by_a_function(cls, "fetch"), pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        isolated_mock(cls).fetch("q")

    cls.added = lambda self, text: 1
    assert isolated_mock(cls).added("x") is not None


def test_a_method_that_is_taken_away_for_a_while_is_not_there() -> None:
    """And comes back as it was."""
    cls: Any = made()
    list(known(cls))
    fetch = cls.fetch
    del cls.fetch

    with pytest.raises(AttributeError):
        isolated_mock(cls).fetch("q")
    cls.fetch = fetch

    assert list(known(cls)) == ["AsyncMock", "MagicMock", 0]


def test_a_method_that_a_subclass_gets_for_a_while_is_not_kept() -> None:
    """What it inherits is known again afterwards."""
    base: Any = made()
    cls: Any = type("Sub", (base,), {})
    list(known(cls))

    with by_a_function(cls, "fetch"), pytest.raises(TypeError, match="takes 1 positional argument"):
        isolated_mock(cls).fetch("q")

    assert list(known(cls)) == ["AsyncMock", "MagicMock", 0]
