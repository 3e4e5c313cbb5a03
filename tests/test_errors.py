"""The errors of leaks and settings."""

import pytest

from isolation import IsolationError, LeakError, SettingsError
from tests.made import finding


def test_a_leak_error_has_the_findings() -> None:
    """The message is for people, the findings are for programs."""
    found = [finding()]

    error = LeakError("test_chat left 1 thing behind", found)

    assert str(error) == "test_chat left 1 thing behind"
    assert error.findings is found


@pytest.mark.parametrize("error", [LeakError, SettingsError])
def test_all_have_one_base(error: type[Exception]) -> None:
    """Whoever wants to catch all of them catches IsolationError."""
    assert issubclass(error, IsolationError)


def test_a_wrong_setting_is_a_wrong_value() -> None:
    """Code that expects a ValueError gets one."""
    assert issubclass(SettingsError, ValueError)
