"""The failures that strict mocks make of what they have found out, as pytest shows them: without frames of hooks."""

from collections.abc import Sequence

import pytest

from isolation._compatibility import can_hide
from isolation._errors import MockStrictnessError
from isolation._findings import Finding
from isolation._report import Record, line, title


class MockStrictnessFailure(MockStrictnessError, pytest.fail.Exception):  # type: ignore[name-defined, misc]  # noqa: N818 - a function's attribute
    """A `MockStrictnessError` that pytest shows without a traceback."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        MockStrictnessError.__init__(self, message, findings)
        self.msg = message
        self.pytrace = False

    def __str__(self) -> str:
        return str(self.msg)


# The name under which users can catch it, and which pytest prints in its short summary.
MockStrictnessFailure.__module__, MockStrictnessFailure.__qualname__ = "builtins", "MockStrictnessError"

_ADVICE = {
    "unused_stub": "take the stub out or excuse it with control(...).allow_unused()",
    "argument_mismatch": "call it with these arguments, or answer the others, too",
    "never_awaited": "await the call",
}


def failure_of(found: Sequence[tuple[Finding, Record]], *, is_strict: bool) -> MockStrictnessFailure:
    """Return the failure that says what was *found* about one test, and how to be less strict if it *is_strict*."""
    records = [record for _, record in found]
    said = [f"{title(records[0])} passed, but not as its mocks were told", *(f"  {line(record)}" for record in records)]
    advice = [_ADVICE[kind] for kind in dict.fromkeys(record["kind"] for record in records)]
    marker = 'mock_strictness("warn")' if is_strict else 'isolation_allow("mocks", reason="...")'
    advice.append(f"mark the test with @pytest.mark.{marker}")
    return MockStrictnessFailure("\n".join([*said, "; ".join(advice)]), [finding for finding, _ in found])


def is_not_ours(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Tell whether somebody else raised this, so that the frames of our hooks say nothing."""
    return not isinstance(excinfo.value, MockStrictnessFailure) and can_hide(excinfo)
