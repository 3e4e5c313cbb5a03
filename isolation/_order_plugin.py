"""The order of tests in pytest's words: one order for all processes of a run, said so that it can be repeated."""

from collections.abc import Sequence
from typing import Any

import pytest

from isolation._errors import SettingsError
from isolation._order import Order, parse_order

_OPTION = "--isolation-order"
_INPUT = "isolation_order"


def read_order(config: pytest.Config) -> Order:
    """Return the order that *config* asks for; in a worker of pytest-xdist, the one that the controller chose.

    Raises:
        pytest.UsageError: If it means nothing.
    """
    chosen: str = getattr(config, "workerinput", {}).get(_INPUT) or str(config.getoption(_OPTION))
    try:
        return parse_order(chosen, _OPTION)
    except SettingsError as failure:
        raise pytest.UsageError(str(failure)) from None


class OrderPlugin:
    """Puts the tests in order before anybody else does: whoever orders some of them on purpose has the last word."""

    def __init__(self, config: pytest.Config, order: Order) -> None:
        self._order = order
        self._replaced = _switch_off_others(config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - pytest-xdist's class
        """Let the workers have the order of the controller."""
        node.workerinput[_INPUT] = str(self._order)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Arrange what was collected."""
        items[:] = self._order.arrange(items, _chain)

    def pytest_report_header(self) -> str:
        """Say which order it is."""
        return self._said()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it at the end if there was no header."""
        if terminalreporter.no_header or terminalreporter.verbosity < 0:
            terminalreporter.line(self._said())

    def _said(self) -> str:
        instead = f", instead of that of {' and '.join(self._replaced)}" if self._replaced else ""
        repeat = f" (repeat it with {_OPTION}={self._order})" if self._order.kind == "random" else ""
        return f"isolation: order {self._order.kind}{repeat}{instead}"


def _chain(item: pytest.Item) -> Sequence[str]:
    nodes = item.listchain()
    first = next((number for number, node in enumerate(nodes) if isinstance(node, pytest.File)), 1)
    return [node.nodeid for node in nodes[first:]]


def _switch_off_others(config: pytest.Config) -> Sequence[str]:
    """Let no other plugin shuffle what is in order, and return the names of those that would have."""
    options = config.option
    switched_off: list[str] = []
    if getattr(options, "randomly_reorganize", False):
        options.randomly_reorganize = False
        switched_off.append("pytest-randomly")
    if _has_random_order(options):
        options.random_order_bucket = "none"
        switched_off.append("pytest-random-order")
    return switched_off


def _has_random_order(options: object) -> bool:
    given = [str(getattr(options, f"random_order_{name}", "default:")) for name in ("bucket", "seed")]
    is_asked_for = any(not value.startswith("default:") for value in given)
    return (getattr(options, "random_order_enabled", False) or is_asked_for) and given[0] != "none"
