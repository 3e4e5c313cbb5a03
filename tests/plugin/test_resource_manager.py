"""The test's own manager: what a test registers goes before its fixtures, what fixtures register when they are done."""

from collections.abc import Sequence

import pytest

from tests.plugin.said import SETTINGS, findings

STRICT = SETTINGS.replace("auto", "strict")
HEAD = """
import pytest
import pytest_asyncio

said = []

class Thing:
    def __init__(self, name):
        self.name = name

    def close(self):
        said.append(self.name)

    async def aclose(self):
        await pause()
        said.append(self.name)

@pytest.fixture(autouse=True)
def order():
    said.clear()
    yield
    print("ORDER", *said)
"""
SLEEPS = {
    "asyncio": "from asyncio import sleep\nasync def pause(): await sleep(0)\n",
    "anyio": "from anyio import sleep\nasync def pause(): await sleep(0)\n",
    "trio": "from trio import sleep\nasync def pause(): await sleep(0)\n",
}
BODY = """
@pytest.fixture
def early():
    yield
    said.append("early")

{fixture}
async def pool(early, resource_manager):
    resource_manager.add(Thing("pool's"), Thing.aclose)
    yield
    said.append("pool")

{test}
async def test_it(pool, resource_manager):
    resource_manager.add(Thing("session"), Thing.aclose)
    said.append("body")
"""
# name: marker of the test, decorator of the async fixture, sleeping library, options
DRIVERS = {
    "auto": ("", "@pytest.fixture", "asyncio", ["-o", "asyncio_mode=auto"]),
    "strict": ("@pytest.mark.asyncio", "@pytest_asyncio.fixture", "asyncio", []),
    "strict-module": ('@pytest.mark.asyncio(loop_scope="module")', '@pytest_asyncio.fixture(loop_scope="module")',
                      "asyncio", []),
    "strict-session-and-function": ('@pytest.mark.asyncio(loop_scope="session")', "@pytest_asyncio.fixture",
                                    "asyncio", []),
    "strict-function-and-session": ("@pytest.mark.asyncio", '@pytest_asyncio.fixture(loop_scope="session")',
                                    "asyncio", []),
    "anyio": ("@pytest.mark.anyio", "@pytest.fixture", "anyio", []),
    "pytest-trio": ("@pytest.mark.trio", "@pytest.fixture", "trio", ["-p", "pytest_trio.plugin"]),
}  # fmt: skip


@pytest.fixture
def pytester(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a `pytester` with pytest-asyncio in its strict mode."""
    pytester.makeini(STRICT)
    return pytester


def run(pytester: pytest.Pytester, body: str, *arguments: str, library: str = "asyncio") -> pytest.RunResult:
    """Run a module with *body*, below what all have, warnings being errors.

    The run has a process of its own: what an inner run imports is forgotten with it, which anyio does not survive.
    """
    pytester.makepyfile(test_it=f"{HEAD}{SLEEPS[library]}{body}")
    return pytester.runpytest_subprocess("-W", "error", "-s", "--isolation-mode=fail", *arguments)


def orders(result: pytest.RunResult) -> Sequence[str]:
    """Return what was said during each test."""
    return [line.partition("ORDER ")[2] for line in result.outlines if "ORDER " in line]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_tests_own_goes_before_the_fixtures_it_used(pytester: pytest.Pytester, driver: str) -> None:
    """The test's resources go first, then a fixture, then what that registered, then what it stood on."""
    test, fixture, library, options = DRIVERS[driver]

    result = run(pytester, BODY.format(test=test, fixture=fixture), *options, library=library)

    result.assert_outcomes(passed=2 if driver == "anyio" else 1)
    assert set(orders(result)) == {"body session pool pool's early"}


MORE = {
    "sync": """
@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "close")
    yield
    said.append("pool")

def test_it(pool, resource_manager):
    resource_manager.add(Thing("session"), "close")
    said.append("body")
""",
    "sync test with an async fixture": """
@pytest_asyncio.fixture
async def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "aclose")
    yield
    said.append("pool")

def test_it(pool, resource_manager):
    resource_manager.add(Thing("session"), "aclose")
    said.append("body")
""",
    "sync test with an async fixture in a wider loop": """
@pytest_asyncio.fixture(loop_scope="session")
async def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "aclose")
    yield
    said.append("pool")

def test_it(pool, resource_manager):
    resource_manager.add(Thing("session"), "close")
    said.append("body")
""",
    "sync fixture of an async test, closed in the loop of the test": """
import asyncio

class Bound(Thing):
    async def aclose(self):
        assert asyncio.get_running_loop() is self.loop
        said.append(self.name)

@pytest.fixture
def pool(resource_manager):
    yield resource_manager.add(Bound("pool's"), "aclose")
    said.append("pool")

@pytest.mark.asyncio
async def test_it(pool, resource_manager):
    pool.loop = asyncio.get_running_loop()
    resource_manager.add(Thing("session"), "aclose")
    said.append("body")
""",
    "a class of unittest": """
import unittest

@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "close")
    yield
    said.append("pool")

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def keep(self, pool, resource_manager):
        self.resources = resource_manager

    def test_it(self):
        self.resources.add(Thing("session"), "close")
        said.append("body")
""",
    "an async class of unittest": """
import unittest

@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "close")
    yield
    said.append("pool")

class TestIt(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def keep(self, pool, resource_manager):
        self.resources = resource_manager

    async def test_it(self):
        self.resources.add(Thing("session"), "aclose")
        said.append("body")
""",
    "usefixtures": """
@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "close")
    yield resource_manager
    said.append("pool")

@pytest.fixture
def made(pool, request):
    request.cls.made = staticmethod(lambda: pool.add(Thing("session"), "close"))

@pytest.mark.usefixtures("made")
class TestIt:
    def test_it(self):
        self.made()
        said.append("body")
""",
    "a manager that the test asks for when it runs": """
@pytest.fixture
def pool(request):
    yield
    said.append("pool")
    said.append("pool's")

def test_it(pool, request):
    request.getfixturevalue("resource_manager").add(Thing("session"), "close")
    said.append("body")
""",
    "a manager that an async test asks for when it runs": """
@pytest.fixture
def pool(request):
    yield
    said.append("pool")
    said.append("pool's")

@pytest.mark.asyncio
async def test_it(pool, request):
    request.getfixturevalue("resource_manager").add(Thing("session"), "aclose")
    said.append("body")
""",
    "a fixture that makes things for the test": """
@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "close")
    yield lambda name: resource_manager.add(Thing(name), "close")
    said.append("pool")

def test_it(pool):
    pool("session")
    said.append("body")
""",
    "priorities and dependencies": """
@pytest.fixture
def pool(resource_manager):
    yield resource_manager.add(Thing("pool's"), "close", priority=-5)
    said.append("pool")

def test_it(pool, resource_manager):
    session = resource_manager.add(Thing("session"), "close", priority=3, depends_on=[pool])
    said.append("body")
""",
    "anyio with a sync fixture": """
@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "aclose")
    yield
    said.append("pool")

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_it(pool, resource_manager):
    resource_manager.add(Thing("session"), "aclose")
    said.append("body")
""",
}


def test_the_order_is_the_same_whoever_asks_for_the_manager(pytester: pytest.Pytester) -> None:
    """Sync tests and async ones, classes of unittest, tests that ask late: one order."""
    names = {f"test_{number:02}": case for number, case in enumerate(MORE)}
    pytester.makepyfile(**{name: f"{HEAD}{SLEEPS['anyio']}{MORE[case]}" for name, case in names.items()})

    result = pytester.runpytest_subprocess("-W", "error", "-s", "--isolation-mode=fail")

    result.assert_outcomes(passed=len(MORE))
    assert dict(zip(MORE, orders(result), strict=True)) == dict.fromkeys(MORE, "body session pool pool's")


def test_all_that_is_registered_while_the_body_runs_is_the_tests(pytester: pytest.Pytester) -> None:
    """A fixture that the body asks for with getfixturevalue() registers for the body, and comes down after it."""
    result = run(
        pytester,
        """
@pytest.fixture
def pool(resource_manager):
    resource_manager.add(Thing("pool's"), "close")
    yield
    said.append("pool")

def test_it(request, resource_manager):
    resource_manager.add(Thing("session"), "close")
    request.getfixturevalue("pool")
    said.append("body")
""",
    )

    result.assert_outcomes(passed=1)
    assert orders(result) == ["body pool's session pool"]


FAILING = """
def boom(what):
    raise ValueError(what)

async def test_one(resource_manager):
    resource_manager.register(boom, "one")

def test_two(resource_manager):
    resource_manager.register(boom, "first")
    resource_manager.register(boom, "second")

@pytest.fixture
def broken(resource_manager):
    resource_manager.register(boom, "of the fixture")

async def test_both(broken, resource_manager):
    resource_manager.register(boom, "of the test")

async def test_failing(resource_manager):
    resource_manager.add(Thing("closed anyway"), "aclose")
    resource_manager.register(boom, "too")
    assert not "itself"

async def test_outcome(resource_manager):
    resource_manager.register(pytest.fail, "no")
    resource_manager.register(pytest.skip, "never")

async def test_declared(resource_manager):
    resource_manager.register(pytest.fail, "not empty")
"""


def test_a_failing_cleanup_is_an_error_of_the_teardown(pytester: pytest.Pytester) -> None:
    """One failure is raised as itself, several in a group, outcomes are failures; the test keeps its own outcome."""
    result = run(pytester, FAILING, "-o", "asyncio_mode=auto", "-rA", "--tb=line")

    result.assert_outcomes(passed=5, failed=1, errors=6)
    assert [line for line in result.outlines if line.startswith(("ERROR ", "FAILED "))] == [
        "ERROR test_it.py::test_one - ValueError: one",
        "ERROR test_it.py::test_two - isolation.CleanupError: 2 of 2 cleanups failed i...",
        "ERROR test_it.py::test_both - isolation.CleanupError: 2 of 2 cleanups failed ...",
        "ERROR test_it.py::test_failing - ValueError: too",
        "ERROR test_it.py::test_outcome - isolation.CleanupError: 2 of 2 cleanups fail...",
        "ERROR test_it.py::test_declared - Failed: not empty",
        "FAILED test_it.py::test_failing - AssertionError: assert not 'itself'",
    ]
    assert orders(result) == ["closed anyway"]


FAILING_IN_ANYIO = """
def boom(what):
    raise ValueError(what)

@pytest.fixture
async def broken(resource_manager):
    resource_manager.register(boom, "of the fixture")

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_it(broken, anyio_backend): pass
"""


def test_a_failing_cleanup_is_an_error_of_the_teardown_under_anyio(pytester: pytest.Pytester) -> None:
    """What fixtures have registered is cleaned up by an anchor there, whose error is the test's."""
    result = run(pytester, FAILING_IN_ANYIO, "-o", "asyncio_mode=strict")

    result.assert_outcomes(passed=2, errors=2)
    assert [line.partition(" - ")[2] for line in result.outlines if line.startswith("ERROR ")] == [
        "ValueError: of the fixture",
        "ValueError: of the fixture",
    ]


def test_a_failing_cleanup_says_where_it_was_registered_and_shows_no_frame_of_ours(pytester: pytest.Pytester) -> None:
    """The traceback of an error at teardown holds the user's line only, and a note."""
    result = run(pytester, FAILING, "-o", "asyncio_mode=auto", "-k", "test_one")

    start = next(i for i, line in enumerate(result.outlines) if "ERROR at teardown of test_one" in line)
    end = result.outlines.index("test_it.py:26: ValueError")
    assert result.outlines[start + 1 : end] == [
        "",
        "what = 'one'",
        "",
        "    def boom(what):",
        ">       raise ValueError(what)",
        "E       ValueError: one",
        "E       while cleaning up 'boom' of 'test_one' (registered at test_it.py:29)",
        "",
    ]


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_context_of_the_test_is_left_in_its_task_and_told_how_it_ended(
    pytester: pytest.Pytester, library: str
) -> None:
    """A task group is left in the task that has entered it; a transaction learns that the test has failed."""
    result = run(
        pytester,
        f"""
import anyio
from contextlib import asynccontextmanager
from contextvars import ContextVar

TENANT = ContextVar("tenant", default="none")

@asynccontextmanager
async def transaction():
    token = TENANT.set("mine")
    try:
        yield
    except AssertionError:
        said.append("rolled back")
        raise
    finally:
        TENANT.reset(token)

@pytest.fixture
def anyio_backend():
    return "{library}"

@pytest.mark.{"asyncio" if library == "asyncio" else "anyio"}
async def test_it(resource_manager):
    group = await resource_manager.enter_async_context(anyio.create_task_group())
    group.start_soon(anyio.sleep, 0)
    await resource_manager.enter_async_context(transaction())
    assert not "well"
""",
    )

    result.assert_outcomes(failed=1)
    assert orders(result) == ["rolled back"]


def test_an_interrupt_in_a_cleanup_stays_one(pytester: pytest.Pytester) -> None:
    """The rest is still cleaned up, and the run ends as after Ctrl-C."""
    pytester.makepyfile(
        test_it="""
def interrupt():
    raise KeyboardInterrupt

def test_it(resource_manager):
    resource_manager.register(print, "THE REST")
    resource_manager.register(interrupt)
"""
    )

    result = pytester.runpytest_subprocess("-s")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*THE REST", "*KeyboardInterrupt*"])


def test_a_hanging_cleanup_ends_with_its_timeout(pytester: pytest.Pytester) -> None:
    """It is an error of the teardown, and holds up nothing else."""
    result = run(
        pytester,
        """
import asyncio

async def test_it(resource_manager):
    resource_manager.register(print, "THE REST")
    resource_manager.add(asyncio.Event(), asyncio.Event.wait, timeout=0.01)
""",
        "-o",
        "asyncio_mode=auto",
        "-rA",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*THE REST", "E *CleanupTimeoutError: *", "*while cleaning up 'Event.wait' of 'test_it' *"]
    )


def test_each_parameter_has_a_manager_named_after_its_test(pytester: pytest.Pytester) -> None:
    """The name that messages use is that of the test with its parameter."""
    result = run(
        pytester,
        """
from isolation import ResourceManager

@pytest.mark.parametrize("number", [1, 2])
def test_it(number, resource_manager: ResourceManager):
    assert isinstance(resource_manager, ResourceManager)
    assert resource_manager.name == f"test_it[{number}]"
""",
        "-n2",
    )

    result.assert_outcomes(passed=2)


def test_anyio_needs_no_other_driver(pytester: pytest.Pytester) -> None:
    """With pytest-asyncio switched off, the order under anyio is the same."""
    pytester.makeini("[pytest]")
    body = BODY.format(test="@pytest.mark.anyio", fixture="@pytest.fixture")

    result = run(pytester, body, "-p", "no:asyncio", library="anyio")

    result.assert_outcomes(passed=2)
    assert set(orders(result)) == {"body session pool pool's early"}


def test_a_doctest_can_ask_for_a_manager(pytester: pytest.Pytester) -> None:
    """It has no body that could be wrapped, so what it registers goes with the fixture."""
    pytester.makepyfile(
        test_it='''
def documented():
    """
    >>> manager = getfixture("resource_manager")
    >>> handle = manager.register(print, "closed")
    """
'''
    )

    result = pytester.runpytest_subprocess("-W", "error", "-s", "--doctest-modules")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*closed*"])


def test_a_plan_shows_the_fixture_and_no_anchor(pytester: pytest.Pytester) -> None:
    """What holds the loop open is nobody's business before a test runs."""
    body = BODY.format(test="@pytest.mark.asyncio", fixture="@pytest_asyncio.fixture")

    result = run(pytester, body, "--setup-plan")

    assert [line for line in result.outlines if "SETUP" in line and "_isolation" in line] == []
    result.stdout.fnmatch_lines(["*SETUP    F resource_manager*"])


def test_a_wider_fixture_is_told_to_have_a_manager_of_its_own(pytester: pytest.Pytester) -> None:
    """The message of pytest names both scopes, and both fixtures."""
    result = run(
        pytester,
        """
@pytest.fixture(scope="module")
def server(resource_manager):
    pass

def test_it(server):
    pass
""",
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "ScopeMismatch: You tried to access the function scoped fixture resource_manager with a module scoped *",
            "*def server(resource_manager)*",
            "*def resource_manager(request: _pytest.fixtures.FixtureRequest)*",
        ]
    )


def test_what_the_manager_closes_is_no_leak(pytester: pytest.Pytester) -> None:
    """Of what a cleanup makes itself, the test is the owner."""
    result = run(
        pytester,
        """
import asyncio, socket

async def stop(task):
    task.cancel()
    await asyncio.wait([task])

@pytest.fixture
def opened(resource_manager):
    return resource_manager.add(socket.socket(), "close")

async def test_it(opened, resource_manager):
    resource_manager.add(asyncio.create_task(asyncio.sleep(60)), stop)
    resource_manager.add(socket.socket(), "close")

kept = []

async def test_leaving(resource_manager):
    resource_manager.register(lambda: kept.append(socket.socket()))
""",
        "-o",
        "asyncio_mode=auto",
        "--isolation-report=report.jsonl",
    )

    result.assert_outcomes(passed=2, errors=1)
    found = [(record["test"], record["kind"]) for record in findings(pytester.path) if not record["excused"]]
    assert found == [("test_it.py::test_leaving", "socket")]


def test_a_test_without_a_manager_is_left_as_it_is(pytester: pytest.Pytester) -> None:
    """No fixture and no plugin of ours is added for it, and its function is its own."""
    result = run(
        pytester,
        """
@pytest.fixture
def function(request):
    return request.function

@pytest.mark.asyncio
async def test_it(request, function):
    assert not request.config.pluginmanager.has_plugin("isolation_anchors")
    assert not hasattr(function, "__wrapped__")
    assert [name for name in request.fixturenames if "isolation" in name] == []

@pytest.mark.asyncio
async def test_with(request, resource_manager, function):
    assert request.config.pluginmanager.has_plugin("isolation_anchors")
    assert function.__wrapped__ is globals()["test_with"]
""",
    )

    result.assert_outcomes(passed=2)


def test_a_sync_test_has_its_manager_without_any_driver(pytester: pytest.Pytester) -> None:
    """With pytest-asyncio and anyio switched off nothing is missing."""
    pytester.makeini("[pytest]")
    body = HEAD.replace("import pytest_asyncio", "") + MORE["sync"]
    pytester.makepyfile(test_it=body)
    result = pytester.runpytest_subprocess("-W", "error", "-s", "-p", "no:asyncio", "-p", "no:anyio")

    result.assert_outcomes(passed=1)
    assert orders(result) == ["body session pool pool's"]
