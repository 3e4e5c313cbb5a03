"""Which tests run a line: its own test alone, all that use a fixture, all that run a function, or nobody knows."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType
from typing import Any

import pytest

from isolation._compatibility import fixture_graph
from isolation._fixture_definitions import frames_of
from isolation._shared_stubs import SharedStubs

_CONTEXT = "mock_context"
_ANYBODY = f"fixture {_CONTEXT}"


class Sharing:
    """Groups the tests of a run by what they may run in common.

    Attributes:
        passed: The ids of the tests that have passed.
    """

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self._groups: dict[tuple[CodeType | None, CodeType], str] = {}

    def group(self, item: pytest.Item, code: CodeType) -> str:
        """Return the name of the group of tests that run *code*, as *item* does."""
        body = _body(item)
        group = self._groups.get((body, code))
        if group is None:
            group = self._groups[body, code] = _group(item, body, code)
        return group

    def count(self, items: Iterable[pytest.Item], stubs: SharedStubs, *, is_worker: bool) -> None:
        """Count the *items* of the groups that *stubs* are about, and those of them that have passed.

        In a worker of pytest-xdist that is every group whose tests use mocks: others may have stubs of it.
        """
        wanted = {group for stub in stubs.lines.values() for group in stub.groups}
        if not (wanted or is_worker):
            return
        for item in items:
            groups = set(_groups(item))
            for group in groups if is_worker and _ANYBODY in groups else wanted & groups:
                stubs.sizes[group] = stubs.sizes.get(group, 0) + 1
                stubs.passed[group] = stubs.passed.get(group, 0) + (item.nodeid in self.passed)


def _group(item: pytest.Item, body: CodeType | None, code: CodeType) -> str:
    if body is not None and code in _nested(body):
        return _function(body)
    name = next((name for name, each in _fixtures(item) if code in _nested(each)), None)
    return f"fixture {name}" if name is not None else _ANYBODY


def codes_of(item: pytest.Item) -> frozenset[CodeType]:
    """Return the code that *item* runs and no other test does: that of its function, and what is written in there."""
    body = _body(item)
    return _nested(body) if body is not None and not _is_shared(item) else frozenset()


def _is_shared(item: Any) -> bool:  # noqa: ANN401 - of unittest or Python
    """Tell whether the function of *item* is a test with parameters, or of a class that others inherit from."""
    cls = getattr(item, "cls", None)
    name = getattr(item, "originalname", None) or item.name
    return hasattr(item, "callspec") or (cls is not None and (name not in vars(cls) or bool(cls.__subclasses__())))


def _body(item: Any) -> CodeType | None:  # noqa: ANN401 - of unittest, doctest or Python
    function = getattr(item, "function", None)
    # What hypothesis runs again and again is not what pytest sees.
    function = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    code: CodeType | None = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
    return code


def _nested(code: CodeType) -> frozenset[CodeType]:
    return frozenset(_walk(code))


def _walk(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _walk(constant)


def _fixtures(item: pytest.Item) -> Iterator[tuple[str, CodeType]]:
    """Yield the names and the code of the fixtures that *item* asks for."""
    for name, definitions in fixture_graph(item)[1].items():
        for definition in definitions:
            yield from ((name, code) for code, _ in frames_of(definition.func))


def _groups(item: pytest.Item) -> Sequence[str]:
    names: Iterable[str] = getattr(item, "fixturenames", ())
    body = _body(item)
    is_shared = body is not None and _is_shared(item)
    return [*(f"fixture {name}" for name in names), *([_function(body)] if body is not None and is_shared else [])]


def _function(code: CodeType) -> str:
    return f"function {code.co_filename}:{code.co_firstlineno}"
