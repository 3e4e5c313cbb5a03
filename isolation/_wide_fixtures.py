"""Fixtures that live longer than a test: whose owner they are, and what they hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pytest

from isolation._adoption import Root
from isolation._compatibility import fixture_finalizers, fixture_value
from isolation._live_fixtures import FRAMEWORKS, name_of
from isolation._owners import Owner

_ABSENT = object()
Namespace = Mapping[str, object]


class WideFixture:
    """One fixture of wider scope while it lives.

    What it gave is its own, what its generator keeps in local variables, and what its set-up put on its class or
    module, as `setup_class` and ``request.cls.client = ...`` do.

    Attributes:
        owner: Answers for what it makes.
    """

    owner: Owner

    def __init__(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, session: Owner) -> None:
        name = name_of(fixturedef, request)
        self.owner = Owner("fixture", name, request.node.nodeid, fixturedef.scope, session)
        self._fixturedef = fixturedef
        self._before = [(namespace, dict(namespace)) for namespace in _namespaces(fixturedef, request)]
        self._given: list[tuple[Namespace, str]] = []

    def set_up(self) -> None:
        """Note what the set-up has put into namespaces; look it up again when it is asked for."""
        self._given = [
            (namespace, name)
            for namespace, before in self._before
            for name, value in namespace.items()
            if before.get(name, _ABSENT) is not value
        ]
        self._before = []

    def value(self) -> object:
        """Return what it gives to its tests; None for what a framework gives, which is none of the user's."""
        return None if self._is_framework else fixture_value(self._fixturedef)

    def roots(self) -> Sequence[Root]:
        """Return what it holds now."""
        held: list[object] = [namespace.get(name) for namespace, name in self._given]
        if not self._is_framework:
            held += [fixture_value(self._fixturedef), *fixture_finalizers(self._fixturedef)]
        return [(self.owner, thing) for thing in held]

    @property
    def _is_framework(self) -> bool:
        return _package(self._fixturedef) in FRAMEWORKS


def _package(fixturedef: pytest.FixtureDef[Any]) -> str:
    return str(fixturedef.func.__module__).partition(".")[0]


def _namespaces(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[Namespace]:
    untyped: Any = request  # the types of its class and module are not declared
    own = getattr(fixturedef.func, "__globals__", None)
    if own is not None and _package(fixturedef) not in FRAMEWORKS:
        yield cast("Namespace", own)
    if fixturedef.scope in ("class", "module"):
        yield vars(untyped.module)
    if fixturedef.scope == "class" and untyped.cls is not None:
        yield vars(untyped.cls)
