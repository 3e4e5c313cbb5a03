"""Orders of tests: what they do with names, and how they are written."""

from collections.abc import Sequence

import pytest

from isolation._errors import SettingsError
from isolation._order import Order, parse_order

TESTS = [f"test_{module}.py::Test{case}::test_{number}" for module in "abc" for case in "XY" for number in range(4)]


def chain(test: str) -> Sequence[str]:
    """Return the names of the module, of the class and of the test itself."""
    module, case, _ = test.split("::")
    return [module, f"{module}::{case}", test]


def runs(names: Sequence[str]) -> Sequence[str]:
    """Return *names* without those that repeat the one before."""
    return [name for number, name in enumerate(names) if number == 0 or names[number - 1] != name]


def test_a_seed_repeats_its_order() -> None:
    """The same seed gives the same order, whatever the order was before; another seed gives another."""
    order = Order(kind="random", seed=7)

    assert order.arrange(TESTS, chain) == order.arrange(TESTS[::-1], chain)
    assert order.arrange(TESTS, chain) != Order(kind="random", seed=8).arrange(TESTS, chain)


def test_what_stands_together_stays_together() -> None:
    """Each module, and each class in it, is visited once."""
    arranged = Order(kind="random", seed=1).arrange(TESTS, chain)

    assert sorted(runs([test.split("::")[0] for test in arranged])) == ["test_a.py", "test_b.py", "test_c.py"]
    assert len(runs([test.rpartition("::")[0] for test in arranged])) == 6


def test_every_level_is_shuffled() -> None:
    """Over some hundred seeds each test comes first."""
    assert {Order(kind="random", seed=seed).arrange(TESTS, chain)[0] for seed in range(400)} == set(TESTS)


def test_a_selection_keeps_its_order() -> None:
    """Which of two tests comes first does not depend on which others are selected."""
    order = Order(kind="random", seed=3)
    selected = TESTS[2::5]

    assert order.arrange(selected, chain) == [test for test in order.arrange(TESTS, chain) if test in selected]


def test_reverse_is_the_exact_reverse() -> None:
    """Nothing is grouped anew."""
    assert Order(kind="reverse").arrange(TESTS, chain) == TESTS[::-1]


def test_a_name_that_is_no_text_is_arranged() -> None:
    """A file whose name cannot be decoded has its place."""
    assert Order(kind="random", seed=1).arrange(["\udce4"], lambda name: [name]) == ["\udce4"]


@pytest.mark.parametrize("value", ["random:1234", "random:0", "reverse"])
def test_an_order_is_written_as_it_is_read(value: str) -> None:
    """What the header says can be given back."""
    assert str(parse_order(value, "--isolation-order")) == value


def test_a_seed_is_made_up_without_one() -> None:
    """Two runs that do not care get two orders."""
    assert len({parse_order("random", "--isolation-order").seed for _ in range(3)}) > 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("randm", "unknown order 'randm' in --isolation-order; did you mean 'random'?"),
        ("", "unknown order '' in --isolation-order; use one of 'random', 'reverse'"),
        (
            "random:x1",
            "cannot read the seed 'x1' in --isolation-order; write a whole number, such as 'random:1234'",
        ),
        ("random:", "cannot read the seed '' in --isolation-order; write a whole number, such as 'random:1234'"),
        ("reverse:3", "cannot read 'reverse:3' in --isolation-order; 'reverse' takes no seed"),
    ],
)
def test_a_wrong_order_is_refused(value: str, message: str) -> None:
    """The message has the value, the option and what is right."""
    with pytest.raises(SettingsError) as refused:
        parse_order(value, "--isolation-order")

    assert str(refused.value) == message
