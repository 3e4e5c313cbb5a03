"""Definitions of managed fixtures: what a decorator was told about a function, checked where it is written."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from keyword import iskeyword
from types import CodeType
from typing import Any, TypeGuard, cast

import pytest

from isolation._cleanups import is_async_callable, name_of

MANAGER = "resource_manager"
"""The argument for which a managed fixture gets a manager of its own."""
_ATTRIBUTE = "__isolation_definition__"
Function = Callable[..., object]
Callback = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixtureDefinition:
    """What is known of a managed fixture before it is set up.

    Attributes:
        name: The name by which it is requested.
        title: How notes call it.
        function: What the user wrote.
        frames: Its code, which tells where it is; wrappers of other decorators looked through.
        is_async: Whether it is an async function or an async generator function.
        is_generator: Whether it yields.
        given: The arguments that *function* takes.
        dependencies: The names that were declared, without those that the function asks for itself.
        injected: Those of them that it must not be given.
        isolation_group: The group that it was put into.
        priority: Higher ones are set up earlier among those of one scope.
        callbacks: What is called at its end, in order, and whether that takes the fixture's value.
        cleanup_timeout: Seconds that each cleanup may take.
        own_task: Whether set-up, use and teardown happen in one task of its own.
        has_loop_scope: Whether the scope of its event loop was chosen.
        has_driver: Whether it was chosen who makes the fixture.
        requests: The request of the instance that is set up next, if the plugin is there to hand it over.  An argument
            ``request`` would do the same and costs more than everything else, since pytest makes a definition for it.
    """

    name: str
    title: str
    function: Function
    frames: Sequence[tuple[CodeType, int]]
    is_async: bool
    is_generator: bool
    given: frozenset[str]
    dependencies: Sequence[str]
    injected: Sequence[str]
    isolation_group: str | None
    priority: int
    callbacks: Sequence[tuple[Callback, bool]]
    cleanup_timeout: float | None
    own_task: bool
    has_loop_scope: bool
    has_driver: bool
    requests: list[pytest.FixtureRequest] = field(default_factory=list[pytest.FixtureRequest])

    @property
    def place(self) -> tuple[str, int]:
        """Return the file and the line where it is written."""
        return place_of(self.frames)


def definition_of(function: object) -> FixtureDefinition | None:
    """Return the definition of a managed fixture from its function or bound method, None for any other fixture."""
    definition: FixtureDefinition | None = getattr(getattr(function, "__func__", function), _ATTRIBUTE, None)
    return definition


def attach(definition: FixtureDefinition, wrapper: Function) -> None:
    """Let *wrapper* carry *definition*, and ask pytest for what the fixture needs."""
    setattr(wrapper, _ATTRIBUTE, definition)
    wrapper.__signature__ = _signature(definition)  # type: ignore[attr-defined] # what inspect reads


def _signature(definition: FixtureDefinition) -> Signature:
    """Return the signature that pytest and the async drivers read: that of the function, and what is injected last.

    `mock.patch` makes pytest drop the first arguments, and those must be the mocks.
    """
    signature = inspect.signature(definition.function)
    injected = definition.dependencies
    kept = [each for each in signature.parameters.values() if each.name != MANAGER and each.name not in injected]
    added = [Parameter(name, Parameter.KEYWORD_ONLY) for name in injected]
    rest = [parameter for parameter in kept if parameter.kind is Parameter.VAR_KEYWORD]
    kept = [parameter for parameter in kept if parameter.kind is not Parameter.VAR_KEYWORD]
    return signature.replace(parameters=[*kept, *added, *rest], return_annotation=signature.return_annotation)


def frames_of(function: Any) -> Sequence[tuple[CodeType, int]]:  # noqa: ANN401 - whatever can be a fixture
    """Return where *function* is written, in the form of an origin."""
    code: CodeType | None = getattr(inspect.unwrap(function), "__code__", None)
    return ((code, 0),) if code is not None else ()


def place_of(frames: Sequence[tuple[CodeType, int]]) -> tuple[str, int]:
    """Return the file and the line of *frames*; what is built into the interpreter has none."""
    return next(((code.co_filename, code.co_firstlineno) for code, _ in frames), ("?", 0))


def arguments(function: Function) -> frozenset[str]:
    """Return the names by which *function* can be given something."""
    kinds = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD, Parameter.POSITIONAL_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return frozenset(parameter.name for parameter in parameters if parameter.kind not in kinds)


def requested(function: Function) -> frozenset[str]:
    """Return the names that *function* asks pytest for."""
    parameters = inspect.signature(function).parameters
    return frozenset(name for name in arguments(function) if parameters[name].default is Parameter.empty)


def dependency_names(dependencies: object) -> Sequence[str]:
    """Return the names of *dependencies*, which are names or fixture objects.

    Raises:
        TypeError: If one of them is neither, or cannot be an argument.
    """
    __tracebackhide__ = True
    if isinstance(dependencies, str) or not isinstance(dependencies, Iterable):
        raise TypeError(f"dependencies must be a sequence of fixture names or fixture objects, got {dependencies!r}")
    return list(dict.fromkeys(map(_dependency_name, cast("Iterable[object]", dependencies))))


def _dependency_name(dependency: object) -> str:
    __tracebackhide__ = True
    if is_fixture(dependency):
        dependency = getattr(dependency, "name", None)
    if not isinstance(dependency, str):
        raise TypeError(f"dependencies must be fixture names or fixture objects, got {dependency!r}")
    if not dependency.isidentifier() or iskeyword(dependency):
        raise TypeError(f"dependency {dependency!r} is not an identifier; give that fixture an identifier with name=")
    return dependency


@pytest.fixture
def _any_fixture() -> None:
    """Show of what type fixtures are."""


def is_fixture(thing: object) -> TypeGuard[Function]:
    """Tell whether *thing* is what `pytest.fixture` returns."""
    return isinstance(thing, type(_any_fixture))


def checked_callbacks(callbacks: object, name: str, *, is_async: bool) -> Sequence[tuple[Callback, bool]]:
    """Return the cleanup *callbacks* of fixture *name*, each with whether it takes the fixture's value.

    Raises:
        TypeError: If one cannot be called, or is async and the fixture is not.
    """
    __tracebackhide__ = True
    if isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
        raise TypeError(f"cleanup_callbacks of {name!r} must be a sequence of functions, got {callbacks!r}")
    checked: list[tuple[Callback, bool]] = []
    for callback in cast("Iterable[object]", callbacks):
        if not callable(callback):
            raise TypeError(f"cleanup callbacks of {name!r} must be functions, got {callback!r}")
        if not is_async and is_async_callable(callback):
            short = name_of(callback).rpartition(".")[2]
            raise TypeError(
                f"sync fixture {name!r} has the async cleanup callback {short!r}; make the fixture async def"
            )
        checked.append((callback, _takes_value(callback)))
    return checked


def _takes_value(callback: Callback) -> bool:
    """Tell whether *callback* has a required positional argument; what cannot be known is assumed to have one."""
    try:
        parameters = inspect.signature(callback).parameters.values()
    except ValueError:
        return True
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return any(parameter.kind in positional and parameter.default is Parameter.empty for parameter in parameters)
