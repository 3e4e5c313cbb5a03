"""Arguments are checked by the interpreter, with the message of the real method."""

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any, Self, overload

import pytest

from isolation.mocks.inspection import describe_construction, describe_function, describe_member, signature_of
from tests.mocks.described import facts
from tests.mocks.unannotated import Client as Unannotated


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap *function* so that it looks like itself."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap *function* in one that takes less."""

    @functools.wraps(function)
    def wrapper(self: Any, key: str) -> Any:
        return function(self, key, 1)

    return wrapper


class Client:
    """Methods with parameters of every kind."""

    def plain(self, a: int, b: int = 1) -> None:
        """Take two."""

    def by_position(self, a: int, /, b: int) -> None:
        """Take one by position only."""

    def by_keyword(self, *, a: int, b: int = 1) -> None:
        """Take two by keyword only."""

    def variadic(self, a: int, *args: int, **kwargs: int) -> None:
        """Take more."""

    def anything(self, *args: int, **kwargs: int) -> None:
        """Take anything."""

    def only_args(*args: int) -> None:
        """Take the object among the arguments."""

    def nothing(self) -> None:
        """Take nothing."""

    def odd(self, self_: int, args: int = 0, *check: int, placeholder: int = 0) -> None:
        """Take parameters that are named like those of the check."""

    def mangled(self, *, __a: int = 0) -> None:
        """Take a parameter with a private name."""

    @staticmethod
    def static(a: int) -> None:
        """Take no object."""

    @classmethod
    def of_class(cls, a: int) -> None:
        """Take the class."""

    @logged
    def wrapped(self, a: int) -> None:
        """Take what the wrapped function takes."""

    @named
    def narrowed(self, key: str, number: int) -> None:
        """Take what the wrapper takes."""

    @functools.lru_cache  # noqa: B019
    def cached(self, a: int) -> None:
        """Take what the cached function takes."""

    @overload
    def overloaded(self, a: int) -> int: ...
    @overload
    def overloaded(self, a: str, b: int) -> str: ...
    def overloaded(self, a: int | str, b: int = 0) -> int | str:
        """Take what the implementation takes."""
        return a

    fixed = functools.partialmethod(plain, 1)
    fixed_by_name = functools.partialmethod(plain, b=2)
    deep = functools.partialmethod(anything)


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 2), {}),
    ((1, 2, 3), {}),
    ((), {"a": 1}),
    ((1,), {"a": 1}),
    ((1,), {"b": 1}),
    ((1,), {"c": 1}),
    ((), {"a": 1, "b": 2, "c": 3}),
]
METHODS = [
    "plain", "by_position", "by_keyword", "variadic", "nothing", "odd", "mangled", "static", "of_class", "wrapped",
    "narrowed", "cached", "overloaded", "fixed", "fixed_by_name",
]  # fmt: skip


def said(call: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return what a call says about its arguments, nothing if it takes them."""
    try:
        call(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("args", "kwargs"), CALLS)
def test_check_says_what_the_method_says(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Word for word, the counts of arguments included."""
    found = facts(Client, name)
    assert found.check is not None

    given = (None, *args) if found.is_bound else args
    assert said(found.check, given, kwargs) == said(getattr(Client(), name), args, kwargs)


def test_what_takes_anything_is_not_checked() -> None:
    """Nobody can tell at run time what such a method refuses."""
    assert facts(Client, "anything").check is None
    assert facts(Client, "deep").check is None


def test_builtin_methods_are_checked_by_their_text_signatures() -> None:
    """A method that has none is not checked."""
    check = facts(bytes, "split").check

    assert check is not None
    assert said(check, (b"", b" ", 1), {}) == ""
    assert said(check, (b"", b" ", 1, 2), {}) == "bytes.split() takes from 1 to 3 positional arguments but 4 were given"
    assert facts(dict, "update").check is None


def test_builtin_with_keywords_only_is_checked() -> None:
    """Parameters by keyword keep their defaults."""
    check = facts(list, "sort").check

    assert check is not None
    assert said(check, ([],), {"reverse": True}) == ""
    assert said(check, ([],), {"revers": True}).startswith("list.sort() got an unexpected keyword argument 'revers'")


def test_decorator_that_adds_arguments_is_not_checked_by_the_wrapped_function() -> None:
    """Its source tells that callers give one argument less, and what they may give it does not."""
    assert facts(Unannotated, "injected").check is None


def test_decorator_that_passes_on_is_checked_by_the_wrapped_function() -> None:
    """Also if it names the object itself."""
    check = facts(Unannotated, "guarded").check

    assert check is not None
    assert said(check, (None,), {}) == "Client.guarded() missing 1 required positional argument: 'key'"


def test_context_manager_of_contextlib_is_checked_by_the_generator_function() -> None:
    """Its arguments are refused when it is called, not when it is entered."""
    check = facts(Unannotated, "locked").check

    assert check is not None
    assert said(check, (None,), {}) == "Client.locked() missing 1 required positional argument: 'key'"


def test_decorator_without_source_is_taken_to_pass_everything_on() -> None:
    """Most do, and what is wrong with the wrapped function's signature is found by other tools, too."""
    namespace: dict[str, Any] = {"functools": functools}
    source = "def wrap(f):\n @functools.wraps(f)\n def g(*args, **kwargs): return f(*args, **kwargs)\n return g"
    exec(source, namespace)
    cls = type("Made", (), {"plain": namespace["wrap"](Client.plain)})

    check = facts(cls, "plain").check

    assert check is not None
    assert said(check, (None,), {}) == "Client.plain() missing 1 required positional argument: 'a'"


def test_function_is_described_as_it_is_called() -> None:
    """A function of a module takes no object; a method that is bound has one already."""
    function = describe_function(logged)
    bound = describe_function(Client().plain)
    of_class = describe_function(Client.of_class)

    assert function.check is not None
    assert bound.check is not None
    assert not function.is_bound
    assert said(function.check, (), {}) == "logged() missing 1 required positional argument: 'function'"
    assert said(bound.check, (None,), {}) == "Client.plain() missing 1 required positional argument: 'a'"
    assert of_class.name == "of_class"


def test_method_that_was_bound_by_hand_is_described_as_a_function() -> None:
    """Its class does not know it."""
    method = MethodType(logged, Client())

    assert describe_function(method).name == "logged"
    assert not describe_function(method).is_bound


def test_partial_of_a_function_takes_the_rest() -> None:
    """What is given already is no argument any more."""
    facts = describe_function(functools.partial(Client.plain, Client(), 1))

    assert facts.check is not None
    assert said(facts.check, (), {}) == ""
    assert "takes from 2 to 3 positional arguments but 4 were given" in said(facts.check, (1, 2), {})


def test_what_is_not_known_is_not_checked() -> None:
    """Such as a partial of a function written in C without a signature, or of a class."""
    assert describe_function(functools.partial(dict.update)).check is None
    assert describe_function(functools.partial(Client)).check is None


def test_class_is_called_with_what_its_initialisation_takes() -> None:
    """``__init__``, else ``__new__``; a class whose metaclass decides is not checked."""

    class Made:
        def __new__(cls, size: int) -> Self:
            raise NotImplementedError

    class Meta(type):
        def __call__(cls, *args: Any) -> Any:
            raise NotImplementedError

    class Decided(metaclass=Meta):
        def __init__(self, size: int) -> None: ...

    class Bare:
        """Nothing to take."""

    initialised = describe_construction(Unannotated)
    made = describe_construction(Made)

    assert initialised.check is not None
    assert made.check is not None
    assert said(initialised.check, (None,), {}) == "Client.__init__() missing 1 required positional argument: 'url'"
    assert said(made.check, (None,), {}).endswith("__new__() missing 1 required positional argument: 'size'")
    assert describe_construction(Decided).check is None
    assert describe_construction(Bare).check is None


def test_signature_for_people_is_that_of_the_bound_method() -> None:
    """For ``inspect.signature``, by name, with annotations and defaults."""
    assert str(signature_of(Client, "plain")) == "(a: int, b: int = 1) -> None"
    assert str(signature_of(Client, "fixed")) == "(b: int = 1) -> None"
    assert str(signature_of(Client, "wrapped")) == "(a: int) -> None"
    assert str(signature_of(Client, "static")) == "(a: int) -> None"
    assert str(signature_of(Client, "deep")) == "(*args: int, **kwargs: int) -> None"
    assert str(signature_of(Client, "only_args")) == "(*args: int) -> None"
    assert signature_of(dict, "update") is None


def test_signature_that_cannot_be_evaluated_is_not_known() -> None:
    """Signatures of functions in C are text, and may name what is not there."""

    class Odd:
        @property
        def __signature__(self) -> inspect.Signature:
            raise AttributeError("no such thing")

        def __get__(self, owner: object, cls: type) -> "Odd":
            return self

        def __call__(self) -> None: ...

    cls = type("Made", (), {"odd": Odd()})

    assert signature_of(cls, "odd") is None or describe_member(cls, "odd") is not None
