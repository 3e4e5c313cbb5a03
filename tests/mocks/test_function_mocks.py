"""Mocks of functions that are handed in, such as callbacks."""

import inspect
from typing import Any

import pytest

from isolation import control, isolated_function, isolated_mock
from isolation.mocks._ledger import Ledger


def on_event(name: str, *, urgent: bool = False) -> int:
    """Handle an event."""
    raise NotImplementedError


async def on_message(text: str) -> list[str]:
    """Handle a message."""
    raise NotImplementedError


def test_a_mock_of_a_function_checks_its_arguments() -> None:
    """By the message of the interpreter; it gives what its annotation says."""
    callback = isolated_function(on_event)

    with pytest.raises(TypeError, match=r"on_event\(\) missing 1 required positional argument: 'name'"):
        callback()  # type: ignore[call-arg]

    assert callback("a", urgent=True) == 0
    control(callback).assert_called_once_with("a", urgent=True)
    assert str(inspect.signature(callback)) == "(name: str, *, urgent: bool = False) -> int"


async def test_a_mock_of_an_async_function_is_one() -> None:
    """It is awaited, and told apart by `inspect`."""
    callback = isolated_function(on_message)
    control(callback).when("a").returns(["b"])

    assert inspect.iscoroutinefunction(callback)
    assert (await callback("a"), await callback("c")) == (["b"], [])


def test_a_lambda_and_a_bound_method_are_functions() -> None:
    """A bound method is called without its object."""
    isolated_function(lambda event: None)("e")
    append = isolated_function([1].append)

    append(2)

    control(append).assert_called_once_with(2)


def test_a_mock_of_a_function_is_called_as_the_function_or_by_its_name() -> None:
    """In messages."""
    assert repr(control(isolated_function(on_event))) == "<control of on_event>"
    assert repr(control(isolated_function(on_event, name="handler"))) == "<control of handler>"


def test_a_context_judges_it() -> None:
    """If there is one."""
    adopted: list[Ledger] = []

    class Context:
        adopt = staticmethod(adopted.append)
        open_mocks: list[str] = []  # noqa: RUF012 - of this test

    isolated_function(on_event, context=Context())("a")

    assert [call.args for ledger in adopted for call in ledger.log] == [("a",)]


@pytest.mark.parametrize("thing", [int, 3, Ledger()])
def test_only_a_function_has_such_a_mock(thing: Any) -> None:
    """A class has another one."""
    with pytest.raises(TypeError) as caught:
        isolated_function(thing)

    assert str(caught.value) == f"isolated_function takes a function, got {thing!r}; for a class say isolated_mock(...)"


def test_the_mock_of_an_instance_is_not_that_of_a_function() -> None:
    """Who confuses them is told."""
    mistaken: Any = on_event

    with pytest.raises(TypeError) as caught:
        isolated_mock(mistaken)

    assert (
        str(caught.value) == f"isolated_mock takes a class, got {on_event!r}; for a function say isolated_function(...)"
    )
