"""The logging tree that is left changed."""

import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from isolation._changes import Change
from isolation._compatibility_state import is_handler_of_pytest
from isolation._net_changes import NetChanges
from isolation.probes._logging_tree import LoggingTree
from isolation.probes.loggers import LoggingProbe

APP = "shop.loggers"


@pytest.fixture(autouse=True)
def put_everything_back() -> Iterator[None]:
    """Leave the loggers of the run alone."""
    root, registry = logging.getLogger(), logging.root.manager.loggerDict
    loggers = dict(registry)
    states = {logger: dict(vars(logger)) for logger in [root, *loggers.values()]}
    contents = {logger: list(getattr(logger, "handlers", ())) for logger in states}
    level, handlers = root.level, list(root.handlers)
    registry.clear()  # of very many loggers, those that nobody has touched are looked at in turns
    yield
    registry.clear()
    registry.update(loggers)
    for logger, state in states.items():
        vars(logger).update(state)
        if isinstance(logger, logging.Logger):
            logger.handlers[:] = contents[logger]
    logging.disable(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def app() -> logging.Logger:
    """Give a logger that the product has made when it was imported."""
    return logging.getLogger(APP)


@pytest.fixture
def probe(app: logging.Logger) -> LoggingProbe:
    """Give a probe that knows what is set."""
    probe = LoggingProbe()
    probe.start()
    return probe


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_nothing_changed_is_no_change(probe: LoggingProbe, app: logging.Logger) -> None:
    """What is set and put back was never changed."""
    handler = logging.NullHandler()
    app.addHandler(handler)
    app.removeHandler(handler)
    app.setLevel(logging.DEBUG)
    app.setLevel(logging.NOTSET)
    probe.settle()

    assert not probe.look()
    assert not probe.look()


def test_a_new_logger_is_a_silent_change(probe: LoggingProbe) -> None:
    """Who makes a logger may set what it likes for it, and undo it again; from then on it is watched."""
    new, handler = logging.getLogger(f"{APP}.new"), logging.NullHandler()
    new.setLevel(logging.DEBUG)
    new.addHandler(handler)
    made = probe.look()
    new.removeHandler(handler)
    new.setLevel(logging.NOTSET)
    undone = probe.look()
    account = NetChanges()
    account.add([*made, *undone])

    place = "logging.getLogger('shop.loggers.new')"
    assert [(change.place, change.is_silent) for change in (*made, *undone)] == [
        (f"{place}.level", True),
        (f"{place}.handlers", True),
        (f"{place}.level", False),
        (f"{place}.handlers", False),
    ]
    assert account.left() == []


def test_a_level_is_found_and_put_back(probe: LoggingProbe, app: logging.Logger) -> None:
    """It is named as one writes it."""
    app.setLevel(logging.DEBUG)

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity, found.name) == ("logging", "logging", "warning", APP)
    assert (found.place, found.unit) == ("logging.getLogger('shop.loggers').level", found.place)
    assert (found.before, found.after) == ("NOTSET", "DEBUG")
    assert found.is_same("NOTSET", "NOTSET")
    assert put_back(found) is None
    assert app.level == logging.NOTSET
    assert not probe.look()


def test_a_level_without_a_name_is_a_number(probe: LoggingProbe, app: logging.Logger) -> None:
    """Any number is a level."""
    app.setLevel(7)
    (found,) = probe.look()
    app.setLevel(8)
    (again,) = probe.look()

    assert (again.before, again.after) == (7, 8)
    put_back(again)
    assert app.level == found.after


def test_the_root_logger_has_no_name(probe: LoggingProbe) -> None:
    """It is what one gets without asking for a name."""
    logging.getLogger().setLevel(logging.CRITICAL)

    (found,) = probe.look()

    assert (found.place, found.name) == ("logging.getLogger().level", "root")
    put_back(found)
    assert logging.getLogger().level == logging.WARNING


@pytest.mark.parametrize(("field", "before", "after"), [("propagate", True, False), ("disabled", False, True)])
def test_a_switch_is_found_and_put_back(
    probe: LoggingProbe, app: logging.Logger, field: str, before: bool, after: bool
) -> None:
    """Nobody hears of this logger any more."""
    setattr(app, field, after)

    (found,) = probe.look()

    assert (found.place, found.before, found.after) == (f"logging.getLogger('shop.loggers').{field}", before, after)
    assert put_back(found) is None
    assert getattr(app, field) is before
    assert not probe.look()


@pytest.mark.parametrize("field", ["handlers", "filters"])
def test_a_list_is_found_and_refilled(probe: LoggingProbe, app: logging.Logger, field: str) -> None:
    """Nothing is closed, and the list stays the same list."""
    held, added = getattr(app, field), logging.NullHandler()
    held.append(added)

    (found,) = probe.look()

    assert (found.place, found.before, found.after) == (f"logging.getLogger('shop.loggers').{field}", [], [added])
    assert put_back(found) is None
    assert getattr(app, field) is held
    assert held == []
    assert not probe.look()


def test_replaced_handlers_are_put_back(probe: LoggingProbe, app: logging.Logger) -> None:
    """Others hold the old list."""
    held, other = app.handlers, logging.NullHandler()
    app.handlers = [other]

    (found,) = probe.look()

    assert (found.before, found.after) == ([], [other])
    put_back(found)
    assert app.handlers is held
    assert not probe.look()


def test_a_handler_that_was_exchanged_for_one_alike_is_a_note(probe: LoggingProbe, app: logging.Logger) -> None:
    """Who configures logging again in the same way gets other handlers; they are compared one by one."""
    first, second = logging.NullHandler(), logging.NullHandler()
    app.addHandler(first)
    probe.look()
    app.handlers[0] = second

    (found,) = probe.look()

    assert (found.before, found.after, found.severity) == ([first], [second], "note")
    app.handlers[0] = logging.StreamHandler()
    assert [change.severity for change in probe.look()] == ["warning"]


def test_something_else_than_a_list_is_compared_by_identity(probe: LoggingProbe, app: logging.Logger) -> None:
    """Somebody may put anything there."""
    app.handlers = ()  # type: ignore[assignment]
    (found,) = probe.look()

    assert (found.before, found.after) == ([], ())
    put_back(found)
    assert app.handlers == []
    assert not probe.look()


def test_a_configuration_that_disables_all_is_one_change(probe: LoggingProbe) -> None:
    """A configuration disables every logger that it does not name."""
    loggers = [logging.getLogger(f"{APP}.{number}") for number in range(6)]
    probe.look()
    for logger in loggers:
        logger.disabled = True

    (found,) = probe.look()

    assert (found.place, found.before, found.after, found.name) == ("logging.getLogger(*).disabled", False, True, "")
    assert found.detail == "of 6 loggers: shop.loggers.0, shop.loggers.1, shop.loggers.2, ..."
    put_back(found)
    assert not any(logger.disabled for logger in loggers)
    assert not probe.look()


def test_loggers_that_were_taken_away_are_found_and_put_back(probe: LoggingProbe, app: logging.Logger) -> None:
    """Who asks for them gets other ones, without what was set."""
    registry = logging.root.manager.loggerDict
    del registry[APP]

    (found,) = probe.look()

    assert (found.place, found.before, found.after) == ("logging.root.manager.loggerDict", {APP: app}, {})
    put_back(found)
    assert logging.getLogger(APP) is app
    assert not probe.look()


def test_a_logger_in_the_place_of_a_placeholder_is_no_change(probe: LoggingProbe) -> None:
    """Parents are often made after their children."""
    logging.getLogger(f"{APP}.parent.child")
    probe.look()
    logging.getLogger(f"{APP}.parent")

    assert not probe.look()


class Logger(logging.Logger):
    """Is what some libraries put in the place of loggers."""


GLOBALS: list[tuple[Callable[[], object], str, object, object]] = [
    (lambda: logging.disable(logging.ERROR), "logging.root.manager.disable", logging.NOTSET, logging.ERROR),
    (lambda: setattr(logging, "raiseExceptions", 0), "logging.raiseExceptions", True, 0),
    (lambda: setattr(logging, "lastResort", None), "logging.lastResort", logging.lastResort, None),
    (lambda: logging.setLoggerClass(Logger), "logging.getLoggerClass()", logging.getLoggerClass(), Logger),
]


@pytest.mark.parametrize("row", GLOBALS, ids=[row[1] for row in GLOBALS])
def test_what_applies_to_all_loggers_is_found_and_put_back(
    probe: LoggingProbe, row: tuple[Any, str, object, object]
) -> None:
    """One setting silences all."""
    change, place, before, after = row
    change()

    (found,) = probe.look()

    assert (found.place, found.kind, found.severity) == (place, "logging", "warning")
    assert (found.before, found.after) == (before, after)
    assert put_back(found) is None
    assert not probe.look()


def test_the_handlers_of_pytest_are_no_change(probe: LoggingProbe, caplog: pytest.LogCaptureFixture) -> None:
    """They come and go with the phases of a test, and stay where they are when others are put back."""
    root = logging.getLogger()
    pytests = [handler for handler in root.handlers if is_handler_of_pytest(handler)]
    assert pytests
    for handler in pytests:
        root.removeHandler(handler)
    assert not probe.look()
    root.handlers += [*pytests, logging.NullHandler()]

    (found,) = probe.look()

    assert found.place == "logging.getLogger().handlers"
    put_back(found)
    assert root.handlers == [*found.before, *pytests]  # type: ignore[misc]


def test_the_level_that_pytest_sets_for_a_phase_is_no_change(caplog: pytest.LogCaptureFixture) -> None:
    """With ``--log-level`` it lowers the root logger's while it captures."""
    tree = LoggingTree("logging")
    root = logging.getLogger()
    caplog.handler.setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    assert not tree.look()
    root.setLevel(logging.WARNING)
    caplog.handler.setLevel(logging.NOTSET)

    assert not tree.look()


def test_a_strange_logger_is_left_alone(probe: LoggingProbe) -> None:
    """It need not have what loggers have."""
    strange = logging.getLogger("strange")
    del strange.filters
    logging.root.manager.loggerDict["fake"] = None  # type: ignore[assignment]

    assert not probe.look()
    assert not probe.look()
