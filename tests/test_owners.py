"""Owners: who answers for what is made while an owner is current."""

import contextvars

import pytest

from isolation._owners import OWNER, Owner, OwnerKind, ScopeName

MODULE = Owner("module", "test_chat.py", "tests/test_chat.py", "module")
TEST = Owner("test", "test_login", "tests/test_chat.py::test_login", parent=MODULE)


@pytest.mark.parametrize(
    ("kind", "scope"), [("session", "session"), ("class", "class"), ("test", "function"), ("fixture", "module")]
)
def test_an_owner_answers_for_itself(kind: OwnerKind, scope: ScopeName) -> None:
    """A test, and a fixture that lives longer than a test, are judged for what they leave."""
    owner = Owner(kind, "any", scope=scope, parent=MODULE)

    assert owner.judged is owner


def test_a_test_answers_for_its_fixtures() -> None:
    """What a function-scoped fixture leaves is a leak of the test that asked for it."""
    client = Owner("fixture", "client", TEST.nodeid, parent=TEST)

    assert client.judged is TEST


def test_a_block_answers_only_while_it_ends() -> None:
    """Before and after its end a block hides nothing from what is around it."""
    block = Owner("barrier", "no_leaks block", TEST.nodeid, "block", TEST)
    inner = Owner("barrier", "no_leaks block", TEST.nodeid, "block", block)
    around = (block.judged, inner.judged)

    block.answers = True

    assert around == (TEST, TEST)
    assert (block.judged, inner.judged) == (block, block)


def test_an_owner_without_parent_answers_for_itself() -> None:
    """A block outside of every test has nobody else who could answer."""
    block = Owner("barrier", "no_leaks block", scope="block")

    assert block.judged is block


def test_only_a_fixture_has_a_fixture_name() -> None:
    """Reports name the fixture during whose set-up a thing was made."""
    client = Owner("fixture", "client", TEST.nodeid, parent=TEST)

    assert (client.fixture, TEST.fixture) == ("client", None)


def test_an_owner_says_what_it_is() -> None:
    """The representation has kind, name, node and scope."""
    assert repr(TEST) == "<Owner test 'test_login' of 'tests/test_chat.py::test_login' (scope=function)>"


def test_nobody_owns_what_is_made_outside() -> None:
    """In a fresh context nobody is current."""
    assert contextvars.Context().run(OWNER.get) is None
