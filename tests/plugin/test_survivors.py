"""`--isolation-survivors`: what tests have closed and somebody still references, and who does."""

from collections.abc import Sequence

import pytest

from tests.plugin.said import REPORT, Record, records, section

HEAD = """
    import pytest
    from isolation import ResourceManager

    CACHE = {}

    class Connection:
        def close(self):
            pass

    @pytest.fixture(autouse=True)
    def slow():
        yield
"""


def run(pytester: pytest.Pytester, body: str, *arguments: str) -> pytest.RunResult:
    """Run a module with *body*, looking for survivors; in a process of its own, since pytester records what it sees."""
    pytester.makepyfile(test_it=f"{HEAD}{body}")
    return pytester.runpytest_subprocess("--isolation-survivors", REPORT, *arguments)


def survivors(pytester: pytest.Pytester) -> Sequence[Record]:
    """Return the survivors of the report."""
    return [record for record in records(pytester.path) if record["record"] == "survivor"]


def names(pytester: pytest.Pytester) -> Sequence[tuple[str, str]]:
    """Return owner and name of each survivor of the report."""
    return [(record["owner"]["name"], record["name"]) for record in survivors(pytester)]


KEPT = """
    def test_keeps(resource_manager):
        CACHE["conn"] = resource_manager.add(Connection(), "close")

    def test_lets_go(resource_manager):
        resource_manager.add(Connection(), "close")
"""


def test_the_value_of_a_fixture_with_callbacks_is_watched(pytester: pytest.Pytester) -> None:
    """Its callbacks are what closes it."""
    body = """
    from isolation import managed_fixture

    @managed_fixture(cleanup_callbacks=[Connection.close])
    def conn():
        return Connection()

    def test_keeps(conn):
        CACHE["conn"] = conn
"""
    result = run(pytester, body)

    assert section(result)[:2] == [
        "fixture 'conn' (scope=function) of test_it.py::test_keeps closed, but somebody still references",
        "  Connection, registered at test_it.py:16, held by dict['conn'] <- module test_it.CACHE",
    ]


def test_a_closed_object_that_is_referenced_is_named_with_its_holder(pytester: pytest.Pytester) -> None:
    """The summary has a paragraph for each test, and no outcome changes."""
    result = run(pytester, KEPT)

    result.assert_outcomes(passed=2)
    assert section(result) == [
        "test_it.py::test_keeps closed, but somebody still references",
        "  Connection, registered at test_it.py:15, held by dict['conn'] <- module test_it.CACHE",
        "2 tests left nothing behind · 1 survivor · guard N µs per test",
    ]


def test_the_report_has_a_record_for_each(pytester: pytest.Pytester) -> None:
    """Its keys are documented; the summary counts them."""
    run(pytester, KEPT)

    assert survivors(pytester) == [
        {
            "record": "survivor",
            "test": "test_it.py::test_keeps",
            "owner": {"kind": "test", "name": "test_keeps", "nodeid": "test_it.py::test_keeps", "scope": "function"},
            "name": "Connection",
            "registered_at": "test_it.py:15",
            "held_by": "dict['conn'] <- module test_it.CACHE",
            "worker": None,
        }
    ]
    assert records(pytester.path)[-1]["survivors"] == 1


def test_nobody_looks_unless_asked(pytester: pytest.Pytester) -> None:
    """Without the option nothing is said."""
    pytester.makepyfile(test_it=f"{HEAD}{KEPT}")

    result = pytester.runpytest_inprocess(REPORT)

    assert survivors(pytester) == []
    result.stdout.no_fnmatch_line("*still references*")


def test_workers_send_what_they_find(pytester: pytest.Pytester) -> None:
    """With pytest-xdist a record says which worker it is from."""
    pytester.makepyfile(test_it=f"{HEAD}{KEPT}")

    result = pytester.runpytest_subprocess("--isolation-survivors", REPORT, "-n1")

    assert [record["worker"] for record in survivors(pytester)] == ["gw0"]
    assert section(result)[0] == "test_it.py::test_keeps closed, but somebody still references"


def test_a_look_needs_no_guard(pytester: pytest.Pytester) -> None:
    """With the guard off, survivors are reported all the same."""
    result = run(pytester, KEPT, "--isolation-mode=off")

    assert names(pytester) == [("test_keeps", "Connection")]
    result.stdout.fnmatch_lines(
        ["*= isolation =*", "test_it.py::test_keeps closed, *", "  Connection, *", "1 survivor"]
    )


def test_weak_references_are_asked_when_the_protocol_is_over(pytester: pytest.Pytester) -> None:
    """What only pytest or a fixture of the test holds until then is no survivor."""
    run(
        pytester,
        """
    class TestIt:
        @pytest.fixture(autouse=True)
        def connect(self, resource_manager):
            self.conn = resource_manager.add(Connection(), "close")
            yield

        def test_it(self, slow, resource_manager):
            self.other = resource_manager.add(Connection(), "close")

    @pytest.mark.parametrize("conn", [Connection()])
    def test_of_a_parameter(conn, resource_manager):
        resource_manager.add(conn, "close")

    @pytest.fixture
    def conn(resource_manager):
        local = resource_manager.add(Connection(), "close")
        yield local

    def test_of_a_fixture(conn, request):
        assert conn is request.getfixturevalue("conn")

    async def test_async(conn):
        cycle = [conn]
        cycle.append(cycle)
""",
        "-o",
        "asyncio_mode=auto",
    )

    assert survivors(pytester) == []


def test_a_failing_test_is_looked_at_after_the_next_one_that_passes(pytester: pytest.Pytester) -> None:
    """The traceback of a failed test holds its local variables until then; a survivor is named all the same."""
    result = run(
        pytester,
        """
    def test_fails(resource_manager):
        conn = resource_manager.add(Connection(), "close")
        CACHE["other"] = resource_manager.add(Connection(), "close", name="other")
        assert conn is None

    @pytest.mark.xfail
    def test_is_known_to_fail(resource_manager):
        conn = resource_manager.add(Connection(), "close")
        assert conn is None

    def test_passes():
        pass

    def test_fails_last(resource_manager):
        CACHE["last"] = resource_manager.add(Connection(), "close", name="last")
        assert not "well"
""",
    )

    result.assert_outcomes(passed=1, failed=2, xfailed=1)
    assert names(pytester) == [("test_fails", "other")]


def test_a_fixture_of_wider_scope_is_looked_at_when_it_has_ended(pytester: pytest.Pytester) -> None:
    """Its private manager is asked after the last test of its scope, not before."""
    result = run(
        pytester,
        """
    from isolation import managed_fixture

    @managed_fixture(scope="module")
    def pool(resource_manager):
        CACHE["pool"] = resource_manager.add(Connection(), "close")

    def test_first(pool):
        pass

    def test_last(pool):
        pass
""",
    )

    assert section(result) == [
        "fixture 'pool' (scope=module) of test_it.py closed, but somebody still references",
        "  Connection, registered at test_it.py:18, held by dict['pool'] <- module test_it.CACHE",
        "2 tests left nothing behind · 1 survivor · guard N µs per test",
    ]
    assert [record["test"] for record in survivors(pytester)] == [None]


def test_each_driver_lets_go_of_what_is_closed(pytester: pytest.Pytester) -> None:
    """Neither an event loop that is shared nor a runner counts as a holder."""
    run(
        pytester,
        """
    class Client:
        async def aclose(self):
            pass

    @pytest.fixture
    async def client(resource_manager):
        yield resource_manager.add(Client(), "aclose")

    @pytest.mark.asyncio(loop_scope="module")
    async def test_shared_loop(client, resource_manager):
        resource_manager.add(Client(), "aclose")

    @pytest.mark.asyncio(loop_scope="module")
    async def test_shared_loop_again(client, resource_manager):
        resource_manager.add(Client(), "aclose")

    def test_sync(client):
        pass
""",
        "-o",
        "asyncio_mode=auto",
    )

    assert survivors(pytester) == []


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_anyio_lets_go_of_what_is_closed(pytester: pytest.Pytester, library: str) -> None:
    """What a fixture's generator held is gone with the runner."""
    run(
        pytester,
        f"""
    class Client:
        async def aclose(self):
            pass

    @pytest.fixture
    def anyio_backend():
        return "{library}"

    @pytest.fixture
    async def client(resource_manager):
        yield resource_manager.add(Client(), "aclose")

    @pytest.mark.anyio
    async def test_it(client, resource_manager):
        CACHE["kept"] = resource_manager.add(Client(), "aclose", name="kept")
        resource_manager.add(Client(), "aclose")
""",
        "-o",
        "asyncio_mode=strict",
    )

    assert [record["name"] for record in survivors(pytester)] == ["kept"]
