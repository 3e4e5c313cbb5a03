"""The order of tests on request: said, repeatable, the same in all workers, and beside plugins that order, too."""

import re
from collections.abc import Sequence

import pytest

from isolation._order_plugin import read_order
from tests.plugin.said import REPORT, records

SUITE = """
    import pytest

    class TestFirst:
        def test_one(self): pass
        def test_two(self): pass

    class TestSecond:
        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_three(self, number): pass
    """
SUITES = dict.fromkeys(("test_a", "test_b", "test_c"), SUITE)


def collected(result: pytest.RunResult) -> Sequence[str]:
    """Return the tests that a run with ``-v`` or ``--collect-only -q`` names, in their order."""
    found = [re.search(r"\S+\.py::\S+", line) for line in result.outlines]
    return [match[0] for match in found if match is not None]


def order(pytester: pytest.Pytester, *options: str) -> Sequence[str]:
    """Return the order in which the tests would run with *options*."""
    result = pytester.runpytest_inprocess("--collect-only", "-q", *options)
    assert result.ret == 0
    return collected(result)


def test_a_random_order_is_said_and_repeated(pytester: pytest.Pytester) -> None:
    """The header has the option that gives the same order again."""
    pytester.makepyfile(**SUITES)

    first = pytester.runpytest_inprocess("-v", "--isolation-order=random")
    said = next(line for line in first.outlines if line.startswith("isolation: order"))
    match = re.fullmatch(r"isolation: order random \(repeat it with --isolation-order=(random:\d+)\)", said)
    assert match is not None

    assert order(pytester, f"--isolation-order={match[1]}") == collected(first)


def test_modules_and_classes_stay_together(pytester: pytest.Pytester) -> None:
    """Three modules of two classes each are six groups, whatever the seed."""
    pytester.makepyfile(**SUITES)

    tests = [test.rpartition("::")[0] for test in order(pytester, "--isolation-order=random:5")]

    assert len([test for number, test in enumerate(tests) if number == 0 or tests[number - 1] != test]) == 6
    assert tests != [test.rpartition("::")[0] for test in order(pytester)]


def test_reverse_is_the_reverse(pytester: pytest.Pytester) -> None:
    """The last test runs first; the header says so."""
    pytester.makepyfile(**SUITES)

    result = pytester.runpytest_inprocess("-v", "--isolation-order=reverse")

    assert collected(result) == order(pytester)[::-1]
    assert "isolation: order reverse" in result.outlines


def test_a_quiet_run_says_it_at_its_end(pytester: pytest.Pytester) -> None:
    """Without a header the seed is not lost."""
    pytester.makepyfile(**SUITES)

    result = pytester.runpytest_inprocess("-q", "--isolation-order=random:9")

    assert "isolation: order random (repeat it with --isolation-order=random:9)" in result.outlines


def test_the_report_has_the_order(pytester: pytest.Pytester) -> None:
    """The first record says what would repeat the run."""
    pytester.makepyfile(**SUITES)

    pytester.runpytest_inprocess(REPORT, "--isolation-order=random:9")

    assert records(pytester.path)[0]["order"] == "random:9"


def test_all_workers_have_one_order(pytester: pytest.Pytester) -> None:
    """The controller makes up the seed: the workers collect the same, or pytest-xdist would refuse to run."""
    pytester.makepyfile(**SUITES)

    result = pytester.runpytest_subprocess("-n2", "--isolation-order=random", timeout=100)

    result.assert_outcomes(passed=15)
    result.stdout.fnmatch_lines("isolation: order random (repeat it with --isolation-order=random:*)")


def test_others_do_not_shuffle_what_is_in_order(pytester: pytest.Pytester) -> None:
    """pytest-randomly and pytest-random-order stand back, and the header says so."""
    pytester.makepyfile(**SUITES)
    others = ("-p", "pytest_randomly", "-p", "random_order.plugin", "--random-order")

    result = pytester.runpytest_inprocess("-v", "--isolation-order=reverse", *others)

    assert collected(result) == order(pytester)[::-1]
    assert ("isolation: order reverse, instead of that of pytest-randomly and pytest-random-order") in result.outlines


def test_whoever_orders_on_purpose_has_the_last_word(pytester: pytest.Pytester) -> None:
    """A hook that puts one test first, as markers of other plugins ask for, still does."""
    pytester.makepyfile(**SUITES)
    pytester.makeconftest(
        """
        def pytest_collection_modifyitems(items):
            items.sort(key=lambda item: item.nodeid != "test_b.py::TestFirst::test_two")
        """
    )

    assert order(pytester, "--isolation-order=random:2")[0] == "test_b.py::TestFirst::test_two"


def test_a_wrong_order_stops_the_run(pytester: pytest.Pytester) -> None:
    """The message has the value, the option and the nearest that means something."""
    config = pytester.parseconfig("--isolation-order=revers")

    with pytest.raises(pytest.UsageError) as refused:
        read_order(config)

    assert str(refused.value) == "unknown order 'revers' in --isolation-order; did you mean 'reverse'?"


def test_a_file_that_is_no_module_has_its_place(pytester: pytest.Pytester) -> None:
    """The tests of text files are shuffled as modules are."""
    pytester.makepyfile(**SUITES)
    pytester.maketxtfile(test_doc=">>> 1\n1\n")

    assert sorted(order(pytester, "--isolation-order=random:2")) == sorted(order(pytester))
