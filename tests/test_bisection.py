"""Reducing a sequence to the part of it that has an effect, and how many trials that takes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isolation._bisection import reduce


class Effect:
    """Has an effect if all the *needed* are there; counts how often it was asked."""

    def __init__(self, *needed: int) -> None:
        self.needed = set(needed)
        self.trials: list[Sequence[int]] = []

    def __call__(self, part: Sequence[int]) -> bool:
        """Try *part*."""
        self.trials.append(part)
        return self.needed <= set(part)


@pytest.mark.parametrize("guilty", [0, 1, 511, 512, 1023])
def test_one_is_found_by_halving(guilty: int) -> None:
    """One of a thousand takes ten trials, and at most one more that makes sure."""
    effect = Effect(guilty)

    assert reduce(range(1024), effect) == [guilty]
    assert len(effect.trials) <= 11


def test_two_that_only_act_together_are_found() -> None:
    """What none of them does alone is found by leaving out what can be left out."""
    effect = Effect(3, 60)

    assert reduce(range(64), effect) == [3, 60]
    assert len(effect.trials) <= 50


def test_three_are_found() -> None:
    """There is no limit to how many it takes."""
    assert reduce(range(20), Effect(2, 9, 17)) == [2, 9, 17]


def test_all_may_be_needed() -> None:
    """What cannot be made smaller stays."""
    assert reduce(range(4), Effect(0, 1, 2, 3)) == [0, 1, 2, 3]


def test_the_only_one_needs_no_trial() -> None:
    """The whole is known to have the effect."""
    effect = Effect(5)

    assert (reduce([5], effect), effect.trials) == ([5], [])


def test_nothing_is_tried_twice() -> None:
    """A trial is a run of tests."""
    effect = Effect(3, 60)

    reduce(range(64), effect)

    assert len(set(map(tuple, effect.trials))) == len(effect.trials)


def test_an_effect_may_come_and_go() -> None:
    """Two things may cancel each other out: what is found has the effect all the same."""
    assert reduce(range(3), lambda part: list(part) in ([0, 1, 2], [2])) == [2]


@given(st.sets(st.integers(0, 29), min_size=1, max_size=4))
def test_nothing_is_missing_and_nothing_too_much(needed: set[int]) -> None:
    """Whichever are needed, these are returned, in their order."""
    assert reduce(range(30), Effect(*needed)) == sorted(needed)
