"""What a run says at its end: the summary in the terminal, and the report files."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from isolation import _report
from isolation._ledger import Ledger
from isolation._settings import Settings, nearest
from isolation._xdist import ControllerLink

_NEAR = 0.8


class RunReport:
    """Collects what was found in this process and in its workers; writes the files and the summary."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Listen to workers if there are any."""
        manager = session.config.pluginmanager
        if manager.hasplugin("dsession"):
            manager.register(ControllerLink(self._ledger), "isolation_controller_link")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge what only the whole run knows; write the report files."""
        if _is_complete(session.config) and not self._ledger.is_partial:
            self._ledger.judge_shared_stubs()
        if self._ledger.unanswered and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        for path in self._settings.reports:
            # A name that is no text, such as that of a file, is escaped as JSON escapes.
            said = _report.jsonl(self._ledger.records())
            Path(path).write_text(said, encoding="utf-8", errors="backslashreplace")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show what was left."""
        ledger = self._ledger
        if not (ledger.tests or ledger.survivors or ledger.counted or ledger.open_mocks):
            return
        self._show_findings(terminalreporter)
        for said in (*ledger.about_mocks(), *_misspelt(self._settings, ledger.open_mocks), *ledger.misplaced):
            terminalreporter.line(f"isolation: {said}")
        if _is_complete(terminalreporter.config):
            for line in _stale(self._settings, ledger.used):
                terminalreporter.line(f"isolation: {line!r} excused nothing in this run; it can go")

    def _show_findings(self, terminalreporter: pytest.TerminalReporter) -> None:
        ledger = self._ledger
        shown = [*ledger.counted, *(ledger.notes if terminalreporter.verbosity > 0 else ())]
        if shown or ledger.survivors:
            terminalreporter.section("isolation")
            for said in (*_report.section(shown, ledger.tests), *_report.survivor_section(ledger.survivors)):
                terminalreporter.line(said)
            terminalreporter.line(ledger.verdict() if ledger.tests else ledger.unguarded_verdict())
        elif ledger.tests:
            terminalreporter.line(f"isolation: {ledger.verdict()}")


def _misspelt(settings: Settings, open_mocks: Iterable[str]) -> Iterator[str]:
    """Yield which service is bound to a class, while one with nearly the same name is asked for and is not."""
    for service in sorted(open_mocks):
        near = nearest(service, list(settings.services), cutoff=_NEAR)
        if near is not None and service not in settings.services:
            yield f"service {service!r} is bound to no class, but {near!r} is in isolation_services: is that the same?"


def _stale(settings: Settings, used: Collection[str]) -> Sequence[str]:
    """Return the allowances and holders of *settings* that are not among the *used*."""
    lines = [*(allowance.line for allowance in settings.allowances), *settings.holders]
    return [line for line in lines if line not in used]


def _is_complete(config: pytest.Config) -> bool:
    """Tell whether nothing was asked for that leaves tests out, so that what was of no use is of none."""
    options = vars(config.option)
    chosen = ("keyword", "markexpr", "lf", "maxfail", "deselect", "ignore", "ignore_glob", "stepwise", "collectonly")
    return not any(options.get(name) for name in chosen) and config.args_source is not pytest.Config.ArgsSource.ARGS
