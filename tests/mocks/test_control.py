"""The typed view of a method of a mock: what it is told, and what it tells."""

from typing import Any, cast
from unittest import mock

import pytest

from isolation import control, isolated_mock, outage
from isolation.mocks._parts import part_of


class Client:
    """A client."""

    async def fetch(self, query: str, *, limit: int = 0) -> list[int]:
        """Return rows."""
        raise NotImplementedError

    def quote(self, name: str) -> str:
        """Return a name for a query."""
        raise NotImplementedError


class Handler:
    """A client that is called itself."""

    async def __call__(self, event: str) -> str:
        """Handle it."""
        raise NotImplementedError


@pytest.fixture
def client() -> Client:
    """A mock of the client."""
    return isolated_mock(Client, name="db")


async def test_results_are_set_and_read(client: Client) -> None:
    """It is the mock's own result."""
    control(client.fetch).return_value = [1]

    assert await client.fetch("q") == [1] == control(client.fetch).return_value
    assert cast("Any", client.fetch).return_value == [1]


async def test_effects_are_set_and_read(client: Client) -> None:
    """Exceptions, functions or several results."""
    view = control(client.fetch)
    view.side_effect = [[1], KeyError("k")]
    first = await client.fetch("q")
    with pytest.raises(KeyError, match="k"):
        await client.fetch("q")

    control(client.quote).side_effect = lambda name: name.upper()

    assert (first, client.quote("n")) == ([1], "N")
    assert callable(control(client.quote).side_effect)
    assert view.side_effect is cast("Any", client.fetch).side_effect


async def test_an_effect_of_an_async_method_may_be_async(client: Client) -> None:
    """As for an AsyncMock."""

    async def rows(query: str, *, limit: int = 0) -> list[int]:
        return [len(query), limit]

    control(client.fetch).side_effect = rows

    assert await client.fetch("abc", limit=1) == [3, 1]


async def test_any_number_of_views_is_the_same(client: Client) -> None:
    """A view holds nothing itself."""
    control(client.fetch).return_value = [1]
    control(client.fetch).fault(KeyError, after=1)

    assert await client.fetch("q") == [1]
    with pytest.raises(KeyError):
        await client.fetch("q")
    assert control(client.fetch).await_count == 2


async def test_calls_are_told_with_their_place(client: Client) -> None:
    """In order, with what is known of each."""
    view, here = control(client.fetch), __file__
    await client.fetch("a", limit=1)
    cast("Any", client.fetch("b")).close()
    client.quote("n")

    awaited, forgotten = view.calls
    [sync] = control(client.quote).calls

    assert (awaited.args, awaited.kwargs, awaited.is_awaited) == (("a",), {"limit": 1}, True)
    assert (forgotten.args, forgotten.kwargs, forgotten.is_awaited) == (("b",), {}, False)
    assert (sync.args, sync.is_awaited) == (("n",), False)
    assert awaited.site is not None
    assert (awaited.site.file, awaited.site.source) == (here, 'await client.fetch("a", limit=1)')
    assert (view.call_count, view.await_count) == (2, 1)


async def test_assertions_are_those_of_the_mock(client: Client) -> None:
    """They pass and fail alike."""
    fetch, quote = control(client.fetch), control(client.quote)
    fetch.assert_not_called()
    fetch.assert_not_awaited()
    await client.fetch("a")
    client.quote("n")

    for check in (fetch.assert_called, fetch.assert_called_once, fetch.assert_awaited, fetch.assert_awaited_once):
        check()
    for check_with in (fetch.assert_awaited_with, fetch.assert_awaited_once_with, fetch.assert_any_await):
        check_with("a")
        with pytest.raises(AssertionError):
            check_with("b")
    for check_quote in (quote.assert_called_with, quote.assert_called_once_with, quote.assert_any_call):
        check_quote("n")
        with pytest.raises(AssertionError):
            check_quote("o")
    for refuse in (fetch.assert_not_called, fetch.assert_not_awaited):
        with pytest.raises(AssertionError):
            refuse()


async def test_a_mock_that_is_called_itself_has_a_view() -> None:
    """So has a method of one that is not specified."""
    handler = isolated_mock(Handler)
    control(handler).when("a").returns("b")

    assert (await handler("a"), await handler("c")) == ("b", "")
    control(isolated_mock().anything).assert_not_awaited()


def test_a_view_says_whose_it_is(client: Client) -> None:
    """By the name of the mock."""
    assert repr(control(client.fetch)) == "<control of db.fetch>"


def test_stubs_can_be_excused(client: Client) -> None:
    """Those of the method that were set so far."""
    control(client.fetch).return_value = [1]
    control(client.fetch).when("q").returns([2])
    control(client.quote).return_value = "n"

    control(client.fetch).allow_unused()
    control(client.fetch).when("r").returns([3])

    part = part_of(client)
    assert part is not None
    assert [(stub.what, stub.is_excused) for stub in part.ledger.stubs] == [
        ("return_value", True),
        ("when", True),
        ("return_value", False),
        ("when", False),
    ]


async def test_what_was_used_is_counted(client: Client) -> None:
    """Answers and faults are stubs, too; one by chance may hit nothing, so it is excused."""
    control(client.fetch).when("q").returns([2])
    control(client.fetch).fault(KeyError, after=2)
    control(client.fetch).fault(KeyError, probability=1e-9)
    await client.fetch("q")
    await client.fetch("r")

    part = part_of(client)
    assert part is not None
    assert [(stub.what, stub.uses, stub.is_excused) for stub in part.ledger.stubs] == [
        ("when", 1, False),
        ("fault", 0, False),
        ("fault", 0, True),
    ]


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (len, "got <built-in function len>; make one with isolated_mock(), and take what that gives"),
        (
            mock.AsyncMock(name="old"),
            "got <AsyncMock name='old' id='N'>; this one is of unittest.mock: make it with isolated_mock() instead",
        ),
        (
            isolated_mock(Client, name="db"),
            (
                "got <AsyncMock name='db' spec_set='Client' id='N'>, which cannot be called; "
                "take one of its methods, or outage() for all of them"
            ),
        ),
    ],
)
def test_what_is_no_method_of_an_isolated_mock_is_refused(thing: Any, said: str) -> None:
    """With what to do."""
    with pytest.raises(TypeError) as caught:
        control(thing)

    assert str(caught.value).replace(str(id(thing)), "N") == f"control() takes a method of an isolated mock, {said}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("returnvalue", "'AsyncControl' object has no attribute 'returnvalue'; did you mean 'return_value'?"),
        (
            "latency",
            "'AsyncControl' object has no attribute 'latency'; say fault(latency=...), of a method that is awaited",
        ),
        ("xyzzy", "'AsyncControl' object has no attribute 'xyzzy'"),
    ],
)  # fmt: skip
def test_a_view_has_no_other_attributes(client: Client, name: str, said: str) -> None:
    """Neither to be read nor to be set, which would do nothing."""
    with pytest.raises(AttributeError) as read:
        getattr(control(client.fetch), name)
    with pytest.raises(AttributeError) as changed:
        setattr(control(client.fetch), name, 3)

    assert (str(read.value), str(changed.value)) == (said, said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("return_value", "'AsyncWhen' object has no attribute 'return_value'; say .returns(...)"),
        ("side_effect", "'AsyncWhen' object has no attribute 'side_effect'; say .raises(...) or .answers(...)"),
        ("retruns", "'AsyncWhen' object has no attribute 'retruns'; did you mean 'returns'?"),
    ],
)
def test_what_is_said_of_mocks_is_not_said_of_an_answer(client: Client, name: str, said: str) -> None:
    """It would be taken and do nothing."""
    with pytest.raises(AttributeError) as caught:
        setattr(control(client.fetch).when("q"), name, 3)

    assert str(caught.value) == said


async def test_an_answer_that_says_nothing_is_a_stub_that_is_never_used(client: Client) -> None:
    """So strictness tells of it; calls get what they would get without."""
    control(client.fetch).when("q")

    assert await client.fetch("q") == []
    part = part_of(client)
    assert part is not None
    assert [(stub.what, stub.uses, stub.is_excused) for stub in part.ledger.stubs] == [("when", 0, False)]


def test_what_was_taken_back_needs_no_use(client: Client) -> None:
    """As what was replaced."""
    control(client.fetch).return_value = [1]
    control(client.fetch).when("q").returns([1])
    outage(client, KeyError)
    part = part_of(client)
    assert part is not None
    excused = []
    for flags in ({}, {"return_value": True}, {"side_effect": True}):
        cast("Any", client).reset_mock(**flags)
        excused.append([stub.is_excused for stub in part.ledger.stubs])

    assert excused == [[False, False, False], [True, False, False], [True, True, True]]
