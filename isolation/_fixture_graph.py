"""The fixture graph of a test: what is wrong with it is said at collection; priorities decide what it leaves open."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

import pytest

from isolation._compatibility import fixture_graph, fixture_loop_scope, visible_fixtures
from isolation._fixture_definitions import FixtureDefinition, definition_of, frames_of, place_of
from isolation._origin import relative

Fixture: TypeAlias = pytest.FixtureDef[Any]
Fixtures: TypeAlias = Mapping[str, Sequence[Fixture]]
Managed: TypeAlias = list[tuple[str, FixtureDefinition]]
SCOPES = ("session", "package", "module", "class", "function")
"""The scopes of pytest, widest first."""


def managed_by(item: pytest.Function) -> Managed:
    """Return the managed fixtures that *item* uses, by name, in the order of their set-up."""
    fixtures = fixture_graph(item)[1]
    found: Managed = []
    for name in item.fixturenames:
        defined = fixtures.get(name)
        definition = definition_of(defined[-1].func) if defined else None
        if definition is not None:
            found.append((name, definition))
    return found


def check(item: pytest.Function, managed: Managed) -> None:
    """Make sure that the fixtures that *item* uses, of which some are *managed*, can be set up.

    Raises:
        pytest.Collector.CollectError: If one depends on a fixture that does not exist, or on itself.
    """
    fixtures = fixture_graph(item)[1]
    for _, definition in managed:
        _check_declared(item, fixtures, definition)
    _check_cycles(item, fixtures)


def sort(item: pytest.Function, managed: Managed) -> None:
    """Let higher priorities be set up earlier within each scope, *managed* included; do nothing if none is given."""
    fixtures = fixture_graph(item)[1]
    priorities = {name: definition.priority for name, definition in managed if definition.priority}
    if priorities:
        # Parametrized siblings share this list, so it may be sorted already.
        item.fixturenames.sort(key=lambda name: (_rank(fixtures, name), -priorities.get(name, 0)))
        managed.sort(key=lambda each: item.fixturenames.index(each[0]))


def used_by(item: pytest.Function) -> Iterator[Fixture]:
    """Yield the fixtures that *item* uses; of those with one name, those that are overridden only if asked for."""
    fixtures = fixture_graph(item)[1]
    for name in item.fixturenames:
        defined = fixtures.get(name, ())
        last = next((n for n in reversed(range(len(defined))) if name not in defined[n].argnames), 0)
        yield from defined[last:]


def _rank(fixtures: Fixtures, name: str) -> int:
    defined = fixtures.get(name)
    return SCOPES.index(defined[-1].scope) if defined else len(SCOPES)


def _check_declared(item: pytest.Function, fixtures: Fixtures, definition: FixtureDefinition) -> None:
    known = {"request", *fixtures}
    missing = [dependency for dependency in definition.dependencies if dependency not in known]
    if not missing:
        return
    near = get_close_matches(missing[0], sorted({*known, *visible_fixtures(item)} - {"request"}), n=1)
    advice = f"; did you mean {near[0]!r}?" if near else ""
    raise pytest.Collector.CollectError(
        f"managed fixture {definition.name!r} ({_where(item, definition.function)}) declares dependencies={missing!r}, "
        f"but no fixture of that name is visible from {item.nodeid}{advice}"
    )


def _check_cycles(item: pytest.Function, fixtures: Fixtures) -> None:
    done: set[tuple[str, int]] = set()
    for name in item.fixturenames:
        cycle = _cycle(fixtures, name, [], done)
        if any(definition_of(fixturedef.func) for fixturedef in cycle):  # pytest refuses the others, at set-up
            raise pytest.Collector.CollectError(_describe(item, cycle))


def _cycle(fixtures: Fixtures, name: str, chain: list[Fixture], done: set[tuple[str, int]]) -> Sequence[Fixture]:
    """Return the fixtures of a cycle that can be reached from *name*; the last one asks for the first."""
    names = [fixturedef.argname for fixturedef in chain]
    overridden = names.count(name)  # a fixture that asks for its own name means the one that it overrides
    defined = fixtures.get(name, ())
    if overridden >= len(defined):
        return chain[names.index(name) :] if overridden else []
    if (name, overridden) in done:
        return []
    chain.append(defined[-1 - overridden])
    for requested in chain[-1].argnames:
        cycle = _cycle(fixtures, requested, chain, done)
        if cycle:
            return cycle
    chain.pop()
    done.add((name, overridden))
    return []


def loop_scope_of(
    definition: FixtureDefinition, fixturedef: pytest.FixtureDef[Any], config: pytest.Config
) -> str | None:
    """Return the scope of the event loop for a fixture that has not chosen one; None for what is configured.

    The configured one may be narrower than the fixture, which pytest-asyncio refuses: ScopeMismatch.
    """
    configured = str(config.getini("asyncio_default_fixture_loop_scope"))
    if definition.has_loop_scope or configured not in SCOPES:
        return None
    return min(configured, fixturedef.scope, key=SCOPES.index)


def test_loop_scope(item: pytest.Item) -> str:
    """Return the scope of the event loop on which pytest-asyncio runs *item*."""
    marker = item.get_closest_marker("asyncio")
    asked: Mapping[str, Any] = marker.kwargs if marker is not None else {}
    default: str = item.config.getini("asyncio_default_test_loop_scope")
    return str(asked.get("loop_scope") or asked.get("scope") or default)


def loop_mismatches(item: pytest.Function, managed: Managed) -> Iterator[tuple[str, str, str]]:
    """Yield the names of the fixtures that run on another event loop than *item*, with both scopes, theirs first."""
    if item.get_closest_marker("asyncio") is None:
        return
    fixtures = fixture_graph(item)[1]
    own = test_loop_scope(item)
    for name, definition in managed:
        fixturedef = fixtures[name][-1]
        if definition.is_async and not definition.has_loop_scope and fixture_loop_scope(fixturedef.func) is None:
            scope = loop_scope_of(definition, fixturedef, item.config) or fixturedef.scope
            if scope != own:
                yield name, scope, own


def _where(item: pytest.Item, function: object) -> str:
    file, line = place_of(frames_of(getattr(function, "__func__", function)))
    return f"{relative(file, str(item.config.rootpath))}:{line}"


def _describe(item: pytest.Function, cycle: Sequence[Fixture]) -> str:
    names = [fixturedef.argname for fixturedef in (*cycle, cycle[0])]
    lines = [f"fixture dependency cycle for {item.nodeid}: {' -> '.join(names)}"]
    for fixturedef, needed in zip(cycle, names[1:], strict=True):
        definition = definition_of(fixturedef.func)
        is_declared = definition is not None and needed in definition.dependencies
        how = " (dependencies=)" if is_declared else ""
        lines.append(f"  {fixturedef.argname}: {_where(item, fixturedef.func)} needs {needed!r}{how}")
    return "\n".join(lines)
