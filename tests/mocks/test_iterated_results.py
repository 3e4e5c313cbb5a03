"""Methods whose result is iterated by `async for`: a test sets what comes, as a list or as elsewhere."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import pytest

from isolation import control, isolated_mock


class Store:
    """A client."""

    async def scan(self, match: str = "*") -> AsyncIterator[str]:
        """Give keys."""
        raise NotImplementedError
        yield ""  # type: ignore[unreachable] # what makes it a generator

    def walk(self) -> AsyncIterator[str]:
        """Give keys, by an iterator of its own."""
        raise NotImplementedError


async def keys(store: Store) -> list[str]:
    """Return what comes."""
    return [key async for key in store.scan("a")] + [key async for key in store.walk()]


def by_value(method: Any, items: Sequence[str]) -> None:
    """Set a list."""
    method.return_value = items


def by_effect(method: Any, items: Sequence[str]) -> None:
    """Set a function that gives one."""
    method.side_effect = lambda *_: items


def by_answer(method: Any, items: Sequence[str]) -> None:
    """Say it of all arguments."""
    view = control(method)
    view.when(*([] if "walk" in repr(view) else ["a"])).returns(items)


def by_iterator(method: Any, items: Sequence[str]) -> None:
    """Say it as of a MagicMock."""
    method.return_value.__aiter__.return_value = items


@pytest.mark.parametrize("set_items", [by_value, by_effect, by_answer, by_iterator])
async def test_what_is_set_is_iterated(set_items: Callable[[Any, Sequence[str]], None]) -> None:
    """As often as it is asked for."""
    store = isolated_mock(Store)
    for method in (store.scan, store.walk):
        set_items(method, ["a", "b"])

    assert await keys(store) == ["a", "b", "a", "b"]
    assert await keys(store) == ["a", "b", "a", "b"]


async def test_nothing_comes_by_default() -> None:
    """From an empty service; also if a test has only looked."""
    store = isolated_mock(Store)
    before = await keys(store)
    _ = cast("Any", store.scan).return_value

    assert before == await keys(store) == []


async def test_what_can_be_iterated_asynchronously_is_given_as_it_is() -> None:
    """Also what cannot be iterated at all."""

    async def numbers() -> AsyncIterator[str]:
        yield "1"

    store: Any = isolated_mock(Store)
    store.scan.return_value = numbers()
    store.walk.return_value = None

    assert [number async for number in store.scan()] == ["1"]
    assert store.walk() is None
