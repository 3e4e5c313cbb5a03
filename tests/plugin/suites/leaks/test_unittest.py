"""Leaks of unittest's test cases."""

import asyncio
import threading
import unittest

from kept import KEEP, STOP, forever


class OfTheTest(unittest.IsolatedAsyncioTestCase):
    async def test_leaves_a_task(self):
        KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error


class OfTheSetUp(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        KEEP.append(asyncio.create_task(forever()))  # leak: task severity=error test=OfTheSetUp::test_is_set_up

    async def test_is_set_up(self):
        pass


class Plain(unittest.TestCase):
    def test_leaves_a_thread(self):
        thread = threading.Thread(target=STOP.wait, daemon=True)
        thread.start()  # leak: thread severity=warning
        KEEP.append(thread)


class PlainSetUp(unittest.TestCase):
    def setUp(self):
        thread = threading.Thread(target=STOP.wait, daemon=True)
        thread.start()  # leak: thread severity=warning test=PlainSetUp::test_is_set_up
        KEEP.append(thread)

    def test_is_set_up(self):
        pass
