"""The terminal: what people read, word for word."""

import pytest

from tests.plugin.said import error, section, verdict

APP = """
    import asyncio
    import socket

    class Connection:
        async def connect(self):
            self.beat = asyncio.create_task(self.heartbeat(), name="heartbeat")

        async def heartbeat(self):
            await asyncio.Event().wait()
"""
TASK = """
    import pytest_asyncio
    from ws import Connection

    @pytest_asyncio.fixture
    async def client():
        connection = Connection()
        await connection.connect()
        return connection

    async def test_reconnect(client):
        pass
"""


def test_a_clean_run_has_one_line(pytester: pytest.Pytester) -> None:
    """Where nothing is left, one line says that somebody has looked."""
    pytester.makepyfile("def test_one(): pass\ndef test_two(): pass")

    result = pytester.runpytest_inprocess()

    assert verdict(result) == "isolation: 2 tests left nothing behind · guard N µs per test"
    result.stdout.no_fnmatch_line("*= isolation =*")


def test_a_run_without_tests_says_nothing(pytester: pytest.Pytester) -> None:
    """Nobody has looked at anything."""
    result = pytester.runpytest_inprocess()

    result.stdout.no_fnmatch_line("*left nothing behind*")


def test_a_quiet_run_says_its_verdict(pytester: pytest.Pytester) -> None:
    """`-q` shows the verdict, but not the header."""
    pytester.makepyfile("def test_one(): pass")

    result = pytester.runpytest_inprocess("-q")

    assert verdict(result) == "isolation: 1 test left nothing behind · guard N µs per test"
    result.stdout.no_fnmatch_line("isolation: mode *")


def test_a_finding_has_what_where_and_by_whom(pytester: pytest.Pytester) -> None:
    """A line says what is left, what it does now, where it was made, and which fixture was being set up."""
    pytester.makepyfile(ws=APP, test_chat=TASK)

    result = pytester.runpytest_subprocess()

    assert section(result) == [
        "test_chat.py::test_reconnect left",
        (
            "  task 'heartbeat' pending at ws.py:9 in heartbeat, created at ws.py:6 in connect, "
            "while setting up fixture 'client'"
        ),
        "1 finding in 1 of 1 test · score 0.000 · guard N µs per test",
    ]


def test_an_error_shows_the_way_to_the_creation(pytester: pytest.Pytester) -> None:
    """The error of a teardown has the user's lines that led to the creation, outermost first, and what to do."""
    pytester.makepyfile(ws=APP, test_chat=TASK)

    result = pytester.runpytest_subprocess("--isolation-mode=fail")

    assert error(result, "test_reconnect") == [
        "test_chat.py::test_reconnect left 1 thing behind",
        (
            "  task 'heartbeat' pending at ws.py:9 in heartbeat, created at ws.py:6 in connect, "
            "while setting up fixture 'client'"
        ),
        "    test_chat.py:7 in client  await connection.connect()",
        '    ws.py:6 in connect        self.beat = asyncio.create_task(self.heartbeat(), name="heartbeat")',
        ('close them in a teardown, or mark the test with @pytest.mark.isolation_allow("tasks", reason="...")'),
    ]


def test_the_short_summary_names_the_error(pytester: pytest.Pytester) -> None:
    """The last lines of the run say LeakError, whose, and how much."""
    pytester.makepyfile(ws=APP, test_chat=TASK)

    result = pytester.runpytest_subprocess("--isolation-mode=fail")

    summary = [line for line in result.outlines if line.startswith("ERROR ")]
    assert summary == ["ERROR test_chat.py::test_reconnect - LeakError: test_chat.py::test_reconnect ..."]


def test_all_that_a_test_left_comes_together(pytester: pytest.Pytester) -> None:
    """One error has all findings of a test, and advice for all of them."""
    pytester.makepyfile(
        test_it="""
        import asyncio
        import socket

        kept = []

        async def forever():
            await asyncio.Event().wait()

        async def test_leaks():
            kept.append(asyncio.create_task(forever()))
            kept.append(socket.socket())
            asyncio.get_running_loop().call_later(3600, print)
        """
    )

    result = pytester.runpytest_subprocess("--isolation-mode=fail")

    assert error(result, "test_leaks") == [
        "test_it.py::test_leaks left 2 things behind",
        "  task 'forever' pending at test_it.py:7 in forever, created at test_it.py:10 in test_leaks",
        "  socket AF_INET, not connected, created at test_it.py:11 in test_leaks; held by test_it:kept",
        (
            "close them in a teardown, or mark the test with "
            '@pytest.mark.isolation_allow("tasks", "descriptors", reason="...")'
        ),
    ]


def test_findings_are_grouped_by_owner(pytester: pytest.Pytester) -> None:
    """Each test has one heading, in the order of the run; a fixture of wider scope has its own."""
    pytester.makepyfile(
        test_it="""
        import socket
        import pytest

        kept = []

        @pytest.fixture(scope="module")
        def server():
            kept.append(socket.socket())

        @pytest.fixture
        def client():
            kept.append(socket.socket())

        def test_first(client):
            kept.append(socket.socket())

        def test_last(server):
            pass
        """
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore")

    assert section(result) == [
        "test_it.py::test_first left",
        (
            "  socket AF_INET, not connected, created at test_it.py:12 in client, while setting up fixture 'client'; "
            "held by test_it:kept"
        ),
        "  socket AF_INET, not connected, created at test_it.py:15 in test_first; held by test_it:kept",
        "fixture 'server' (scope=module) of test_it.py left",
        "  socket AF_INET, not connected, created at test_it.py:8 in server; held by test_it:kept",
        "3 findings in 1 of 2 tests and 1 fixture · score 0.500 · guard N µs per test",
    ]


def test_notes_are_shown_when_asked_for(pytester: pytest.Pytester) -> None:
    """Tasks that `asyncio.run` cancels are notes: under `-v` only, and not counted."""
    pytester.makepyfile(
        test_it="""
        import asyncio

        async def forever():
            await asyncio.Event().wait()

        async def main():
            asyncio.create_task(forever())
            await asyncio.sleep(0)

        def test_leaks():
            asyncio.run(main())
        """
    )

    brief, full = pytester.runpytest_inprocess(), pytester.runpytest_inprocess("-v")

    assert verdict(brief) == "isolation: 1 test left nothing behind (1 in notes) · guard N µs per test"
    assert section(full) == [
        "test_it.py::test_leaks left",
        "  task 'forever' pending at test_it.py:4 in forever, created at test_it.py:7 in main",
        "1 test left nothing behind (1 in notes) · guard N µs per test",
    ]
