"""The fixture `isolated_patch`: patches of a test are gone when it is over, whatever fails."""

import pytest

from tests.plugin.said import SETTINGS, WATCHING, error, section, verdict

SHOP = """
    import os

    class Pool:
        async def fetch(self, query: str) -> list[int]:
            return [1]

    class Stubborn:
        value = 1
        def __setattr__(self, name, value):
            if value == 1:
                raise RuntimeError("not back to 1")
            object.__setattr__(self, name, value)

    pool = Pool()
    stubborn = Stubborn()
    vars(stubborn)["value"] = 1
    settings = {"url": "real"}

    def send(to: str) -> int:
        return 1
"""
PLAIN = "filterwarnings =\n  default\n"  # not what our own run makes of warnings


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a directory with a module of the product, which is watched."""
    pytester.makeini(WATCHING + PLAIN)
    pytester.makepyfile(shop=SHOP)
    pytester.syspathinsert()
    return pytester


def test_patches_end_with_their_test(suite: pytest.Pytester) -> None:
    """Of sync and of async tests, and of the fixtures that they use."""
    suite.makepyfile(
        test_it="""
        import os
        import pytest
        import shop

        @pytest.fixture
        async def pool(isolated_patch):
            pool = isolated_patch("shop.pool")
            yield pool
            assert shop.pool is pool

        async def test_async(pool, isolated_patch):
            isolated_patch("shop.send").return_value = 2
            assert (await shop.pool.fetch("q"), shop.send("ann")) == ([], 2)

        def test_sync(isolated_patch):
            isolated_patch.dict("shop.settings", url="mock")
            isolated_patch.environment(SHOP_URL="mock")
            assert (shop.settings["url"], os.environ["SHOP_URL"]) == ("mock", "mock")

        async def test_after():
            assert (await shop.pool.fetch("q"), shop.send("ann"), shop.settings) == ([1], 1, {"url": "real"})
            assert "SHOP_URL" not in os.environ
        """
    )

    result = suite.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=3)
    assert verdict(result) == "isolation: 3 tests left nothing behind · guard N µs per test"


def test_one_failing_undo_does_not_leave_the_others(suite: pytest.Pytester) -> None:
    """It is an error of the teardown, and the next test finds what it expects."""
    suite.makepyfile(
        test_it="""
        import shop

        def test_stubborn(isolated_patch):
            isolated_patch("shop.pool")
            isolated_patch.object(shop.stubborn, "value", 2)
            isolated_patch("shop.send")

        async def test_after():
            assert (await shop.pool.fetch("q"), shop.send("ann")) == ([1], 1)
        """
    )

    result = suite.runpytest_inprocess("--isolation-probes=patches")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*RuntimeError: not back to 1",
            "*while undoing the patch of 'shop.Stubborn.value' (patched at test_it.py:5)",
        ]
    )


def test_a_fixture_of_wider_scope_patches_by_the_class(suite: pytest.Pytester) -> None:
    """What it has replaced while its tests run is nobody's contamination."""
    suite.makepyfile(
        test_it="""
        import pytest
        import shop
        from isolation import IsolatedPatch

        @pytest.fixture(scope="module")
        def pool():
            with IsolatedPatch() as patch:
                yield patch("shop.pool")

        async def test_one(pool):
            assert await shop.pool.fetch("q") == []

        async def test_two(pool):
            pool.fetch.return_value = [2]
            assert await shop.pool.fetch("q") == [2]
        """,
        test_then="""
        import shop

        async def test_after():
            assert await shop.pool.fetch("q") == [1]
        """,
    )

    result = suite.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=3)
    assert verdict(result) == "isolation: 3 tests left nothing behind · guard N µs per test"


def test_a_patch_that_is_left_is_found(suite: pytest.Pytester) -> None:
    """And put back, as any other mock that was forgotten."""
    suite.makepyfile(
        test_it="""
        import shop
        from isolation import IsolatedPatch

        KEPT = IsolatedPatch()

        def test_leaves():
            KEPT("shop.pool")

        async def test_after():
            assert await shop.pool.fetch("q") == [1]
            KEPT.undo()
        """
    )

    result = suite.runpytest_inprocess("--isolation-mode=restore", "--isolation-probes=patches")

    result.assert_outcomes(passed=2)
    assert section(result) == [
        "test_it.py::test_leaves changed",
        "  shop.pool: <shop.Pool object> -> <AsyncMock name='shop.pool' spec=shop.Pool>",
        "1 finding in 1 of 2 tests · score 0.500 · guard N µs per test",
    ]


def test_the_mocks_are_judged_with_the_test(suite: pytest.Pytester) -> None:
    """An unused result of one is a finding, as of any mock of the test."""
    suite.makeini(f"{SETTINGS}{PLAIN}isolation_mock_strictness = strict\n")
    suite.makepyfile(
        test_it="""
        def test_unused(isolated_patch):
            isolated_patch("shop.send").return_value = 2
        """
    )

    result = suite.runpytest_inprocess()

    result.assert_outcomes(passed=1, errors=1)
    assert error(result, "test_unused")[:2] == [
        "test_it.py::test_unused passed, but not as its mocks were told",
        "  stub shop.send was never used, set at test_it.py:2",
    ]


def test_mocks_without_a_class_are_counted_as_open(suite: pytest.Pytester) -> None:
    """Nobody takes them for checked ones."""
    suite.makepyfile(
        test_it="""
        async def test_open(isolated_patch):
            await isolated_patch("shop.none_yet", create=True).anything()
        """
    )

    result = suite.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("isolation: 1 open mock, which checks neither names nor arguments: shop.none_yet 1")
