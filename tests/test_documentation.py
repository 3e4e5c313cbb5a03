"""The documentation says what is: its transcripts are replayed, its README is run."""

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import isolation

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = sorted((ROOT / "docs" / "examples").glob("*/*.txt"))
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
MODULES = [module.name for module in pkgutil.walk_packages(isolation.__path__, "isolation.")]
README = (ROOT / "README.md").read_text()
IS_WRITING = os.environ.get("TRANSCRIPTS") == "write"

# Plugins that a reader does not have: they change the order, write lines of their own, or take long to start.
UNSEEN = "-p no:randomly -p no:rerunfailures -p no:hypothesispytest -p no:trio"

# What differs from run to run: a page shows what one run printed.
VOLATILE = re.compile(
    r"(?<=\bin )\d+\.\d\d(?=s)|(?<=runs in )\d+\.\d(?= s)|(?<=guard )\d+(?= µs)|(?<=pid )\d+|(?<=127\.0\.0\.1:)\d+"
    r"|(?<=at 0x)[0-9a-f]+|(?<=sys\.path: \[… )\d+(?= items\] -> )|(?<= items\] -> \+ \[)\d+"
)

# Frames of the interpreter and of installed packages, whose places are those of a machine.
LIBRARY_FRAME = re.compile(r'^ +File "/.*\n.*\n', re.MULTILINE)

# The directory in which a reader would be.
DIRECTORY = re.compile(r"(?<=os\.getcwd\(\): )'/[^']*'(?:… \(\d+ characters\))?")


def steady(output: str) -> str:
    """Return *output* without what differs from run to run."""
    return VOLATILE.sub("N", output)


def replay(example: Path, commands: str, tmp_path: Path) -> str:
    """Return what the *commands* print in a copy of *example*, with paths as its reader would read them."""
    copy = tmp_path / example.name
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    output = "".join(run(command, copy) for command in commands.splitlines())
    return LIBRARY_FRAME.sub("", DIRECTORY.sub(f"'/home/me/{example.name}'", output.replace(f"{copy}/", "")))


def reader_environment() -> dict[str, str]:
    """Return the environment without what our own run, or CI, has set for pytest and the plugin."""
    ours = ("PYTEST", "CI", "GITHUB", "ISOLATION", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # Unbuffered, as on a terminal: what goes to both streams stands in the order in which it was said.
    fixed = {"COLUMNS": "80", "PYTHONUNBUFFERED": "1", "TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "1"}
    return {**kept, **fixed, "PYTEST_ADDOPTS": UNSEEN, "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode")}


def run(command: str, directory: Path) -> str:
    """Return ``$ pytest ...`` and what that prints in *directory*, 80 columns wide."""
    _, program, *arguments = shlex.split(command)
    assert program == "pytest", command
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=directory,
        env=reader_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=100,
        check=False,
    )
    return f"{command}\n{result.stdout}"


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_transcript_is_what_a_reader_gets(transcript: Path, tmp_path: Path) -> None:
    """Each ``$ pytest`` command of a transcript prints what the transcript shows below it."""
    shown = transcript.read_text()
    commands = "\n".join(re.findall(r"^\$ .*", shown, re.MULTILINE))

    output = replay(transcript.parent, commands, tmp_path)

    if IS_WRITING:
        transcript.write_text(output)
    else:
        assert steady(output) == steady(shown)


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the README in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_readme_shows_what_its_example_prints(tmp_path: Path) -> None:
    """The first example of the README, run as the README says, gives the report that it shows."""
    example = tmp_path / "readme"
    example.mkdir()
    (example / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (example / "test_server.py").write_text(blocks("python")[0])
    shown = next(block for block in blocks("console") if block.startswith("$ pytest"))

    output = replay(example, shown.splitlines()[0], tmp_path / "copy")

    assert steady(output) == steady(shown)


def test_the_readme_comes_to_the_point() -> None:
    """A complete example ends within the first fifteen lines, a report within forty."""
    before_example, before_report = README.partition("```python")[0], README.partition("$ pytest")[0]

    assert before_example.count("\n") + blocks("python")[0].count("\n") + 2 <= 15
    assert before_report.count("\n") <= 40


PRELUDE = """
import pytest

class Session:
    async def rename(self, old, new):
        return (old, new) == ("a", "b")

    async def aclose(self):
        print("session")

class Repository:
    def __init__(self, connection):
        self.connection = connection

    async def session(self):
        return Session()

    async def aclose(self):
        print("repository")

class Pool:
    async def acquire(self):
        return "a connection"

    async def release(self, connection):
        print(connection)

@pytest.fixture
def pool():
    return Pool()

@pytest.fixture
def schema():
    yield
    print("schema")
"""


def test_the_fixture_of_the_readme_runs(tmp_path: Path) -> None:
    """The second example of the README, given the client that it is about, releases everything in order."""
    (tmp_path / "test_it.py").write_text(PRELUDE + blocks("python")[1])
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )

    output = run("$ pytest -q -s", tmp_path)

    assert re.findall(r"^\.?(session|repository|a connection|schema)$", output, re.MULTILINE) == [
        "session",
        "repository",
        "a connection",
        "schema",
    ]


SIGN_UP = """
async def sign_up(name, database, bus):
    number = await database.fetchval("insert into users (name) values ($1) returning id", name)
    await bus.publish("users", b"%d" % number)
    return number

"""


def test_the_mocks_of_the_readme_run(tmp_path: Path) -> None:
    """The third example of the README, given the code that it is about, passes."""
    (tmp_path / "test_it.py").write_text(SIGN_UP + blocks("python")[2])
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )

    output = run("$ pytest -q", tmp_path)

    assert "1 passed" in output


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_docstrings_run(module: str) -> None:
    """What a docstring shows behind ``>>>`` is what it gives."""
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_examples_of_prose_run(page: Path) -> None:
    """What a page shows behind ``>>>`` is what it gives."""
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8").failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link names a file of the project."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []
