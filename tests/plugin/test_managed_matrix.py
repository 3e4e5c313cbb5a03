"""The proof matrix: a managed fixture comes down in one order, whatever its colour and whoever runs it."""

import itertools

import pytest

MODULE = """
import pytest
from isolation import managed_fixture

LOG = []
LIBRARIES = set()

def library():
    import sys
    trio = sys.modules.get("trio")
    return "trio" if trio and trio.lowlevel.in_trio_task() else "asyncio"

class Repository:
    async def aclose(self):
        LOG.append("aclose")

def close_sync(repository):
    assert isinstance(repository, Repository)
    LOG.append("close_sync")

def say_so():
    LOG.append("say_so")

@managed_fixture(autouse=True, priority=20)
def order():
    LOG.clear()
    LIBRARIES.clear()
    yield
    assert len(LIBRARIES) == 1, "a fixture has run on the loop of another driver"
    assert LOG == {order!r}

@managed_fixture
{base_def} base(resource_manager):
    LIBRARIES.add({base_library})
    resource_manager.register(LOG.append, "base.resource")
    {base_give} "base"
    {base_end}

@managed_fixture(scope="function", dependencies=["base"], priority=10, cleanup_callbacks=[{callbacks}])
{def_} repository(resource_manager):
    resource_manager.register(LOG.append, "repository.first")
    resource_manager.register(LOG.append, "repository.second")
    {give} Repository()
    {end}

{mark}
{test_def} test_first(repository):
    LIBRARIES.add({test_library})
    LOG.append("test")

{mark}
{test_def} test_second(repository):
    LIBRARIES.add({test_library})
    LOG.append("test")
"""
DRIVERS = {
    "asyncio_auto": ("", ["-p", "no:trio", "-o", "asyncio_mode=auto"]),
    "asyncio_strict": ("@pytest.mark.asyncio", ["-p", "no:trio", "-o", "asyncio_mode=strict"]),
    "anyio_asyncio": (
        "@pytest.mark.anyio\n@pytest.mark.parametrize('anyio_backend', ['asyncio'])",
        ["-p", "no:trio", "-o", "asyncio_mode=strict"],
    ),
    "anyio_trio": (
        "@pytest.mark.anyio\n@pytest.mark.parametrize('anyio_backend', ['trio'])",
        ["-p", "no:trio", "-o", "asyncio_mode=strict"],
    ),
    "pytest_trio": ("@pytest.mark.trio", ["-p", "trio", "-o", "asyncio_mode=strict"]),
}
OPTIONS = ["-W", "error", "-p", "no:cacheprovider", "-p", "no:random_order", "--isolation-mode=fail"]


def write(pytester: pytest.Pytester, *, colour: str, form: str, mark: str, is_async_test: bool = True) -> None:
    """Write the module for a fixture of *colour* that gives its value by *form*."""
    is_async, does_yield = colour == "async", form == "yield"
    order = ["test", *(["aclose"] if is_async else []), "close_sync", "say_so"]
    order += [*(["repository.code"] if does_yield else []), "repository.second", "repository.first"]
    order += [*(["base.code"] if does_yield else []), "base.resource"]
    pytester.makepyfile(
        **{
            f"test_{colour}_{form}": MODULE.format(
                order=order,
                callbacks="Repository.aclose, close_sync, say_so" if is_async else "close_sync, say_so",
                def_="async def" if is_async else "def",
                base_def="async def" if is_async else "def",
                give=form,
                base_give=form,
                end='LOG.append("repository.code")' if does_yield else "",
                base_end='LOG.append("base.code")' if does_yield else "",
                mark=mark,
                test_def="async def" if is_async_test else "def",
                base_library="library()" if is_async and is_async_test else "None",
                test_library="library()" if is_async and is_async_test else "None",
            )
        }
    )


@pytest.mark.parametrize("driver", DRIVERS)
def test_one_order_on_every_driver(pytester: pytest.Pytester, driver: str) -> None:
    """Callbacks, the code after yield, resources; then the dependency: under each driver, with warnings as errors."""
    mark, options = DRIVERS[driver]
    for colour, form in itertools.product(("async", "sync"), ("return", "yield")):
        write(pytester, colour=colour, form=form, mark=mark)

    result = pytester.runpytest_subprocess(*OPTIONS, *options)

    result.assert_outcomes(passed=8)
    assert result.ret == 0


@pytest.mark.parametrize(
    ("mode", "colour", "form"), list(itertools.product(("auto", "strict"), ("async", "sync"), ("return", "yield")))
)
def test_sync_tests_see_the_same_order(pytester: pytest.Pytester, mode: str, colour: str, form: str) -> None:
    """A sync test can use an async fixture of pytest-asyncio."""
    write(pytester, colour=colour, form=form, mark="", is_async_test=False)

    result = pytester.runpytest_inprocess(*OPTIONS, "-o", f"asyncio_mode={mode}")

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("driver", ["asyncio_strict", "anyio_trio"])
def test_workers_see_the_same_order(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    """Nothing changes under xdist."""
    mark, options = DRIVERS[driver]
    write(pytester, colour="async", form="yield", mark=mark)

    result = pytester.runpytest_subprocess(*OPTIONS, *options, "-n2")

    result.assert_outcomes(passed=2)


def test_the_plan_shows_dependencies(pytester: pytest.Pytester) -> None:
    """A declared dependency is one of pytest's own, so that --setup-plan knows it."""
    write(pytester, colour="async", form="yield", mark="")

    result = pytester.runpytest_inprocess("--setup-plan", "-k", "first")

    result.stdout.fnmatch_lines(
        [
            "*SETUP    F order",
            "*SETUP    F base*",
            "*SETUP    F repository*(fixtures used: base*",
            "*test_first (fixtures used: *base*repository*)",
            "*TEARDOWN F repository",
            "*TEARDOWN F base",
            "*TEARDOWN F order",
        ]
    )
