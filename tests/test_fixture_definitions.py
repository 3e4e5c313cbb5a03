"""What a managed fixture is told when it is written: what is wrong is said there, and nothing is lost of the rest."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio

from isolation import FixtureScope, managed_fixture
from isolation._fixture_definitions import FixtureDefinition, checked_callbacks, definition_of

untyped: Any = managed_fixture


def repo() -> None:
    """Be a sync function."""


async def async_repo() -> None:
    """Be an async function."""


class Repository:
    """A resource."""

    async def aclose(self) -> None:
        """Close it."""

    def close(self) -> None:
        """Close it."""

    async def __call__(self) -> None:
        """Be an async function, too."""


@pytest.fixture
def plain() -> None:
    """Be one of pytest's fixtures."""


@pytest.fixture(name="renamed")
def plain_with_name() -> None:
    """Be one of pytest's fixtures, with another name."""


@pytest_asyncio.fixture
async def asynchronous() -> None:
    """Be one of pytest-asyncio's fixtures."""


@managed_fixture
def managed() -> None:
    """Be one of ours."""


@managed_fixture(name="my_managed")
def managed_with_name() -> None:
    """Be one of ours, with another name."""


def defined(function: Callable[..., object], **options: Any) -> FixtureDefinition:
    """Return the definition of the managed fixture that *function* becomes with *options*."""
    definition = definition_of(untyped(using=lambda **_: lambda wrapper: wrapper, **options)(function))
    assert definition is not None
    return definition


def arguments_of(function: Callable[..., object], **options: Any) -> list[str]:
    """Return the parameters of the managed fixture that *function* becomes with *options*, as pytest reads them."""
    wrapper = untyped(using=lambda **_: lambda wrapper: wrapper, **options)(function)
    parameters = inspect.signature(wrapper).parameters.values()
    return [f"*, {each}" if each.kind is each.KEYWORD_ONLY else str(each) for each in parameters]


def refused(call: Callable[[], object]) -> str:
    """Return how *call* is refused."""
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    return f"{type(raised.value).__name__}: {raised.value}"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"dependencies": [42]}, "TypeError: dependencies must be fixture names or fixture objects, got 42"),
        ({"dependencies": [None]}, "TypeError: dependencies must be fixture names or fixture objects, got None"),
        (
            {"dependencies": ["my-db"]},
            "TypeError: dependency 'my-db' is not an identifier; give that fixture an identifier with name=",
        ),
        (
            {"dependencies": ["class"]},
            "TypeError: dependency 'class' is not an identifier; give that fixture an identifier with name=",
        ),
        (
            {"dependencies": "db"},
            "TypeError: dependencies must be a sequence of fixture names or fixture objects, got 'db'",
        ),
        (
            {"dependencies": 42},
            "TypeError: dependencies must be a sequence of fixture names or fixture objects, got 42",
        ),
        ({"scope": "modul"}, "SettingsError: unknown scope 'modul' in @managed_fixture; did you mean 'module'?"),
        (
            {"loop_scope": "sesion"},
            "SettingsError: unknown loop_scope 'sesion' in @managed_fixture; did you mean 'session'?",
        ),
        (
            {"cleanup_callbacks": ["aclose"]},
            "TypeError: cleanup callbacks of 'repo' must be functions, got 'aclose'",
        ),
        (
            {"cleanup_callbacks": "aclose"},
            "TypeError: cleanup_callbacks of 'repo' must be a sequence of functions, got 'aclose'",
        ),
        (
            {"cleanup_callbacks": [Repository.aclose]},
            "TypeError: sync fixture 'repo' has the async cleanup callback 'aclose'; make the fixture async def",
        ),
        (
            {"cleanup_callbacks": [functools.partial(Repository.aclose, Repository())]},
            "TypeError: sync fixture 'repo' has the async cleanup callback 'aclose'; make the fixture async def",
        ),
        (
            {"own_task": True},
            "TypeError: sync fixture 'repo' cannot have a task of its own; make it async def or drop own_task=True",
        ),
    ],
)
def test_wrong_options_are_refused_where_they_are_written(options: dict[str, Any], expected: str) -> None:
    """A mistake is an error of the line that makes it, and the message says what to write instead."""
    assert refused(lambda: untyped(**options)(repo)) == expected


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (plain, "TypeError: 'plain' is a fixture already; use @managed_fixture alone, with its options"),
        (managed, "TypeError: 'managed' is a fixture already; use @managed_fixture alone, with its options"),
        (
            "session",
            "TypeError: managed_fixture takes a function, got 'session'; write options as keywords: scope=\"session\"",
        ),
        (42, 'TypeError: managed_fixture takes a function, got 42; write options as keywords: scope="session"'),
    ],
)
@pytest.mark.parametrize("decorate", [managed_fixture, managed_fixture()], ids=["bare", "with_parentheses"])
def test_only_functions_become_fixtures(thing: object, expected: str, decorate: Any) -> None:
    """Other fixtures, and what is meant as an option, are refused."""
    assert refused(lambda: decorate(thing)) == expected


def test_a_class_is_no_function() -> None:
    """`pytest.fixture` refuses a class, too."""
    expected = f"TypeError: managed_fixture takes a function, got {Repository!r}"

    assert refused(lambda: untyped(Repository)).startswith(expected)


def test_scopes_are_as_good_as_the_names_of_pytest() -> None:
    """Each is a string, and all of pytest's are there."""
    assert [scope.value for scope in FixtureScope] == ["function", "class", "module", "package", "session"]
    assert {str.__str__(scope): scope for scope in FixtureScope} == {scope.value: scope for scope in FixtureScope}
    assert ["module"].index(FixtureScope.MODULE) == 0


@pytest.mark.parametrize(
    ("dependency", "name"),
    [
        ("db", "db"),
        (plain, "plain"),
        (plain_with_name, "renamed"),
        (asynchronous, "asynchronous"),
        (managed, "managed"),
        (managed_with_name, "my_managed"),
    ],
)
def test_a_dependency_is_a_name_or_a_fixture(dependency: object, name: str) -> None:
    """Whoever made the fixture, and whatever it is called."""
    definition = defined(repo, dependencies=(dependency, name))

    assert definition.dependencies == [name]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda: None, ["*, schema", "*, db"]),
        (lambda db: None, ["db", "*, schema"]),
        (lambda *, db: None, ["*, db", "*, schema"]),
        (lambda request, schema: None, ["request", "schema", "*, db"]),
        (lambda resource_manager: None, ["*, schema", "*, db"]),
        (lambda db=None: None, ["*, schema", "*, db"]),
        (lambda *rest, limit=3, **more: None, ["*rest", "*, limit=3", "*, schema", "*, db", "**more"]),
    ],
)
def test_what_pytest_is_asked_for(function: Callable[..., object], expected: Sequence[str]) -> None:
    """The function's own arguments, then the declared dependencies, each once."""
    assert arguments_of(function, dependencies=["schema", "db"]) == expected


def test_a_name_that_is_declared_and_defaulted_is_given() -> None:
    """The fixture wins over the default, as the user has asked for it."""
    definition = defined(lambda db=None: None, dependencies=["db"])

    assert definition.dependencies == ["db"]
    assert definition.given == {"db"}


def test_its_own_manager_is_no_dependency() -> None:
    """Nobody but the fixture has it, so that naming it means nothing more than asking for it."""
    assert arguments_of(repo, dependencies=["resource_manager"]) == []


@pytest.mark.parametrize(
    ("callback", "takes_value"),
    [
        (Repository.close, True),
        (Repository().close, False),
        (functools.partial(Repository.close, Repository()), False),
        (functools.partial(Repository.close), True),
        (lambda: None, False),
        (lambda value: None, True),
        (lambda value=None: None, False),
        (lambda *values: None, False),
        (lambda *, value=None: None, False),
        (len, True),
        (print, False),
        (dict.clear, True),
        (getattr, True),
    ],
)
def test_a_callback_gets_the_value_if_it_needs_one(callback: Callable[..., object], takes_value: bool) -> None:
    """That is, if it has a required positional argument; what does not tell is given the value."""
    assert checked_callbacks([callback], "repo", is_async=True) == [(callback, takes_value)]


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_a_method_of_a_class_stays_one(kind: Callable[..., Any]) -> None:
    """The wrapper is wrapped again as the function was, which fixtures of class scope need."""
    made = untyped(using=lambda **_: lambda wrapper: wrapper)(kind(repo))

    assert isinstance(made, kind)  # type: ignore[arg-type] # it is a class
    definition = definition_of(made)
    assert definition is not None
    assert definition.name == "repo"


def test_who_looks_at_the_fixture_sees_the_function() -> None:
    """Its name, documentation and module are kept, and its place in the file."""
    made = untyped(using=lambda **_: lambda wrapper: wrapper)(repo)
    definition = definition_of(made)

    assert (made.__name__, made.__doc__, made.__module__) == ("repo", repo.__doc__, __name__)
    assert definition is not None
    assert definition.place == (repo.__code__.co_filename, repo.__code__.co_firstlineno)


def test_a_function_without_code_has_no_place() -> None:
    """What is built into the interpreter can be a fixture, too."""
    assert defined(len).place == ("?", 0)


def test_options_reach_whoever_makes_the_fixture() -> None:
    """What is of pytest goes to pytest as it was written, and *loop_scope* only if it was chosen."""
    given: list[dict[str, Any]] = []

    def using(**options: Any) -> Callable[[object], object]:
        given.append(options)
        return lambda wrapper: wrapper

    managed_fixture(using=using, params=[1], ids=["one"], name="other", autouse=True, scope=FixtureScope.CLASS)(repo)
    managed_fixture(using=using, loop_scope="session")(async_repo)

    assert given == [
        {"params": [1], "ids": ["one"], "name": "other", "autouse": True, "scope": "class"},
        {
            "params": None, "ids": None, "name": None, "autouse": False, "scope": "function", "loop_scope": "session",
        },
    ]  # fmt: skip


def test_a_scope_can_be_chosen_late() -> None:
    """A function goes to pytest as it is."""
    given: list[object] = []

    def chosen(fixture_name: str, config: pytest.Config) -> Any:
        """Return the scope."""

    def using(*, scope: object, **_: object) -> Callable[[object], object]:
        given.append(scope)
        return lambda wrapper: wrapper

    managed_fixture(using=using, scope=chosen)(repo)

    assert given == [chosen]
