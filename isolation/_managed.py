"""managed_fixture: fixtures that come down in order, completely, and with every error visible."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, cast, overload

import pytest

from isolation import _fixture_definitions
from isolation._arguments import check_seconds
from isolation._fixture_definitions import MANAGER, FixtureDefinition
from isolation._fixture_wrappers import wrapped
from isolation._settings import one_of

F = TypeVar("F", bound=Callable[..., object])
ScopeName: TypeAlias = Literal["session", "package", "module", "class", "function"]


class FixtureScope(str, Enum):  # noqa: UP042 - a documented promise; StrEnum changes str()
    """How long a fixture lives; each is as good as the string that pytest takes.

    >>> FixtureScope.MODULE == "module"
    True
    """

    FUNCTION = "function"
    CLASS = "class"
    MODULE = "module"
    PACKAGE = "package"
    SESSION = "session"


_SCOPES: Sequence[str] = [scope.value for scope in FixtureScope]
Scope: TypeAlias = FixtureScope | ScopeName | Callable[[str, pytest.Config], ScopeName]
Ids: TypeAlias = Sequence[object | None] | Callable[[Any], object | None] | None


class FixtureDecorator(Protocol):
    """What `managed_fixture` with options returns."""

    def __call__(self, function: F, /) -> F:
        """Make a fixture of *function*."""
        ...


@overload
def managed_fixture(function: F, /) -> F: ...
@overload
def managed_fixture(
    *,
    scope: Scope = ...,
    dependencies: Sequence[str | Callable[..., object]] = ...,
    isolation_group: str | None = ...,
    priority: int = ...,
    cleanup_callbacks: Sequence[Callable[..., object]] = ...,
    cleanup_timeout: float | None = ...,
    own_task: bool = ...,
    params: Iterable[object] | None = ...,
    autouse: bool = ...,
    ids: Ids = ...,
    name: str | None = ...,
    loop_scope: ScopeName | None = ...,
    using: Callable[..., Any] | None = ...,
) -> FixtureDecorator: ...
def managed_fixture(
    function: Callable[..., object] | None = None,
    /,
    *,
    scope: Scope = "function",
    dependencies: Sequence[str | Callable[..., object]] = (),
    isolation_group: str | None = None,
    priority: int = 0,
    cleanup_callbacks: Sequence[Callable[..., object]] = (),
    cleanup_timeout: float | None = None,
    own_task: bool = False,
    params: Iterable[object] | None = None,
    autouse: bool = False,
    ids: Ids = None,
    name: str | None = None,
    loop_scope: ScopeName | None = None,
    using: Callable[..., Any] | None = None,
) -> Any:
    """Make a pytest fixture whose resources are released in order, each once, with every failure reported.

    The function may be sync or async, and return or yield its value.
    If it takes the argument ``resource_manager``, it gets a `ResourceManager` of its own, at any scope.
    At its end the *cleanup_callbacks* run, then the code after ``yield``, then what the manager holds, newest first.
    The same happens to what was acquired when the set-up fails.
    It is an ordinary fixture otherwise: parameters, ``request``, overriding, methods and ``--setup-plan`` just work.

    Args:
        function: The function, if the decorator is used bare.
        scope: How long the fixture lives.
        dependencies: Fixtures, by name or as objects, that are set up before this one and torn down after it, without
            being arguments of the function.
        isolation_group: The group of barriers to which what the set-up registers belongs while the fixture lives, and
            the value of the fixture if it can be isolated itself; see `isolate` and `resettable`.
        priority: Higher ones are set up earlier and torn down later, among the fixtures of one scope that a test uses;
            dependencies always win.  Positive ones come before autouse fixtures.
        cleanup_callbacks: Functions, sync or async, that are called at the end in this order; those with a required
            positional argument get the fixture's value.
        cleanup_timeout: Seconds that each cleanup may take; None for as long as it likes.  The code after ``yield`` is
            not interrupted when it takes longer, only reported, unless the fixture has a task of its own.
        own_task: Set the async fixture up, keep it and tear it down in one task of its own, so that task groups, cancel
            scopes and timeouts may surround ``yield``.  If the task crashes, the test that uses it is cancelled.
        params: As of `pytest.fixture`.
        autouse: As of `pytest.fixture`.
        ids: As of `pytest.fixture`.
        name: As of `pytest.fixture`.
        loop_scope: The event loop of pytest-asyncio that the fixture runs on; by default that of pytest-asyncio's
            configuration, or of the fixture's own *scope* if that is wider.
        using: What makes the fixture, instead of `pytest.fixture`; for example `pytest_asyncio.fixture`.

    Raises:
        TypeError: If an argument is of a kind that means nothing, or a sync fixture is given what only async ones have.
        ValueError: If *scope* or *loop_scope* is no scope.
    """
    __tracebackhide__ = True
    if function is not None:
        _check_function(function)
    options: dict[str, Any] = {"params": params, "autouse": autouse, "ids": ids, "name": name}
    options["scope"] = scope if callable(scope) else _checked_scope(scope, "scope")
    check_seconds(cleanup_timeout, "cleanup_timeout")
    if not isinstance(priority, int):  # pyright: ignore[reportUnnecessaryIsInstance] - users without a type checker
        raise TypeError(f"priority must be an int, got {priority!r}")
    if loop_scope is not None:
        options["loop_scope"] = _checked_scope(loop_scope, "loop_scope")
        using = using or _asyncio_fixture()
    decorate = partial(
        _decorate,
        using=using or pytest.fixture,
        options=options,
        declared=_fixture_definitions.dependency_names(dependencies),
        isolation_group=isolation_group,
        priority=priority,
        callbacks=cleanup_callbacks,
        cleanup_timeout=cleanup_timeout,
        own_task=own_task,
    )
    return decorate if function is None else decorate(function)


def _decorate(
    function: object,
    *,
    using: Callable[..., Any],
    options: Mapping[str, Any],
    declared: Sequence[str],
    callbacks: Sequence[Callable[..., object]],
    isolation_group: str | None,
    priority: int,
    cleanup_timeout: float | None,
    own_task: bool,
) -> Callable[..., object]:
    __tracebackhide__ = True
    _check_function(function)
    rewrap = next((kind for kind in (classmethod, staticmethod) if isinstance(function, kind)), None)
    plain: Callable[..., object] = function.__func__ if rewrap is not None else function  # type: ignore[attr-defined, assignment] # checked
    name: str = options["name"] or plain.__name__
    is_async = inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain)
    if own_task and not is_async:
        raise TypeError(f"sync fixture {name!r} cannot have a task of its own; make it async def or drop own_task=True")
    given, requested = _fixture_definitions.arguments(plain), _fixture_definitions.requested(plain)
    dependencies = [each for each in declared if each not in requested and each != MANAGER]
    definition = FixtureDefinition(
        name=name,
        title=f"fixture {name!r}",
        function=plain,
        frames=_fixture_definitions.frames_of(plain),
        is_async=is_async,
        is_generator=inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain),
        given=given,
        dependencies=dependencies,
        injected=[each for each in dependencies if each not in given],
        isolation_group=isolation_group,
        priority=priority,
        callbacks=_fixture_definitions.checked_callbacks(callbacks, name, is_async=is_async),
        cleanup_timeout=cleanup_timeout,
        own_task=own_task,
        has_loop_scope="loop_scope" in options,
        has_driver=using is not pytest.fixture,
    )
    wrapper = wrapped(definition)
    fixture: Callable[..., object] = using(**options)(rewrap(wrapper) if rewrap is not None else wrapper)
    return fixture


def _check_function(thing: object) -> None:
    __tracebackhide__ = True
    if _fixture_definitions.is_fixture(thing):
        raise TypeError(f"{thing.__name__!r} is a fixture already; use @managed_fixture alone, with its options")
    is_function = callable(thing) and hasattr(thing, "__name__") and not isinstance(thing, type)
    if not is_function and not isinstance(thing, (classmethod, staticmethod)):
        raise TypeError(f'managed_fixture takes a function, got {thing!r}; write options as keywords: scope="session"')


def _checked_scope(scope: str, what: str) -> str:
    __tracebackhide__ = True
    return FixtureScope(one_of(scope, _SCOPES, what, "@managed_fixture")).value


def _asyncio_fixture() -> Callable[..., Any]:
    import pytest_asyncio  # noqa: PLC0415 - only if its event loops are asked for

    return cast("Callable[..., Any]", pytest_asyncio.fixture)
