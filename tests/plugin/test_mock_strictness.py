"""Strictness: what the mocks of a passed test find out about it, and what becomes of that."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, Record, error, findings, section

SHOP = """
    class Bus:
        async def publish(self, topic: str, value: bytes = b"") -> None: ...

    class Pool:
        async def fetch(self, query: str) -> list: ...
        async def fetchval(self, query: str) -> int: ...

    async def sign_up(name, pool, bus):
        bus.publish("users")
        return await pool.fetchval(f"insert {name}")
"""
BOUND = (
    f"{SETTINGS}isolation_services =\n  postgres = shop:Pool\n  kafka = shop:Bus\n"
    "filterwarnings =\n  default\n"  # not what our own run makes of warnings
)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a directory with a module of the product, whose classes are bound to services."""
    pytester.makeini(BOUND)
    pytester.makepyfile(shop=SHOP)
    pytester.syspathinsert()
    return pytester


def said(suite: pytest.Pytester) -> list[tuple[str | None, str, str]]:
    """Return test, kind and sentence of each finding about mocks in the report."""
    return [(record["test"], record["kind"], record["detail"]) for record in of_mocks(suite)]


def of_mocks(suite: pytest.Pytester) -> list[Record]:
    """Return the findings about mocks in the report."""
    return [record for record in findings(suite.path) if record["probe"] == "mocks"]


UNUSED = """
    async def test_it(isolated_postgres_mock):
        isolated_postgres_mock.fetchval.return_value = 7
        assert await isolated_postgres_mock.fetch("select 1") is not None
"""
FORGOTTEN = """
    from shop import sign_up

    async def test_it(isolated_postgres_mock, isolated_kafka_mock):
        isolated_postgres_mock.fetchval.return_value = 7
        assert await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock) == 7
"""


def test_an_unused_stub_is_found(suite: pytest.Pytester) -> None:
    """The run lists it below the test, as a warning, with the line that has set it."""
    suite.makepyfile(test_it=UNUSED)

    result = suite.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=1)
    assert section(result) == [
        "test_it.py::test_it mocked",
        "  stub postgres.fetchval was never used, set at test_it.py:2",
        "1 finding in 1 of 1 test · score 0.000 · guard N µs per test",
    ]
    (record,) = of_mocks(suite)
    assert (record["severity"], record["name"], record["kind"]) == ("warning", "postgres.fetchval", "unused_stub")
    assert [(frame["file"], frame["line"], frame["function"]) for frame in record["origin"]] == [
        ("test_it.py", 2, "test_it")
    ]


def test_a_call_that_nobody_awaits_is_found(suite: pytest.Pytester) -> None:
    """The run says once that it was not awaited, with the line of the call: the warning of Python is left out."""
    suite.makepyfile(test_it=FORGOTTEN)

    result = suite.runpytest_inprocess()

    result.assert_outcomes(passed=1, warnings=0)
    assert section(result)[:2] == [
        "test_it.py::test_it mocked",
        "  kafka.publish('users') was called at shop.py:9 and never awaited",
    ]


def test_a_strict_run_fails_in_the_teardown(suite: pytest.Pytester) -> None:
    """The error says all that was found, and what to do."""
    suite.makepyfile(test_it=FORGOTTEN + "        isolated_postgres_mock.fetch.side_effect = OSError\n")

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict")

    result.assert_outcomes(passed=1, errors=1)
    assert error(result, "test_it") == [
        "test_it.py::test_it passed, but not as its mocks were told",
        "  stub postgres.fetch was never used, set at test_it.py:6",
        "  kafka.publish('users') was called at shop.py:9 and never awaited",
        (
            "take the stub out or excuse it with control(...).allow_unused(); await the call; "
            'mark the test with @pytest.mark.mock_strictness("warn")'
        ),
    ]
    assert "ERROR test_it.py::test_it - MockStrictnessError: test_it.py::test_it passed, ..." in result.outlines


def test_nobody_looks_for_other_tests_that_make_it_fail(suite: pytest.Pytester) -> None:
    """What mocks find out says what is wrong, as a leak does: `--isolation-diagnose` runs nothing again for it."""
    suite.makepyfile(test_it=UNUSED)

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict", "--isolation-diagnose")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.no_fnmatch_line("*= isolation: diagnosis =*")


def test_nothing_is_judged_if_it_is_off(suite: pytest.Pytester) -> None:
    """What Python warns of comes back then."""
    suite.makepyfile(test_it=FORGOTTEN + "        isolated_postgres_mock.fetch.side_effect = OSError\n")

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=off", REPORT)

    result.assert_outcomes(passed=1, warnings=1)
    assert of_mocks(suite) == []


@pytest.mark.parametrize(("level", "errors"), [("strict", 1), ("warn", 0), ("off", 0)])
def test_a_test_has_a_level_of_its_own(suite: pytest.Pytester, level: str, errors: int) -> None:
    """The marker counts more than the setting, the closest most."""
    suite.makepyfile(
        test_it=f"""
        import pytest
        pytestmark = pytest.mark.mock_strictness("off")

        @pytest.mark.mock_strictness("{level}")
        def test_it(isolated_postgres_mock):
            isolated_postgres_mock.fetch.return_value = []
        """
    )

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    result.assert_outcomes(passed=1, errors=errors)
    assert len(of_mocks(suite)) == (level != "off")


FAILING = """
    import pytest
    from shop import sign_up

    async def test_it(isolated_postgres_mock, isolated_kafka_mock):
        isolated_postgres_mock.fetch.return_value = []
        await sign_up("ann", isolated_postgres_mock, isolated_kafka_mock)
        {end}
"""


def test_a_failed_test_gets_a_section(suite: pytest.Pytester) -> None:
    """What its mocks have found may explain the failure, and is no finding of the run."""
    suite.makepyfile(test_it=FAILING.format(end="assert False"))

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "* Captured isolation teardown *",
            "test_it.py::test_it mocked",
            "  stub postgres.fetch was never used, set at test_it.py:5",
            "  kafka.publish('users') was called at shop.py:9 and never awaited",
        ]
    )
    assert of_mocks(suite) == []


def test_a_forgotten_await_is_told_to_who_looks_for_it(suite: pytest.Pytester) -> None:
    """The traceback of a failed test holds the coroutine that it has compared; its report says what that is."""
    suite.makepyfile(
        test_it="async def test_it(isolated_postgres_mock): assert isolated_postgres_mock.fetch('a') == []"
    )

    result = suite.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    assert "  postgres.fetch('a') was called at test_it.py:1 and never awaited" in result.outlines


@pytest.mark.parametrize("end", ["pytest.skip('later')", "pytest.xfail('known')"])
def test_a_test_that_did_not_pass_is_not_judged(suite: pytest.Pytester, end: str) -> None:
    """It was over before it could use what it had set."""
    suite.makepyfile(test_it=FAILING.format(end=end))

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    assert result.parseoutcomes().get("errors", 0) == 0
    assert of_mocks(suite) == []
    result.stdout.no_fnmatch_line("*never used*")


def test_an_unexpected_pass_is_not_judged(suite: pytest.Pytester) -> None:
    """Nobody relies on a test that is expected to fail."""
    suite.makepyfile(test_it="import pytest\npytestmark = pytest.mark.xfail\n" + pytest_body(UNUSED))

    result = suite.runpytest_inprocess(REPORT)

    result.assert_outcomes(xpassed=1)
    assert of_mocks(suite) == []


def pytest_body(source: str) -> str:
    """Return *source* without the indentation that `makepyfile` would take off."""
    return "\n".join(line.removeprefix("    ") for line in source.splitlines())


def test_a_test_whose_teardown_fails_gets_a_section(suite: pytest.Pytester) -> None:
    """One error is enough for one teardown; what the mocks have found stands below it, and in the summary."""
    suite.makepyfile(
        test_it="""
        import pytest

        @pytest.fixture
        def server():
            yield
            raise OSError("stuck")

        def test_it(server, isolated_postgres_mock):
            isolated_postgres_mock.fetch.return_value = []
        """
    )

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*OSError: stuck", "* Captured isolation teardown *"])
    assert len(of_mocks(suite)) == 1


@pytest.mark.parametrize(
    ("ini", "severity"),
    [
        ("isolation_severity = unused_stub = error", "error"),
        ("isolation_severity = unused_stub = note", "note"),
        ("isolation_allow = mocks: postgres.* = name", "allowance"),
        ("isolation_allow = mocks: test_it.test_it = creator", "allowance"),
        ("isolation_allow = mocks: test_it.py = creator", "allowance"),
    ],
)
def test_a_kind_has_a_severity_and_a_name_an_excuse(suite: pytest.Pytester, ini: str, severity: str) -> None:
    """As for other findings; an error fails the test also where mocks only warn."""
    suite.makeini(f"{BOUND}{ini}\n")
    suite.makepyfile(test_it=UNUSED)

    result = suite.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=1, errors=severity == "error")
    (record,) = of_mocks(suite)
    assert (record["excused"] or record["severity"]) == severity


def test_a_test_can_be_excused(suite: pytest.Pytester) -> None:
    """`isolation_allow("mocks")` on a test excuses what its mocks find."""
    suite.makepyfile(test_it='import pytest\npytestmark = pytest.mark.isolation_allow("mocks")\n' + pytest_body(UNUSED))

    result = suite.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    result.assert_outcomes(passed=1)
    assert [record["excused"] for record in of_mocks(suite)] == ["marker"]


@pytest.mark.parametrize(
    ("action", "errors", "found"), [("error", 1, "error"), ("ignore", 0, None), ("default", 0, "warning")]
)
def test_the_filters_of_warnings_hold_for_what_nobody_awaits(
    suite: pytest.Pytester, action: str, errors: int, found: str | None
) -> None:
    """Who makes the warning of Python an error, or ignores it, gets the same for the finding that replaces it."""
    suite.makeini(f"{BOUND}  {action}:coroutine.*never awaited:RuntimeWarning\n")
    suite.makepyfile(test_it=FORGOTTEN)

    result = suite.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=1, errors=errors)
    assert [record["severity"] for record in of_mocks(suite)] == ([found] if found is not None else [])
    advice = 'await the call; mark the test with @pytest.mark.isolation_allow("mocks", reason="...")'
    assert (advice in result.outlines) == bool(errors)


def test_a_coroutine_that_somebody_has_may_be_awaited(suite: pytest.Pytester) -> None:
    """A task that has not begun when the test is over is no call that nobody awaits."""
    suite.makepyfile(
        test_it="""
        import asyncio
        import pytest
        kept = []

        @pytest.mark.isolation_mode("off")
        def test_it(isolated_kafka_mock):
            kept.append(isolated_kafka_mock.publish("users"))

        def test_later():
            asyncio.run(kept.pop())
        """
    )

    result = suite.runpytest_inprocess("-W", "error", REPORT)

    result.assert_outcomes(passed=2)
    assert of_mocks(suite) == []
