"""What an installed wheel must show: copied out of the checkout by `nox -s wheel` and run there against it."""

import textwrap
from importlib import metadata
from pathlib import Path

import pytest

import isolation

pytest_plugins = ["pytester"]


def test_the_wheel_is_what_is_tested() -> None:
    """The package comes from the environment, not from a checkout that happens to be near."""
    assert "site-packages" in Path(isolation.__file__).parts


def test_the_entry_point_is_there() -> None:
    """Installing is enough: pytest finds the plugin by its entry point."""
    (entry,) = [entry for entry in metadata.entry_points(group="pytest11") if entry.name == "isolation"]

    assert entry.value == "isolation.pytest_plugin"


def test_type_checkers_see_the_annotations() -> None:
    """The marker file of typed packages is installed, too."""
    assert (Path(isolation.__file__).parent / "py.typed").exists()


def test_a_leak_is_reported(pytester: pytest.Pytester) -> None:
    """A suite that knows nothing of the plugin gets a report without writing a line."""
    suite = """
        import asyncio

        async def test_reconnect():
            asyncio.create_task(asyncio.sleep(3600), name="heartbeat")
    """
    pytester.makepyfile(textwrap.dedent(suite))

    result = pytester.runpytest_subprocess("-o", "asyncio_mode=auto")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*= isolation =*", "*::test_reconnect left", "  task 'heartbeat' *"])
