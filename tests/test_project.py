"""What holds for the project as a whole: its metadata, its public names, and what its files must not say."""

import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import isolation

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted((ROOT / "isolation").rglob("*.py"))


def is_written(path: Path) -> bool:
    """Tell whether *path* is a text that somebody has written."""
    suffixes = {".py", ".md", ".toml", ".ini", ".txt", ".yml"}
    return path.is_file() and (path.suffix in suffixes or path.name == "run")


def texts() -> Iterator[Path]:
    """Yield every file of the project that people write."""
    for directory in ("isolation", "tests", "docs", "examples", "benchmarks", "changelog.d", ".ci", "."):
        depth = "*" if directory == "." else "**/*"
        found = (path for path in (ROOT / directory).glob(depth) if is_written(path))
        yield from (path for path in found if not {"__pycache__", "_build"} & set(path.parts))


def test_public_names_are_sorted() -> None:
    """A reader finds a public name where the alphabet puts it."""
    assert isolation.__all__ == sorted(isolation.__all__)


@pytest.mark.parametrize("name", isolation.__all__)
def test_a_public_name_says_what_it_is(name: str) -> None:
    """Every public name can be imported and has a docstring of its own."""
    assert inspect.getdoc(getattr(isolation, name))


@pytest.mark.parametrize("name", isolation.__all__)
def test_a_public_name_stands_in_the_reference(name: str) -> None:
    """Every public name is on a page of the reference."""
    pages = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))

    assert re.search(rf":: (isolation\.)?{name}\b", pages)


def test_the_plugin_is_named_after_the_package() -> None:
    """`-p no:isolation` switches it off."""
    (entry,) = metadata.entry_points(group="pytest11", name="isolation")

    assert entry.value == "isolation.pytest_plugin"


def test_classifiers_agree_with_the_lower_bound() -> None:
    """The oldest Python of the classifiers is the one that installation requires."""
    classifiers = [entry for entry in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", entry)]

    assert PROJECT["project"]["requires-python"] == ">=" + classifiers[0].rpartition(" ")[2]


def test_every_dependency_has_a_lower_bound() -> None:
    """`nox -s oldest` installs the lower bounds, so each dependency needs one."""
    assert all(re.fullmatch(r"[a-z-]+>=[\d.]+", entry) for entry in PROJECT["project"]["dependencies"])


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_an_exclusion_from_coverage_states_its_reason(module: Path) -> None:
    """A pragma is followed by why no test can reach the line."""
    pragmas = re.findall(r"# pragma: .*", module.read_text())

    assert [pragma for pragma in pragmas if not re.match(r"# pragma: no (cover|branch) - \S", pragma)] == []


def test_no_file_names_a_machine() -> None:
    """Nothing here depends on where somebody works or where packages come from."""
    forbidden = re.compile(r"/(?:home|root|Users)/(?!me\b)\w|--(?:extra-)?index-url|--find-links")

    assert [
        str(path) for path in texts() if path.name != Path(__file__).name and forbidden.search(path.read_text())
    ] == []


def test_a_changelog_fragment_has_a_name_that_the_builder_reads() -> None:
    """A fragment is called issue.type.md or issue.type.number.md: the builder stops where a number is a word."""
    types = "|".join(entry["directory"] for entry in PROJECT["tool"]["towncrier"]["type"])
    fragments = (path.name for path in (ROOT / "changelog.d").glob("[!.]*"))

    assert [name for name in fragments if not re.fullmatch(rf"\d+\.({types})(\.\d+)?\.md", name)] == []


@pytest.mark.parametrize("script", ["develop.py", ".ci/run"])
def test_a_bare_machine_can_start_it(script: str) -> None:
    """The scripts that come before any environment import the standard library only and need no other tool."""
    # apt-get is asked for servers, where it is; what needs them says so where it is not.
    text = (ROOT / script).read_text()

    assert not re.search(r"^\s*(import|from) (nox|pytest|isolation)\b", text, re.MULTILINE)
    assert not re.search(r"\b(uv|poetry)\b|\bapt\b(?!-get)", text)


def test_only_an_environment_is_replaced(tmp_path: Path) -> None:
    """`--venv` given the wrong directory does not empty it."""
    (tmp_path / "thesis.txt").write_text("the only copy")

    command = [sys.executable, "develop.py", "test", "--venv", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "is not a virtual environment and is left alone" in result.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_an_unknown_name_is_an_attribute_error() -> None:
    """What is imported late is still looked up by its name only."""
    name = "leaks"

    with pytest.raises(AttributeError, match="module 'isolation' has no attribute 'leaks'"):
        getattr(isolation, name)


def test_late_names_are_listed() -> None:
    """Completion shows every public name, imported or not."""
    assert set(isolation.__all__) <= set(dir(isolation))


def test_the_plugin_imports_nothing_that_it_does_not_need() -> None:
    """Start-up is paid at every run of pytest."""
    script = (
        "import sys, isolation.pytest_plugin; print('isolation._resources' in sys.modules, 'psutil' in sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "False False\n"
