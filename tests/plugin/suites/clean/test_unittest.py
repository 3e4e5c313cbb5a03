"""unittest's asynchronous test cases."""

import asyncio
import contextlib
import unittest

from kept import forever


class Plain(unittest.IsolatedAsyncioTestCase):
    async def test_awaits(self):
        await asyncio.create_task(asyncio.sleep(0))


class WithSetUp(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.task = asyncio.create_task(forever())

    async def asyncTearDown(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def test_is_set_up(self):
        assert not self.task.done()
