"""A run inside of a test, as those who test plugins have them: each guard minds its own tests."""

import asyncio

import pytest

from isolation import LeakError, no_leaks
from isolation._owners import OWNER
from tests.plugin.said import REPORT, brief

LEAK = """
    import asyncio

    kept = []

    async def stay():
        await asyncio.Event().wait()

    async def test_leaks():
        kept.append(asyncio.create_task(stay()))
"""


def test_the_outer_test_is_not_blamed(pytester: pytest.Pytester) -> None:
    """What a test of the inner run left is found there, and not again as the outer test's."""
    pytester.makepyfile(LEAK)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert brief(pytester.path) == [("test_leaks", "task")]


def test_the_outer_test_goes_on(pytester: pytest.Pytester) -> None:
    """After the inner run, the outer test owns what it makes, as before."""
    pytester.makepyfile("def test_passes(): pass")
    before = OWNER.get()

    pytester.runpytest_inprocess()

    assert before is not None
    assert OWNER.get() is before


def test_the_outer_guard_goes_on_looking(pytester: pytest.Pytester) -> None:
    """The inner run takes off nothing that the outer one needs."""
    pytester.makepyfile("def test_passes(): pass")
    pytester.runpytest_inprocess()
    loop = asyncio.new_event_loop()

    with pytest.raises(LeakError, match="task 'sleep'"), no_leaks("tasks"):
        task = loop.create_task(asyncio.sleep(3600))

    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()
