"""A managed fixture is an ordinary fixture of pytest: whatever works there works here."""

import pytest

from tests.plugin.logs import errors, said, write


def test_a_parameter_rebuilds_what_depends_on_it(pytester: pytest.Pytester) -> None:
    """A declared dependency is a true one: `getfixturevalue` makes none, and so holds what is closed."""
    write(
        pytester,
        """
        @managed_fixture(scope="module", params=[1, 2], ids=["one", "two"])
        def number(request, resource_manager):
            say("+number", request.param)
            resource_manager.register(say, "-number", request.param)
            return request.param

        @managed_fixture(scope="module", dependencies=["number"])
        def dependant():
            say("+dependant")
            yield
            say("-dependant")

        def test_it(dependant): say("test")
        """,
    )

    result = pytester.runpytest_inprocess("-v")

    result.stdout.fnmatch_lines(["test_it.py::test_it[[]one[]]*", "test_it.py::test_it[[]two[]]*"])
    one = ["+number 1", "+dependant", "test", "-dependant", "-number 1"]
    assert said(pytester) == [*one, *(line.replace("1", "2") for line in one)]


@pytest.mark.parametrize(
    "source",
    [
        """
        @pytest.mark.parametrize("number", [1, 2], scope="module")
        def test_it(dependant): say("test")
        """,
        """
        @pytest.mark.parametrize("number", [1, 2], indirect=True, scope="module")
        def test_it(dependant): say("test")

        @managed_fixture(scope="module")
        def number(request):
            say("+number", request.param)
            yield request.param
            say("-number", request.param)
        """,
        """
        def pytest_generate_tests(metafunc):
            metafunc.parametrize("number", [1, 2], scope="module")

        def test_it(dependant): say("test")
        """,
    ],
    ids=["direct", "indirect", "hook"],
)
def test_what_a_test_is_parametrized_with_is_a_dependency(pytester: pytest.Pytester, source: str) -> None:
    """A name that only parametrization gives is visible, and a new value rebuilds what declares it."""
    source += """
        @managed_fixture(scope="module", dependencies=["number"])
        def dependant():
            say("+dependant")
            yield
            say("-dependant")
    """
    write(pytester, source)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=2)
    once = ["+dependant", "test", "-dependant"]
    assert [line for line in said(pytester) if "number" not in line] == once * 2


def test_methods_are_fixtures(pytester: pytest.Pytester) -> None:
    """So are classmethods and staticmethods; each gets what Python binds it to, and a manager."""
    write(
        pytester,
        """
        class TestIt:
            @managed_fixture
            def method(self, resource_manager):
                resource_manager.register(say, "-method")
                return type(self).__name__

            @managed_fixture(scope="class")
            @classmethod
            def of_class(cls, resource_manager):
                resource_manager.register(say, "-of_class")
                yield cls.__name__

            @managed_fixture(scope="class")
            @staticmethod
            async def of_nobody(resource_manager):
                resource_manager.register(say, "-of_nobody")
                return "nobody"

            def test_1(self, method, of_class, of_nobody):
                assert (method, of_class, of_nobody) == ("TestIt", "TestIt", "nobody")

            def test_2(self, method, of_class, of_nobody): pass
        """,
    )

    result = pytester.runpytest_inprocess("-W", "error")

    result.assert_outcomes(passed=2)
    assert said(pytester) == ["-method", "-method", "-of_nobody", "-of_class"]


def test_a_test_case_of_unittest_uses_them(pytester: pytest.Pytester) -> None:
    """By a marker, or because they are autouse methods of it."""
    write(
        pytester,
        """
        import unittest

        @managed_fixture(scope="class")
        def server(request):
            request.cls.server = "server"
            yield
            say("-server")

        @pytest.mark.usefixtures("server")
        class TestIt(unittest.TestCase):
            @managed_fixture(autouse=True)
            def connection(self, resource_manager):
                resource_manager.register(say, "-connection")
                self.connection = "connection"

            def test_it(self):
                assert (self.server, self.connection) == ("server", "connection")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert said(pytester) == ["-connection", "-server"]


@pytest.mark.parametrize("definition", ["def overridden(overridden):", "def overridden():"])
def test_overriding_asks_for_the_overridden_one(pytester: pytest.Pytester, definition: str) -> None:
    """A fixture that needs its own name means the one above it, as an argument or declared; that is no cycle."""
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef overridden(request): request.node.above = 'above'")
    declared = "" if "(overridden)" in definition else "(dependencies=['overridden'])"
    write(
        pytester,
        f"""
        @managed_fixture{declared}
        {definition}
            return "here"

        def test_it(overridden, request):
            assert (overridden, request.node.above) == ("here", "above")
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)


def test_a_chain_of_overrides_is_followed_to_its_end(pytester: pytest.Pytester) -> None:
    """Each means the next one above it, also through another fixture that is overridden nowhere."""
    write(pytester, "@managed_fixture\ndef value(): return 'root'", "conftest")
    package = pytester.mkpydir("package")
    (package / "conftest.py").write_text(
        "from isolation import managed_fixture\n"
        "@managed_fixture(dependencies=['value'])\ndef value(value): return value + '.package'"
    )
    (package / "test_it.py").write_text(
        "from isolation import managed_fixture\n"
        "@managed_fixture\ndef value(value): return value + '.module'\n"
        "def test_it(value): assert value == 'root.package.module'"
    )

    result = pytester.runpytest_inprocess("--import-mode=importlib")

    result.assert_outcomes(passed=1)


def test_a_scope_can_be_chosen_late(pytester: pytest.Pytester) -> None:
    """A function that pytest calls may return the scope."""
    write(
        pytester,
        """
        @managed_fixture(scope=lambda fixture_name, config: "module" if fixture_name == "wide" else "function")
        def wide():
            yield
            say("-wide")

        def test_1(wide): say("test_1")
        def test_2(wide): say("test_2")
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=2)
    assert said(pytester) == ["test_1", "test_2", "-wide"]


@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
def test_it_has_a_manager_of_its_own_at_every_scope(pytester: pytest.Pytester, scope: str) -> None:
    """What it registers is released when it ends, whatever the test registers in its own manager."""
    write(
        pytester,
        f"""
        @managed_fixture(scope="{scope}")
        def wide(resource_manager):
            resource_manager.register(say, "-wide", resource_manager.name)
            return resource_manager

        def test_it(wide, resource_manager):
            assert wide is not resource_manager
            resource_manager.register(say, "-test")
        """,
    )

    result = pytester.runpytest_inprocess("-W", "error")

    result.assert_outcomes(passed=1)
    assert said(pytester) == ["-test", "-wide wide"]


def test_its_manager_can_be_asked_for_behind_other_names(pytester: pytest.Pytester) -> None:
    """A name of the fixture, autouse, and a manager that is keyword-only."""
    write(
        pytester,
        """
        @managed_fixture(name="named", autouse=True)
        def _named(*, resource_manager):
            resource_manager.register(say, "-", resource_manager.name)
            return "value"

        def test_it(request):
            assert request.getfixturevalue("named") == "value"
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert said(pytester) == ["- named"]


def test_mocks_come_first(pytester: pytest.Pytester) -> None:
    """`mock.patch` makes pytest drop the first arguments, which therefore must be the mocks."""
    write(
        pytester,
        """
        from unittest import mock

        @managed_fixture(dependencies=["dependency"])
        @mock.patch("os.getpid")
        @mock.patch("os.getppid")
        def patched(getppid, getpid, tmp_path, resource_manager):
            resource_manager.register(say, "released")
            assert (os.getppid, os.getpid) == (getppid, getpid)
            return tmp_path.exists()

        @pytest.fixture
        def dependency(): say("dependency")

        def test_it(patched): assert patched
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert said(pytester) == ["dependency", "released"]


@pytest.mark.parametrize("options", [["--isolation-mode=off"], ["-n2"]], ids=["off", "workers"])
def test_it_is_the_same(pytester: pytest.Pytester, options: list[str]) -> None:
    """With the guard off, and in workers: the same order, and the same note."""
    write(
        pytester,
        """
        def close(value):
            say("close", value)
            raise OSError("gone")

        @managed_fixture(cleanup_callbacks=[close])
        async def repository(resource_manager):
            resource_manager.register(say, "released")
            yield "repository"
            say("after")

        async def test_it(repository): say("test")
        """,
    )

    result = pytester.runpytest_inprocess(*options)

    result.assert_outcomes(passed=1, errors=1)
    assert said(pytester) == ["test", "close repository", "after", "released"]
    assert errors(result) == [
        "OSError: gone",
        "while cleaning up 'close' of fixture 'repository' (registered at test_it.py:14)",
    ]


def test_a_fixture_is_called_directly_by_nobody(pytester: pytest.Pytester) -> None:
    """As with pytest's own, calling it says what to do instead."""
    write(pytester, "@managed_fixture\ndef value(): return 1\ndef test_it(): value()")

    result = pytester.runpytest_inprocess()

    result.stdout.fnmatch_lines(['*Fixture "value" called directly. Fixtures are not meant to be called directly,*'])


def test_what_is_not_asked_for_is_not_given(pytester: pytest.Pytester) -> None:
    """Declared dependencies and ``request`` do not reach a function with ``**keywords``."""
    write(
        pytester,
        """
        @pytest.fixture
        def dependency(): say("dependency")

        @managed_fixture(dependencies=[dependency])
        def value(**keywords): return keywords

        def test_it(value): assert value == {}
        """,
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert said(pytester) == ["dependency"]


def test_it_works_where_the_plugin_is_switched_off(pytester: pytest.Pytester) -> None:
    """Without the plugin, everything but what needs its hooks is the same: the private manager, the order, a task."""
    pytester.makepyfile(
        """
        import asyncio
        from isolation import managed_fixture

        LOG = []

        @managed_fixture
        def base(resource_manager):
            resource_manager.register(LOG.append, "base")

        @managed_fixture(dependencies=["base"], cleanup_callbacks=[LOG.append], own_task=True)
        async def group(request):
            async with asyncio.timeout(30):
                yield request.fixturename

        async def test_group(group):
            assert group == "group"

        def test_order():
            assert LOG == ["group", "base"]
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:isolation", "-p", "no:randomly")

    result.assert_outcomes(passed=2)
