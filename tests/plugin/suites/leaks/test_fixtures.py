"""What fixtures and other set-ups leave when they end: owned by them, whatever their scope."""

import asyncio
import socket
import threading
import unittest

import pytest
import pytest_asyncio
from kept import KEEP, STOP, forever


def beat() -> threading.Thread:
    thread = threading.Thread(target=STOP.wait, daemon=True)
    KEEP.append(thread)
    return thread


@pytest.fixture(scope="session")
def of_the_session():
    beat().start()  # leak: thread owner=fixture:of_the_session severity=note


def test_of_a_session_fixture(of_the_session):
    pass


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def on_the_session_loop():
    KEEP.append(asyncio.create_task(forever()))  # leak: task owner=fixture:on_the_session_loop severity=note


@pytest.mark.asyncio(loop_scope="session")
async def test_of_an_async_session_fixture(on_the_session_loop):
    pass


@pytest.fixture(scope="class")
def of_the_class():
    KEEP.append(socket.socket())  # leak: socket owner=fixture:of_the_class severity=error


class TestClass:
    def test_of_a_class_fixture(self, of_the_class):
        pass

    def test_of_a_class_fixture_later(self, of_the_class):
        pass


class TestPlain:
    @classmethod
    def setup_class(cls):
        beat().start()  # leak: thread owner=fixture:_xunit_setup_class_fixture_TestPlain

    def setup_method(self):
        own = socket.socket()  # leak: socket fixture=_xunit_setup_method_fixture_TestPlain test=TestPlain::test_it
        KEEP.append(own)

    def test_it(self):
        pass


class TestUnittest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        beat().start()  # leak: thread owner=fixture:_unittest_setUpClass_fixture_TestUnittest

    def test_set_up(self):
        pass

    def test_set_up_before(self):
        pass


@pytest.fixture
def tearing_down():
    yield
    KEEP.append(socket.socket())  # leak: socket severity=error fixture=tearing_down test=test_torn_down


def test_torn_down(tearing_down):
    pass


@pytest.fixture(scope="module")
def tearing_down_late():
    yield
    KEEP.append(socket.socket())  # leak: socket owner=fixture:tearing_down_late severity=error


def test_torn_down_late(tearing_down_late):
    pass


@pytest.fixture(scope="module")
def on_demand():
    beat().start()  # leak: thread owner=fixture:on_demand


def test_fixture_on_demand(request):
    request.getfixturevalue("on_demand")


def test_fixture_on_demand_later(request):
    request.getfixturevalue("on_demand")


@pytest_asyncio.fixture(loop_scope="module")
async def narrow_on_a_wide_loop():
    return asyncio.create_task(forever())  # leak: task severity=error fixture=narrow_on_a_wide_loop test=test_narrow


@pytest.mark.asyncio(loop_scope="module")
async def test_narrow(narrow_on_a_wide_loop):
    KEEP.append(narrow_on_a_wide_loop)


@pytest.fixture
def failing():
    KEEP.append(socket.socket())  # leak: socket severity=error fixture=failing test=test_setup_is_skipped
    pytest.skip("not today")


def test_setup_is_skipped(failing):
    pass
