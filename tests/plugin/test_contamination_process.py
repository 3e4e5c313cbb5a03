"""State of the process that tests leave changed: one run with every mechanism, and one with every innocent user."""

from collections.abc import Mapping, Sequence

import pytest

from tests.plugin.said import REPORT, error, findings, section

# What a test does, what a later one relies on, and the places that the first one has changed.
MECHANISMS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "variable": ("os.environ['SHOP'] = 'live'", "'SHOP' not in os.environ", ["os.environ['SHOP']"]),
    "directory": ("os.chdir('/')", "os.getcwd() == HERE", ["os.getcwd()"]),
    "deleted": (
        "os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())",
        "os.getcwd() == HERE",
        ["os.getcwd()"],
    ),
    "blocked": ("sys.modules['graphlib'] = None", "importlib.import_module('graphlib')", ["sys.modules['graphlib']"]),
    "faked": (
        "sys.modules['shop_client'] = mock.MagicMock()",
        "importlib.util.find_spec('shop_client') is None",
        ["sys.modules['shop_client']"],
    ),
    "reloaded": (
        "del sys.modules['shop.cart'], sys.modules['shop']; importlib.import_module('shop.cart')",
        "sys.modules['shop.cart'] is CART and sys.modules['shop'].cart is CART",
        ["sys.modules['shop']"],
    ),
    "path": ("sys.path.insert(0, '/srv')", "'/srv' not in sys.path", ["sys.path"]),
    "argv": ("sys.argv = ['other']", "sys.argv != ['other']", ["sys.argv"]),
    "finder": ("sys.meta_path.clear()", "importlib.import_module('sched')", ["sys.meta_path"]),
    "excepthook": ("sys.excepthook = print", "sys.excepthook is not print", ["sys.excepthook"]),
    "threads": ("threading.excepthook = print", "threading.excepthook is not print", ["threading.excepthook"]),
    "recursion": ("sys.setrecursionlimit(500)", "sys.getrecursionlimit() != 500", ["sys.getrecursionlimit()"]),
    "input": ("builtins.input = print", "builtins.input is not print", ["builtins.input"]),
    "umask": ("os.umask(0o077)", "os.umask(0o022) == 0o022", ["os.umask()"]),
    "collector": ("gc.disable()", "gc.isenabled()", ["gc.isenabled()"]),
    "policy": (
        "asyncio.set_event_loop_policy(Policy())",
        "type(asyncio.get_event_loop_policy()) is not Policy",
        ["asyncio.get_event_loop_policy()"],
    ),
    "closed": (
        "loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop); loop.close()",
        "getattr(asyncio.get_event_loop_policy()._local, '_loop', None) is None",
        ["asyncio.get_event_loop()"],
    ),
    "timeout": ("socket.setdefaulttimeout(3)", "socket.getdefaulttimeout() is None", ["socket.getdefaulttimeout()"]),
    "decimal": ("decimal.getcontext().prec = 3", "decimal.getcontext().prec == 28", ["decimal.getcontext().prec"]),
    "temporary": ("tempfile.tempdir = HERE", "tempfile.gettempdir() != HERE", ["tempfile.tempdir"]),
    "https": (
        "ssl._create_default_https_context = ssl._create_unverified_context",
        "ssl._create_default_https_context is ssl.create_default_context",
        ["ssl._create_default_https_context"],
    ),
    "signal": (
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL",
        ["signal.getsignal(signal.SIGUSR1)"],
    ),
    "mask": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])",
        "not signal.pthread_sigmask(signal.SIG_BLOCK, [])",
        ["signal.pthread_sigmask(signal.SIG_BLOCK, [])"],
    ),
    "alarm": (
        "signal.alarm(1000)",
        "signal.getitimer(signal.ITIMER_REAL) == (0, 0)",
        ["signal.getitimer(signal.ITIMER_REAL)"],
    ),
    "locale": (
        "locale.setlocale(locale.LC_ALL, 'POSIX')",
        "locale.setlocale(locale.LC_ALL) == LOCALE",
        ["locale.setlocale(locale.LC_ALL)"],
    ),
    "zone": (
        "os.environ['TZ'] = 'JST-9'; time.tzset()",
        "time.timezone == ZONE",
        ["os.environ['TZ']", "time.tzname"],
    ),
    "format": (
        "warnings.formatwarning = print",
        "warnings.formatwarning is not print",
        ["warnings.formatwarning"],
    ),
    "level": (
        "LOG.setLevel(logging.CRITICAL)",
        "LOG.isEnabledFor(logging.ERROR)",
        ["logging.getLogger('shop').level"],
    ),
    "handler": ("LOG.addHandler(logging.NullHandler())", "not LOG.handlers", ["logging.getLogger('shop').handlers"]),
    "disabled": (
        "logging.config.dictConfig({'version': 1})",
        "not LOG.disabled",
        ["logging.getLogger(*).disabled"],
    ),
    "silenced": ("logging.disable()", "LOG.isEnabledFor(logging.ERROR)", ["logging.root.manager.disable"]),
    "seed": ("random.seed(7)", "random.random() != 0.32383276483316237", ["random.seed()"]),
    "environ": ("os.environ = {}", "'PATH' in os.environ", ["os.environ"]),
}
PRELUDE = """
import asyncio, builtins, decimal, gc, importlib, importlib.util, locale, logging, logging.config, os, random, signal
import socket, ssl, sys, tempfile, threading, time, warnings
from unittest import mock

import shop.cart

HERE, CART, LOG = os.getcwd(), shop.cart, logging.getLogger("shop")
LOCALE, ZONE = locale.setlocale(locale.LC_ALL), time.timezone
MANY = [logging.getLogger(f"shop.{number}") for number in range(9)]

class Policy(asyncio.DefaultEventLoopPolicy):
    ...
"""


def write_suite(pytester: pytest.Pytester) -> None:
    """Write two tests for each mechanism: one that pollutes, and one that relies on it."""
    pytester.mkpydir("shop").joinpath("cart.py").touch()
    tests = "\n".join(
        f"def test_{name}():\n    {pollute}\n\ndef test_{name}_relies():\n    assert {relied}\n"
        for name, (pollute, relied, _) in MECHANISMS.items()
    )
    pytester.makepyfile(test_it=PRELUDE + tests)


def changed(pytester: pytest.Pytester) -> Mapping[str, Sequence[str]]:
    """Return which places each test of the run changed."""
    names = {found["test"].partition("::test_")[2] for found in findings(pytester.path)}
    return {
        name: [found["place"] for found in findings(pytester.path) if found["test"] == f"test_it.py::test_{name}"]
        for name in names
    }


def run(pytester: pytest.Pytester, mode: str) -> pytest.RunResult:
    """Run the suite in a process of its own: what it leaves must not reach us."""
    write_suite(pytester)
    return pytester.runpytest_subprocess("-p", "no:timeout", f"--isolation-mode={mode}", REPORT)


def test_restore_puts_everything_back(pytester: pytest.Pytester) -> None:
    """Each test finds what it relies on, whoever came before; each change is told with its place."""
    result = run(pytester, "restore")

    result.assert_outcomes(passed=2 * len(MECHANISMS))
    assert changed(pytester) == {name: places for name, (_, _, places) in MECHANISMS.items()}
    assert {found["restored"] for found in findings(pytester.path)} == {True}


def test_fail_makes_each_change_an_error_of_its_test(pytester: pytest.Pytester) -> None:
    """The tests that rely on what was changed pass."""
    result = run(pytester, "fail")

    notes_and_warnings = {
        found["test"] for found in findings(pytester.path) if found["severity"] in ("note", "warning")
    }
    result.assert_outcomes(passed=2 * len(MECHANISMS), errors=len(MECHANISMS) - len(notes_and_warnings))
    assert error(result, "test_directory")[0] == "test_it.py::test_directory left 1 place changed"


def test_report_changes_no_outcome(pytester: pytest.Pytester) -> None:
    """Every polluter is named, and every test that relies on what it changed fails."""
    result = run(pytester, "report")

    result.assert_outcomes(passed=len(MECHANISMS), failed=len(MECHANISMS))
    assert changed(pytester).keys() >= MECHANISMS.keys()


CONFTEST = """
import logging, os, random, signal
import pytest

logging.basicConfig(level=logging.INFO)
random.seed(1)

@pytest.fixture(scope="session", autouse=True)
def configured(tmp_path_factory):
    os.environ["SHOP"] = "test"
    os.chdir(tmp_path_factory.mktemp("session"))
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("shop").addHandler(logging.NullHandler())
    yield
    logging.getLogger("shop").handlers.clear()
    logging.getLogger().setLevel(logging.INFO)
    signal.signal(signal.SIGUSR1, before)
    os.chdir(os.path.dirname(__file__))
    del os.environ["SHOP"]

@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"
"""
CLEAN = """
import asyncio, contextlib, decimal, gc, io, locale, logging, os, random, signal, sys, tempfile, types, unittest
import warnings
from unittest import mock

import pytest
import pytest_asyncio

LOG = logging.getLogger("shop")

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service():
    yield asyncio.get_running_loop()

@pytest.fixture(scope="module", autouse=True)
def traced():
    logger, handler = logging.getLogger("shop.traced"), logging.NullHandler()
    sys.modules["shop_tracer"] = types.ModuleType("shop_tracer")
    with mock.patch.dict(os.environ, {"TRACE": "1"}):
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        yield
    del sys.modules["shop_tracer"]
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)

def test_caplog(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "shop")
    LOG.debug("hello")
    assert caplog.messages == ["hello"]

def test_caplog_for_a_while(caplog):
    with caplog.at_level(logging.DEBUG, "shop"):
        LOG.debug("hello")

def test_monkeypatch(monkeypatch, tmp_path):
    monkeypatch.setenv("SHOP", "live")
    monkeypatch.delenv("PATH")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["other"])
    monkeypatch.setattr("os.getcwd", lambda: "/")
    monkeypatch.setitem(sys.modules, "shop", None)
    monkeypatch.setattr(signal, "getsignal", None)

def test_capsys(capsys):
    print("hello")
    with capsys.disabled():
        pass

def test_capfd(capfd):
    os.write(1, b"hello")

def test_replaced_stream():
    sys.stdout = sys.stderr = io.StringIO()

def test_recwarn(recwarn):
    warnings.simplefilter("always")
    warnings.warn("hello")

@pytest.mark.filterwarnings("ignore")
def test_marked():
    warnings.warn("hello")

def test_caught():
    with pytest.warns(UserWarning), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("hello")

@pytest.mark.timeout(30, method="signal")
def test_timeout(): pass

@pytest.mark.timeout(30, method="signal", func_only=True)
def test_timeout_of_the_function(): pass

@pytest.mark.timeout(30, method="signal")
@pytest.mark.xfail
def test_timeout_of_a_failure():
    assert False

async def test_asyncio():
    await asyncio.sleep(0)

@pytest.mark.asyncio(loop_scope="module")
async def test_asyncio_of_the_module(service):
    assert service is asyncio.get_running_loop()

def test_run():
    asyncio.run(asyncio.sleep(0))
    with asyncio.Runner() as runner:
        runner.run(asyncio.sleep(0))

def test_new_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(asyncio.sleep(0))
    asyncio.set_event_loop(None)
    loop.close()

def test_for_a_while():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.chdir("/"), decimal.localcontext() as context:
        context.prec = 3
        before = gc.get_threshold()
        gc.set_threshold(1)
        gc.set_threshold(*before)
        os.umask(os.umask(0))

def test_calculating():
    assert decimal.Decimal(1) / 3

def test_random():
    random.random()
    random.Random(3).random()

def test_new_logger():
    logging.getLogger("shop.new").setLevel(logging.DEBUG)

def test_import():
    import graphlib, wave

def test_temporary(tmp_path):
    with tempfile.TemporaryDirectory():
        pass

class TestCase(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.dict(os.environ, {"SHOP": "live"}, clear=True))

    def test_logs(self):
        with self.assertLogs("shop", "DEBUG"), self.assertWarns(UserWarning):
            LOG.debug("hello")
            warnings.warn("hello")

class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        await asyncio.sleep(0)
"""
ANYIO = """
import anyio, pytest

@pytest.fixture(scope="module")
async def server():
    async with anyio.create_task_group() as group:
        yield group

@pytest.mark.anyio
async def test_anyio(server):
    await anyio.sleep(0)
"""


@pytest.mark.parametrize(
    "options",
    [
        ("--isolation-order=reverse",),
        ("-s", "--log-level=DEBUG", "--log-cli-level=INFO", "--deselect=test_it.py::test_replaced_stream"),
    ],
    ids=["reversed", "loud"],
)
def test_nothing_is_found_where_everybody_puts_back(pytester: pytest.Pytester, options: Sequence[str]) -> None:
    """What fixtures, context managers and pytest itself undo is no change, whatever the order and the options."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_it=CLEAN, test_runner=ANYIO)

    result = pytester.runpytest_subprocess("--isolation-mode=fail", REPORT, *options)

    assert result.ret == 0
    # Old versions of pytest-asyncio leave a loop, which is known.
    assert [found for found in findings(pytester.path) if not found["excused"]] == []


def test_filters_of_warnings_stay_without_the_plugin_of_pytest(pytester: pytest.Pytester) -> None:
    """With it they end with the test; with ``-p no:warnings`` they do not, and are put back."""
    pytester.makepyfile("""
        import warnings

        def test_silences():
            warnings.simplefilter("ignore")

        def test_relies():
            assert not any(each[:3] == ("ignore", None, Warning) for each in warnings.filters)
    """)

    result = pytester.runpytest_subprocess("-p", "no:warnings", "--isolation-mode=restore")

    result.assert_outcomes(passed=2)
    assert section(result)[0].endswith("::test_silences changed")
    assert section(result)[1].startswith("  warnings.filters: ")
    pytester.runpytest_subprocess("--isolation-mode=restore", REPORT).assert_outcomes(passed=2)
    assert findings(pytester.path) == []
