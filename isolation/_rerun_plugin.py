"""What a run for a diagnosis does otherwise: it runs some tests in a given order, and tells what became of them.

Loaded by ``-p`` into the processes of `isolation._reruns`, with the arguments of the run that is diagnosed.
"""

import faulthandler
import inspect
import json
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from isolation._compatibility import fixture_graph
from isolation._configuration import make_watching, read_settings
from isolation._errors import ContaminationError, LeakError
from isolation._line_watch import CodeWatch, LineWatch, is_no_library
from isolation._origin import relative
from isolation._places import PlaceWatch
from isolation._state_probes import state_probes
from isolation.probes._protocol import StateProbe

OFF: Mapping[str, object] = {
    # Options of pytest and of plugins that choose tests, run them elsewhere, ask somebody or write files.
    "numprocesses": 0, "dist": "no", "tx": [], "looponfail": False, "forked": False, "reruns": 0,
    "maxfail": 0, "lf": False, "failedfirst": False, "newfirst": False, "stepwise": False, "cacheclear": False,
    "stepwise_skip": False, "stepwise_reset": False, "collectonly": False, "setuponly": False, "setupplan": False,
    "usepdb": False, "trace": False, "pyargs": False, "continue_on_collection_errors": True,
    "xmlpath": None, "htmlpath": None, "report_log": None, "json_report_file": None, "pastebin": None,
    "randomly_reorganize": False, "random_order_enabled": False, "random_order_bucket": "none", "reverse": False,
    "isolation_report": [], "isolation_diagnose": False, "isolation_order": None, "isolation_survivors": False,
    "isolation_trace": False, "isolation_debug_teardown": False,
}  # fmt: skip

_SPARE = 10.0
_STDERR = 2
_ON_HEAP = ("patches", "singletons")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the request."""
    parser.addoption("--isolation-rerun", type=Path, help="what to run, and where to write what became of it")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let the run do what the request says, before anybody has looked at the options."""
    path: Path = config.option.isolation_rerun
    request = json.loads(path.read_text(encoding="utf-8"))
    options = vars(config.option)
    options.update({name: value for name, value in {**OFF, **request["options"]}.items() if name in options})
    files = [config.rootpath / file for file in request["files"]]
    if all(file.is_file() for file in files):
        # The arguments have found the root and the settings; what is collected is our business.
        config.args[:] = map(str, files)
    # Whoever waits for this process may be killed; then nobody would end it.
    faulthandler.dump_traceback_later(request["seconds"] + _SPARE, exit=True, file=_STDERR)
    config.add_cleanup(faulthandler.cancel_dump_traceback_later)
    config.pluginmanager.register(RerunPlugin(request, config), "isolation_rerun")


class RerunPlugin:
    """Runs the tests of a request, and writes what became of them."""

    def __init__(self, request: Mapping[str, Any], config: pytest.Config) -> None:
        self._request = request
        self._config = config
        self._outcomes: dict[str, str] = {}
        self._known: dict[str, bool] = {}
        self._watching = make_watching(config, read_settings(config))
        self._code = CodeWatch(self._is_own)
        self._lines: LineWatch | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, object, object]:
        """Take what is wanted, in the order in which it is wanted, when everybody else has had their say."""
        result = yield
        found = {item.nodeid: item for item in items}
        items[:] = [found[test] for test in self._request["tests"] if test in found]
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look at the code while it runs, if that is wanted."""
        watch = self._watch(item)
        if watch is None:
            return (yield)
        watch.start()
        try:
            return (yield)
        finally:
            watch.stop()

    def _watch(self, item: pytest.Item) -> CodeWatch | LineWatch | None:
        if item.nodeid == self._request["reads_of"]:
            return self._code
        traced = self._request["traced"]
        if traced is None:
            return None
        if self._lines is None:
            self._lines = LineWatch(self._has_changed(traced["probe"], traced["places"]), self._is_own)
        self._lines.passed = _code_of_wide_fixtures(item)
        return self._lines

    def _has_changed(self, name: str, places: Sequence[str]) -> Callable[[], bool]:
        """Return what tells whether one of *places* has changed since the last call."""
        watch = PlaceWatch(places[0])
        if name in _ON_HEAP and watch.is_possible:
            return watch  # some microseconds, where a look at the whole heap takes hundreds
        probe = _probe(name, self._config)
        return lambda: any(change.place in places or change.unit in places for change in probe.look())

    def _is_own(self, file: str) -> bool:  # pragma: no cover - who is asked while code is traced is not
        """Tell whether code in *file* is the user's: of the project, or of a package of it that is installed."""
        if file not in self._known:
            self._watching.join()
            watched = {vars(each.module).get("__file__") for each in self._watching.all()}
            self._known[file] = is_no_library(file) or file in watched
        return self._known[file]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the outcome, as all other plugins have left it."""
        report = yield
        is_ours = call.excinfo is not None and isinstance(call.excinfo.value, LeakError | ContaminationError)
        if report.failed and not is_ours:
            self._outcomes[item.nodeid] = "failed"
        elif report.when == "call" or report.skipped:
            # A failure that is expected is reported as skipped.
            outcome = "passed" if report.passed or hasattr(report, "wasxfail") else "skipped"
            self._outcomes.setdefault(item.nodeid, outcome)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the answer."""
        answer = {"outcomes": self._outcomes, "reads": self._code.reads.as_data(), "line": self._line()}
        Path(self._request["answer"]).write_text(json.dumps(answer), encoding="utf-8")

    def _line(self) -> dict[str, Any] | None:
        place = self._lines.place if self._lines is not None else None
        if place is None:
            return None
        file = relative(place.file, str(self._config.rootpath))
        return {"file": file, "line": place.line, "function": place.function, "source": place.source}


def _code_of_wide_fixtures(item: pytest.Item) -> Collection[CodeType]:
    """Return the code of the fixtures that set things up for several tests: what it changes is no test's."""
    _, definitions = fixture_graph(item)
    wide = [each.func for group in definitions.values() for each in group if each.scope != "function"]
    codes = [getattr(inspect.unwrap(function), "__code__", None) for function in wide]
    return {code for code in codes if code is not None}


def _probe(name: str, config: pytest.Config) -> StateProbe:
    """Return a probe of our own: the guard's must not miss what we look at."""
    settings = replace(read_settings(config), mode="off", probe_modes={name: "report"})
    (probe,) = state_probes(settings, make_watching(config, settings)).values()
    probe.start()
    return probe
