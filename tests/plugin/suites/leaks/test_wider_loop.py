"""Tasks and timers on loops that outlive the test, by pytest-asyncio."""

import asyncio

import pytest
import pytest_asyncio
from kept import KEEP, forever


@pytest.mark.asyncio(loop_scope="module")
async def test_module_loop():
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio(loop_scope="module")
async def test_module_loop_timer():
    loop = asyncio.get_running_loop()
    KEEP.append(loop.call_later(3600, print))  # leak: timer severity=error origin=trace


@pytest.mark.asyncio(loop_scope="module")
async def test_first_task_count_after_a_leak(request):
    """Nothing is left of an earlier test, if that was asked for."""
    if request.config.getoption("isolation_mode", None) in {"restore", "fail"}:
        assert len(asyncio.all_tasks()) == 1


@pytest.mark.asyncio(loop_scope="class")
class TestClassLoop:
    async def test_first(self):
        pass

    async def test_last(self):
        KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio(loop_scope="session")
async def test_session_loop_beside_a_lazy_pool(pool):
    await pool.use()
    KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


@pytest.mark.asyncio(loop_scope="session")
async def test_session_loop_after_a_leak(pool):
    await pool.use()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beating():
    return asyncio.create_task(forever())  # leak: task owner=fixture:beating


@pytest.mark.asyncio(loop_scope="module")
async def test_of_a_module_fixture(beating):
    KEEP.append(beating)


@pytest.mark.asyncio(loop_scope="module")
async def test_last_is_not_blamed_for_a_fixture(beating):
    assert not beating.done()
