"""The mocks of a test under every runner: theirs while it runs, freed when it is over, and known if used later."""

import pytest

from tests.plugin.said import REPORT, Record, findings

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
