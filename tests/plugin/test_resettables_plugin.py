"""Resettables in runs of pytest: the setting, and what the beginning is that `reset_all()` goes back to."""

import pytest

from isolation._groups import GROUPS
from tests.plugin.said import SETTINGS, WATCHING, section

APP = """
    manager = {"queues": []}

    class Pool:
        _instance = None
"""
CONFTEST = """
    import pytest
    from isolation import reset_all

    @pytest.fixture(autouse=True)
    def clean_singletons():
        reset_all()
        yield
        reset_all()
"""


def write(pytester: pytest.Pytester, **modules: str) -> None:
    """Write the application, and modules of tests."""
    pytester.syspathinsert()
    pytester.makepyfile(shop=APP, **modules)


@pytest.mark.parametrize("mode", ["off", "report", "fail"])
def test_singletons_of_the_settings_are_reset(pytester: pytest.Pytester, mode: str) -> None:
    """In every mode, by a fixture of three lines."""
    pytester.makeini(f"{SETTINGS}isolation_singletons =\n    shop:manager\n    shop:Pool._instance\n")
    pytester.makeconftest(CONFTEST)
    write(
        pytester,
        test_it="""
        import pytest, shop

        @pytest.mark.parametrize("n", [1, 2])
        def test_it(n):
            assert shop.manager == {"queues": []}
            assert shop.Pool._instance is None
            shop.manager["queues"].append(n)
            shop.Pool._instance = n
""",
    )

    result = pytester.runpytest_inprocess(f"--isolation-mode={mode}", "--isolation-probes=environment")

    result.assert_outcomes(passed=2)


def test_what_collection_does_belongs_to_the_beginning(pytester: pytest.Pytester) -> None:
    """Test modules register things when they are imported."""
    pytester.makeconftest(
        CONFTEST + "\n    from isolation import resettable\n    resettable('shop:manager')\n    import shop\n"
    )
    write(
        pytester,
        test_it="""
        import shop
        shop.manager["handlers"] = 1

        def test_it():
            assert shop.manager == {"queues": [], "handlers": 1}
""",
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)


def test_what_is_imported_later_begins_before_the_next_test(pytester: pytest.Pytester) -> None:
    """It is taken as it is then."""
    pytester.makeconftest(CONFTEST + "\n    from isolation import resettable\n    resettable('shop:manager')\n")
    write(
        pytester,
        test_it="""
        def test_imports():
            import shop
            shop.manager["handlers"] = 1

        def test_changes():
            import shop
            shop.manager["queues"].append(1)

        def test_finds():
            import shop
            assert shop.manager == {"queues": [], "handlers": 1}
""",
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=3)


def test_what_a_run_has_registered_is_forgotten(pytester: pytest.Pytester) -> None:
    """The next one in this process begins with nothing, the surrounding one keeps its own."""
    forget = GROUPS.add("surrounding", [])
    before = set(map(id, GROUPS.members(None)))
    pytester.makeini(f"{SETTINGS}isolation_singletons = shop:manager\n")
    pytester.makeconftest(CONFTEST + "\n    from isolation import resettable\n    resettable('shop:Pool')\n")
    write(pytester, test_it="def test_it(): pass")

    result = pytester.runpytest_inprocess()

    after = set(map(id, GROUPS.members(None)))
    forget()
    result.assert_outcomes(passed=1)
    assert after == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("shop", "cannot read 'shop' in isolation_singletons of tox.ini; write 'package.module:attribute'"),
        (
            "shop:managr",
            "unknown attribute of shop 'managr' in isolation_singletons of tox.ini; did you mean 'manager'?",
        ),
        (
            "shopp:manager",
            (
                "cannot import 'shopp', which isolation_singletons of tox.ini names in 'shopp:manager': "
                "No module named 'shopp'"
            ),
        ),
    ],
)
def test_a_singleton_that_does_not_exist_is_refused(pytester: pytest.Pytester, line: str, message: str) -> None:
    """At the latest when the tests are collected, and none of them runs."""
    pytester.makeini(f"{SETTINGS}isolation_singletons = {line}\n")
    write(pytester, test_it="def test_it(): pass")

    result = pytester.runpytest_inprocess()

    assert f"ERROR: {message}" in result.errlines


def test_a_run_that_was_forgotten_finds_its_modules_again(pytester: pytest.Pytester) -> None:
    """Two runs in one process share one table of groups, whatever pytester forgets."""
    pytester.makeconftest(
        """
        import sys, isolation
        from isolation import isolate

        def pytest_collection_finish():
            assert sys.modules["isolation._groups"].isolate is isolation.isolate
"""
    )
    pytester.makepyfile(test_it="def test_it(): pass")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_registered_cache_that_a_test_leaves_changed_is_reported(pytester: pytest.Pytester) -> None:
    """By its path, as a warning; one that nobody has registered is nobody's business."""
    pytester.makeini(f"{WATCHING}isolation_singletons = shop_caches:registered_cache\n")
    pytester.syspathinsert()
    pytester.makepyfile(
        shop_caches="registered_cache = {}\nother_cache = {}\n",
        test_it="""
        import shop_caches

        def test_it():
            shop_caches.registered_cache["a"] = shop_caches.other_cache["a"] = 1

        def test_again():
            pass
""",
    )

    result = pytester.runpytest_inprocess()

    assert section(result)[:2] == [
        "test_it.py::test_it changed",
        "  shop_caches.registered_cache['a']: absent -> 1",
    ]
    assert "other_cache" not in result.stdout.str()


@pytest.mark.parametrize("mode", ["restore", "fail"])
def test_what_was_registered_is_put_back_by_the_modes_that_do_so(pytester: pytest.Pytester, mode: str) -> None:
    """Nobody has to call anything."""
    pytester.makeini(f"{WATCHING}isolation_singletons = shop:manager\n")
    write(
        pytester,
        test_it="""
        import pytest, shop

        @pytest.mark.parametrize("n", [1, 2])
        def test_it(n):
            assert shop.manager == {"queues": []}
            shop.manager["queues"].append(n)
""",
    )

    result = pytester.runpytest_inprocess(f"--isolation-mode={mode}")

    result.assert_outcomes(passed=2)
