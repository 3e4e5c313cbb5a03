"""Results for calls with certain arguments: the newest that takes a call answers it."""

from typing import Any, cast
from unittest import mock

import pytest

from isolation import control, isolated_mock
from isolation.mocks._parts import part_of


class Store:
    """A client."""

    async def get(self, key: str, default: int | None = None, *more: int, strict: bool = False) -> int:
        """Return a value."""
        raise NotImplementedError

    def has(self, key: str) -> bool:
        """Tell it."""
        raise NotImplementedError

    def odd(*args: object, strict: bool) -> str:
        """Take the object as one of the arguments."""
        raise NotImplementedError

    def anything(self, *args: object, **kwargs: object) -> str:
        """Take everything."""
        raise NotImplementedError


class Above:
    """A matcher of a test."""

    def __init__(self, least: int) -> None:
        self.least = least

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other > self.least

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture
def store() -> Store:
    """A mock of the client."""
    return isolated_mock(Store)


async def test_a_call_with_these_arguments_gets_the_result(store: Store) -> None:
    """Others get what an empty service would say."""
    control(store.get).when("a").returns(1)

    assert (await store.get("a"), await store.get("b")) == (1, 0)


async def test_the_newest_that_takes_a_call_answers_it(store: Store) -> None:
    """So a test can refine what its fixture has said."""
    control(store.get).when(mock.ANY).returns(1)
    control(store.get).when("a").returns(2)
    control(store.get).when("b").returns(3)
    control(store.get).when("b").returns(4)

    assert [await store.get(key) for key in "abc"] == [2, 4, 1]


async def test_what_no_answer_takes_goes_on_to_the_effect_and_the_result(store: Store) -> None:
    """An answer comes before both."""
    store_get = control(store.get)
    store_get.return_value = 5
    store_get.when("a").returns(1)
    before = [await store.get("a"), await store.get("b")]

    store_get.side_effect = [6]

    assert [*before, await store.get("a"), await store.get("b")] == [1, 5, 1, 6]


@pytest.mark.parametrize(
    ("args", "kwargs", "is_taken"),
    [
        (("a", 1), {}, True),
        (("a",), {"default": 1}, True),
        ((), {"default": 1, "key": "a"}, True),
        (("a",), {}, False),
        (("a", 1, 2), {}, False),
        (("a", 1), {"strict": True}, False),
    ],
)
async def test_arguments_are_compared_by_the_names_of_their_parameters(
    store: Store, args: Any, kwargs: Any, is_taken: bool
) -> None:
    """By position or by name is the same; a default that is left out is not filled in."""
    control(store.get).when("a", default=1).returns(9)

    assert (await store.get(*args, **kwargs) == 9) is is_taken


async def test_a_matcher_is_anything_that_compares(store: Store) -> None:
    """It stands on the left, so it decides."""
    control(store.get).when(mock.ANY, cast("int", Above(3)), strict=mock.ANY).returns(1)

    assert await store.get("a", 4, strict=True) == 1
    assert await store.get("a", 3, strict=True) == 0


def test_arguments_of_an_unknown_signature_are_compared_as_they_stand(store: Store) -> None:
    """By position and by name is then not the same."""
    control(store.anything).when(1, two=2).returns("x")
    open_mock = isolated_mock()
    control(open_mock.method).when(1).returns("y")

    assert [store.anything(1, two=2), store.anything(1, 2), store.anything(1, two=2, three=3)] == ["x", "", ""]


def test_the_object_may_be_one_of_the_arguments(store: Store) -> None:
    """A method may have no name for it."""
    control(store.odd).when(1, strict=True).returns("x")

    assert [store.odd(1, strict=True), store.odd(1, strict=False)] == ["x", ""]


def test_an_answer_tells_its_arguments(store: Store) -> None:
    """To who says which of them came next to a call."""
    control(store.has).when(key="a").returns(True)

    part = part_of(store.has)
    assert part is not None
    [answer] = part.ledger.setups[part.key].answers
    assert (answer.args, answer.kwargs, answer.stub.what) == ((), {"key": "a"}, "when")


async def test_methods_of_open_mocks_have_answers_too() -> None:
    """Whatever they are called with."""
    open_mock = isolated_mock()
    control(open_mock.send).when("topic", key=1).returns("y")

    assert await open_mock.send("topic", key=1) == "y"
    assert await open_mock.send("topic", key=2) != "y"


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, r"Store\.get\(\) missing 1 required positional argument: 'key'"),
        (("a",), {"strikt": True}, r"Store\.get\(\) got an unexpected keyword argument 'strikt'"),
    ],
)
def test_arguments_that_no_call_could_have_are_refused_at_once(store: Store, args: Any, kwargs: Any, said: str) -> None:
    """By the message of the interpreter, where the answer is set."""
    with pytest.raises(TypeError, match=said):
        control(store.get).when(*args, **kwargs)


async def test_an_answer_can_raise(store: Store) -> None:
    """A new exception each time, equal to the given one."""
    prepared = KeyError("a")
    control(store.get).when("a").raises(prepared)
    control(store.has).when("b").raises(LookupError)

    for _ in range(2):
        with pytest.raises(KeyError, match="a") as caught:
            await store.get("a")
        assert caught.value is not prepared
    with pytest.raises(LookupError):
        store.has("b")
    assert prepared.__traceback__ is None


def test_what_cannot_be_raised_is_refused(store: Store) -> None:
    """Where it is written."""
    with pytest.raises(TypeError, match="error must be an exception or a class of exceptions, got 'no'"):
        control(store.has).when("a").raises(cast("Any", "no"))


async def test_an_answer_can_be_computed(store: Store) -> None:
    """From the arguments of the call, by a function that is async or not."""

    async def longer(key: str, *_: object, **__: object) -> int:
        return len(key) + 1

    control(store.has).when(mock.ANY).answers(lambda key: key == "a")
    control(store.get).when("four").answers(lambda key, *_, **__: len(key))
    control(store.get).when("five").answers(longer)

    assert [store.has("a"), store.has("b")] == [True, False]
    assert [await store.get("four"), await store.get("five")] == [4, 5]


async def test_a_computed_answer_is_awaited_if_it_can_be(store: Store) -> None:
    """What a lambda around an async function gives is awaited as well."""

    async def nine(_: str) -> int:
        return 9

    control(store.get).when("a").answers(lambda key, *_, **__: nine(key))

    assert await store.get("a") == 9


def test_an_answer_is_computed_by_a_function(store: Store) -> None:
    """A result is returned."""
    with pytest.raises(TypeError) as caught:
        control(store.has).when("a").answers(cast("Any", True))

    assert str(caught.value) == "answers() takes a function, got True; for a result use returns(True)"


async def test_an_answer_comes_after_a_fault(store: Store) -> None:
    """What the service would say is of no use while it is down."""
    control(store.get).when("a").returns(1)
    control(store.get).fault(ConnectionError("down"), times=1)

    with pytest.raises(ConnectionError, match="down"):
        await store.get("a")
    assert await store.get("a") == 1


async def test_answers_vanish_with_what_a_mock_was_told(store: Store) -> None:
    """They are configuration."""
    control(store.get).when("a").returns(1)

    cast("Any", store).reset_mock(side_effect=True)

    assert await store.get("a") == 0


async def test_an_answer_that_is_set_while_another_answers_counts_from_the_next_call(store: Store) -> None:
    """A computed answer may change what later calls get."""

    def once(key: str, *_: object, **__: object) -> int:
        control(store.get).when(key).returns(2)
        return 1

    control(store.get).when("a").answers(once)

    assert [await store.get("a"), await store.get("a")] == [1, 2]
