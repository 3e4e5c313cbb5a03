"""Stubs that several tests set by the same line: judged when the run is over, if all that need to know have passed."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, Record, findings, section

CONFTEST = """
    import pytest

    class Pool:
        async def fetch(self, query: str) -> list: ...
        async def fetchval(self, query: str) -> int: ...

    @pytest.fixture
    def pool(isolated_mock):
        mock = isolated_mock(Pool, name="pool")
        mock.fetch.return_value = [1]
        mock.fetchval.return_value = 7
        return mock
"""
USES_NONE = "async def test_none(pool): assert pool\n"
USES_ONE = "async def test_one(pool): assert await pool.fetch('a') == [1]\n"
SAID = "stub pool.fetchval was used by no test, set at conftest.py:11"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a directory with a fixture that sets two stubs for all its tests."""
    pytester.makeini(SETTINGS)
    pytester.makeconftest(CONFTEST)
    return pytester


def of_mocks(suite: pytest.Pytester) -> list[Record]:
    """Return the findings about mocks in the report."""
    return [record for record in findings(suite.path) if record["probe"] == "mocks"]


def said(suite: pytest.Pytester) -> list[str]:
    """Return the sentences of the findings about mocks in the report."""
    return [record["detail"] for record in of_mocks(suite)]


def test_a_stub_that_one_test_uses_is_used(suite: pytest.Pytester) -> None:
    """Of what a fixture sets for all, each test uses what it needs; what none needs is told at the end."""
    suite.makepyfile(test_it=USES_NONE + USES_ONE)

    result = suite.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=2)
    assert section(result) == [
        "the whole run mocked",
        f"  {SAID}",
        "1 finding in 0 of 2 tests · score 1.000 · guard N µs per test",
    ]
    (record,) = of_mocks(suite)
    assert (record["test"], record["owner"], record["severity"]) == (None, None, "warning")


@pytest.mark.parametrize(
    "other",
    [
        "async def test_other(pool): assert False\n",
        "import pytest\n@pytest.mark.skip\nasync def test_other(pool): pass\n",
        "import pytest\n@pytest.mark.xfail\nasync def test_other(pool): assert False\n",
        "import pytest\ndef test_other(pool, request): pytest.skip()\n",
        "import pytest\n@pytest.fixture\ndef broken(): assert False\ndef test_other(broken, pool): pass\n",
    ],
    ids=["failed", "skipped", "xfailed", "skipped inside", "not set up"],
)
def test_a_test_that_did_not_pass_may_be_the_one(suite: pytest.Pytester, other: str) -> None:
    """Nothing is told as long as a test that asks for the fixture has not passed."""
    suite.makepyfile(test_it=USES_ONE + other)

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == []


def test_a_skipped_test_that_does_not_ask_for_the_fixture_does_not_matter(suite: pytest.Pytester) -> None:
    """Not even if it uses other mocks."""
    suite.makepyfile(test_it=USES_ONE + "import pytest\n@pytest.mark.skip\ndef test_other(isolated_kafka_mock): pass\n")

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == [SAID]


@pytest.mark.parametrize("selection", [("-k", "one"), ("test_it.py",), ("--deselect", "test_it.py::test_none")])
def test_a_part_of_the_suite_tells_nothing(suite: pytest.Pytester, selection: tuple[str, ...]) -> None:
    """The test that needs the stub may be one that was not selected."""
    suite.makepyfile(test_it=USES_NONE + USES_ONE)

    suite.runpytest_inprocess(REPORT, *selection)

    assert said(suite) == []


def test_what_a_plugin_leaves_out_was_not_selected_either(suite: pytest.Pytester) -> None:
    """Whoever deselects tests says so to pytest."""
    suite.makeconftest(
        CONFTEST
        + """
    def pytest_collection_modifyitems(config, items):
        config.hook.pytest_deselected(items=[items.pop()])
"""
    )
    suite.makepyfile(test_it=USES_ONE + USES_NONE)

    result = suite.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=1, deselected=1)
    assert said(suite) == []


def test_a_run_that_stops_early_tells_nothing(suite: pytest.Pytester) -> None:
    """Neither does it tell anything of fixtures whose tests it has not reached."""
    suite.makepyfile(test_it="def test_fails(): assert False\n" + USES_ONE)

    suite.runpytest_inprocess(REPORT, "-x")

    assert said(suite) == []


def test_a_stub_can_be_excused_for_all_tests(suite: pytest.Pytester) -> None:
    """By an allowance for its name, or by the marker of any test that runs the line."""
    suite.makeini(f"{SETTINGS}isolation_allow = mocks: pool.fetchval = name\n")
    suite.makepyfile(test_it=USES_ONE)

    suite.runpytest_inprocess(REPORT)

    assert [record["excused"] for record in of_mocks(suite)] == ["allowance"]


def test_a_strict_run_fails_for_what_no_test_uses(suite: pytest.Pytester) -> None:
    """No test can fail for it, so the exit status says it."""
    suite.makepyfile(test_it=USES_ONE)

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "isolation: the run fails for what its mocks found when no test could fail for it" in result.outlines


PARAMETRIZED = """
    import pytest

    @pytest.mark.parametrize("name", ["ann", ""])
    async def test_it(isolated_kafka_mock, name):
        isolated_kafka_mock.publish.return_value = 1
        isolated_kafka_mock.flush.return_value = 2
        if name:
            assert await isolated_kafka_mock.publish(name) == 1
"""


def test_the_line_of_a_test_with_parameters_is_shared(suite: pytest.Pytester) -> None:
    """What one set of parameters needs, the others set as well."""
    suite.makepyfile(test_it=PARAMETRIZED)

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == ["stub kafka.flush was used by no test, set at test_it.py:6"]


INHERITED = """
    class Contract:
        async def test_it(self, isolated_kafka_mock):
            isolated_kafka_mock.publish.return_value = 1
            isolated_kafka_mock.flush.return_value = 2
            await self.use(isolated_kafka_mock)

    class TestOne(Contract):
        async def use(self, mock):
            await mock.publish()

    class TestOther(Contract):
        async def use(self, mock):
            pass
"""


def test_the_line_of_an_inherited_test_is_shared(suite: pytest.Pytester) -> None:
    """It runs once for each class."""
    suite.makepyfile(test_it=INHERITED)

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == ["stub kafka.flush was used by no test, set at test_it.py:4"]


HELPER = """
    import unittest
    import pytest

    def prepare(mock):
        mock.publish.return_value = 1
        mock.flush.return_value = 2

    async def test_one(isolated_kafka_mock):
        prepare(isolated_kafka_mock)
        assert await isolated_kafka_mock.publish() == 1

    async def test_other(isolated_kafka_mock):
        prepare(isolated_kafka_mock)
"""


def test_the_line_of_a_helper_is_shared(suite: pytest.Pytester) -> None:
    """Nobody knows which tests call it, so it is judged if all that use mocks have passed."""
    suite.makepyfile(test_it=HELPER)

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == ["stub kafka.flush was used by no test, set at test_it.py:6"]


def test_a_helper_may_be_for_any_test_with_mocks(suite: pytest.Pytester) -> None:
    """One that was skipped may be the one that needs it."""
    suite.makepyfile(test_it=pytest_body(HELPER) + "\n@pytest.mark.skip\ndef test_skipped(isolated_mock): pass\n")

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == []


def pytest_body(source: str) -> str:
    """Return *source* without the indentation that `makepyfile` would take off."""
    return "\n".join(line.removeprefix("    ") for line in source.splitlines())


UNITTEST = """
    import unittest
    import pytest

    class TestIt(unittest.IsolatedAsyncioTestCase):
        @pytest.fixture(autouse=True)
        def _mock(self, isolated_kafka_mock):
            self.mock = isolated_kafka_mock

        def setUp(self):
            self.mock.publish.return_value = 1
            self.mock.flush.return_value = 2

        async def test_one(self):
            self.assertEqual(await self.mock.publish(), 1)

        async def test_other(self):
            self.mock.close.return_value = 3
"""


def test_a_test_case_sets_stubs_up_for_all_its_tests(suite: pytest.Pytester) -> None:
    """`setUp` is shared, though it runs when pytest says that the test does; the body of a test is its own."""
    suite.makepyfile(test_it=UNITTEST)

    suite.runpytest_inprocess(REPORT)

    assert said(suite) == [
        "stub kafka.close was never used, set at test_it.py:17",
        "stub kafka.flush was used by no test, set at test_it.py:11",
    ]


SPREAD = """
    import pytest

    @pytest.mark.parametrize("number", range(4))
    async def test_it(pool, number):
        if number == 3:
            assert await pool.fetch("a") == [1]
"""


def test_the_tests_of_all_workers_count(suite: pytest.Pytester) -> None:
    """A worker does not see the stub used, or has not all tests that may need the helper; the controller knows."""
    suite.makepyfile(test_it=SPREAD, test_other=HELPER)

    result = suite.runpytest_subprocess("-n2", "--dist=loadfile", REPORT, timeout=100)

    result.assert_outcomes(passed=6)
    assert said(suite) == [SAID, "stub kafka.flush was used by no test, set at test_other.py:6"]
