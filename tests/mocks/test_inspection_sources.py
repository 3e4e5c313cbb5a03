"""Where nothing is annotated, the source of a function tells what it gives."""

import asyncio
from collections.abc import Awaitable
from contextlib import contextmanager
from typing import Any, cast

import pytest

from isolation.mocks._facts import Nested
from isolation.mocks.inspection import describe_class, describe_member
from tests.mocks.described import facts, gives, inside, is_awaited
from tests.mocks.unannotated import Client, Closed, Dynamic, Loose, Proxy, Session


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("nothing", None),
        ("returns_early", None),
        ("perhaps", None),
        ("either", False),
        ("compared", False),
        ("negated", False),
        ("counted", 0),
        ("listed", []),
        ("formatted", ""),
        ("paired", ("a", 1)),
        ("parse", {}),
        ("hidden", "x"),
        ("given", 5),
        ("fetch", []),
        ("awaited", None),
        ("guarded", 1),
        ("waited_for", []),
        ("through_context", []),
        ("cached", "value"),
        ("is_open", False),
    ],
)
def test_plain_value_is_given_where_all_returns_agree(name: str, given: object) -> None:
    """A value of the type that is returned, None if that is returned anywhere."""
    assert gives(Client, name) == given
    assert type(gives(Client, name)) is type(given)


@pytest.mark.parametrize(
    "name",
    [
        "made", "chosen", "alternative", "called", "attribute", "of_class", "from_parent", "argument",
        "stored_argument", "from_classmethod", "open", "rebound",
    ],
)  # fmt: skip
def test_mock_of_a_class_is_given_where_an_instance_is_returned(name: str) -> None:
    """An instance is followed through variables, attributes, other methods, and the class above."""
    assert gives(Client, name) == "a Session"


def test_classes_of_other_modules_are_followed() -> None:
    """By the names of the module, not by imports inside of the function: what was loaded before must not matter."""
    assert gives(Client, "from_module") == "a JSONDecoder"
    assert gives(Client, "encoder") == "a JSONEncoder"
    assert gives(Client, "imported_inside") == "anything"


def test_fluent_method_gives_the_mock_itself() -> None:
    """Returning ``self`` says so, also of the class above."""
    assert gives(Client, "fluent") == "itself"
    assert gives(Client, "inherited") == "itself"


@pytest.mark.parametrize(
    "name",
    [
        "only_raises", "stub", "unsure", "later", "odd_pair", "from_function", "of_loop", "nested_function",
        "recursive", "item", "entered", "inverted", "in_steps", "module",
    ],
)  # fmt: skip
def test_nothing_is_claimed_where_the_source_does_not_tell(name: str) -> None:
    """A method that only raises is left to subclasses; values that differ, and what is not followed, are open."""
    assert gives(Client, name) == "anything"


def test_coroutine_that_is_passed_on_is_awaited_by_the_caller() -> None:
    """A plain function that returns the coroutine of another method is awaited like that."""
    assert is_awaited(Client, "passed_on")
    assert gives(Client, "passed_on") == []


def test_wrapper_that_waits_for_a_coroutine_is_not_awaited() -> None:
    """Only a wrapper that gives the coroutine back is."""
    assert not is_awaited(Client, "waited_for")
    assert is_awaited(Client, "guarded")


def test_wrapper_that_hands_the_function_on_gives_what_it_returns() -> None:
    """What the wrapped function is annotated with is not what callers get."""
    assert gives(Client, "postponed") == "a Later"


def test_context_managers_of_contextlib_give_what_is_yielded() -> None:
    """Entering gives what the generator yields; a bare yield is None."""
    assert inside(Client, "transaction", "__aenter__") == "a Session"
    assert inside(Client, "locked", "__enter__") is None
    assert inside(Client, "kept", "__enter__") == "a Client"


async def test_property_that_is_awaited_gives_something_to_await() -> None:
    """Reading it gives a coroutine, which is done at once."""
    assert await cast("Awaitable[int]", gives(Client, "answer")) == 42


async def test_generators_give_nothing_at_all() -> None:
    """Iterating over what an empty service gives ends at once."""
    stream = gives(Client, "stream")

    assert [item async for item in stream] == []  # type: ignore[attr-defined]
    assert list(gives(Client, "each")) == []  # type: ignore[call-overload]


def test_special_methods_that_refuse_are_not_supported() -> None:
    """A class says by a TypeError, or by None, what its instances cannot do."""
    assert describe_class(Client).magics == {"__await__"}
    assert not describe_class(Client).is_callable
    assert describe_member(Client, "__call__") is None
    assert describe_member(Client, "__hash__") is None


def test_awaiting_gives_what_the_source_says() -> None:
    """``__await__`` often hands on what a coroutine function of the class gives."""
    assert gives(Client, "__await__") == "itself"
    assert is_awaited(Client, "__await__")


def test_context_of_an_object_is_the_object() -> None:
    """What is entered is the mock itself, and leaving it swallows no exception."""
    assert gives(Session, "__aenter__") == "itself"
    assert gives(Session, "__aexit__") is None


def test_members_of_a_proxy_are_those_of_its_target() -> None:
    """A typo is refused, if it is known what a proxy stands for."""
    assert is_awaited(Proxy, "fetch")
    assert describe_member(Proxy, "fetch_typo") is None


def test_members_made_at_run_time_are_as_annotated() -> None:
    """Any public name of such a class is a member."""
    assert gives(Dynamic, "anything_at_all") == "a Session"
    assert describe_member(Dynamic, "_private") is None
    assert gives(Loose, "anything_at_all") == "anything"
    assert describe_member(Closed, "anything_at_all") is None


def made(source: str, **names: Any) -> Any:
    """Return the function that *source* defines, whose source cannot be read afterwards."""
    namespace: dict[str, Any] = dict(names)
    exec(source, namespace)
    return namespace["made"]


def test_nothing_is_claimed_without_source() -> None:
    """Not of a method, of a context manager or of members that are made at run time."""

    class Made:
        method = made("def made(self): return 1")
        manager = contextmanager(made("def made(self): yield 1"))
        builtin: Any = contextmanager(len)  # type: ignore[arg-type]
        __getattr__ = made("def made(self, name): return getattr(self.target, name)")
        __await__ = asyncio.Future.__await__

    assert gives(Made, "method") == "anything"
    assert inside(Made, "manager", "__enter__") == "anything"
    assert inside(Made, "builtin", "__enter__") == "anything"
    assert gives(Made, "unheard") == "anything"
    assert gives(Made, "__await__") == "itself"


def test_function_that_wraps_itself_is_described() -> None:
    """What never ends is given up."""

    def method(*args: Any, **kwargs: Any) -> int:
        return method(*args, **kwargs)

    method.__wrapped__ = method  # type: ignore[attr-defined]
    cls = type("Made", (), {"method": method})

    assert describe_member(cls, "method") is not None


def test_result_is_a_mock_of_the_class_in_the_source() -> None:
    """The class is referenced, not held."""
    result = facts(Client, "made").result

    assert isinstance(result, Nested)
    assert result.cls() is Session
