"""`debug_fixture_state()`: what is set up now, as plain data that can be asked for anywhere."""

import json
from typing import Any

import pytest

from isolation import ResourceManager, debug_fixture_state
from isolation._fixture_state import RUNS, state_lines, text
from tests.alone import said_by

DUMP = """
    import json
    import pathlib
    import pytest
    from isolation import ResourceManager, debug_fixture_state

    def dump():
        pathlib.Path("state.json").write_text(json.dumps(debug_fixture_state()))
"""


def dumped(pytester: pytest.Pytester, test: str, *options: str) -> list[dict[str, Any]]:
    """Return what ``dump()`` in *test* wrote."""
    pytester.makeconftest(DUMP)
    pytester.makepyfile(test_it="import pytest\nfrom conftest import *\n" + test)
    pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:anyio", *options).assert_outcomes(passed=1)
    state: list[dict[str, Any]] = json.loads((pytester.path / "state.json").read_text())
    return state


def test_outside_of_pytest_nothing_is_set_up() -> None:
    """A program that asks gets an empty list, and does not import pytest for it."""
    script = "import sys, isolation; print(isolation.debug_fixture_state(), 'pytest' in sys.modules)"

    assert said_by(script) == "[] False\n"


@pytest.mark.parametrize("mode", ["off", "report"])
def test_each_fixture_says_what_it_is(pytester: pytest.Pytester, mode: str) -> None:
    """Fixtures stand in the order of their set-up, each with who answers for what it makes."""
    state = dumped(
        pytester,
        """
@pytest.fixture(scope="module")
def pool(): yield

@pytest.fixture(params=[5432])
def client(pool, request): yield

def test_one(client): dump()
""",
        f"--isolation-mode={mode}",
    )

    assert state == [
        {
            "name": "pool",
            "scope": "module",
            "nodeid": "test_it.py",
            "where": "test_it.py:4",
            "state": "live",
            "owner": {"kind": "fixture", "name": "pool", "nodeid": "test_it.py", "scope": "module"},
            "managers": [],
        },
        {
            "name": "client[5432]",
            "scope": "function",
            "nodeid": "test_it.py::test_one[5432]",
            "where": "test_it.py:7",
            "state": "live",
            "owner": {
                "kind": "test",
                "name": "test_one[5432]",
                "nodeid": "test_it.py::test_one[5432]",
                "scope": "function",
            },
            "managers": [],
        },
    ]


def test_managers_say_what_is_to_be_cleaned_up(pytester: pytest.Pytester) -> None:
    """Pending cleanups stand in the order in which they were registered; a manager can hold others."""
    (state,) = dumped(
        pytester,
        """
def close(): pass

def test_one(resource_manager):
    resource_manager.register(close)
    resource_manager.child("inner").add("pool", print, name="pool.close")
    dump()
""",
    )

    assert (state["name"], state["owner"]["name"]) == ("resource_manager", "test_one")
    inner = {"name": "pool.close", "where": "test_it.py:8", "manager": None}
    assert state["managers"] == [
        {
            "name": "test_one",
            "state": "open",
            "running": [],
            "pending": [
                {"name": "close", "where": "test_it.py:7", "manager": None},
                {
                    "name": "inner",
                    "where": "test_it.py:8",
                    "manager": {"name": "inner", "state": "open", "running": [], "pending": [inner]},
                },
            ],
        }
    ]


def test_a_teardown_can_be_looked_at(pytester: pytest.Pytester) -> None:
    """While cleanups run, the one that runs is told from those that wait, and the fixture is being torn down."""
    (state,) = dumped(
        pytester,
        """
@pytest.fixture
def pool(request):
    from isolation._live_fixtures import LIVE

    manager = ResourceManager("of pool")
    request.config.stash[LIVE].attach(request, manager)
    manager.register(print)
    manager.register(dump)
    yield
    manager.cleanup_all_sync()

def test_one(pool): pass
""",
    )

    (manager,) = state["managers"]
    assert state["state"] == "tearing down"
    assert manager["state"] == "closing"
    assert [cleanup["name"] for cleanup in manager["running"]] == ["dump"]
    assert [cleanup["name"] for cleanup in manager["pending"]] == ["print"]


def test_another_thread_can_ask(pytester: pytest.Pytester) -> None:
    """A debugger or a signal handler is no different."""
    (state,) = dumped(
        pytester,
        """
import threading

@pytest.fixture
def pool(): yield

def test_one(pool):
    thread = threading.Thread(target=dump)
    thread.start()
    thread.join()
""",
    )

    assert state["name"] == "pool"


def test_objects_are_never_asked(pytester: pytest.Pytester) -> None:
    """Neither values nor parameters are shown, and what calls itself something odd is unknown."""
    (state,) = dumped(
        pytester,
        """
class Hostile:
    def __repr__(self): raise RuntimeError
    __str__ = __eq__ = __bool__ = __call__ = __repr__
    __hash__ = object.__hash__
    def __getattr__(self, name):
        if name == "__qualname__": return 42
        raise AttributeError(name)

class Text(str):
    __str__ = __repr__ = Hostile.__repr__

@pytest.fixture(params=[Text("secret")], ids=["one"])
def pool(request, pytestconfig):
    from isolation._live_fixtures import LIVE

    manager = ResourceManager(42)
    manager.add(Hostile(), Hostile())
    request.config.stash[LIVE].attach(request, manager)
    yield Hostile()
    for handle in manager.pending: handle.release()

def test_one(pool): dump()
""",
    )[-1:]

    (manager,) = state["managers"]
    assert (state["name"], manager["name"]) == ("pool", "unknown")
    assert [cleanup["name"] for cleanup in manager["pending"]] == ["unknown"]


def test_a_name_that_cannot_be_read_is_unknown() -> None:
    """Whatever an attribute of somebody's object raises, looking goes on."""
    assert text(lambda: 1 / 0) == "unknown"


def test_a_run_inside_of_a_test_is_meant_while_it_goes_on(pytester: pytest.Pytester) -> None:
    """The innermost run is the one that somebody debugs; after it, the outer one is back."""
    before = debug_fixture_state()

    (inner,) = dumped(pytester, "def test_one(request, pytestconfig): dump()")

    assert inner["name"] == "pytestconfig"
    assert [fixture["name"] for fixture in debug_fixture_state()] == [fixture["name"] for fixture in before]
    assert "pytester" in [fixture["name"] for fixture in before]


def test_no_run_stays() -> None:
    """Only the run that we are in goes on now."""
    assert len(RUNS) == 1


async def test_what_runs_is_not_pending() -> None:
    """A manager names the cleanup that it is waiting for."""
    manager = ResourceManager()
    seen: list[object] = []
    handle = manager.register(lambda: seen.append((manager.running, manager.pending)))
    assert manager.running == []

    await manager.cleanup_all()

    assert seen == [([handle], [])]
    assert manager.running == []


def test_the_state_can_be_read() -> None:
    """For people a fixture is a line, and so is each cleanup, those of a manager within a manager included."""
    inner = {"name": "inner", "where": "a.py:3", "manager": {"running": [cleanup("close", 4)]}}
    manager = {"name": "pool", "state": "closing", "running": [inner], "pending": [cleanup("print", 2)]}
    place = {"scope": "session", "nodeid": "", "where": "a.py:1", "state": "tearing down"}

    assert list(state_lines([{"name": "pool", "managers": [manager], **place}])) == [
        "  fixture 'pool' (session, a.py:1) tearing down",
        "    manager 'pool' closing",
        "      'inner' (registered at a.py:3) is running",
        "      'close' (registered at a.py:4) is running",
        "      'print' (registered at a.py:2) is pending",
    ]


def cleanup(name: str, line: int) -> dict[str, Any]:
    """Return a cleanup that is no manager."""
    return {"name": name, "where": f"a.py:{line}", "manager": None}
