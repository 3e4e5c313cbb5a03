"""What contents have in common is left out of what a change costs."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from isolation._changes import ABSENT
from isolation.snapshots._contents import Place, keyed_differences, unlike

THINGS = [object() for _ in range(5)]
lists = st.lists(st.sampled_from(THINGS), max_size=8)
dicts = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(THINGS)), max_size=8).map(dict)


@given(before=lists, after=lists)
def test_what_goes_and_what_comes_is_the_whole_difference(before: list[object], after: list[object]) -> None:
    """However often a thing is there."""
    gone, come = unlike(before, after)

    counts = Counter(map(id, before))
    counts.subtract(Counter(map(id, gone)))
    counts.update(Counter(map(id, come)))
    assert +counts == Counter(map(id, after))


def test_what_stays_at_its_end_is_left_out() -> None:
    """What is added to a long list, or taken from its front, is all that counts."""
    first, *rest = THINGS

    assert unlike(rest, [*rest, first]) == ([], [first])
    assert unlike([first, *rest], rest) == ([first], [])
    assert unlike([rest[0], first, rest[1]], [rest[0], rest[2], rest[1]]) == ([first], [rest[2]])
    assert unlike(rest, rest) == ([], [])


@given(before=dicts, after=dicts)
def test_each_entry_that_differs_is_told_once(before: dict[object, object], after: dict[object, object]) -> None:
    """And only the order if no entry differs, but that does."""
    keys = [*before, *(key for key in after if key not in before)]
    expected = [
        (key, before.get(key, ABSENT), after.get(key, ABSENT))
        for key in keys
        if before.get(key, ABSENT) is not after.get(key, ABSENT)
    ]

    found = keyed_differences(before, after)

    if expected or list(before) == list(after):
        assert sorted(found, key=str) == sorted(expected, key=str)
    else:
        assert [place for place, _, _ in found] == [Place.ORDER]
