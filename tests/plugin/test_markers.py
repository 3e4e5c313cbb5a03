"""Markers: what a test, a class or a module says about itself."""

import pytest

from tests.plugin.said import REPORT, brief, findings, verdict

HEAD = """
    import socket
    import pytest

    kept = []

    def leak():
        kept.append(socket.socket())

    def teardown_module():
        for each in kept:
            each.close()
"""


def makepyfile(pytester: pytest.Pytester, body: str) -> None:
    """Write a module with *body* below :data:`HEAD`, and a test at its end."""
    pytester.makepyfile(test_it=f"{HEAD}{body}\n    def test_comes_last():\n        pass\n")


def test_an_allowed_leak_is_excused(pytester: pytest.Pytester) -> None:
    """A marked test may leave what the marker names; it is counted as excused and not ended."""
    makepyfile(
        pytester,
        """
    @pytest.mark.isolation_allow("descriptors", reason="closed at the end of the module")
    def test_leaks():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(passed=2)
    assert verdict(result) == "isolation: 2 tests left nothing behind (1 excused) · guard N µs per test"
    assert [(record["excused"], record["restored"]) for record in findings(pytester.path)] == [("marker", None)]


def test_an_allowance_is_for_what_it_names(pytester: pytest.Pytester) -> None:
    """A marker for tasks and threads does not excuse a socket."""
    makepyfile(
        pytester,
        """
    @pytest.mark.isolation_allow("tasks", "threads")
    def test_leaks():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2, errors=1)


def test_allowances_add_up(pytester: pytest.Pytester) -> None:
    """The markers of a test and of its class count together."""
    makepyfile(
        pytester,
        """
    @pytest.mark.isolation_allow("descriptors")
    class TestIt:
        @pytest.mark.isolation_allow("tasks")
        def test_leaks(self):
            leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2)


def test_an_allowance_holds_for_a_whole_module(pytester: pytest.Pytester) -> None:
    """`pytestmark` allows for every test of a module."""
    makepyfile(
        pytester,
        """
    pytestmark = pytest.mark.isolation_allow("descriptors")

    def test_leaks():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=2)


def test_an_allowance_is_for_its_own_test(pytester: pytest.Pytester) -> None:
    """What a test may leave, the next one may not."""
    makepyfile(
        pytester,
        """
    @pytest.mark.isolation_allow("descriptors")
    def test_may_leak():
        leak()

    def test_must_not_leak():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_must_not_leak*"])


@pytest.mark.parametrize(
    "body",
    [
        """
    @pytest.mark.isolation_mode("fail")
    def test_leaks():
        leak()
""",
        """
    @pytest.mark.isolation_mode("fail")
    class TestIt:
        def test_leaks(self):
            leak()
""",
        """
    pytestmark = pytest.mark.isolation_mode("fail")

    def test_leaks():
        leak()
""",
    ],
    ids=["test", "class", "module"],
)
def test_a_mode_can_be_marked(pytester: pytest.Pytester, body: str) -> None:
    """A test, a class or a module fails on leaks while the rest of the suite only reports them."""
    makepyfile(pytester, body)

    result = pytester.runpytest_inprocess("--isolation-mode=report")

    result.assert_outcomes(passed=2, errors=1)


def test_the_closest_mode_counts(pytester: pytest.Pytester) -> None:
    """The mode of a test counts more than that of its module."""
    makepyfile(
        pytester,
        """
    pytestmark = pytest.mark.isolation_mode("fail")

    @pytest.mark.isolation_mode("report")
    def test_leaks():
        leak()
""",
    )

    result = pytester.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=2)
    assert brief(pytester.path) == [("test_leaks", "socket")]


def test_a_marked_mode_counts_more_than_that_of_a_probe(pytester: pytest.Pytester) -> None:
    """`isolation_mode("report")` reports sockets also where sockets fail everywhere else."""
    makepyfile(
        pytester,
        """
    @pytest.mark.isolation_mode("report")
    def test_leaks():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-probes=descriptors=fail")

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("marker", ['isolation_mode("off")', "no_resource_tracking"])
def test_a_test_can_be_left_alone(pytester: pytest.Pytester, marker: str) -> None:
    """Nothing that such a test leaves is reported, nor is any other test blamed for it."""
    makepyfile(
        pytester,
        f"""
    @pytest.mark.{marker}
    def test_leaks():
        leak()
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(passed=2)
    assert findings(pytester.path) == []


def test_a_marker_does_not_speak_for_a_fixture(pytester: pytest.Pytester) -> None:
    """What a wider fixture leaves is not excused by the marker of the test after which it is found."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="class")
    def server():
        leak()

    class TestIt:
        @pytest.mark.isolation_allow("descriptors")
        @pytest.mark.isolation_mode("off")
        def test_uses_it(self, server):
            pass
""",
    )

    pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    assert brief(pytester.path) == [("server", "socket")]
