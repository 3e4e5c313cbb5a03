"""Short texts of any object, safe to make and safe to publish."""

import decimal
import enum
import pathlib
import types
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock, create_autospec

import pytest

from isolation import isolated_mock
from isolation._changes import ABSENT
from isolation._representations import represent, represent_difference


class Color(enum.Enum):
    """An enumeration of a user."""

    RED = 1


class Registry(dict[str, int]):
    """A dictionary of a user."""


class Pool:
    """A class of a user."""

    def close(self) -> None:
        """Do nothing."""

    def __repr__(self) -> str:
        raise AssertionError


class Ticket(str):
    """A text of a user."""

    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError


class Ratio(float):
    """A number of a user."""

    __slots__ = ()


class Blob(bytes):
    """Data of a user."""


class Number(int):
    """A number of a user."""


def function() -> None:
    """Do nothing."""


class Hostile:
    """An object that fails whatever it is asked."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def _fail(self, *_: object) -> Any:
        raise AssertionError

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = _fail


class Meta(type):
    """A metaclass that fails whatever its classes are asked."""

    def __getattribute__(cls, name: str) -> Any:
        raise AssertionError(name)


Meta.__eq__ = Meta.__hash__ = Hostile._fail  # type: ignore[assignment,method-assign]


class Shy(metaclass=Meta):
    """A class that fails whatever it is asked."""

    __slots__ = ()


class Faked:
    """An object whose dictionary is somebody else's code."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise AssertionError


HERE = __name__


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (12, "12"),
        (2.5, "2.5"),
        (ABSENT, "absent"),
        ("on", "'on'"),
        (b"on", "b'on'"),
        (bytearray(b"on"), "bytearray(b'on')"),
        (range(3), "range(0, 3)"),
        ([], "[]"),
        (set(), "set()"),
        (frozenset(), "frozenset({})"),
        ((1,), "(1,)"),
        ({"b", "a"}, "{'a', 'b'}"),
        ({"u1": [1, 2, 3], "u2": [], "u3": {1}}, "{'u1': [3 items], 'u2': [], 'u3': {1 item}}"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (Counter("a"), "Counter({'a': 1})"),
        (deque([1]), "deque([1])"),
        (types.MappingProxyType({"a": 1}), "mappingproxy({'a': 1})"),
        (decimal.Decimal("1.5"), "Decimal('1.5')"),
        (pathlib.PurePosixPath("/a"), "PurePosixPath('/a')"),
        (Pool(), f"<{HERE}.Pool object>"),
        (Pool().close, f"<method {HERE}.Pool.close>"),
        (types.MethodType(len, [1]), "<method>"),
        (Pool, f"<class {HERE}.Pool>"),
        (int, "<class int>"),
        (function, f"<function {HERE}.function>"),
        (len, "<built-in len>"),
        (enum, "<module enum>"),
        (Color.RED, f"<{HERE}.Color.RED>"),
        (Registry(a=1), f"<{HERE}.Registry object, 1 item>"),
        (Ticket("T-1"), f"<{HERE}.Ticket 'T-1'>"),
        (Ratio(0.5), f"<{HERE}.Ratio 0.5>"),
        (Blob(b"x"), f"<{HERE}.Blob b'x'>"),
        (Number(3), f"<{HERE}.Number 3>"),
        (object(), "<object object>"),
    ],
)
def test_a_value_is_shown_by_what_it_is(value: object, text: str) -> None:
    """Exact builtin values are shown as they are, everything else by its type or its qualified name."""
    assert represent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 90, f"'{'x' * 50}'… (90 characters)"),
        (b"x" * 90, f"b'{'x' * 50}'… (90 bytes)"),
        (1 << 999, "<int of 1000 bits>"),
        (list(range(20)), "[0, 1, 2, 3, 4, … 15 more]"),
        (dict.fromkeys(range(7)), "{0: None, 1: None, 2: None, 3: None, 4: None, … 2 more}"),
    ],
)
def test_what_is_long_is_cut(value: object, text: str) -> None:
    """A report is read by people, and a large number takes Python a long time to write."""
    assert represent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MagicMock(name="db", spec=Pool), f"<MagicMock name='db' spec={HERE}.Pool>"),
        (MagicMock(), "<MagicMock>"),
        (create_autospec(function), "<mock of function function>"),
        (isolated_mock(Pool, name="db"), f"<AsyncMock name='db' spec={HERE}.Pool>"),
        (isolated_mock(), "<AsyncMock>"),
    ],
)
def test_a_mock_is_shown_as_one(value: object, text: str) -> None:
    """A mock that claims to be a pool is still a mock."""
    assert represent(value) == text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (Hostile, f"<{HERE}.Hostile object>"),
        (lambda: type.__call__(Shy), f"<{HERE}.Shy object>"),
        (lambda: Shy, f"<class {HERE}.Shy>"),
        (Faked, f"<{HERE}.Faked object>"),
        (lambda: [Hostile()], f"[<{HERE}.Hostile object>]"),
    ],
)
def test_no_code_of_the_value_runs(make: Callable[[], object], text: str) -> None:
    """Objects that fail whatever they are asked, and classes that do, are shown like others."""
    assert represent(make()) == text


def test_names_that_are_no_texts_are_passed_over() -> None:
    """A function and a module may be called anything, even nothing that can be read."""
    nameless = types.FunctionType(function.__code__, {})
    nameless.__module__ = Hostile()  # type: ignore[assignment]
    module = types.ModuleType("m")
    module.__dict__["__name__"] = Hostile()

    assert (represent(nameless), represent(module)) == ("<function function>", "<module ?>")


def test_an_imposter_is_not_taken_for_a_value_of_the_standard_library() -> None:
    """Only the very type of the standard library is trusted with its own text."""
    imposter = type("Decimal", (), {"__module__": "decimal", "__repr__": Hostile.__repr__})
    unknown = type("Thing", (), {"__module__": "no.such.module"})

    assert represent(imposter()) == "<decimal.Decimal object>"
    assert represent(unknown()) == "<no.such.module.Thing object>"


@pytest.mark.parametrize(
    "name",
    [
        "os.environ['API_TOKEN']",
        "os.environ['AWS_ACCESS_KEY_ID']",
        "os.environ['PGPASSWORD']",
        "os.environ['SENTRY_DSN']",
        "app.settings.secret_key",
        "app.settings.apiKey",
        "app.passwords['bob']",
        "app.client._authToken",
    ],
)
def test_the_value_of_a_secret_is_not_shown(name: str) -> None:
    """Reports end in logs that many can read."""
    assert represent("hunter2", name=name) == "<redacted>"


@pytest.mark.parametrize(
    "name", ["app.token.manager._queues", "os.environ['LANG']", "app.nlp.tokenizer", "app.keyword"]
)
def test_only_the_last_name_of_a_place_decides(name: str) -> None:
    """A module about tokens may hold plain things."""
    assert represent("plain", name=name) == "'plain'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        ("", "''"),
        (True, "True"),
        (ABSENT, "absent"),
        ({"a": "b"}, "{1 item}"),
        (Pool(), f"<{HERE}.Pool object>"),
    ],
)
def test_whether_a_secret_is_set_is_shown(value: object, text: str) -> None:
    """That it is missing, how many there are and what kind of object holds it is no secret."""
    assert represent(value, name="app.token") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"user": "bob", "password": "hunter2"}, "{'user': 'bob', 'password': <redacted>}"),
        ("postgres://bob:hunter2@db/orders", "'postgres://bob:***@db/orders'"),
        ("redis://:hunter2@cache", "'redis://:***@cache'"),
        ("Authorization: Bearer abcdef123456", "'Authorization: Bearer ***'"),
        ("https://api/?access_token=abc&page=2", "'https://api/?access_token=***&page=2'"),
        ("ghp_0123456789abcdef", "'***'"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", "'***'"),
    ],
)
def test_credentials_inside_a_value_are_not_shown(value: object, text: str) -> None:
    """A connection string is no secret, except for its password."""
    assert represent(value) == text


def test_small_containers_are_shown_whole() -> None:
    """The reader sees at once what was there and what is."""
    assert represent_difference({}, {"u1": [1, 2, 3]}) == ("{}", "{'u1': [3 items]}")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"u1": [1, 2, 3]}, "+ 'u1': [3 items]"),
        ({0: "x"}, "0: None -> 'x'"),
        ({"password": "hunter2"}, "+ 'password': <redacted>"),
        (dict.fromkeys("abcdefg"), "+ 'a': None, + 'b': None, + 'c': None, + 'd': None, + 'e': None, … 2 more"),
    ],
)
def test_a_large_dictionary_shows_what_changed(change: dict[object, object], text: str) -> None:
    """Among many entries the one that matters would not be seen."""
    before: dict[object, object] = dict.fromkeys(range(12))

    assert represent_difference(before, {**before, **change}) == ("{… 12 items}", text)


def test_a_large_dictionary_shows_what_is_gone() -> None:
    """What was removed is marked with a minus."""
    before = dict.fromkeys(range(7), Hostile())

    after = {key: value for key, value in before.items() if key != 3}

    assert represent_difference(before, after) == ("{… 7 items}", f"- 3: <{HERE}.Hostile object>")


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "+ [7]: 7"),
        ([9, 0, 1, 2, 3, 4, 5, 6], "+ [0]: 9"),
        ([0, 1, 2, 4, 5, 6], "- [3]: 3"),
        ([0, 1, 2, "x", 4, 5, 6], "[3]: 3 -> 'x'"),
        ([0, 1, 2, 3, 4, 5], "- [6]: 6"),
        ([0, 1, 2, "x", "y", 4, 5, 6], "[3]: 3 -> 'x', + [4]: 'y'"),
    ],
)
def test_a_long_list_shows_what_changed(after: list[object], text: str) -> None:
    """An item put in front does not make all others different."""
    assert represent_difference([0, 1, 2, 3, 4, 5, 6], after) == ("[… 7 items]", text)


def test_what_was_filled_or_emptied_is_shown_as_it_is() -> None:
    """Of an empty container nothing can have changed."""
    assert represent_difference([], list(range(7))) == ("[]", "[0, 1, 2, 3, 4, … 2 more]")
    assert represent_difference(list(range(7)), []) == ("[0, 1, 2, 3, 4, … 2 more]", "[]")


def test_a_large_set_shows_what_changed() -> None:
    """Members are compared by identity unless they are plain values."""
    members = {Pool() for _ in range(5)} | {"a"}

    assert represent_difference(members, members - {"a"} | {"b"}) == ("{… 6 items}", "+ 'b', - 'a'")


def test_foreign_keys_are_not_compared() -> None:
    """A key may compare itself with whatever it likes."""

    class Key:
        def __eq__(self, other: object) -> bool:
            raise AssertionError

        def __hash__(self) -> int:
            return id(self)

    before = {Key(): 1 for _ in range(6)}
    added = Key()

    texts = represent_difference(before, {**before, added: 2})

    assert texts == ("{… 6 items}", f"+ <{HERE}.test_foreign_keys_are_not_compared.<locals>.Key object>: 2")


def test_long_texts_are_shown_from_where_they_differ() -> None:
    """Two texts that begin alike would look the same when they are cut."""
    assert represent_difference("a" * 99 + "x", "a" * 99 + "y") == ("…'aaaaaaaaaax'", "…'aaaaaaaaaay'")


@pytest.mark.parametrize(
    ("before", "after", "texts"),
    [
        ("on", "off", ("'on'", "'off'")),
        ("x" + "a" * 90, "y" + "a" * 90, (f"'x{'a' * 49}'… (91 characters)", f"'y{'a' * 49}'… (91 characters)")),
        ("a" * 80, "a" * 90, ("…'aaaaaaaaaa'", "…'aaaaaaaaaaaaaaaaaaaa'")),
    ],
)
def test_texts_that_differ_early_are_shown_from_the_start(before: str, after: str, texts: tuple[str, str]) -> None:
    """The start of a text is what people recognise it by."""
    assert represent_difference(before, after) == texts


@pytest.mark.parametrize(
    ("before", "after", "name", "texts"),
    [
        (Pool(), Pool(), "", (f"<{HERE}.Pool object>", f"another <{HERE}.Pool object>")),
        ("one", "two", "app.token", ("<redacted>", "another <redacted>")),
        (["x"] * 6, ["x"] * 7, "app.tokens", ("[6 items]", "[7 items]")),
        ([1] * 6, [1] * 6, "", ("[1, 1, 1, 1, 1, … 1 more]", "another [1, 1, 1, 1, 1, … 1 more]")),
    ],
)
def test_values_whose_texts_are_the_same_are_told_apart(
    before: object, after: object, name: str, texts: tuple[str, str]
) -> None:
    """Otherwise the reader would ask what has changed."""
    assert represent_difference(before, after, name=name) == texts
