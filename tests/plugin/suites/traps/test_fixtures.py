"""Ways to set up something that lasts longer than a test, other than a fixture that the test names."""

import asyncio
import queue
import socket
import subprocess
import threading
import unittest
from unittest import mock

import pytest
import pytest_asyncio
from kept import forever


class Heart:
    """Beats in a thread until it is stopped."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.stopped.wait)
        self.thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join()


def setup_module(module):
    module.heart = Heart()
    module.sockets = socket.socketpair()


def teardown_module(module):
    module.heart.stop()
    for each in module.sockets:
        each.close()


def test_setup_module():
    assert heart.thread.is_alive()  # noqa: F821 - made by setup_module


class TestXunit:
    @classmethod
    def setup_class(cls):
        cls.heart = Heart()

    @classmethod
    def teardown_class(cls):
        cls.heart.stop()

    def setup_method(self):
        self.own = Heart()

    def teardown_method(self):
        self.own.stop()

    def test_first(self):
        assert self.heart.thread.is_alive()

    def test_second(self):
        assert self.own.thread.is_alive()


class TestUnittest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.heart = Heart()
        cls.addClassCleanup(cls.heart.stop)

    def test_first(self):
        assert self.heart.thread.is_alive()

    def test_second(self):
        assert self.heart.thread.is_alive()


class TestIsolatedAsyncio(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.heart = Heart()

    @classmethod
    def tearDownClass(cls):
        cls.heart.stop()

    async def test_first(self):
        assert self.heart.thread.is_alive()

    async def test_second(self):
        assert self.heart.thread.is_alive()


class TestLazyClass:
    @classmethod
    def setup_class(cls):
        cls.heart = None

    @classmethod
    def teardown_class(cls):
        cls.heart.stop()

    def beat(self) -> bool:
        if self.heart is None:
            type(self).heart = Heart()
        return self.heart.thread.is_alive()

    def test_starts(self):
        assert self.beat()

    def test_goes_on(self):
        assert self.beat()


@pytest.fixture(scope="module")
def starting():
    """Gives a function; what that starts is in the fixture's own list."""
    started = []

    def start() -> Heart:
        started.append(Heart())
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_started_by_a_fixtures_function(starting):
    assert starting().thread.is_alive()


def test_started_by_a_fixtures_function_later(starting):
    assert starting().thread.is_alive()


@pytest.fixture(scope="module")
def watching():
    """Gives less than it holds."""
    requests, hearts = queue.Queue(), []

    def serve() -> None:
        for respond in iter(requests.get, None):
            hearts.append(Heart())
            respond.put(hearts[-1].thread.is_alive())

    server = threading.Thread(target=serve)
    server.start()
    yield requests
    requests.put(None)
    server.join()
    for each in hearts:
        each.stop()


def test_started_by_a_fixtures_thread(watching):
    response = queue.Queue()
    watching.put(response)
    assert response.get(timeout=5)


@pytest.fixture(scope="module")
def on_demand():
    heart = Heart()
    pair = socket.socketpair()
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    yield heart
    heart.stop()
    for each in pair:
        each.close()
    child.communicate()


def test_fixture_on_demand(request):
    assert request.getfixturevalue("on_demand").thread.is_alive()


def test_fixture_on_demand_later(request):
    assert request.getfixturevalue("on_demand").thread.is_alive()


@pytest.fixture(scope="module", params=["a", "b"])
def parametrized(request):
    heart = Heart()
    yield heart
    heart.stop()


def test_parametrized_fixture(parametrized):
    assert parametrized.thread.is_alive()


def test_parametrized_fixture_later(parametrized):
    assert parametrized.thread.is_alive()


@pytest_asyncio.fixture(loop_scope="module")
async def narrow_on_a_wide_loop():
    task = asyncio.create_task(forever())
    yield task
    task.cancel()


@pytest.mark.asyncio(loop_scope="module")
async def test_narrow_fixture_on_a_wide_loop(narrow_on_a_wide_loop):
    assert not narrow_on_a_wide_loop.done()


@pytest.mark.parametrize(
    "name", ["socket.socket", "threading.Thread", "subprocess.Popen", "asyncio.create_task", "os.listdir"]
)
def test_replaces_what_is_watched(name):
    with mock.patch(name) as replaced:
        replaced()


def test_replaces_until_its_end(monkeypatch):
    monkeypatch.setattr("socket.socket", mock.Mock())
