"""The failures that the guard makes of findings, as pytest shows them: without the frames of the hooks that raise."""

from collections.abc import Sequence

import pytest

from isolation._compatibility import can_hide
from isolation._errors import ContaminationError, LeakError
from isolation._findings import Finding
from isolation._judgements import Judgement
from isolation._report import Record, is_changed, leak_message


class LeakFailure(LeakError, pytest.fail.Exception):  # type: ignore[name-defined, misc]  # noqa: N818 - a function's attribute
    """A `LeakError` that pytest shows without a traceback."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        LeakError.__init__(self, message, findings)
        self.msg = message
        self.pytrace = False

    def __str__(self) -> str:
        return str(self.msg)


class ContaminationFailure(ContaminationError, pytest.fail.Exception):  # type: ignore[name-defined, misc]  # noqa: N818 - the same
    """A `ContaminationError` that pytest shows without a traceback."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        ContaminationError.__init__(self, message, findings)
        self.msg = message
        self.pytrace = False

    def __str__(self) -> str:
        return str(self.msg)


# The names under which users can catch them, and which pytest prints in its short summary.
LeakFailure.__module__, LeakFailure.__qualname__ = "builtins", "LeakError"
ContaminationFailure.__module__, ContaminationFailure.__qualname__ = "builtins", "ContaminationError"


def failure_of(found: Sequence[tuple[Judgement, Record]]) -> LeakFailure | ContaminationFailure:
    """Return the failure that says what was *found*: a leak, unless all of it is changed state."""
    records = [record for _, record in found]
    failure = ContaminationFailure if all(map(is_changed, records)) else LeakFailure
    return failure(leak_message(records), [judgement.finding for judgement, _ in found])


def is_not_ours(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Tell whether somebody else raised this, so that the frames of our hooks say nothing."""
    return not isinstance(excinfo.value, LeakFailure | ContaminationFailure) and can_hide(excinfo)
