"""The repair: run the finalizers that pytest loses when a teardown raises what is no `Exception`."""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import cast

import pytest

from isolation._causes import causes
from isolation._compatibility import (
    abandon_tasks,
    can_hide,
    forget_nodes,
    is_second_interrupt,
    lost_in_teardown,
    setup_nodes,
    teardown_exact,
    torn_down_in,
    waited_for_in,
)
from isolation._errors import CleanupError, RunnerStuckError
from isolation._interrupted_runners import release_runner
from isolation._live_fixtures import LiveFixture, LiveFixtures

Errors = list[BaseException]
Group = BaseExceptionGroup[BaseException]
_ENOUGH = 2
"""The first Ctrl-C is for the teardown that hangs, the second one is for everything."""
_SUMMARISED = frozenset(
    {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.NO_TESTS_COLLECTED}
)


class Repair:
    """Closes what pytest leaves set up after a teardown that raised, and lets every error be seen.

    pytest takes a node off its stack before it runs the node's finalizers, and goes on after an `Exception` only.
    After anything else, as the `CancelledError` of a task that was cancelled and awaited, the other finalizers of the
    node are lost, with the errors of those that ran before: its fixtures stay cached, and later tests get them.

    Everything happens inside of the wrappers of other plugins, so that output is captured as usual, and before the
    guard looks, which stands around them all.
    """

    def __init__(self, live: LiveFixtures) -> None:
        self._live = live
        self._last: pytest.Item | None = None
        self._said: Sequence[str] = ()

    @pytest.hookimpl(trylast=True, wrapper=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Close what a failing teardown left; raise all errors together, unless the run is interrupted."""
        __tracebackhide__ = can_hide
        self._last = item
        try:
            return (yield)
        except BaseException as raised:  # noqa: BLE001 - raised again, alone or with others
            failure = raised
        errors = self._close_rest(item, nextitem, failure)
        interrupt, others = divided(errors)
        if interrupt is None:
            raise combined(others)
        if others:
            _report(item, others)
        raise interrupt

    @pytest.hookimpl(trylast=True, wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
        """Tear down what an interrupted run left, as pytest is about to do, and report what goes wrong there."""
        errors = self._finish(session)
        interrupt, others = divided(errors)
        is_visible = exitstatus in _SUMMARISED
        if is_visible and others:
            _report(self._blamed(session), others)
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        if is_visible and interrupt is not None:
            _note_interrupt(session, interrupt)
        result = yield
        if errors and not is_visible:
            raise combined(errors)
        return result

    def _finish(self, session: pytest.Session) -> Errors:
        nodes = setup_nodes(session)
        if not nodes:
            return []
        self._last = nodes[-1] if isinstance(nodes[-1], pytest.Item) else self._last
        errors: Errors = []
        _release_runner(errors)  # an interrupted test may hold it
        failure = failure_of(lambda: teardown_exact(session, None))
        return errors if failure is None else [*errors, *self._close_rest(self._blamed(session), None, failure)]

    def _blamed(self, session: pytest.Session) -> pytest.Item:
        """Return the test whose teardown it is; pytest blames the last one for what outlives it."""
        return self._last or session.items[0]

    def _close_rest(self, item: pytest.Item, nextitem: pytest.Item | None, failure: BaseException) -> Errors:
        before = _of_users(self._live.fixtures())
        errors = self._errors_of_the_rest(item.session, nextitem, failure)
        interrupt, _ = divided(errors)
        stuck = _torn_down_in(errors, RunnerStuckError)
        refused = {fixture.fixturedef for fixture in stuck}
        left = refused | {fixture.fixturedef for fixture in self._live.fixtures()}
        interrupted = _torn_down_in(errors, KeyboardInterrupt, pytest.exit.Exception)
        gone = left | {fixture.fixturedef for fixture in interrupted}
        closed = [fixture for fixture in before if fixture.fixturedef not in gone]
        if interrupt is not None:
            is_leaving = interrupts(errors) >= _ENOUGH
            lost = left if is_leaving else refused
            unclosed = [fixture for fixture in before if fixture.fixturedef in lost]
            self._said = story(interrupt, interrupted, closed, unclosed, self._live.root)
            if is_leaving:
                _leave(item.session, errors)
        elif closed:
            item.add_report_section("teardown", "isolation", said(failure, closed, self._live.root))
        return errors

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell in whose teardown the run was ended."""
        for line in self._said:
            terminalreporter.write_line(line)

    def _errors_of_the_rest(
        self, session: pytest.Session, nextitem: pytest.Item | None, failure: BaseException | None
    ) -> Errors:
        errors: Errors = []
        rounds = len(setup_nodes(session)) + 1  # each takes at least one node from the stack
        while failure is not None and rounds:
            rounds -= 1
            lost = lost_in_teardown(session, failure)
            errors += [*lost.errors, failure]
            _release_runner(errors)
            self._run(lost.finalizers, lost.node, errors)
            if interrupts(errors) >= _ENOUGH:
                break
            failure = failure_of(lambda: teardown_exact(session, nextitem))
        return errors

    def _run(self, finalizers: list[Callable[[], object]], node: object, errors: Errors) -> None:
        """Run *finalizers*, newest first as pytest does; then finish what an interrupt cut out of them."""
        _run_all(finalizers, errors)
        _run_all([fixture.finish for fixture in self._live.fixtures() if fixture.request.node is node], errors)


def _run_all(finalizers: list[Callable[[], object]], errors: Errors) -> None:
    while finalizers and interrupts(errors) < _ENOUGH:
        failure = failure_of(finalizers.pop())
        if failure is not None:
            errors.append(failure)
            _release_runner(errors)


def _release_runner(errors: Errors) -> None:
    """Let the runner of anyio be of use again for other fixtures, unless everybody wants to leave."""
    if interrupts(errors) < _ENOUGH:
        try:
            errors += release_runner(errors[-1] if errors else None)
        except KeyboardInterrupt as interrupt:
            errors.append(interrupt)


def _leave(session: pytest.Session, errors: Errors) -> None:
    """Let nothing run any more, nor be waited for."""
    forget_nodes(session)
    for error in errors:
        for future in (future for leaf in leaves(error) for future in waited_for_in(leaf)):
            abandon_tasks(future.get_loop())


def _of_users(fixtures: Sequence[LiveFixture]) -> Sequence[LiveFixture]:
    return [fixture for fixture in fixtures if not fixture.is_of_framework]


def _listed(fixtures: Sequence[LiveFixture], root: str) -> Sequence[str]:
    return [f"  {fixture.name!r} ({fixture.where(root)})" for fixture in reversed(fixtures)]


def failure_of(call: Callable[[], object]) -> BaseException | None:
    """Return what *call* raises."""
    __tracebackhide__ = can_hide
    try:
        call()
    except BaseException as failure:  # noqa: BLE001 - every finalizer must run
        return failure
    return None


def interrupts(errors: Sequence[BaseException]) -> int:
    """Return how often Ctrl-C was pressed for *errors*; those of one group are one."""
    return sum(max(map(_presses, leaves(error)), default=0) for error in errors)


def _presses(error: BaseException) -> int:
    return 1 + is_second_interrupt(error) if isinstance(error, KeyboardInterrupt) else 0


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield *error*, or what is in it if it is a group."""
    if isinstance(error, BaseExceptionGroup):
        for each in cast("Group", error).exceptions:
            yield from leaves(each)
    else:
        yield error


def divided(errors: Sequence[BaseException]) -> tuple[BaseException | None, Sequence[BaseException]]:
    """Return what ends the run, a Ctrl-C or else a `pytest.exit`, and the other errors; a group can hide both."""
    found = [leaf for error in errors for leaf in leaves(error)]
    ending = [leaf for kind in (KeyboardInterrupt, pytest.exit.Exception) for leaf in found if isinstance(leaf, kind)]
    if not ending:
        return None, errors
    chosen = ending[0]
    # What else a manager has met is the cause of an interrupt, or of the cancellation that a runner made one of.
    beside = [error for error in causes(chosen) if isinstance(error, CleanupError) and error not in errors]
    others = [
        without(error, lambda leaf: leaf is chosen or isinstance(leaf, KeyboardInterrupt))
        for error in (*errors, *beside)
    ]
    return chosen, [error for error in others if error is not None]


def without(error: BaseException, is_unwanted: Callable[[BaseException], bool]) -> BaseException | None:
    """Return what is left of *error*."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("Group", error)
        return group.split(lambda each: not isinstance(each, BaseExceptionGroup) and is_unwanted(each))[1]
    return None if is_unwanted(error) else error


def combined(errors: Sequence[BaseException]) -> BaseException:
    """Return the only one of *errors*, or all of them as pytest groups them, in the order in which they came."""
    return errors[0] if len(errors) == 1 else BaseExceptionGroup("errors during test teardown", errors)


def said(failure: BaseException, closed: Sequence[LiveFixture], root: str) -> str:
    """Return what the report of the test tells about the repair."""
    heading = f"pytest stopped at {type(failure).__name__}; closed all the same:"
    return "\n".join([heading, *_listed(closed, root)])


def story(
    interrupt: BaseException,
    interrupted: Sequence[LiveFixture],
    closed: Sequence[LiveFixture],
    unclosed: Sequence[LiveFixture],
    root: str,
) -> Sequence[str]:
    """Return what the end of the run tells about a teardown in which it was ended."""
    where = ", then of ".join(f"fixture {fixture.name!r} ({fixture.where(root)})" for fixture in interrupted)
    heading = f"isolation: {type(interrupt).__name__} in the teardown of {where or 'the test'}"
    lines = [f"{heading}; closed all the same:", *_listed(closed, root)] if closed else [heading]
    return [*lines, "isolation: not closed:", *_listed(unclosed, root)] if unclosed else lines


def _torn_down_in(errors: Errors, *kinds: type[BaseException]) -> Sequence[LiveFixture]:
    """Return the fixtures in whose teardown an error of *kinds* was raised."""
    found = [torn_down_in(leaf) for error in errors for leaf in leaves(error) if isinstance(leaf, kinds)]
    return [LiveFixture(*each) for each in found if each is not None]


def _report(item: pytest.Item, errors: Sequence[BaseException]) -> None:
    """Report *errors* as those of the teardown of *item*, which has no other report, since the run ends here."""

    def fail() -> None:
        __tracebackhide__ = can_hide
        raise combined(errors)

    call = pytest.CallInfo[None].from_call(fail, "teardown")
    report = item.ihook.pytest_runtest_makereport(item=item, call=call)
    item.ihook.pytest_runtest_logreport(report=report)


def _note_interrupt(session: pytest.Session, interrupt: BaseException) -> None:
    """Let the run end as pytest ends one that is interrupted."""
    status = getattr(interrupt, "returncode", None)
    session.exitstatus = pytest.ExitCode.INTERRUPTED if status is None else status
    excinfo = pytest.ExceptionInfo[BaseException].from_exception(interrupt)
    session.config.hook.pytest_keyboard_interrupt(excinfo=excinfo)
