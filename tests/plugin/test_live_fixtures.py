"""The ledger of live fixtures: what is set up at a moment, in which order, and with which managers."""

from collections.abc import Generator, Sequence

import pytest

from isolation._live_fixtures import LIVE, LiveFixture


def lines(config: pytest.Config) -> list[str]:
    """Return one line for each live fixture of the run of *config*."""
    live = config.stash[LIVE]
    return [f"{each.name} {each.where(live.root)} {each.nodeid!r} {each.state}" for each in live.fixtures()]


class Look:
    """A plugin that looks at the live fixtures while a test runs, and at the end."""

    def __init__(self) -> None:
        self.during: list[list[str]] = []
        self.after: list[str] = []
        self.managers: list[list[str]] = []

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Look while the test runs."""
        self.during.append(lines(item.config))
        self.managers.append([f"{each.name}: {_names(each)}" for each in item.config.stash[LIVE].fixtures()])

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Look after everything was torn down."""
        result = yield
        self.after = lines(session.config)
        return result


def _names(fixture: LiveFixture) -> Sequence[str]:
    return [manager.name for manager in fixture.managers]


def look(pytester: pytest.Pytester, *options: str) -> Look:
    """Run the tests of *pytester* and return what was seen."""
    plugin = Look()
    pytester.runpytest_inprocess(*options, plugins=[plugin])
    return plugin


@pytest.mark.parametrize("mode", ["off", "report"])
def test_fixtures_are_listed_in_the_order_of_their_set_up(pytester: pytest.Pytester, mode: str) -> None:
    """Each live fixture has a name, a place and a node, whether the guard is on or not; at the end none is left."""
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.fixture
        def wide(request):
            return request.getfixturevalue("deep")

        @pytest.fixture(scope="module")
        def deep():
            yield

        @pytest.fixture(scope="session", params=["a", 2, b"bytes", "long" * 11])
        def pool(request):
            yield

        def test_one(pool, wide): pass
        """
    )

    seen = look(pytester, f"--isolation-mode={mode}")

    own = [[line for line in run if "test_it.py:" in line] for run in seen.during]
    assert sorted(own[0]) == [
        "deep test_it.py:7 'test_it.py' live",
        "pool[a] test_it.py:11 '' live",
        "wide test_it.py:3 'test_it.py::test_one[a]' live",
    ]
    assert [[line.partition(" ")[0] for line in run] for run in own] == [
        ["pool[a]", "deep", "wide"],
        ["deep", "pool[2]", "wide"],
        ["deep", "pool", "wide"],
        ["deep", "pool", "wide"],
    ]
    assert seen.after == []


@pytest.mark.parametrize("marker", ["pytest.mark.asyncio", "pytest.mark.anyio"])
def test_an_async_fixture_has_its_own_place(pytester: pytest.Pytester, marker: str) -> None:
    """The place is that of the user's function, not that of the function by which a framework replaces it."""
    pytester.makepyfile(
        test_it=f"""
        import pytest
        import pytest_asyncio

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        fixture = pytest_asyncio.fixture if "asyncio" in "{marker}" else pytest.fixture

        class TestIt:
            @fixture
            async def pool(self):
                yield

            @{marker}
            async def test_one(self, pool): pass
        """
    )

    seen = look(pytester, "--asyncio-mode=strict")

    assert "pool test_it.py:11 'test_it.py::TestIt::test_one' live" in [
        line.replace("[asyncio]", "") for line in seen.during[0]
    ]


def test_a_decorated_fixture_has_its_own_place(pytester: pytest.Pytester) -> None:
    """What a decorator made with `functools.wraps` is looked through; an object that can be called has no line."""
    pytester.makepyfile(
        test_it="""
        import functools
        import pytest

        def add(one, two): return one + two

        wrapper = functools.wraps(add)(lambda: 1)
        wrapper.__signature__ = __import__("inspect").signature(lambda: 1)
        wrapped = pytest.fixture(wrapper)

        class Callable:
            __name__ = "called"
            def __call__(self): pass

        called = pytest.fixture(Callable(), name="called")

        def test_one(wrapped, called): pass
        """
    )

    seen = look(pytester)

    assert [" ".join(line.split(" ")[:-2]) for line in seen.during[0]][-2:] == [
        "wrapped test_it.py:4",
        "called an unknown place",
    ]


def test_a_fixture_is_torn_down_when_nothing_uses_it(pytester: pytest.Pytester) -> None:
    """While its own code runs, it is being torn down; what uses it is gone, and what it uses is alive."""
    pytester.makepyfile(
        test_it="""
        import pytest
        from isolation._live_fixtures import LIVE

        @pytest.fixture
        def first(): yield

        @pytest.fixture
        def second(first, request):
            yield
            states = [f"{each.name} {each.state}" for each in request.config.stash[LIVE].fixtures()]
            assert states == ["first live", "second tearing down"]

        @pytest.fixture
        def third(second): yield

        def test_one(third): pass
        """
    )

    pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:anyio").assert_outcomes(passed=1)


def test_a_fixture_is_being_set_up(pytester: pytest.Pytester) -> None:
    """A set-up that goes on stands last; one that failed is kept, since pytest still has to finish it."""
    pytester.makepyfile(
        test_it="""
        import pytest
        from isolation._live_fixtures import LIVE

        @pytest.fixture(scope="module")
        def broken(): 1 / 0

        @pytest.fixture
        def setting(request):
            with pytest.raises(ZeroDivisionError):
                request.getfixturevalue("broken")
            states = [f"{each.name} {each.state}" for each in request.config.stash[LIVE].fixtures()]
            assert states == ["broken failed", "setting setting up"]

        def test_one(setting): pass
        """
    )

    pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:anyio").assert_outcomes(passed=1)


def test_managers_belong_to_the_fixture_that_has_them(pytester: pytest.Pytester) -> None:
    """A manager is attached while its fixture is set up, or later; a request that is no fixture's has none."""
    pytester.makepyfile(
        test_it="""
        import pytest
        from isolation import ResourceManager
        from isolation._live_fixtures import LIVE

        @pytest.fixture
        def pool(request):
            live = request.config.stash[LIVE]
            live.attach(request, ResourceManager("early"))
            return lambda: live.attach(request, ResourceManager("late"))

        @pytest.fixture
        def user(pool):
            pool()

        @pytest.fixture(autouse=True)
        def other(request):
            request.config.stash[LIVE].attach(request._parent_request, ResourceManager("nobody's"))

        def test_one(user): pass
        """
    )

    seen = look(pytester, "-p", "no:asyncio", "-p", "no:anyio")

    assert seen.managers == [["other: []", "pool: ['early', 'late']", "user: []"]]
