"""The diagnosis in pytest's words: which tests failed, after which others, and what a run of their own needs."""

import os
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from isolation._compatibility import interpreter_flags
from isolation._diagnosis import Diagnosis
from isolation._errors import ContaminationError, LeakError, MockStrictnessError
from isolation._ledger import Ledger
from isolation._reads import Reads, reads_of_failure
from isolation._reruns import Launch, Reruns
from isolation._settings import Settings
from isolation._trials import Failure, Trial
from isolation._verdicts import kept_arguments, lines

_READS = "isolation_reads"
_LIMIT = "--isolation-diagnose-limit"


class ReadsPlugin:
    """Sends with the report of a failure what the code in its traceback uses."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note it while there is a traceback; what this plugin raises is no failure of a test."""
        report = yield
        failure = call.excinfo.value if call.excinfo is not None else None
        if report.failed and not isinstance(failure, LeakError | ContaminationError | MockStrictnessError):
            reads = reads_of_failure(failure.__traceback__ if failure is not None else None)
            vars(report)[_READS] = reads.as_data()
        return report


class DiagnosisPlugin:
    """Collects what ran and what failed, in all processes; at the end, finds out why."""

    def __init__(self, config: pytest.Config, settings: Settings, ledger: Ledger) -> None:
        self._config = config
        self._settings = settings
        self._ledger = ledger
        self._limit = limit_of(config)
        self._environment = dict(os.environ)  # tests may change it
        self._orders: dict[str | None, list[str]] = {}
        self._failures: dict[tuple[str | None, str], Reads] = {}
        self._seconds: dict[str, float] = {}
        self._remarks: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of a test, of its time and of its failure."""
        node = getattr(report, "node", None)  # pytest-xdist's
        worker = node.gateway.id if node is not None else None
        order = self._orders.setdefault(worker, [])
        if report.when == "setup" and report.nodeid not in order[-1:]:
            order.append(report.nodeid)
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        if _READS in vars(report):
            self._failures.setdefault((worker, report.nodeid), Reads.from_data(vars(report)[_READS]))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Diagnose, unless the run was interrupted or could not run."""
        if self._failures and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            chosen, left = list(self._failures)[: self._limit], len(self._failures) - self._limit
            if left > 0:
                self._remarks.append(f"{left} more failed and {'was' if left == 1 else 'were'} not looked at: {_LIMIT}")
            if chosen:
                self._announce(len(chosen))
                self._diagnose(self._failure(worker, test) for worker, test in chosen)

    def _announce(self, count: int) -> None:
        if self._config.pluginmanager.hasplugin("terminalreporter"):
            writer = self._config.get_terminal_writer()
            writer.line()  # ends that of the tests
            tests = "1 failed test" if count == 1 else f"{count} failed tests"
            writer.line(f"isolation: looking for what made {tests} fail; Ctrl-C ends that")

    def _failure(self, worker: str | None, test: str) -> Failure:
        order = self._orders[worker]
        place = order.index(test)
        earlier, later = order[:place], order[place + 1 :]
        reads = self._failures[worker, test]
        return Failure(test=test, earlier=earlier, later=later, reads=reads, worker=worker)

    def _diagnose(self, failures: Iterable[Failure]) -> None:
        with Reruns(self._launch(), self._seconds_for) as run:
            diagnosis = Diagnosis(run, self._ledger.findings)
            try:
                for failure in failures:
                    verdict = diagnosis.diagnose(failure)
                    command = verdict.command(self._options(), self._paths(verdict.test, *verdict.others))
                    self._ledger.diagnoses.append(verdict.record(command))
            except KeyboardInterrupt:
                self._remarks.append("interrupted: the other failures were not looked at")

    def _seconds_for(self, trial: Trial) -> float:
        """Return how long *trial* may take: much longer than it should."""
        start = 6 * self._settings.profile.emergency
        tests = 5 * sum(self._seconds.get(test, 0.0) for test in trial.tests)
        return (start + tests) * (2 if trial.traced is not None else 1)

    def _launch(self) -> Launch:
        config = self._config
        manager = config.pluginmanager
        arguments = [os.fspath(argument) for argument in config.invocation_params.args]
        return Launch(
            command=[sys.executable, *interpreter_flags(), *_program(), *arguments],
            directory=config.invocation_params.dir,
            environment=self._environment,
            options={"randomly_seed": self._seed()} if self._seed() is not None else {},
            has_cache=manager.hasplugin("cacheprovider"),
            has_coverage=manager.hasplugin("pytest_cov"),
            has_logging=manager.hasplugin("logging-plugin"),
        )

    def _seed(self) -> int | None:
        seed = getattr(self._config.option, "randomly_seed", None)
        return seed if isinstance(seed, int) else None

    def _options(self) -> Sequence[str]:
        """Return what the printed command needs besides the tests."""
        arguments = [os.fspath(argument) for argument in self._config.invocation_params.args]
        seed = self._seed()
        order = ["-p", "no:randomly"] if seed is None else ["--randomly-dont-reorganize", f"--randomly-seed={seed}"]
        return [*kept_arguments(arguments), *order]

    def _paths(self, *tests: str) -> Mapping[str, str]:
        root, directory = self._config.rootpath, self._config.invocation_params.dir
        if root == directory:
            return {}
        return {test: os.path.relpath(root / test.partition("::")[0], directory) + _inside(test) for test in tests}

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the verdicts, below what was left."""
        if not self._ledger.diagnoses and not self._remarks:
            return
        terminalreporter.section("isolation: diagnosis")
        for record in self._ledger.diagnoses:
            for line in lines(record):
                terminalreporter.line(line)
        for remark in self._remarks:
            terminalreporter.line(remark)


def limit_of(config: pytest.Config) -> int:
    """Return how many failed tests *config* wants to be diagnosed.

    Raises:
        pytest.UsageError: If it is not a number of tests.
    """
    limit: int = config.option.isolation_diagnose_limit
    if limit < 0:
        raise pytest.UsageError(f"cannot diagnose {limit} tests, as {_LIMIT} says; use 0 or more")
    return limit


def _program() -> Sequence[str]:
    """Return how pytest is run as this run was: with the current directory among those of modules, or without."""
    if Path(sys.argv[0]).name == "__main__.py":
        return ["-m", "pytest"]
    return ["-P", "-c", "import sys, pytest; sys.exit(pytest.console_main())"]


def _inside(test: str) -> str:
    _, colons, rest = test.partition("::")
    return colons + rest
