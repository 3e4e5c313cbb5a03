"""Full stacks: `--isolation-trace` keeps all frames, and sees what is known of nothing otherwise."""

import pytest

from tests.plugin.said import REPORT, findings

DEEP = """
    import socket

    kept = []

    def descend(levels):
        if levels:
            return descend(levels - 1)
        kept.append(socket.socket())

    def test_leaks():
        descend(30)
"""
NUMBER = """
    import os

    kept = []

    def teardown_module():
        os.close(kept[0])

    def test_leaks(tmp_path):
        kept.append(os.open(tmp_path / "log", os.O_CREAT))

    def test_last():
        pass
"""


def test_a_compact_stack_has_an_end(pytester: pytest.Pytester) -> None:
    """Without the option an origin has the innermost frames: enough to find the line."""
    pytester.makepyfile(test_it=DEEP)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    functions = [frame["function"] for frame in findings(pytester.path)[0]["origin"]]
    assert functions == ["descend"] * 16


def test_a_full_stack_has_everything(pytester: pytest.Pytester) -> None:
    """With the option an origin leads back to the test, however deep."""
    pytester.makepyfile(test_it=DEEP)

    pytester.runpytest_subprocess("--isolation-mode=restore", "--isolation-trace", REPORT)

    functions = [frame["function"] for frame in findings(pytester.path)[0]["origin"]]
    assert functions == [*["descend"] * 31, "test_leaks"]


def test_a_bare_number_has_no_origin(pytester: pytest.Pytester) -> None:
    """Without the option nobody watches `os.open`."""
    pytester.makepyfile(NUMBER)

    pytester.runpytest_inprocess(REPORT)

    assert findings(pytester.path)[0]["origin"] == []


def test_a_bare_number_is_traced_to_its_opening(pytester: pytest.Pytester) -> None:
    """With the option it is known where each path was opened."""
    pytester.makepyfile(test_it=NUMBER)

    pytester.runpytest_subprocess("--isolation-trace", REPORT)

    (frame,) = findings(pytester.path)[0]["origin"]
    assert (frame["file"], frame["line"], frame["function"]) == ("test_it.py", 9, "test_leaks")


def test_a_timer_is_traced(pytester: pytest.Pytester) -> None:
    """Where a timer was scheduled is known with the option, through every frame of the user's code."""
    pytester.makepyfile(
        test_it="""
        import asyncio

        def schedule():
            asyncio.get_running_loop().call_later(3600, print)

        async def test_leaks():
            schedule()
        """
    )

    pytester.runpytest_subprocess("--isolation-trace", REPORT)

    functions = [frame["function"] for frame in findings(pytester.path)[0]["origin"]]
    assert functions == ["schedule", "test_leaks"]


def test_the_way_from_test_to_thread_is_shown(pytester: pytest.Pytester) -> None:
    """The error of a deep leak lists every line of the user's code, outermost first."""
    pytester.makepyfile(test_it=DEEP)

    result = pytester.runpytest_subprocess("--isolation-mode=fail", "--isolation-trace")

    shown = [line for line in result.outlines if line.startswith("    test_it.py:")]
    assert shown[0] == "    test_it.py:11 in test_leaks  descend(30)"
    assert shown[-1] == "    test_it.py:8 in descend      kept.append(socket.socket())"
    assert len(shown) == 32
