"""The mocks of a test under every runner: theirs while it runs, freed when it is over, and known if used later."""

import os

import pytest

from tests.plugin.said import REPORT, Record, findings, section

BUS = """
    class Bus:
        async def publish(self, topic: str) -> None: ...
"""
PLAIN = "[pytest]\nisolation_probes = singletons=off\nasyncio_default_fixture_loop_scope = function\n"
BODY = """
    import gc
    import weakref
    import pytest
    from bus import Bus

    seen = []

    {fixture}

    {mark}
    {define}def test_uses(bus):
        {call}bus.publish("users")
        bus.publish.return_value = 1
        seen.append(weakref.ref(bus))

    def test_after():
        gc.collect()  # some runners keep what is in their tasks until then
        assert seen[0]() is None
"""
FIXTURE = "@pytest.fixture\n    def bus(isolated_mock):\n        return isolated_mock(Bus, name='kafka')"
ASYNC_FIXTURE = "@pytest.fixture\n    async def bus(isolated_mock):\n        return isolated_mock(Bus, name='kafka')"
STRICT_FIXTURE = ASYNC_FIXTURE.replace("@pytest.fixture", "import pytest_asyncio\n    @pytest_asyncio.fixture")
RUNNERS = {
    "asyncio auto": ("-o asyncio_mode=auto", ASYNC_FIXTURE, "", "async "),
    "asyncio strict": ("-o asyncio_mode=strict", STRICT_FIXTURE, "@pytest.mark.asyncio", "async "),
    "session loop": ("-o asyncio_mode=auto", FIXTURE, '@pytest.mark.asyncio(loop_scope="session")', "async "),
    "anyio": ("-o asyncio_mode=strict", FIXTURE, "@pytest.mark.anyio", "async "),
    "sync": ("-o asyncio_mode=strict", FIXTURE, "", ""),
}


def of_mocks(suite: pytest.Pytester) -> list[Record]:
    """Return the findings about mocks in the report."""
    return [record for record in findings(suite.path) if record["probe"] == "mocks"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_mocks_are_right_under_every_runner(pytester: pytest.Pytester, runner: str) -> None:
    """A call that is awaited is no finding, a stub that is not used is one, and the mock goes with its test."""
    options, fixture, mark, define = RUNNERS[runner]
    call = "await " if define else ""
    pytester.makeini(PLAIN)
    source = BODY.format(fixture=fixture, mark=mark, define=define, call=call)
    if not define:
        source = source.replace('bus.publish("users")', 'bus.publish("users").close()')
    pytester.makepyfile(bus=BUS, test_it=source)

    result = pytester.runpytest_inprocess(*options.split(), REPORT)

    result.assert_outcomes(passed=3 if runner == "anyio" else 2)
    assert [record["kind"] for record in of_mocks(pytester)] == ["unused_stub"]


TRIO = """
    import pytest
    from bus import Bus

    @pytest.fixture
    async def bus(isolated_mock):
        return isolated_mock(Bus, name="kafka")

    @pytest.mark.trio
    async def test_it(bus):
        await bus.publish("users")
        bus.publish("orders")
        bus.publish.return_value = 1
"""


def test_mocks_are_right_under_trio(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-trio runs fixtures and test in one task; their mocks are those of the test all the same."""
    monkeypatch.setenv("PYTEST_ADDOPTS", os.environ["PYTEST_ADDOPTS"].replace("-p no:trio", ""))
    pytester.makeini(f"{PLAIN}filterwarnings = default\n")
    pytester.makepyfile(bus=BUS, test_it=TRIO)

    result = pytester.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=1)
    assert [record["detail"] for record in of_mocks(pytester)] == [
        "stub kafka.publish was never used, set at test_it.py:12",
        "kafka.publish('orders') was called at test_it.py:11 and never awaited",
    ]


UNITTEST = """
    import unittest
    import pytest
    from bus import Bus

    class TestIt(unittest.{base}):
        @pytest.fixture(autouse=True)
        def _mocks(self, isolated_mock):
            self.bus = isolated_mock(Bus, name="kafka")

        {define}def test_it(self):
            self.bus.publish("orders")
            self.bus.publish.return_value = 1

        {define}def test_fails(self):
            self.bus.publish.return_value = 1
            self.fail()

        @unittest.expectedFailure
        {define}def test_is_expected_to_fail(self):
            self.bus.publish.return_value = 1
            self.fail()

        {define}def test_is_skipped(self):
            self.bus.publish.return_value = 1
            self.skipTest("later")
"""


@pytest.mark.parametrize(("base", "define"), [("TestCase", ""), ("IsolatedAsyncioTestCase", "async ")])
def test_mocks_are_right_in_test_cases(pytester: pytest.Pytester, base: str, define: str) -> None:
    """They come through an autouse fixture, and are judged if the method has passed."""
    pytester.makeini(f"{PLAIN}filterwarnings = default\n")
    pytester.makepyfile(bus=BUS, test_it=UNITTEST.format(base=base, define=define))

    result = pytester.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=1, failed=1, skipped=1, xfailed=1)
    assert [record["detail"] for record in of_mocks(pytester)] == [
        "stub kafka.publish was never used, set at test_it.py:12",
        "kafka.publish('orders') was called at test_it.py:11 and never awaited",
    ]


LATE = """
    import asyncio
    import pytest
    from bus import Bus

    pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.isolation_mode("off")]
    go = asyncio.Event()
    tasks = []

    async def beat(bus):
        await go.wait()
        for _ in range(3):
            await bus.publish("late")

    async def test_starts(isolated_mock):
        tasks.append(asyncio.create_task(beat(isolated_mock(Bus, name="kafka"))))

    async def test_is_innocent():
        go.set()
        await tasks.pop()
"""


@pytest.mark.parametrize(("level", "status"), [("warn", 0), ("strict", 1)])
def test_a_call_that_comes_too_late_is_told(pytester: pytest.Pytester, level: str, status: int) -> None:
    """Once for each line, with the test that owned the mock; the test that runs then is not to blame."""
    pytester.makeini(PLAIN)
    pytester.makepyfile(bus=BUS, test_it=LATE)

    result = pytester.runpytest_inprocess("-o", f"isolation_mock_strictness={level}", REPORT)

    result.assert_outcomes(passed=2)
    assert result.ret == status
    (record,) = of_mocks(pytester)
    assert (record["test"], record["kind"], record["detail"]) == (
        "test_it.py::test_starts",
        "use_after_close",
        "kafka.publish('late') was called at test_it.py:12 after test_it.py::test_starts was over",
    )


def test_a_fixture_may_call_the_mock_when_it_comes_down(pytester: pytest.Pytester) -> None:
    """Mocks are closed after all fixtures, also those that come down after the one that has made the mock."""
    pytester.makeini(PLAIN)
    pytester.makepyfile(
        bus=BUS,
        test_it="""
        import asyncio
        import pytest
        from bus import Bus

        class App:
            bus = None

        @pytest.fixture
        def app():
            app = App()
            yield app
            asyncio.run(app.bus.publish("bye"))

        @pytest.fixture(scope="module")
        def wide():
            app = App()
            yield app
            asyncio.run(app.bus.publish("bye"))

        def test_it(app, wide, isolated_mock):
            app.bus = wide.bus = isolated_mock(Bus, name="kafka")
            app.bus.publish.return_value = None
        """,
    )

    result = pytester.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    result.assert_outcomes(passed=1)
    assert of_mocks(pytester) == []


def test_a_wider_fixture_is_told_what_it_cannot_have(pytester: pytest.Pytester) -> None:
    """The mocks of a test end with it; a mock by hand lives as long as its fixture, and is nobody's finding."""
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        bus=BUS,
        test_it="""
        import pytest
        from bus import Bus
        from isolation import isolated_mock

        @pytest.fixture(scope="module")
        def wrong(isolated_kafka_mock):
            pass

        @pytest.fixture(scope="module")
        def right():
            return isolated_mock(Bus, name="kafka")

        def test_wrong(wrong):
            pass

        async def test_one(right):
            right.publish.return_value = 1
            assert await right.publish("a") == 1

        async def test_other(right):
            right.publish.side_effect = OSError
            assert right.publish.await_count == 1
        """,
    )

    result = pytester.runpytest_inprocess("-o", "isolation_mock_strictness=strict", REPORT)

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ScopeMismatch*isolated_kafka_mock*"])
    assert findings(pytester.path) == []


def test_a_mock_that_stays_in_a_singleton_is_found_where_it_is(pytester: pytest.Pytester) -> None:
    """What the code under test keeps is a change of its state; what is inside of the mock is not."""
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\npythonpath = .\n")
    pytester.makepyfile(
        bus=BUS + "\n    class Manager:\n        bus = None\n    manager = Manager()\n",
        test_it="""
        import pytest
        from bus import Bus, manager

        async def test_keeps(isolated_mock):
            manager.bus = isolated_mock(Bus, name="kafka")
            manager.bus.publish.return_value = 1
            assert await manager.bus.publish("a") == 1

        async def test_uses():
            await manager.bus.publish("b")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=2)
    assert section(result)[:-1] == [
        "test_it.py::test_keeps mocked",
        "  kafka.publish('b') was called at test_it.py:10 after test_it.py::test_keeps was over",
        "test_it.py::test_keeps changed",
        "  bus.manager.bus: absent -> <AsyncMock name='kafka' spec=bus.Bus>",
    ]


def test_nothing_of_a_test_stays(pytester: pytest.Pytester) -> None:
    """Mocks that lead to themselves are freed with their context, and the collector has nothing to do."""
    pytester.makeini(f"{PLAIN}filterwarnings = default\n")
    pytester.makepyfile(
        bus=BUS,
        test_it="""
        import gc
        import weakref
        import pytest
        from bus import Bus

        gone = []

        @pytest.fixture(scope="module", autouse=True)
        def no_collector():
            gc.disable()
            yield
            gc.enable()

        async def test_it(isolated_mock, mock_context):
            bus = isolated_mock(Bus)
            bus.publish.return_value = bus
            bus.publish.side_effect = lambda topic: bus
            await bus.publish(bus)
            bus.publish(bus)
            gone.extend(map(weakref.ref, (bus, mock_context)))

        def test_after():
            assert [each() for each in gone] == [None, None]
        """,
    )

    result = pytester.runpytest_inprocess("-o", "asyncio_mode=auto")

    result.assert_outcomes(passed=2)


def test_the_findings_of_workers_arrive(pytester: pytest.Pytester) -> None:
    """With their test and their worker; open mocks are counted over all of them."""
    pytester.makeini(PLAIN)
    pytester.makepyfile(
        test_it="""
        def test_one(isolated_kafka_mock):
            isolated_kafka_mock.publish.return_value = 1

        def test_other(isolated_kafka_mock):
            isolated_kafka_mock.publish.return_value = 1
        """
    )

    result = pytester.runpytest_subprocess("-n2", "--isolation-mode=off", REPORT, timeout=100)

    result.assert_outcomes(passed=2)
    assert sorted(record["detail"] for record in of_mocks(pytester)) == [
        "stub kafka.publish was never used, set at test_it.py:2",
        "stub kafka.publish was never used, set at test_it.py:5",
    ]
    assert "isolation: 2 open mocks, which check neither names nor arguments: kafka 2" in result.outlines


def test_a_run_that_looks_at_nothing_else_counts_open_mocks(pytester: pytest.Pytester) -> None:
    """The mode is about what tests leave; mocks are judged by their own setting."""
    pytester.makepyfile("def test_it(isolated_kafka_mock): pass")

    result = pytester.runpytest_inprocess("--isolation-mode=off")

    assert "isolation: 1 open mock, which checks neither names nor arguments: kafka 1" in result.outlines
    result.stdout.no_fnmatch_line("*left nothing behind*")


def test_the_manager_of_a_context_is_that_of_the_test(pytester: pytest.Pytester) -> None:
    """Whether the test has asked for it or not."""
    pytester.makepyfile(
        """
        closed = []

        def test_asks(mock_context, resource_manager):
            assert mock_context.manager is resource_manager

        def test_does_not_ask(mock_context):
            mock_context.manager.add("session", closed.append)

        def test_after():
            assert closed == ["session"]
        """
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=3)
