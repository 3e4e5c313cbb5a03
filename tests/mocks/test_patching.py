"""Names are replaced by mocks of what is there, and everything is undone, whatever fails."""

import asyncio
import inspect
import os
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast
from unittest import mock

import pytest

from isolation import CleanupError, IsolatedPatch, PatchTargetError, control, isolated_mock
from isolation.mocks._ledger import Ledger
from isolation.mocks._undoing import Step

SOURCE = '''
import datetime
import enum
import functools
import os
from typing import Any

TIMEOUT = 5
BEGIN = datetime.date(2020, 1, 1)
LIMITS = {"users": 3}
nothing = None


class Pool:
    """A client."""

    size = 3

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    async def fetch(self, query: str) -> list[int]:
        """Return rows."""
        return [1]

    def quote(self, name: str) -> str:
        """Return a name for a query."""
        return name

    @classmethod
    def local(cls) -> "Pool":
        """Return one for this machine."""
        return cls("local")

    @staticmethod
    def parse(dsn: str) -> dict[str, str]:
        """Return the parts."""
        return {"dsn": dsn}

    @functools.cached_property
    def cached(self) -> int:
        """Return a number."""
        return 1

    @functools.singledispatchmethod
    def convert(self, value: int) -> str:
        """Return a text."""
        return str(value)

    quote_it = functools.partialmethod(quote, "it")

    @property
    def is_open(self) -> bool:
        """Tell it."""
        return True


class Small(Pool):
    """A class that inherits everything."""


class Color(enum.Enum):
    """What has members."""

    RED = 1


class ShopError(Exception):
    """What except waits for."""


class Slotted:
    """A class whose instances have no dictionary."""

    __slots__ = ("pool",)

    def __init__(self) -> None:
        self.pool = Pool("slot")

    def named(self) -> "Pool":
        """Return a pool."""
        return self.pool


pool = Pool("real")
slotted = Slotted()


async def connect(dsn: str) -> Pool:
    """Return a pool."""
    return Pool(dsn)


@functools.lru_cache
def settings(name: str) -> dict[str, str]:
    """Return settings, once."""
    return {}


def send(to: str, *, urgent: bool = False) -> int:
    """Return a number."""
    return 1


send.queue = "mail"
'''


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of an application, which can be imported."""
    module = ModuleType("shop")
    exec(compile(SOURCE, "shop.py", "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "shop", module)
    return module


@pytest.fixture
def patch() -> Iterator[IsolatedPatch]:
    """What undoes its patches after the test."""
    with IsolatedPatch() as patch:
        yield patch


def state(module: ModuleType) -> dict[str, object]:
    """Return what a module has now."""
    return dict(vars(module))


async def test_an_async_function_becomes_a_checked_async_mock(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Arguments are those of the function, the message is the interpreter's."""
    connect = patch("shop.connect")

    with pytest.raises(TypeError, match=r"connect\(\) missing 1 required positional argument: 'dsn'"):
        shop.connect()
    await shop.connect("dsn")

    assert shop.connect is connect
    assert asyncio.iscoroutinefunction(connect)
    connect.assert_awaited_once_with("dsn")


def test_a_function_becomes_a_checked_mock(shop: ModuleType, patch: IsolatedPatch) -> None:
    """It gives what its annotation says an empty service would."""
    patch("shop.send")

    with pytest.raises(TypeError, match=r"send\(\) got an unexpected keyword argument 'urgnt'"):
        shop.send("ann", urgnt=True)

    assert shop.send("ann", urgent=True) == 0
    control(shop.send).assert_called_once_with("ann", urgent=True)
    control(shop.send).when("bob").returns(3)
    assert shop.send(to="bob") == 3


def test_a_mock_of_a_function_has_what_the_function_has(shop: ModuleType, patch: IsolatedPatch) -> None:
    """What its wrapper or somebody else has given it, and nothing else."""
    patch("shop.settings").return_value = {"a": "b"}
    patch("shop.send")

    shop.settings.cache_clear()
    shop.send.queue = "other"

    assert (shop.settings("x"), shop.settings.cache_clear.call_count) == ({"a": "b"}, 1)
    assert str(inspect.signature(shop.send)) == "(to: str, *, urgent: bool = False) -> int"
    assert patch("shop.send").queue == "mail"
    assert shop.send.__name__ == "send"
    assert "queue" in dir(shop.send)
    with pytest.raises(
        AttributeError, match=r"'function' object has no attribute 'cache_claer'; did you mean 'cache_clear'"
    ):
        shop.settings.cache_claer()


def test_a_built_in_function_says_nothing_of_its_signature(patch: IsolatedPatch) -> None:
    """Then neither does the mock."""
    import math

    hypot: Any = patch("math.hypot")

    math.hypot(3, 4)

    hypot.assert_called_once_with(3, 4)
    assert not hasattr(hypot, "__signature__")


async def test_an_instance_becomes_a_mock_of_its_class(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Its methods are checked, its results are empty, and `isinstance` holds."""
    pool = patch("shop.pool")
    pool.quote.return_value = "'n'"

    assert isinstance(shop.pool, shop.Pool)
    assert await shop.pool.fetch("q") == []
    assert shop.pool.quote("n") == "'n'"
    with pytest.raises(AttributeError):
        shop.pool.fetchh("q")


async def test_a_class_becomes_a_mock_that_makes_mocks(shop: ModuleType, patch: IsolatedPatch) -> None:
    """The constructor is checked; what it gives can be told what to give."""
    pool_class = patch("shop.Pool")
    pool_class.return_value.fetch.return_value = [7]

    made: Any = shop.Pool("dsn")

    assert isinstance(made, shop.Small.__mro__[1])
    assert await made.fetch("q") == [7]
    pool_class.assert_called_once_with("dsn")
    with pytest.raises(TypeError, match="dsn"):
        shop.Pool()


async def test_a_mock_of_a_class_has_what_the_class_has(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Class and static methods are checked, methods take the object, and nothing else is there."""
    pool = patch("shop.Pool")

    assert isinstance(shop.Pool.local(), shop.Small.__mro__[1])
    assert shop.Pool.parse("dsn") == {}
    assert await shop.Pool.fetch(pool("dsn"), "q") == []
    with pytest.raises(TypeError, match="query"):
        shop.Pool.fetch(pool("dsn"))
    with pytest.raises(AttributeError, match=r"^type object 'Pool' has no attribute 'fetsch'$"):
        shop.Pool.fetsch(1)
    with pytest.raises(AttributeError, match=r"^type object 'Pool' has no attribute 'fetsch'$"):
        shop.Pool.fetsch = 1
    assert "parse" in dir(shop.Pool)


def test_annotations_still_mean_the_class_that_is_replaced(shop: ModuleType, patch: IsolatedPatch) -> None:
    """What is found out of a class is kept, and the test that comes next may not patch the other one."""
    real = shop.Pool
    patch("shop.Pool")

    assert isinstance(isolated_mock(real).local(), real)
    assert isinstance(isolated_mock(shop.Slotted).named(), real)


def test_a_mock_of_a_class_still_tells_instances_apart(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Those of the class, and mocks of them; a mock of the standard library is no class for `isinstance`."""
    patch("shop.Pool")

    found = [isinstance(thing, shop.Pool) for thing in (shop.pool, shop.Pool("dsn"), shop.Small("dsn"), 3)]
    assert found == [True, True, True, False]
    assert (issubclass(shop.Small, shop.Pool), issubclass(int, shop.Pool)) == (True, False)
    assert shop.Pool.__name__ == "Pool"


async def test_a_method_of_a_class_becomes_a_mock_of_all_instances(shop: ModuleType, patch: IsolatedPatch) -> None:
    """It is called without the instance, as by `patch.object`, and its signature is checked."""
    fetch = patch("shop.Pool.fetch")
    fetch.return_value = [2]

    assert await shop.pool.fetch("q") == [2]
    fetch.assert_awaited_once_with("q")
    with pytest.raises(TypeError):
        shop.pool.fetch("q", 1)


@pytest.mark.parametrize(
    ("name", "arguments"), [("local", ()), ("parse", ("dsn",)), ("convert", (1,)), ("quote_it", ())]
)
def test_class_and_static_methods_are_put_back_as_they_were(shop: ModuleType, name: str, arguments: Any) -> None:
    """The descriptor itself, and not what it gives."""
    before = vars(shop.Pool)[name]

    with IsolatedPatch() as patch:
        replaced = patch.object(shop.Pool, name)
        getattr(shop.Pool, name)(*arguments)

    assert vars(shop.Pool)[name] is before
    replaced.assert_called_once_with(*arguments)


def test_a_bound_method_in_a_module_becomes_a_checked_mock(shop: ModuleType, patch: IsolatedPatch) -> None:
    """It is called as it was: without the object."""
    shop.quote = shop.pool.quote  # type: ignore[attr-defined]
    quote = patch("shop.quote")

    with pytest.raises(TypeError, match="name"):
        shop.quote()

    assert shop.quote("n") == ""
    quote.assert_called_once_with("n")


async def test_a_method_of_one_instance_is_replaced_in_that_one(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Others go on as they are."""
    fetch = patch.object(shop.pool, "fetch")

    assert await shop.pool.fetch("q") == []
    assert await shop.Pool("other").fetch("q") == [1]
    fetch.assert_awaited_once_with("q")


def test_a_function_of_one_instance_becomes_a_checked_mock(shop: ModuleType, patch: IsolatedPatch) -> None:
    """It is in no class."""
    shop.pool.send = shop.send
    patch.object(shop.pool, "send")

    with pytest.raises(TypeError, match="to"):
        shop.pool.send()


def test_an_inherited_method_is_inherited_again(shop: ModuleType) -> None:
    """Undoing does not freeze it in the class."""
    with IsolatedPatch() as patch:
        patch("shop.Small.quote")
        assert shop.Small("dsn").quote("n") == ""

    assert "quote" not in vars(shop.Small)
    assert shop.Small("dsn").quote("n") == "n"


def test_a_slot_is_put_back(shop: ModuleType) -> None:
    """An instance without a dictionary has nothing to delete."""
    before = shop.slotted.pool

    with IsolatedPatch() as patch:
        patch.object(shop.slotted, "pool")
        assert shop.slotted.pool is not before

    assert shop.slotted.pool is before


def test_a_value_can_be_given(shop: ModuleType) -> None:
    """Anything at all, None included; it is returned."""
    with IsolatedPatch() as patch:
        given = patch("shop.TIMEOUT", 1), patch.object(shop, "pool", None), patch("shop.Pool.is_open", new=False)
        assert (shop.TIMEOUT, shop.pool, shop.Pool("dsn").is_open) == given == (1, None, False)

    assert shop.TIMEOUT == 5
    assert shop.pool.is_open is True


def test_a_class_can_be_named_for_what_is_not_there_yet(shop: ModuleType, patch: IsolatedPatch) -> None:
    """A global that is None until the application starts."""
    pool = patch("shop.nothing", spec=shop.Pool)

    assert isinstance(shop.nothing, shop.Pool)
    assert shop.nothing is pool


async def test_nothing_becomes_an_open_mock(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Nobody knows what would be there."""
    patch("shop.nothing")

    await shop.nothing.anything(1, two=2)

    shop.nothing.anything.assert_awaited_once_with(1, two=2)


def test_a_mock_can_be_replaced_by_another(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Of the class that the first pretends to be of."""
    first = patch("shop.pool")
    with IsolatedPatch() as inner:
        second = inner("shop.pool")
        assert isinstance(shop.pool, shop.Pool)

    assert second is not first
    assert shop.pool is first


def test_mocks_of_functions_and_classes_can_be_replaced(shop: ModuleType, patch: IsolatedPatch) -> None:
    """By such that check the same."""
    for _ in range(2):
        patch("shop.send")
        patch("shop.Pool")

    with pytest.raises(TypeError, match="to"):
        shop.send()
    with pytest.raises(TypeError, match="dsn"):
        shop.Pool()
    control(shop.send).assert_not_called()


def test_a_mock_of_the_standard_library_can_be_replaced(shop: ModuleType, patch: IsolatedPatch) -> None:
    """By a mock of its specification."""
    shop.pool = mock.MagicMock(spec=shop.Pool)  # type: ignore[attr-defined]

    patch("shop.pool")

    assert shop.pool.quote("n") == ""


async def test_an_open_mock_of_the_standard_library_stays_sync_or_async(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Nothing else is known of it."""
    shop.nothing = mock.MagicMock()  # type: ignore[attr-defined]
    shop.pool = mock.AsyncMock()  # type: ignore[attr-defined]

    patch("shop.nothing").return_value = 3
    patch("shop.pool").return_value = 4

    assert (shop.nothing(1), await shop.pool(1)) == (3, 4)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("shop.TIMEOUT", "cannot make a mock of shop.TIMEOUT, which is an int; give what shall be there instead"),
        ("shop.LIMITS", "cannot make a mock of shop.LIMITS, which is a dict; give what shall be there instead"),
        ("shop.os", "cannot make a mock of shop.os, which is a module; patch what is used of it"),
        ("shop.BEGIN", "cannot make a mock of shop.BEGIN, which is a date; give what shall be there instead"),
        (
            "shop.Pool.cached",
            "cannot make a mock of shop.Pool.cached, which is a cached_property; give its value instead",
        ),
        ("shop.Color", "cannot make a mock of shop.Color, which is an enumeration; give what shall be there instead"),
        (
            "shop.ShopError",
            "cannot make a mock of shop.ShopError, which is a class of exceptions; give what shall be there instead",
        ),
        ("shop.Pool.is_open", "cannot make a mock of shop.Pool.is_open, which is a property; give its value instead"),
    ],
)
def test_what_a_mock_cannot_stand_for_is_refused(
    shop: ModuleType, patch: IsolatedPatch, target: str, said: str
) -> None:
    """A mock of a number would be no number."""
    with pytest.raises(TypeError) as caught:
        patch(target)

    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("shop.pol", "cannot patch 'shop.pol': module 'shop' has no attribute 'pol'; did you mean 'shop.pool'?"),
        (
            "shop.Pool.fetsch",
            (
                "cannot patch 'shop.Pool.fetsch': class 'shop.Pool' has no attribute 'fetsch'; "
                "did you mean 'shop.Pool.fetch'?"
            ),
        ),
        (
            "shop.pool.fetsch",
            ("cannot patch 'shop.pool.fetsch': the Pool 'shop.pool' has no attribute 'fetsch'; "
            "did you mean 'shop.pool.fetch'?"),
        ),
        ("shopp.pool", "cannot patch 'shopp.pool': there is no module 'shopp'; did you mean 'shop.pool'?"),
        (
            "shop.xyzzy.plugh.name",
            "cannot patch 'shop.xyzzy.plugh.name': module 'shop' has no attribute 'xyzzy'; name what is there",
        ),
        (
            "shop.Pool.xyzzy.name",
            "cannot patch 'shop.Pool.xyzzy.name': class 'shop.Pool' has no attribute 'xyzzy'; name what is there",
        ),
        ("shop.xyzzy", "cannot patch 'shop.xyzzy': module 'shop' has no attribute 'xyzzy'; say create=True to add it"),
        ("importlib.metadat.x", ("cannot patch 'importlib.metadat.x': module 'importlib' has no attribute 'metadat'; "
            "did you mean 'importlib.metadata.x'?")),
        ("shop", "cannot patch 'shop': name a thing in a module, such as 'package.module.name'"),
        ("shop.", "cannot patch 'shop.': name a thing in a module, such as 'package.module.name'"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_refused_with_the_nearest(
    shop: ModuleType, patch: IsolatedPatch, target: str, said: str
) -> None:
    """Before anything is patched."""
    before = state(shop)

    with pytest.raises(PatchTargetError) as caught:
        patch(target, 1)

    assert str(caught.value) == said
    assert state(shop) == before


def test_an_attribute_that_is_not_there_is_refused(shop: ModuleType, patch: IsolatedPatch) -> None:
    """With the nearest name, too."""
    with pytest.raises(PatchTargetError) as caught:
        patch.object(shop.pool, "quot", 1)

    assert str(caught.value) == "cannot patch 'quot': the Pool has no attribute 'quot'; did you mean 'quote'?"


def test_a_value_and_a_class_for_a_mock_are_not_given_together(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Only one of them can be there."""
    with pytest.raises(TypeError) as caught:
        cast("Any", patch)("shop.pool", 1, spec=shop.Pool)

    assert str(caught.value) == ("give what shall be at shop.pool, or the class that a mock stands for, not both")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"return_value": 1}, "isolated_patch() takes no return_value; set it on the mock that it returns"),
        (
            {"autospec": True},
            "isolated_patch() takes no autospec; a mock has the names and the signatures of what it replaces",
        ),
        ({"new_callable": list}, "isolated_patch() takes no new_callable; give what it would make"),
        ({"foo": 1}, "isolated_patch() takes no foo; it takes new, spec and create"),
    ],
)  # fmt: skip
def test_what_other_patches_take_is_refused(shop: ModuleType, others: Any, said: str) -> None:
    """With what to do instead; nothing is patched."""
    before = state(shop)
    patch: Any = IsolatedPatch()

    for target in (("shop.pool",), (shop, "pool")):
        call = patch if len(target) == 1 else patch.object
        with pytest.raises(TypeError) as caught:
            call(*target, **others)
        assert str(caught.value) == said
    assert state(shop) == before


def test_the_thing_itself_has_the_attribute(patch: IsolatedPatch) -> None:
    """Not its name."""
    with pytest.raises(TypeError) as caught:
        patch.object("shop", "pool")

    assert str(caught.value) == (
        "isolated_patch.object() takes the thing that has the attribute, got 'shop'; "
        "for one by its name say isolated_patch('shop.pool')"
    )


def test_an_attribute_is_a_name(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Not the thing itself."""
    with pytest.raises(TypeError, match="an attribute must be a name, got <function send"):
        patch.object(shop, shop.send)


def test_a_colon_may_stand_behind_the_module(shop: ModuleType, patch: IsolatedPatch) -> None:
    """As in the settings, where it does."""
    pool = patch("shop:pool")

    assert shop.pool is pool
    assert repr(pool).startswith("<AsyncMock name='shop.pool'")


def test_only_a_name_can_be_imported(patch: IsolatedPatch) -> None:
    """An object has its attribute named."""
    with pytest.raises(TypeError) as caught:
        patch(cast("str", int))

    assert str(caught.value) == (
        "isolated_patch() takes a dotted name, got <class 'int'>; use isolated_patch.object(thing, 'attribute')"
    )


def test_a_module_that_fails_to_import_says_so_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Its own error is the message."""
    package = tmp_path / "broken_shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "till.py").write_text("import not_there_at_all\n")
    (tmp_path / "broken_till.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)

    for target in ("broken_shop.till.pool", "broken_till.pool"):
        with IsolatedPatch() as patch, pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
            patch(target)


def test_a_submodule_is_imported_on_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """As `mock.patch` does."""
    package = tmp_path / "big_shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tills.py").write_text("count = 3\n")
    monkeypatch.syspath_prepend(tmp_path)

    with IsolatedPatch() as patch:
        patch("big_shop.tills.count", 4)
        import big_shop.tills  # type: ignore[import-not-found]

        assert big_shop.tills.count == 4

    assert big_shop.tills.count == 3


def test_what_is_not_there_can_be_added(shop: ModuleType) -> None:
    """If the test says so; afterwards it is gone again."""
    with IsolatedPatch() as patch:
        patch("shop.fresh", 3, create=True)
        created = patch.object(shop, "client", create=True, spec=shop.Pool)
        assert (shop.fresh, shop.client) == (3, created)

    assert not hasattr(shop, "fresh")
    assert not hasattr(shop, "client")


def test_a_dictionary_is_put_back(shop: ModuleType) -> None:
    """Also what the test itself added to it, in the order that it had."""
    before = list(shop.LIMITS.items())

    with IsolatedPatch() as patch:
        changed = patch.dict("shop.LIMITS", {"orders": 1}, carts=2)
        assert changed is shop.LIMITS
        assert changed == {"users": 3, "orders": 1, "carts": 2}
        del changed["users"]

    assert list(shop.LIMITS.items()) == before


def test_entries_that_changed_places_are_put_back_in_order(shop: ModuleType) -> None:
    """One that was taken away and comes back would else be the last."""
    shop.LIMITS["orders"] = 2

    with IsolatedPatch() as patch:
        del patch.dict(shop.LIMITS, users=7)["users"]

    assert list(shop.LIMITS.items()) == [("users", 3), ("orders", 2)]


def test_a_dictionary_can_be_emptied_first(shop: ModuleType, patch: IsolatedPatch) -> None:
    """Then it has only what is given."""
    assert patch.dict(shop.LIMITS, clear=True) == {}


def test_only_a_mapping_has_entries_to_patch(patch: IsolatedPatch) -> None:
    """Anything else is refused."""
    with pytest.raises(TypeError, match=r"isolated_patch.dict\(\) takes a mapping that can be changed, got \[1\]"):
        patch.dict(cast("Any", [1]))


def test_environment_variables_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """None takes one away."""
    monkeypatch.setenv("SHOP_URL", "real")
    monkeypatch.delenv("SHOP_KEY", raising=False)

    with IsolatedPatch() as patch:
        patch.environment(SHOP_URL=None, SHOP_KEY="secret")
        within = os.environ.get("SHOP_URL"), os.environ["SHOP_KEY"]

    assert within == (None, "secret")
    assert (os.environ["SHOP_URL"], os.environ.get("SHOP_KEY")) == ("real", None)


def test_environment_variables_are_texts(patch: IsolatedPatch) -> None:
    """The name of the wrong one is told, and none is set."""
    with pytest.raises(TypeError, match=r"^environment variable 'SHOP_PORT' must be a text or None, got 1$"):
        patch.environment(SHOP_HOST="x", SHOP_PORT=cast("str", 1))

    assert "SHOP_HOST" not in os.environ


def test_patches_are_undone_newest_first(shop: ModuleType) -> None:
    """What was patched twice is as it was before the first."""
    before = shop.pool

    with IsolatedPatch() as patch:
        first = patch("shop.pool")
        patch("shop.pool")
        patch.undo()
        assert shop.pool is before
        patch("shop.pool", 1)

    assert first is not shop.pool is before


def test_a_patcher_tells_how_much_it_has_to_undo(shop: ModuleType, patch: IsolatedPatch) -> None:
    """That is what somebody sees in a failed test."""
    patch("shop.pool")

    assert repr(patch) == "<IsolatedPatch, 1 to undo>"


class Stubborn:
    """An object that refuses to be put back."""

    def __init__(self, name: str, calls: list[str]) -> None:
        self.__dict__.update(name=name, value=1, calls=calls)

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__["calls"].append(f"{self.__dict__['name']}={value}")
        if value == 1:
            raise RuntimeError(f"{self.__dict__['name']} refuses")
        self.__dict__[name] = value


def test_one_failing_undo_does_not_leave_the_others(shop: ModuleType) -> None:
    """All failures are reported together, each with the line that patched."""
    before, calls = shop.pool, list[str]()

    with pytest.raises(CleanupError) as caught, IsolatedPatch() as patch:  # noqa: PT012 - the block is what is tested
        patch("shop.pool")
        patch.object(Stubborn("a", calls), "value", 2)
        patch.object(Stubborn("b", calls), "value", 3)
        patch("shop.send")

    assert str(caught.value) == "2 of 4 patches could not be undone by isolated_patch (2 sub-exceptions)"
    assert [str(failure) for failure in caught.value.exceptions] == ["b refuses", "a refuses"]
    assert [re.sub(r":\d+\)", ":N)", failure.__notes__[0]) for failure in caught.value.exceptions] == [
        (
            "while undoing the patch of 'tests.mocks.test_patching.Stubborn.value' "
            "(patched at tests/mocks/test_patching.py:N)"
        )
    ] * 2
    assert shop.pool is before
    assert calls == ["a=2", "b=3", "b=1", "a=1"]


def test_ctrl_c_while_undoing_is_not_wrapped(shop: ModuleType) -> None:
    """What interrupts the run does so after everything is undone."""
    before = shop.pool

    class Interrupted:
        value = 1

        def __setattr__(self, name: str, value: object) -> None:
            if value == 1:
                raise KeyboardInterrupt
            super().__setattr__(name, value)

    interrupted = Interrupted()
    vars(interrupted)["value"] = 1
    with pytest.raises(KeyboardInterrupt), IsolatedPatch() as patch:  # noqa: PT012 - the block is what is tested
        patch("shop.pool")
        patch.object(Stubborn("a", []), "value", 2)
        patch.object(interrupted, "value", 2)

    assert shop.pool is before


@pytest.mark.parametrize(
    "target",
    [
        "os.getpid", "os.getcwd", "time.monotonic", "time.time", "threading.Lock", "threading.get_ident",
        "asyncio.get_running_loop", "builtins.setattr", "builtins.getattr", "builtins.len", "warnings.warn",
    ],
)  # fmt: skip
def test_what_undoing_itself_might_need_can_be_patched(target: str) -> None:
    """It calls nothing that a test may have replaced."""
    path, _, name = target.rpartition(".")
    module = sys.modules[path]
    before = vars(module)[name]

    with IsolatedPatch() as patch:
        patch(target)

    assert vars(module)[name] is before


def test_a_patch_from_an_unknown_place_says_so() -> None:
    """As in code that was made at run time from nowhere."""
    step = Step("shop.pool", print)
    step._site = (None, -1)

    assert step.where == "at an unknown place"


def test_the_standard_library_leaves_what_comes_after_a_failing_stop(shop: ModuleType) -> None:
    """This is the defect: `patch.stopall()` ends at the first failure, and what was patched before it stays."""
    before = shop.pool
    mock.patch.object(shop, "pool", 1).start()
    mock.patch.object(Stubborn("a", []), "value", 2).start()

    with pytest.raises(RuntimeError, match="a refuses"):
        mock.patch.stopall()

    left = shop.pool
    mock.patch.stopall()
    assert (left, shop.pool) == (1, before)


def test_undoing_does_not_hide_what_the_block_raised(shop: ModuleType) -> None:
    """The failure of the test is the reason to look."""
    with pytest.raises(LookupError, match="test"), IsolatedPatch() as patch:  # noqa: PT012 - the same
        patch("shop.pool")
        raise LookupError("test")

    assert type(shop.pool) is shop.Pool


def test_a_mock_that_was_patched_in_belongs_to_the_context(shop: ModuleType) -> None:
    """What is checked of mocks at the end of a test is checked of these as well, not of those that are given."""
    adopted: list[Ledger] = []

    class Context:
        adopt = staticmethod(adopted.append)
        open_mocks: list[str] = []  # noqa: RUF012 - of this test

    with IsolatedPatch(context=Context()) as patch:
        patch("shop.pool").quote("n")
        patch("shop.send")("ann")
        patch("shop.TIMEOUT", 7)
        patch("shop.nothing", isolated_mock(shop.Pool))
        patch("shop.later", create=True)

    assert [call.key.text(ledger.name) for ledger in adopted for call in ledger.log] == ["shop.pool.quote", "shop.send"]
    assert (len(adopted), Context.open_mocks) == (3, ["shop.later"])


def test_a_patched_mock_is_a_mock_like_any_other(shop: ModuleType, patch: IsolatedPatch) -> None:
    """What it is called tells where it stands."""
    patched, made = patch("shop.pool"), isolated_mock(shop.Pool, name="shop.pool")

    assert repr(patched).partition(" id=")[0] == repr(made).partition(" id=")[0]
