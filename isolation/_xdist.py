"""The way of findings from the workers of pytest-xdist to the controller: as plain data, test by test."""

from collections.abc import Generator
from typing import Any

import pytest

from isolation._configuration import check_markers, check_names
from isolation._ledger import Ledger
from isolation._settings import Settings

FINDINGS = "isolation_findings"


class WorkerLink:
    """Sends what a worker of pytest-xdist finds to the controller: findings with each test, counts at the end."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._sent = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Make what would be a usage error an error of collection, which a worker can tell the controller."""
        report = yield
        if not self._settings.is_on:
            return report
        try:
            check_markers(found for found in report.result or () if isinstance(found, pytest.Item))
            if report.result:
                check_names(collector.config, self._settings)
        except pytest.UsageError as failure:
            report.outcome, report.longrepr, report.result = "failed", str(failure), []
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the findings of a test travel with the report of its teardown."""
        report = yield
        if call.when == "teardown" and len(self._ledger.findings) > self._sent:
            # Attributes of a report travel to the controller with it.
            vars(report)[FINDINGS] = self._ledger.findings[self._sent :]
            self._sent = len(self._ledger.findings)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the counts, and what was found after the last test."""
        data = self._ledger.as_data()
        data["findings"] = self._ledger.findings[self._sent :]
        session.config.workeroutput["isolation"] = data  # type: ignore[attr-defined]  # pytest-xdist's


class ControllerLink:
    """Takes what the workers of pytest-xdist send."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the findings that came with *report* from a worker."""
        findings = vars(report).get(FINDINGS)
        if findings is not None:
            worker = vars(report)["node"].gateway.id
            self._ledger.findings += [{**record, "worker": worker} for record in findings]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - pytest-xdist's class
        """Take the counts of a worker that is done; one that died has sent its findings test by test."""
        data = getattr(node, "workeroutput", {}).get("isolation")
        if data is not None:
            for kind in ("findings", "survivors"):
                data[kind] = [{**record, "worker": node.gateway.id} for record in data[kind]]
            self._ledger.add_worker(data)
