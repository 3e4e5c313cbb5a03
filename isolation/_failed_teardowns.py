"""Failed teardowns: on request, what was set up before a teardown that failed, in the report of the test."""

from collections.abc import Generator

import pytest

from isolation._compatibility import can_hide
from isolation._fixture_state import debug_fixture_state, state_lines


class FailedTeardowns:
    """Adds the state of all fixtures to the report of a teardown that raises."""

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look before the teardown, since little is left afterwards; show it if that fails."""
        __tracebackhide__ = can_hide
        state = debug_fixture_state()
        try:
            return (yield)
        except BaseException:
            text = "\n".join(["set up before this teardown, oldest first:", *state_lines(state)])
            item.add_report_section("teardown", "isolation", text)
            raise
