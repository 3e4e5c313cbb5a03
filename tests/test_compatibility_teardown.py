"""What the repair reads of pytest still means the same: the stack of set-up nodes, and what a teardown gives up."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from isolation import _compatibility as names

Finalizer = Callable[[], object]


def session_with(request: pytest.FixtureRequest, *stacks: list[Finalizer]) -> Any:
    """Return what has a stack as a session has, with a node for each of *stacks* of finalizers."""
    state: Any = type(request.session._setupstate)()
    for number, finalizers in enumerate(stacks):
        state.stack[f"node {number}"] = (finalizers, None)
    return SimpleNamespace(_setupstate=state)


def raising(error: BaseException) -> Finalizer:
    """Return a finalizer that raises *error*."""

    def fail() -> None:
        raise error

    return fail


def failure_of(session: Any) -> BaseException:
    """Return what the teardown of *session* raises."""
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - any
        names.teardown_exact(session, None)
    return raised.value


def test_pytest_tears_down_where_we_look() -> None:
    """If this fails, pytest has changed: see whether the repair is still needed."""
    assert names.knows_lost_finalizers()


def test_a_test_is_the_last_node_that_is_set_up(request: pytest.FixtureRequest) -> None:
    """The stack begins with the session and ends with the test."""
    nodes = names.setup_nodes(request.session)

    assert (nodes[0], nodes[-1]) == (request.session, request.node)


def test_a_request_knows_its_fixture(request: pytest.FixtureRequest) -> None:
    """The definition of the fixture that a request was given to can be asked for; a test has none."""
    definition = names.fixture_of(request.getfixturevalue("asks"))

    assert (definition.argname, names.fixture_of(request)) == ("asks", None)


@pytest.fixture
def asks(request: pytest.FixtureRequest) -> pytest.FixtureRequest:
    """Give the request of a fixture."""
    return request


def test_what_a_teardown_gives_up(request: pytest.FixtureRequest) -> None:
    """The finalizers that were not reached, newest last, and the errors that nobody would see."""
    inner, outer = ValueError("inner node"), KeyError("outer node")
    outer_node: list[Finalizer] = [int, str, raising(asyncio.CancelledError()), raising(outer)]
    session = session_with(request, [], outer_node, [raising(inner)])

    lost = names.lost_in_teardown(session, failure_of(session))

    assert lost == ("node 1", [int, str], [inner, outer])
    assert names.setup_nodes(session) == ["node 0"]


def test_what_a_teardown_has_raised_is_not_lost(request: pytest.FixtureRequest) -> None:
    """After exceptions pytest goes on, and raises them all at the end."""
    one, two = session_with(request, [raising(ValueError())]), session_with(request, [raising(ValueError())] * 2)

    assert [names.lost_in_teardown(session, failure_of(session))[1:] for session in (one, two)] == [([], [])] * 2


def test_a_failure_can_be_wrapped(request: pytest.FixtureRequest) -> None:
    """A plugin that raises something else for it does not hide what is lost, not even by a cycle of causes."""
    session = session_with(request, [int, raising(SystemExit())])
    cause = failure_of(session)
    failure = RuntimeError("of a plugin")
    failure.__cause__, cause.__context__ = cause, failure

    assert names.lost_in_teardown(session, failure).finalizers == [int]
    assert names.lost_in_teardown(session_with(request), failure) == (None, [], ())


def test_a_failure_before_anything_was_torn_down(request: pytest.FixtureRequest) -> None:
    """Nothing is lost if pytest has taken no node from its stack."""
    assert names.lost_in_teardown(session_with(request, [int]), RuntimeError()) == (None, [], ())


def test_the_stack_can_be_forgotten(request: pytest.FixtureRequest) -> None:
    """Then pytest tears down nothing any more."""
    session = session_with(request, [raising(ValueError())])

    names.forget_nodes(session)

    names.teardown_exact(session, None)


def test_whose_teardown_it_was(request: pytest.FixtureRequest) -> None:
    """The innermost fixture that was being finished can be asked for, with its request."""
    asking = request.getfixturevalue("asks")
    definition = names.fixture_of(asking)
    definition.addfinalizer(raising(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt) as raised:
        names.finish_fixture(definition, asking)

    assert names.torn_down_in(raised.value) == (definition, asking)
    assert names.torn_down_in(KeyboardInterrupt()) is None
