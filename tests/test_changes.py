"""The vocabulary of changed state."""

from isolation._changes import ABSENT, Change


def test_a_place_that_does_not_exist_says_so() -> None:
    """Reports show it where a value would stand."""
    assert repr(ABSENT) == "absent"


def test_values_are_compared_by_identity_by_default() -> None:
    """No code of foreign values runs unless a probe knows what they are."""
    change = Change(
        probe="environment",
        kind="env",
        place="os.environ['A']",
        unit="os.environ['A']",
        key="A",
        before=[],
        after=[],
        severity="error",
        put=None,
    )

    assert not change.is_same(change.before, change.after)
