"""Allowances: what a suite declares to be no finding, by name, by creator, by path, or by who holds it."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, brief, findings, verdict

APP = """
    import socket
    import threading

    ended = threading.Event()
    sockets = []
    client = None

    def beat():
        ended.wait()

    class Heart:
        def start(self):
            threading.Thread(target=beat, daemon=True, name="heart-1").start()

    class Client:
        def __init__(self):
            self.connection = socket.socket()

    def stop():
        ended.set()
        if client is not None:
            client.connection.close()
"""
THREAD = """
    import app

    def teardown_module():
        app.stop()

    def test_leaks():
        app.Heart().start()

    def test_comes_next():
        pass
"""
CLIENT = """
    import app

    def teardown_module():
        app.stop()

    def test_leaks():
        app.client = app.Client()

    def test_comes_next():
        pass
"""


@pytest.mark.parametrize(
    "allowance",
    [
        "threads: heart-* = name",
        "threads: app.Heart.start = creator",
        "threads: app.* = creator",
        "threads: app.py = creator",
        "threads: test_it.test_leaks = creator",
    ],
)
def test_a_thread_is_excused(pytester: pytest.Pytester, allowance: str) -> None:
    """A pattern is compared with the name, or with all code that led to the creation: dotted names and files."""
    pytester.makeini(f"{SETTINGS}isolation_allow = {allowance}\n")
    pytester.makepyfile(app=APP, test_it=THREAD)

    result = pytester.runpytest_inprocess(REPORT)

    assert verdict(result) == "isolation: 2 tests left nothing behind (1 excused) · guard N µs per test"
    assert [record["excused"] for record in findings(pytester.path)] == ["allowance"]


@pytest.mark.parametrize(
    "allowance",
    [
        "tasks: heart-* = name",
        "threads: heart = name",
        "threads: heart-1 = creator",
        "threads: app.Client.* = creator",
        "threads: threading.* = creator",
    ],
)
def test_a_thread_is_not_excused(pytester: pytest.Pytester, allowance: str) -> None:
    """A pattern excuses what it matches as a whole, of its own probe; the standard library created nothing."""
    pytester.makeini(f"{SETTINGS}isolation_allow = {allowance}\n")
    pytester.makepyfile(app=APP, test_it=THREAD)

    pytester.runpytest_inprocess(REPORT)

    assert [record["excused"] for record in findings(pytester.path)] == [None]


def test_what_is_allowed_is_not_ended(pytester: pytest.Pytester) -> None:
    """In modes restore and fail, what is meant to stay stays."""
    pytester.makeini(f"{SETTINGS}isolation_allow = descriptors: app.Client.* = creator\n")
    pytester.makepyfile(app=APP, test_it=f"{CLIENT}\n        assert app.client.connection.fileno() != -1\n")

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2)


def test_a_holder_may_keep_what_a_test_opened(pytester: pytest.Pytester) -> None:
    """A declared global that connects at its first use is no leak of the test that was first."""
    pytester.makeini(f"{SETTINGS}isolation_holders = app:client\n")
    pytester.makepyfile(app=APP, test_it=CLIENT)

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(passed=2)
    assert findings(pytester.path) == []


def test_a_global_that_nobody_declared_is_no_excuse(pytester: pytest.Pytester) -> None:
    """A list of leaked things is a global, too."""
    pytester.makepyfile(app=APP, test_it=CLIENT)

    pytester.runpytest_inprocess(REPORT)

    assert brief(pytester.path) == [("test_leaks", "socket")]


def test_well_known_libraries_are_excused(pytester: pytest.Pytester) -> None:
    """Worker threads that anyio keeps for more work are no findings, and nobody has to count them."""
    pytester.makepyfile("""
        import anyio.to_thread

        async def test_uses_a_thread():
            assert await anyio.to_thread.run_sync(lambda: 1) == 1
    """)

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=1)
    assert verdict(result) == "isolation: 1 test left nothing behind · guard N µs per test"


def test_an_allowance_that_excused_nothing_is_stale(pytester: pytest.Pytester) -> None:
    """After a complete run, what was of no use is listed, so that it can go."""
    pytester.makeini(f"{SETTINGS}isolation_allow =\n  threads: heart-* = name\n  tasks: heart-* = name\n")
    pytester.makepyfile(app=APP, test_it=THREAD)

    result = pytester.runpytest_inprocess()

    stale = [line for line in result.outlines if "excused nothing" in line]
    assert stale == ["isolation: 'tasks: heart-* = name' excused nothing in this run; it can go"]


def test_a_holder_that_holds_nothing_is_stale(pytester: pytest.Pytester) -> None:
    """A holder whose things no test opens is listed like an allowance."""
    pytester.makeini(f"{SETTINGS}isolation_holders =\n  app:client\n  app:sockets\n")
    pytester.makepyfile(app=APP, test_it=CLIENT)

    result = pytester.runpytest_inprocess()

    stale = [line for line in result.outlines if "excused nothing" in line]
    assert stale == ["isolation: 'app:sockets' excused nothing in this run; it can go"]


@pytest.mark.parametrize("selection", ["test_it.py", "-k=comes", "-x", "--deselect=test_it.py::test_leaks"])
def test_nothing_is_stale_in_a_part_of_the_suite(pytester: pytest.Pytester, selection: str) -> None:
    """Where tests are left out, what would have excused them is not called useless."""
    pytester.makeini(f"{SETTINGS}isolation_allow = tasks: heart-* = name\n")
    pytester.makepyfile(app=APP, test_it=THREAD)

    result = pytester.runpytest_inprocess(selection)

    result.stdout.no_fnmatch_line("*excused nothing*")
