"""State of the project's modules that a test leaves changed, and what real suites do without being blamed for it."""

import pytest

from tests.plugin.said import REPORT, WATCHING, error, findings, section

SHOP = """
    class Pool:
        instance = None
        def __init__(self): self.conns = []
        def close(self): ...
    registry = {}
    pool = Pool()
    mode = "on"
    calls = 0
    def fetch(): return "real"
"""


@pytest.fixture(autouse=True)
def _project(pytester: pytest.Pytester) -> None:
    """A package with a module of state, beside the tests."""
    pytester.makeini(WATCHING)
    pytester.makepyfile(**{"shop/__init__": "", "shop/core": SHOP})
    pytester.syspathinsert()


def test_report_names_the_place_and_what_it_holds(pytester: pytest.Pytester) -> None:
    """Before and after; what was counted or set up for the first time is in the report file only."""
    pytester.makepyfile(
        test_it="""
        from shop import core

        seen = []

        def test_registers(): core.registry["u1"] = [1, 2, 3]
        def test_sets_up(): core.Pool.instance = core.Pool(); core.calls += 1
        def test_notes(): seen.append(1)
    """
    )

    result = pytester.runpytest_inprocess(REPORT)

    assert section(result) == [
        "test_it.py::test_registers changed",
        "  shop.core.registry['u1']: absent -> [1, 2, 3]",
        "test_it.py::test_notes changed",
        "  test_it.seen: [] -> [1]",
        "2 findings in 2 of 3 tests (2 in notes) · score 0.333 · guard N µs per test",
    ]
    assert [(found["name"], found["kind"], found["severity"]) for found in findings(pytester.path)] == [
        ("shop.core.registry['u1']", "container_key", "warning"),
        ("shop.core.calls", "counter", "note"),
        ("shop.core.Pool.instance", "initialisation", "note"),
        ("test_it.seen", "container", "warning"),
    ]


def test_a_mock_that_is_left_fails_its_test(pytester: pytest.Pytester) -> None:
    """It is taken out for the next one."""
    pytester.makepyfile(
        test_it="""
        from unittest import mock

        from shop import core

        def test_patches(): mock.patch("shop.core.fetch").start()
        def test_fetches(): assert core.fetch() == "real"
    """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2, errors=1)
    assert error(result, "test_patches") == [
        "test_it.py::test_patches left 1 place changed",
        (
            "  shop.core.fetch: <function shop.core.fetch> -> <MagicMock name='fetch'>; "
            "its patch was started and not stopped"
        ),
        'put them back in a teardown, or mark the test with @pytest.mark.isolation_allow("patches", reason="...")',
    ]


def test_restore_makes_the_order_irrelevant(pytester: pytest.Pytester) -> None:
    """Whoever looks finds what was there before the first test, in the same objects."""
    pytester.makepyfile(
        test_it="""
        from shop import core

        def test_one():
            assert (core.registry, core.pool.conns, core.mode, core.Pool.instance) == ({}, [], "on", None)
            core.registry["a"] = 1
            core.pool.conns.append(1)
            core.mode = "off"
            core.Pool.instance = core.Pool()

        test_two = test_one
    """
    )

    pytester.runpytest_inprocess("--isolation-mode=restore").assert_outcomes(passed=2)


CLEAN = {
    "monkeypatch": """
        def test_one(monkeypatch):
            monkeypatch.setattr(core, "mode", "off")
            monkeypatch.setitem(core.registry, "a", 1)
    """,
    "a patch in a decorator": """
        @mock.patch("shop.core.fetch")
        def test_one(fetch): ...

        @mock.patch.dict(core.registry, a=1)
        def test_two(): ...
    """,
    "an autouse fixture that resets": """
        @pytest.fixture(autouse=True)
        def reset():
            yield
            core.registry.clear()

        def test_one(): core.registry["a"] = 1
    """,
    "a wider fixture that sets and undoes": """
        @pytest.fixture(scope="module", autouse=True)
        def mode():
            core.mode = "off"
            core.registry["a"] = mock.Mock()
            real, core.fetch = core.fetch, mock.Mock()
            yield
            core.mode, core.fetch = "on", real
            del core.registry["a"]

        def test_one(): assert core.mode == "off"
    """,
    "setUpClass": """
        class TestIt(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.client = core.Pool()
                cls.patch = mock.patch.object(core, "fetch")
                cls.patch.start()
                cls.addClassCleanup(cls.patch.stop)

            @classmethod
            def tearDownClass(cls): del cls.client

            def setUp(self): self.own = []
            def test_one(self): self.own.append(1)
            def test_two(self): self.assertEqual(self.own, [])
    """,
    "addCleanup": """
        class TestIt(unittest.TestCase):
            def test_one(self):
                patch = mock.patch.object(core, "fetch")
                patch.start()
                self.addCleanup(patch.stop)
    """,
    "marks and parameters": """
        @pytest.mark.parametrize("held", [{}, {}])
        @pytest.mark.xfail
        def test_one(held, request):
            held["a"] = 1
            request.node.add_marker(pytest.mark.slow)
            request.applymarker(pytest.mark.xfail)
            assert False

        class TestIt:
            @pytest.mark.skip
            def test_one(self): ...
            def test_two(self): self.held = [1]
    """,
    "a doctest": """
        def double(n):
            '''
            >>> double(1)
            2
            '''
            return 2 * n
    """,
    "caches": """
        @functools.lru_cache
        def compute(n): return n

        class Page:
            @functools.cached_property
            def text(self): return "a"

        page = Page()
        _memo = {}
        def test_one():
            compute(1)
            page.text
            _memo["a"] = 1
    """,
    "a lazy import": """
        def test_one(): import shop.late
    """,
    "async tests": """
        lock = asyncio.Lock()
        class Server:
            async def __aenter__(self): return self
            async def __aexit__(self, *_): ...
        async def test_one():
            async with lock, Server():
                await asyncio.sleep(0)
        async def test_two():
            async with lock: ...
    """,
    "dataclasses and enumerations": """
        class Color(enum.Flag):
            RED = 1
            BLUE = 2
        @dataclasses.dataclass
        class Order: items: list = dataclasses.field(default_factory=list)
        def test_one():
            Color.RED | Color.BLUE
            Order().items.append(1)
            typing.get_type_hints(Order)
            inspect.signature(Order)
    """,
    "logging and warnings": """
        log = logging.getLogger("shop.made")
        @pytest.mark.filterwarnings("ignore")
        def test_one(caplog):
            caplog.set_level("DEBUG")
            log.debug("a")
            warnings.warn("b")
            with pytest.warns(UserWarning): warnings.warn("c")
    """,
}


@pytest.mark.parametrize("source", CLEAN.values(), ids=CLEAN)
def test_what_real_suites_do_is_no_finding(pytester: pytest.Pytester, source: str) -> None:
    """Neither an error nor a warning, and not even a note."""
    imports = "asyncio dataclasses enum functools inspect logging typing unittest warnings pytest"
    head = "".join(f"        import {name}\n" for name in imports.split())
    pytester.makepyfile(**{"shop/late": "registered = []", "test_it": ""})
    (pytester.path / "test_it.py").write_text(
        "\n".join(
            line[8:]
            for line in f"{head}        from unittest import mock\n        from shop import core\n{source}".splitlines()
        ),
    )

    result = pytester.runpytest_inprocess(REPORT, "--doctest-modules", "-W", "ignore::pytest.PytestUnknownMarkWarning")

    assert result.ret == 0
    assert [(found["probe"], found["name"], found["severity"]) for found in findings(pytester.path)] == []


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_test_modules_are_called_after_their_files(pytester: pytest.Pytester, mode: str) -> None:
    """However pytest has imported them."""
    source = "held = []\ndef test_one(): held.append(1)"
    pytester.makepyfile(**{"tests/one/test_a": source, "tests/two/test_b": source})
    pytester.path.joinpath("tests", "one", "conftest.py").write_text(
        "import pytest\nmade = []\n@pytest.fixture(autouse=True)\ndef note(): made.append(1)\n"
    )

    pytester.runpytest_inprocess(REPORT, f"--import-mode={mode}")

    assert sorted(found["name"] for found in findings(pytester.path)) == [
        "tests.one.conftest.made",
        "tests.one.test_a.held",
        "tests.two.test_b.held",
    ]


def test_a_place_can_be_allowed(pytester: pytest.Pytester) -> None:
    """By its path, with a pattern."""
    pytester.makeini(f"{WATCHING}isolation_allow = singletons: shop.core.registry* = path\n")
    pytester.makepyfile(test_it="from shop import core\ndef test_one(): core.registry['a'] = 1")

    pytester.runpytest_inprocess(REPORT)

    assert [found["excused"] for found in findings(pytester.path)] == ["allowance"]


def test_other_modules_are_watched_if_they_are_named(pytester: pytest.Pytester) -> None:
    """Packages that the project only uses."""
    pytester.makeini(f"{WATCHING}isolation_watch = colorsys\n")
    pytester.makepyfile(test_it="import colorsys\ndef test_one(): colorsys.ONE_THIRD = 0.5")

    try:
        pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)
    finally:
        import colorsys

    assert [(found["name"], found["restored"]) for found in findings(pytester.path)] == [("colorsys.ONE_THIRD", True)]
    assert colorsys.ONE_THIRD < 0.4


def test_strict_watching_shows_what_is_no_finding_otherwise(pytester: pytest.Pytester) -> None:
    """Whoever looks for the last reason may see everything."""
    pytester.makeini(f"{WATCHING}isolation_watch_strict = true\n")
    pytester.makepyfile(test_it="from shop import core\n_cache = {}\ndef test_one(): _cache['a'] = core.calls = 1")

    result = pytester.runpytest_inprocess()

    assert section(result) == [
        "test_it.py::test_one changed",
        "  shop.core.calls: 0 -> 1",
        "  test_it._cache['a']: absent -> 1",
        "2 findings in 1 of 1 test · score 0.000 · guard N µs per test",
    ]
