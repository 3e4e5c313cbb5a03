"""Mocks in pytest's words: the context of each test, how the test went, and what its mocks have found out."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace

import pytest

from isolation import _report
from isolation._allowances import Allowances
from isolation._configuration import LEDGER, ini_place, read_settings, terms_of
from isolation._findings import MOCKS, Finding, Severity
from isolation._mock_failures import failure_of, is_not_ours
from isolation._resources import ResourceManager
from isolation._settings import Strictness
from isolation._shared_stubs import SharedStub
from isolation._tests_sharing import Sharing, codes_of
from isolation.mocks._context import MockContext
from isolation.mocks._late_calls import LateCalls
from isolation.mocks._strictness import filtered
from isolation.mocks._stub_lines import StubLine

_NAME = "isolation_mocks"
_CONTEXT = pytest.StashKey[MockContext]()
_SEVERITIES: dict[Strictness, Severity | None] = {"off": None, "warn": "warning", "strict": "error"}


def mock_plugin(config: pytest.Config) -> "MockPlugin":
    """Return the part of the plugin that looks after mocks; it begins when the first test wants one."""
    plugin: MockPlugin | None = config.pluginmanager.get_plugin(_NAME)
    if plugin is None:
        plugin = MockPlugin(config)
        config.pluginmanager.register(plugin, _NAME)
    return plugin


class MockPlugin:
    """Gives each test that wants one a context, and judges what that has found when everything is torn down.

    It looks after the guard, which lets tasks that are about to end do so: what they still call is not too late.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._settings = read_settings(config)
        self._ledger = config.stash[LEDGER]
        self._root = str(config.rootpath)
        self._place = ini_place(config, "isolation_services")
        self._allowances = Allowances(self._settings, self._root)
        self._late = LateCalls()
        self._sharing = Sharing()

    def open(self, request: pytest.FixtureRequest) -> MockContext:
        """Return the context of the test of *request*."""
        item = request.node
        codes = codes_of(item)

        def is_own(line: StubLine) -> bool:
            return line.code in codes

        def manager() -> ResourceManager:
            found: ResourceManager = request.getfixturevalue("resource_manager")
            return found

        context = item.stash[_CONTEXT] = MockContext(
            item.name,
            nodeid=item.nodeid,
            root=self._root,
            severity=_SEVERITIES[self._level(item)],
            services=self._settings.services,
            place=self._place,
            is_own=is_own,
            manager=manager,
            late=self._late,
        )
        return context

    def _level(self, item: pytest.Item) -> Strictness:
        mark = item.get_closest_marker("mock_strictness")
        level: Strictness = mark.args[0] if mark is not None else self._settings.mock_strictness
        return level

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how the test went: what fails in one part of it has failed."""
        report = yield
        context = item.stash.get(_CONTEXT, None)
        if context is not None and call.when != "teardown" and not (report.passed and call.when == "setup"):
            # A test that was expected to fail, and has not, is no test that anybody relies on.
            outcome = "skipped" if hasattr(report, "wasxfail") else report.outcome
            context.outcome = outcome if context.outcome in (None, "passed") else context.outcome
        return report

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge what the mocks have found out, after everybody has torn down."""
        __tracebackhide__ = is_not_ours
        try:
            result = yield
        except BaseException:
            self._end(item, is_torn_down=False)
            raise
        failing = self._end(item, is_torn_down=True)
        if failing:
            raise failure_of(failing, is_strict=self._level(item) == "strict")
        return result

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what is known of the whole run."""
        self._note(self._late.take(), frozenset())
        is_worker = hasattr(session.config, "workerinput")
        self._sharing.count(session.items, self._ledger.shared_stubs, is_worker=is_worker)
        self._ledger.used |= self._allowances.used

    def _end(self, item: pytest.Item, *, is_torn_down: bool) -> Sequence[tuple[Finding, _report.Record]]:
        self._note(self._late.take(), frozenset())
        context = item.stash.get(_CONTEXT, None)
        if context is None:
            return ()
        del item.stash[_CONTEXT]
        self._ledger.open_mocks.update(context.open_mocks)
        context.close()
        findings = self._filtered(context.findings())
        has_passed = context.outcome == "passed"
        if has_passed:
            self._sharing.passed.add(item.nodeid)
            self._share(item, context)
        if context.outcome == "skipped" or not findings:
            return ()
        return self._judge(item, findings, is_listed=has_passed, may_fail=has_passed and is_torn_down)

    def _judge(
        self, item: pytest.Item, findings: Sequence[Finding], *, is_listed: bool, may_fail: bool
    ) -> Sequence[tuple[Finding, _report.Record]]:
        allowed = terms_of(item).allowed
        records = self._note(findings, allowed) if is_listed else self._records(findings, allowed)
        pairs = list(zip(findings, records, strict=True))
        counted = [(finding, record) for finding, record in pairs if record["excused"] is None]
        failing = [pair for pair in counted if pair[1]["severity"] == "error"] if may_fail else []
        if counted and not failing:
            said = "\n".join(_report.section([record for _, record in counted]))
            item.add_report_section("teardown", "isolation", said)
        return failing

    def _filtered(self, findings: Iterable[Finding]) -> Sequence[Finding]:
        """Return *findings* as the filters of warnings would have them, where they say what a warning says."""
        kept: list[Finding] = []
        for finding in findings:
            action = filtered(finding) if finding.kind == "never_awaited" and finding.severity != "error" else None
            if action == "error":
                kept.append(replace(finding, severity="error"))
            elif action != "ignore":
                kept.append(finding)
        return kept

    def _share(self, item: pytest.Item, context: MockContext) -> None:
        """Note the lines of stubs that other tests may run as well."""
        stubs = self._ledger.shared_stubs.lines
        for line in context.shared_lines:
            key = (line.place.file, line.place.line)
            if key not in stubs:
                finding = replace(context.unused(line), owner=None)
                stubs[key] = SharedStub(self._records([finding], frozenset())[0])
            stub = stubs[key]
            stub.tests += 1
            stub.groups.add(self._sharing.group(item, line.code))
            stub.is_used |= line.is_used or line.is_excused or MOCKS in terms_of(item).allowed

    def _note(self, findings: Sequence[Finding], allowed: frozenset[str]) -> Sequence[_report.Record]:
        records = self._records(findings, allowed)
        self._ledger.findings += records
        return records

    def _records(self, findings: Iterable[Finding], allowed: frozenset[str]) -> Sequence[_report.Record]:
        judged = [
            replace(finding, severity=self._settings.severities.get(finding.kind, finding.severity))
            for finding in findings
        ]
        return [
            _report.finding_record(
                finding,
                restored=None,
                excused=self._allowances.excuse(finding, allowed.__contains__),
                root=self._root,
            )
            for finding in judged
        ]
