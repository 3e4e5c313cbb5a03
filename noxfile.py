"""The checks of the project, each in an environment of its own: `nox` runs what CI runs, `nox -l` lists the rest."""

import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["lint", "types", "docs", "wheel"]

PYTHONS = ["3.11", "3.12", "3.13"]
PROJECT = nox.project.load_toml("pyproject.toml")
DIST = Path("build/dist").resolve()


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of dependency group *name*."""
    return nox.project.dependency_groups(PROJECT, name)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite against the newest of everything, as the README's command does."""
    session.run("python", "develop.py", "test", "--venv", f"{session.virtualenv.location}/suite", *session.posargs)


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Run the suite against the oldest versions that the project declares to support."""
    lowest = [requirement.replace(">=", "==") for requirement in PROJECT["project"]["dependencies"]]
    session.install("--editable", ".", *group("test"), *lowest)
    parallel = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")
    session.run("python", "-m", "pytest", *parallel, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, the floors, and that the changelog's fragments can be read."""
    session.install("--editable", ".", *group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types twice, and that no public name lacks one."""
    session.install("--editable", ".", *group("test"), *group("types"))
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "isolation", "--ignoreexternal")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning or a reference to nothing is an error."""
    session.install("--editable", ".", *group("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-n", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session
def build(session: nox.Session) -> None:
    """Build the source distribution and, from it, the wheel."""
    session.install(*group("build"))
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(DIST))
    session.run("twine", "check", "--strict", *map(str, DIST.iterdir()))


@nox.session(requires=["build"])
def wheel(session: nox.Session) -> None:
    """Install the wheel alone, as a user does, and let it find a leak far from this checkout."""
    session.install(*map(str, DIST.glob("*.whl")))
    elsewhere = Path(session.create_tmp()).resolve()
    shutil.copy("tests/wheel_check.py", elsewhere / "test_wheel.py")
    session.chdir(elsewhere)
    session.run("python", "-m", "pytest", "--rootdir", ".", "test_wheel.py")


@nox.session(python=PYTHONS)
def conformance(session: nox.Session) -> None:
    """Print how many of CPython's own tests of unittest.mock pass with our mocks, and why the others fail."""
    session.install("--editable", ".")
    session.run("python", "tests/conformance/run.py", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Try the promises of resource managers on 50,000 random programs, other ones each time; takes a while."""
    session.install("--editable", ".", *group("test"))
    arguments = session.posargs or ["tests/test_resources_properties.py"]
    session.run("python", "-m", "pytest", "--timeout=0", *arguments, env={"HYPOTHESIS_PROFILE": "soak"})


@nox.session
def bench(session: nox.Session) -> None:
    """Print the ratios that the targets are about; nothing is asserted. Name scripts to run only these."""
    session.install("--editable", ".", *group("bench"))
    # The suites of others need a checkout to be named: see the script's own help.
    scripts = {path.name for path in Path("benchmarks").glob("[!_]*.py")} - {"public_suites.py"}
    for script in session.posargs or sorted(scripts):
        session.run("python", f"benchmarks/{script}")
