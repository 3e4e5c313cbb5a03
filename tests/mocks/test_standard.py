"""What the mocks use of unittest.mock beside its documentation: each of these fails when it changes."""

import asyncio
import inspect
from typing import Any
from unittest import mock

import pytest

from isolation.mocks import _standard
from isolation.mocks._construction import plain_mock
from isolation.mocks._keys import Key


def test_calls_are_what_the_constructor_makes() -> None:
    """Although it is not called, for it is slow."""
    assert _standard.call_pair((1,), {"a": 2}) == mock.call(1, a=2)
    assert vars(_standard.call_pair((1,), {})) == vars(_standard.CallTuple(((1,), {}), two=True))
    assert vars(_standard.call_triple("a", (), {})) == vars(_standard.CallTuple(("a", (), {})))
    assert repr(_standard.call_triple("a.b", (1,), {})) == "call.a.b(1)"
    assert tuple(_standard.call_triple("a", (1,), {"b": 2})) == ("a", (1,), {"b": 2})


def test_lists_of_calls_find_parts_of_themselves() -> None:
    """So ``assert_has_calls`` works."""
    calls = _standard.CallList([mock.call(1), mock.call(2), mock.call(3)])

    assert [mock.call(2), mock.call(3)] in calls
    assert [mock.call(3), mock.call(2)] not in calls


def test_the_special_methods_are_those_of_a_magic_mock() -> None:
    """Those that it has from the start, those that may be set, and those that may not."""
    assert {"__len__", "__aiter__", "__aenter__", "__eq__"} <= _standard.DEFAULT_MAGICS
    assert {name for name in _standard.DEFAULT_MAGICS if not hasattr(mock.MagicMock(), name)} == set()
    assert _standard.DEFAULT_MAGICS | {"__reversed__", "__get__"} <= _standard.ALL_MAGICS
    assert {"__aenter__", "__aexit__", "__anext__"} == _standard.ASYNC_MAGICS
    assert "__aenter__" not in _standard.SYNC_MAGICS
    assert {"__init__", "__new__", "__del__"} <= _standard.UNSUPPORTED_MAGICS


def test_special_methods_have_results() -> None:
    """Fixed ones, and some that depend on the mock."""
    assert _standard.MAGIC_RESULTS["__len__"] == 0
    assert _standard.MAGIC_RESULTS["__lt__"] is NotImplemented
    assert _standard.MAGIC_CALCULATORS["__hash__"](None) == object.__hash__(None)


def test_the_mark_makes_a_coroutine_function() -> None:
    """For asyncio."""

    class Marked:
        _is_coroutine = _standard.COROUTINE_MARK

    assert asyncio.iscoroutinefunction(Marked())


def test_misspelt_assertions_are_refused_by_the_same_words() -> None:
    """By what they begin with, and by names of assertions without their beginning."""
    for beginning in _standard.TYPING_ERRORS:
        with pytest.raises(AttributeError, match="is not a valid assertion"):
            getattr(mock.Mock(), f"{beginning}_x")
    for name in _standard.ASSERTION_NAMES - set(dir(mock.Mock)):
        with pytest.raises(AttributeError, match="is not a valid assertion"):
            getattr(mock.Mock(), name)


def test_a_spec_is_read_as_the_standard_library_does() -> None:
    """Names, class, signature and coroutine functions."""

    class Client:
        async def get(self, key: str) -> None: ...

    read = _standard.read_spec(Client, is_set=True, is_instance=False, has_self=False)

    assert "get" in read["_mock_methods"]
    assert (read["_spec_class"], read["_spec_asyncs"]) == (Client, ["get"])
    assert isinstance(read["_spec_signature"], inspect.Signature)
    assert _standard.is_async_spec(Client.get)
    assert not _standard.is_async_spec(Client)


def test_a_function_of_create_autospec_has_its_mock() -> None:
    """Which is what stands below another mock."""

    def publish(topic: str) -> None: ...

    made: Any = mock.create_autospec(publish)

    assert _standard.extract_mock(made) is made.mock
    assert _standard.extract_mock(1) == 1


def test_a_parent_takes_only_mocks_without_one() -> None:
    """And gives them a name."""
    parent, child = mock.Mock(), mock.Mock()

    assert _standard.check_and_set_parent(parent, child, "child", "child")
    assert (child._mock_parent, child._mock_new_parent, child._mock_name) == (parent, parent, "child")
    assert not _standard.check_and_set_parent(mock.Mock(), child, "other", "other")


def test_a_mock_is_one_by_its_type() -> None:
    """Whatever it pretends to be."""
    assert _standard.is_mock(mock.Mock(int))
    assert not _standard.is_mock(1)
    assert issubclass(mock.AsyncMock, _standard.AsyncMixin)


def test_exceptions_and_their_classes_are_raised() -> None:
    """As effects."""
    assert _standard.is_exception(ValueError)
    assert _standard.is_exception(ValueError())
    assert not _standard.is_exception(int)


ASKED = [
    "_call_matcher",
    "_extract_mock_name",
    "_mock_children",
    "_mock_delegate",
    "_mock_methods",
    "_mock_name",
    "_mock_new_name",
    "_mock_new_parent",
    "_mock_parent",
    "_mock_sealed",
    "_spec_class",
    "_spec_set",
    "_spec_signature",
]
"""What functions of unittest.mock read of a mock, and what the mocks therefore answer."""


def test_our_mocks_answer_as_standard_ones() -> None:
    """Whoever asks a new one, of what does not depend on its parents."""
    asked = [
        name for name in ASKED if name not in ("_call_matcher", "_extract_mock_name", "_mock_new_name", "_spec_set")
    ]
    ours, theirs = plain_mock(), mock.Mock()

    assert [getattr(ours, name) for name in asked] == [getattr(theirs, name) for name in asked]


@pytest.mark.parametrize("name", ASKED)
def test_a_standard_mock_has_what_ours_answer(name: str) -> None:
    """If one of these goes, the standard library asks something else."""
    assert hasattr(mock.Mock(), name)


def test_a_key_stands_for_the_names_of_parents() -> None:
    """Joined as the standard library joins them."""
    made = mock.Mock()
    made.a.b().c()

    assert [name for name, _, _ in made.mock_calls] == ["a.b", "a.b().c"]
    assert Key("a.b").result().child("c") == "a.b().c"
