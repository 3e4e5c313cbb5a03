"""Priorities decide the order that dependencies leave open, within a scope, and the plan shows it."""

import re
from collections.abc import Sequence

import pytest

from tests.plugin.logs import write


def planned(pytester: pytest.Pytester, *options: str) -> Sequence[str]:
    """Return the fixtures of ``--setup-plan`` in the order of their set-up, a letter of its scope before each."""
    result = pytester.runpytest_inprocess("--setup-plan", *options)
    matches = (re.match(r" *SETUP +(\w) (\w+)", line) for line in result.outlines)
    return [f"{match[1]} {match[2]}" for match in matches if match and match[2] in {"a", "b", "c", "d"}]


FOUR = """
@managed_fixture({a})
def a(): pass
@managed_fixture({b})
def b(): pass
@managed_fixture({c})
def c(): pass
@pytest.fixture
def d(): pass
def test_it({arguments}): pass
"""


@pytest.mark.parametrize(
    ("options", "arguments", "expected"),
    [
        ({}, "a, b, c, d", ["F a", "F b", "F c", "F d"]),
        ({"c": "priority=1"}, "a, b, c, d", ["F c", "F a", "F b", "F d"]),
        ({"a": "priority=-1"}, "a, b, c, d", ["F b", "F c", "F d", "F a"]),
        ({"b": "priority=2", "c": "priority=3"}, "a, b, c", ["F c", "F b", "F a"]),
        ({"c": "priority=1", "a": "autouse=True"}, "b, c", ["F c", "F a", "F b"]),
        ({"a": "priority=1, dependencies=['b']"}, "b, c, a", ["F b", "F a", "F c"]),
        ({"a": "dependencies=['b']", "b": "priority=-5"}, "a, b, c", ["F b", "F a", "F c"]),
        ({"b": "priority=9", "a": "scope='module'"}, "b, a", ["M a", "F b"]),
        ({"b": "priority=9, scope='session'", "a": "scope='module', priority=10"}, "a, b", ["S b", "M a"]),
    ],
)
def test_the_plan_shows_priorities(
    pytester: pytest.Pytester, options: dict[str, str], arguments: str, expected: Sequence[str]
) -> None:
    """Higher ones come earlier, never before a dependency nor out of their scope, autouse or not."""
    write(pytester, FOUR.format(**({"a": "", "b": "", "c": "", "arguments": arguments} | options)))

    assert planned(pytester) == expected


def test_siblings_of_a_parametrized_test_are_sorted_alike(pytester: pytest.Pytester) -> None:
    """They share one list, so that sorting it again must change nothing."""
    source = FOUR.format(a="priority=-1", b="priority=3", c="priority=3", arguments="a, b, c, d, number")
    write(pytester, source.replace("def test_it", "@pytest.mark.parametrize('number', range(3))\ndef test_it"))

    assert planned(pytester) == ["F b", "F c", "F d", "F a"] * 3


def test_a_test_of_unittest_is_sorted(pytester: pytest.Pytester) -> None:
    """Its fixtures are those that it is marked to use."""
    source = FOUR.partition("def test_it")[0].format(a="", b="", c="priority=1")
    write(
        pytester,
        source
        + "import unittest\n@pytest.mark.usefixtures('a', 'b', 'c')\n"
        + "class TestIt(unittest.TestCase):\n    def test_it(self): pass",
    )

    assert planned(pytester) == ["F c", "F a", "F b"]


def test_the_last_one_set_up_is_the_first_one_torn_down(pytester: pytest.Pytester) -> None:
    """So a higher priority is torn down later."""
    write(pytester, FOUR.format(a="", b="", c="priority=1", arguments="a, b, c"))

    result = pytester.runpytest_inprocess("--setup-show")

    result.stdout.fnmatch_lines(["*TEARDOWN F b", "*TEARDOWN F a", "*TEARDOWN F c"])
