"""Fixtures of wider scope: they own what they make, and answer for it when their own scope ends."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, brief, error, findings, section

HEAD = """
    import socket
    import unittest
    import pytest

    kept = []

    def leak():
        kept.append(socket.socket())
"""


def makepyfile(pytester: pytest.Pytester, body: str) -> None:
    """Write a module with *body* below :data:`HEAD`."""
    pytester.makepyfile(test_it=f"{HEAD}{body}")


def owner(pytester: pytest.Pytester) -> tuple[str, str, str]:
    """Return kind, name and scope of the owner of the only finding in the report."""
    (record,) = findings(pytester.path)
    return record["owner"]["kind"], record["owner"]["name"], record["owner"]["scope"]


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_a_wider_fixture_owns_what_it_makes(pytester: pytest.Pytester, scope: str) -> None:
    """What a fixture makes in its setup is found when its scope ends, as the fixture's."""
    makepyfile(
        pytester,
        f"""
    @pytest.fixture(scope="{scope}")
    def server():
        leak()

    class TestIt:
        def test_first(self, server):
            pass

        def test_last(self, server):
            assert kept[0].fileno() != -1
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert owner(pytester) == ("fixture", "server", scope)


def test_a_wider_fixture_is_left_alone_while_it_lives(pytester: pytest.Pytester) -> None:
    """A class's fixture is judged when its class is over, not after a test that uses it, and not at the very end."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="class")
    def server():
        leak()

    class TestFirst:
        def test_first(self, server):
            pass

        def test_last(self, server):
            pass

    def test_after_it():
        assert kept[0].fileno() == -1
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail")

    result.assert_outcomes(passed=3, errors=1)
    assert error(result, "TestFirst.test_last") == [
        "fixture 'server' (scope=class) of test_it.py::TestFirst left 1 thing behind",
        "  socket AF_INET, not connected, created at test_it.py:8 in leak; held by test_it:kept",
        "    test_it.py:12 in server  leak()",
        "    test_it.py:8 in leak     kept.append(socket.socket())",
        "close them in its teardown, or excuse them in isolation_allow",
    ]


def test_a_session_fixture_leaves_notes(pytester: pytest.Pytester) -> None:
    """What a session's fixture leaves at its end is a note: the process ends anyway."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="session")
    def server():
        leak()

    def test_uses_it(server):
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", "-v")

    result.assert_outcomes(passed=1)
    assert section(result) == [
        "fixture 'server' (scope=session) left",
        "  socket AF_INET, not connected, created at test_it.py:8 in leak; held by test_it:kept",
        "1 test left nothing behind (1 in notes) · guard N µs per test",
    ]


def test_a_teardown_belongs_to_its_fixture(pytester: pytest.Pytester) -> None:
    """What a wider fixture makes while it is torn down is its own, not that of the last test."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="module")
    def server():
        yield
        leak()

    def test_uses_it(server):
        pass
""",
    )

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert owner(pytester) == ("fixture", "server", "module")


def test_each_teardown_belongs_to_its_own_fixture(pytester: pytest.Pytester) -> None:
    """Fixtures that use each other are torn down one after the other, and so are their leaks told apart."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="module")
    def server():
        yield
        leak()

    @pytest.fixture(scope="module")
    def client(server):
        yield
        leak()

    @pytest.fixture
    def message(client):
        yield
        leak()

    def test_uses_them(message):
        pass
""",
    )

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert sorted(brief(pytester.path)) == [("client", "socket"), ("server", "socket"), ("test_uses_them", "socket")]


def test_what_a_test_makes_with_a_fixture_is_its_own(pytester: pytest.Pytester) -> None:
    """A method of a wider fixture's object, called in a test, acts for that test."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="module")
    def make():
        return leak

    def test_leaks(make):
        make()

    def test_last(make):
        pass
""",
    )

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert owner(pytester) == ("test", "test_leaks", "function")


def test_a_fixture_may_keep_what_a_test_opened(pytester: pytest.Pytester) -> None:
    """A client that connects at its first use keeps its connection: its fixture adopts it, and answers for it."""
    makepyfile(
        pytester,
        """
    class Client:
        def connect(self):
            self.connection = socket.socket()

    @pytest.fixture(scope="module")
    def client():
        client = Client()
        kept.append(client)
        return client

    def test_first(client):
        client.connect()

    def test_last(client):
        assert client.connection.fileno() != -1
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    result.assert_outcomes(passed=2)
    assert owner(pytester) == ("fixture", "client", "module")


def test_a_setup_that_fails_still_owns(pytester: pytest.Pytester) -> None:
    """A wider fixture that opened something before it failed is named for it."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="module")
    def server():
        leak()
        raise OSError

    def test_is_not_run(server):
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(errors=1)
    assert owner(pytester) == ("fixture", "server", "module")


def test_a_fixture_may_be_asked_for_in_the_test(pytester: pytest.Pytester) -> None:
    """`getfixturevalue` sets fixtures up in the middle of a test; they own what they make all the same."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="module")
    def server():
        leak()

    @pytest.fixture
    def client():
        leak()

    def test_asks(request):
        request.getfixturevalue("server")
        request.getfixturevalue("client")
        leak()

    def test_last():
        pass
""",
    )

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert [(record["owner"]["name"], record["fixture"]) for record in findings(pytester.path)] == [
        ("test_asks", "client"),
        ("test_asks", None),
        ("server", "server"),
    ]


def test_parameters_of_a_fixture_are_told_apart(pytester: pytest.Pytester) -> None:
    """A fixture comes to its end once for each parameter: before the next one is set up, which starts clean."""
    makepyfile(
        pytester,
        """
    @pytest.fixture(scope="module", params=["http", "https"])
    def server(request):
        assert all(each.fileno() == -1 for each in kept)
        leak()

    def test_uses_it(server):
        pass
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(passed=2, errors=1)
    assert brief(pytester.path) == [("server[http]", "socket"), ("server[https]", "socket")]


def test_a_long_parameter_is_no_part_of_a_name(pytester: pytest.Pytester) -> None:
    """A fixture has one name in every report: that of `debug_fixture_state`."""
    makepyfile(
        pytester,
        """
    from isolation import debug_fixture_state

    @pytest.fixture(scope="module", params=["x" * 60])
    def server(request):
        leak()

    def test_uses_it(server):
        assert [each["name"] for each in debug_fixture_state()][-1] == "server"
""",
    )

    result = pytester.runpytest_inprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(passed=1, errors=1)
    assert brief(pytester.path) == [("server", "socket")]


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        (
            """
    def setup_module():
        leak()

    def test_passes():
        pass
""",
            "module",
        ),
        (
            """
    class TestIt:
        @classmethod
        def setup_class(cls):
            leak()

        def test_passes(self):
            pass
""",
            "class",
        ),
        (
            """
    class TestIt(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            leak()

        def test_passes(self):
            pass
""",
            "class",
        ),
    ],
    ids=["setup_module", "setup_class", "setUpClass"],
)
def test_xunit_style_has_owners(pytester: pytest.Pytester, body: str, scope: str) -> None:
    """Setup functions of modules and classes own what they make, like fixtures of their scope."""
    makepyfile(pytester, body)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    kind, _, found = owner(pytester)
    assert (kind, found) == ("fixture", scope)


@pytest.mark.parametrize(
    "body",
    [
        """
    def setup_function():
        leak()

    def test_leaks():
        pass
""",
        """
    class TestIt(unittest.TestCase):
        def setUp(self):
            leak()

        def test_leaks(self):
            pass
""",
        """
    class TestIt:
        def setup_method(self):
            leak()

        def test_leaks(self):
            pass
""",
    ],
    ids=["setup_function", "setUp", "setup_method"],
)
def test_setup_of_a_test_is_its_own(pytester: pytest.Pytester, body: str) -> None:
    """What a setup function made for one test is that test's."""
    makepyfile(pytester, body)

    pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)

    assert owner(pytester) == ("test", "test_leaks", "function")


def test_an_async_fixture_owns_its_tasks(pytester: pytest.Pytester) -> None:
    """A module's task that is still pending when its fixture is over is the fixture's, not the last test's."""
    pytester.makeini(SETTINGS.replace("scope = function", "scope = module"))
    pytester.makepyfile(
        test_it="""
        import asyncio
        import pytest_asyncio

        async def forever():
            await asyncio.Event().wait()

        @pytest_asyncio.fixture(scope="module", loop_scope="module")
        async def server():
            task = asyncio.create_task(forever(), name="serve")
            yield task

        def test_first(server):
            assert not server.done()

        def test_last(server):
            assert not server.done()
        """
    )

    result = pytester.runpytest_subprocess("--isolation-mode=fail", REPORT)

    result.assert_outcomes(passed=2, errors=1)
    assert owner(pytester) == ("fixture", "server", "module")
    assert section(result)[0] == "fixture 'server' (scope=module) of test_it.py left"
