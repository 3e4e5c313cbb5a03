"""What cannot work is an error of the collection, which says where it is written and what to do."""

from textwrap import dedent

import pytest

from tests.plugin.logs import errors, said, write

IMPORT = "from isolation import managed_fixture\n"


def refused(pytester: pytest.Pytester, source: str, *options: str) -> str:
    """Return with which message the collection of test_it.py with *source* fails."""
    pytester.makepyfile(test_it=IMPORT + dedent(source))
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(errors=1)
    start = next(n for n, line in enumerate(result.outlines) if "ERROR collecting" in line)
    end = next(
        n for n, line in enumerate(result.outlines) if n > start and line.startswith(("===", "___", "isolation"))
    )
    return "\n".join(result.outlines[start + 1 : end])


@pytest.mark.parametrize(
    ("declared", "advice"),
    [
        ("'postgress_client'", "; did you mean 'postgres_client'?"),
        ("'tmp_pth'", "; did you mean 'tmp_path'?"),
        ("'zzzzzz'", ""),
        ("'zzzzzz', 'postgress_client'", ""),
        ("'postgres_client', 'postgress_client'", "; did you mean 'postgres_client'?"),
    ],
)
def test_a_dependency_that_does_not_exist(pytester: pytest.Pytester, declared: str, advice: str) -> None:
    """The message names the fixture with its place, what is missing, and the nearest name that is visible."""
    said = refused(
        pytester,
        f"""
        @managed_fixture
        def postgres_client(): pass
        @managed_fixture(dependencies=[{declared}])
        def repo(): pass
        def test_a(repo): pass
        """,
    )

    missing = declared.replace("'postgres_client', ", "")
    assert said == (
        f"managed fixture 'repo' (test_it.py:5) declares dependencies=[{missing}], "
        f"but no fixture of that name is visible from test_it.py::test_a{advice}"
    )


def test_a_dependency_that_only_others_see(pytester: pytest.Pytester) -> None:
    """A fixture of another directory is none, and no advice."""
    pytester.mkpydir("elsewhere").joinpath("conftest.py").write_text(IMPORT + "@managed_fixture\ndef database(): pass")
    said = refused(
        pytester, "@managed_fixture(dependencies=['database'])\ndef repo(): pass\ndef test_a(repo): pass", "test_it.py"
    )

    assert said == (
        "managed fixture 'repo' (test_it.py:2) declares dependencies=['database'], "
        "but no fixture of that name is visible from test_it.py::test_a"
    )


def test_paths_are_relative_to_the_root(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever pytest was started."""
    below = pytester.mkpydir("below")
    below.joinpath("conftest.py").write_text(IMPORT + "@managed_fixture(dependencies=['nothing'])\ndef repo(): pass")
    below.joinpath("test_it.py").write_text("def test_a(repo): pass")
    monkeypatch.chdir(below)

    result = pytester.runpytest_inprocess("--rootdir=..")

    said = (
        "managed fixture 'repo' (below/conftest.py:2) declares dependencies=['nothing'], "
        "but no fixture of that name is visible from below/test_it.py::test_a"
    )
    assert said in result.outlines


def test_other_modules_run(pytester: pytest.Pytester) -> None:
    """A mistake in one module is an error of that one."""
    pytester.makepyfile(
        test_wrong=IMPORT + "@managed_fixture(dependencies=['nothing'])\ndef repo(): pass\ndef test_it(repo): pass",
        test_right=IMPORT + "@managed_fixture\ndef repo(): pass\ndef test_it(repo): pass",
    )

    result = pytester.runpytest_inprocess("--continue-on-collection-errors")

    result.assert_outcomes(passed=1, errors=1)


def test_a_fixture_that_nobody_uses_is_not_looked_at(pytester: pytest.Pytester) -> None:
    """As with pytest, only what a test needs has to exist."""
    pytester.makepyfile(IMPORT + "@managed_fixture(dependencies=['nothing'])\ndef repo(): pass\ndef test_it(): pass")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_method_is_looked_at(pytester: pytest.Pytester) -> None:
    """A fixture that is a method of a test class is named with its place."""
    said = refused(
        pytester,
        """
        class TestIt:
            @managed_fixture(dependencies=["nothing"])
            def repo(self): pass
            def test_a(self, repo): pass
        """,
    )

    assert said == (
        "managed fixture 'repo' (test_it.py:4) declares dependencies=['nothing'], "
        "but no fixture of that name is visible from test_it.py::TestIt::test_a"
    )


def test_a_test_case_of_unittest_is_looked_at(pytester: pytest.Pytester) -> None:
    """Its tests are items of pytest like any other."""
    said = refused(
        pytester,
        """
        import unittest
        class TestIt(unittest.TestCase):
            @managed_fixture(dependencies=["nothing"], autouse=True)
            def repo(self): pass
            def test_a(self): pass
        """,
    )

    assert said == (
        "managed fixture 'repo' (test_it.py:5) declares dependencies=['nothing'], "
        "but no fixture of that name is visible from test_it.py::TestIt::test_a"
    )


def test_a_cycle_is_told_edge_by_edge(pytester: pytest.Pytester) -> None:
    """Each with the place of the fixture and how it says so; plain pytest lists sixty names at set-up."""
    said = refused(
        pytester,
        """
        @managed_fixture(dependencies=['b'])
        def a(): pass
        @managed_fixture
        def b(a): pass
        def test_a(a): pass
        """,
    )

    assert said == (
        "fixture dependency cycle for test_it.py::test_a: a -> b -> a\n"
        "  a: test_it.py:3 needs 'b' (dependencies=)\n"
        "  b: test_it.py:5 needs 'a'"
    )


def test_a_cycle_through_plain_fixtures(pytester: pytest.Pytester) -> None:
    """One managed fixture in it is enough, and those before it are not part of it."""
    said = refused(
        pytester,
        """
        import functools, pytest
        @pytest.fixture
        def first(plain): pass
        @pytest.fixture
        def plain(managed): pass
        @managed_fixture(dependencies=['plain'])
        def managed(): pass
        def test_a(first): pass
        """,
    )

    assert said == (
        "fixture dependency cycle for test_it.py::test_a: plain -> managed -> plain\n"
        "  plain: test_it.py:6 needs 'managed'\n"
        "  managed: test_it.py:8 needs 'plain' (dependencies=)"
    )


def test_a_fixture_that_needs_only_itself(pytester: pytest.Pytester) -> None:
    """Its own name means one above it, and there is none."""
    said = refused(pytester, "@managed_fixture(dependencies=['a'])\ndef a(): pass\ndef test_a(a): pass")

    assert said == (
        "fixture dependency cycle for test_it.py::test_a: a -> a\n  a: test_it.py:2 needs 'a' (dependencies=)"
    )


def test_a_cycle_of_plain_fixtures_is_left_to_pytest(pytester: pytest.Pytester) -> None:
    """Nothing is managed about it."""
    pytester.makepyfile(
        IMPORT + "import pytest\n@managed_fixture\ndef managed(): pass\n"
        "@pytest.fixture\ndef a(b): pass\n@pytest.fixture\ndef b(a): pass\ndef test_it(managed, a): pass"
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*recursive dependency involving fixture 'a' detected*"])


@pytest.mark.skipif(
    pytest.version_tuple < (9,), reason="pytest 8.4 finds what an overridden fixture needs at set-up only"
)
def test_a_cycle_through_an_override(pytester: pytest.Pytester) -> None:
    """Each edge is told of the definition that has it: the one of the module, then the one of conftest.py."""
    pytester.makeconftest(IMPORT + "@managed_fixture\ndef a(b): pass")
    said = refused(
        pytester,
        """
        @managed_fixture(dependencies=["a"])
        def a(): pass
        @managed_fixture
        def b(a): pass
        def test_a(a): pass
        """,
    )

    assert said == (
        "fixture dependency cycle for test_it.py::test_a: a -> a -> b -> a\n"
        "  a: test_it.py:3 needs 'a' (dependencies=)\n"
        "  a: conftest.py:2 needs 'b'\n"
        "  b: test_it.py:5 needs 'a'"
    )


def test_a_diamond_is_no_cycle(pytester: pytest.Pytester) -> None:
    """Two ways to the same fixture are fine."""
    pytester.makepyfile(
        IMPORT + "@managed_fixture\ndef root(): pass\n@managed_fixture\ndef left(root): pass\n"
        "@managed_fixture(dependencies=['root', 'left'])\ndef right(): pass\ndef test_it(left, right): pass"
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


WARNED = (
    "async fixture 'q' runs on the module-scoped event loop but test_it.py::test_x runs on the function-scoped one; "
    "objects bound to a loop will fail with 'attached to a different loop'"
)
WIDE = """
import pytest_asyncio
@managed_fixture(scope="module"{options})
async def q(): return asyncio.get_running_loop()
async def test_x(q): say(q is asyncio.get_running_loop())
"""


@pytest.mark.parametrize("configured", ["function", "module"])
def test_a_fixture_on_another_loop_is_warned_of(pytester: pytest.Pytester, configured: str) -> None:
    """Each fixture once, for the first of the tests; they run, since not everything is bound to a loop."""
    write(pytester, WIDE.format(options="") + "async def test_y(q): pass")

    result = pytester.runpytest_inprocess("-Wdefault", "-o", f"asyncio_default_fixture_loop_scope={configured}")

    result.assert_outcomes(passed=2, warnings=1)
    assert f"LoopScopeWarning: {WARNED}" in "".join(result.outlines)
    assert said(pytester) == ["False"]


def test_the_warning_can_be_an_error(pytester: pytest.Pytester) -> None:
    """With ``-W error`` the module is not collected, and the message is the same."""
    write(pytester, WIDE.format(options=""))

    result = pytester.runpytest_inprocess("-W", "error")

    result.assert_outcomes(errors=1)
    assert errors(result) == [f"isolation.LoopScopeWarning: {WARNED}"]


@pytest.mark.parametrize(
    ("fixture", "test", "runs_there"),
    [
        (", loop_scope='module'", "", "False"),
        (", using=functools.partial(pytest_asyncio.fixture, loop_scope='module')", "", "False"),
        ("", "@pytest.mark.asyncio(loop_scope='module')", "True"),
        (", loop_scope='session'", "@pytest.mark.asyncio(loop_scope='session')", "True"),
    ],
)
def test_who_has_chosen_a_loop_is_not_warned(
    pytester: pytest.Pytester, fixture: str, test: str, runs_there: str
) -> None:
    """An explicit ``loop_scope=``, of the fixture or the same one of the test, says that it is meant."""
    write(pytester, WIDE.format(options=fixture).replace("async def test_x", f"{test}\nasync def test_x"))

    result = pytester.runpytest_inprocess("-W", "error")

    result.assert_outcomes(passed=1)
    assert said(pytester) == [runs_there]


def test_a_wider_fixture_has_a_loop_as_wide_as_it_is(pytester: pytest.Pytester) -> None:
    """``asyncio_default_fixture_loop_scope=function`` makes it a ScopeMismatch with pytest-asyncio alone."""
    write(
        pytester,
        """
        @managed_fixture(scope="module")
        async def q():
            yield asyncio.get_running_loop()

        @pytest.mark.asyncio(loop_scope="module")
        class TestIt:
            async def test_1(self, q): assert q is asyncio.get_running_loop()
            async def test_2(self, q): assert q is asyncio.get_running_loop()
        """,
    )

    result = pytester.runpytest_inprocess("-W", "error", "-o", "asyncio_default_fixture_loop_scope=function")

    result.assert_outcomes(passed=2)


def test_nothing_needs_to_be_configured(pytester: pytest.Pytester) -> None:
    """pytest-asyncio then takes the scope of the fixture, and says so."""
    pytester.makeini("[pytest]\nasyncio_mode = auto\n")
    write(pytester, "@managed_fixture(scope='module')\nasync def q(): return 1\ndef test_x(q): assert q == 1")

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_sync_test_warns_of_nothing(pytester: pytest.Pytester) -> None:
    """It has no loop."""
    write(pytester, "@managed_fixture(scope='module')\nasync def q(): return 1\ndef test_x(q): assert q == 1")

    pytester.runpytest_inprocess("-W", "error").assert_outcomes(passed=1)


@pytest.mark.parametrize("using", ["using=pytest_asyncio.fixture", "loop_scope='module'", ""])
def test_strict_mode_needs_no_marker_at_the_fixture(pytester: pytest.Pytester, using: str) -> None:
    """Whoever makes it, and by itself."""
    write(
        pytester,
        f"""
        import pytest_asyncio

        @managed_fixture({using})
        async def repo(resource_manager):
            resource_manager.register(say, "released")
            yield "repo"
            say("after")

        @pytest.mark.asyncio
        async def test_it(repo): say(repo)
        """,
    )

    result = pytester.runpytest_inprocess("-W", "error", "--asyncio-mode=strict")

    result.assert_outcomes(passed=1)
    assert said(pytester) == ["repo", "after", "released"]
