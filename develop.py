"""Run the tests, the demo or the checks from a fresh checkout.

    python3 develop.py test     # everything the suite promises, with the coverage gate
    python3 develop.py demo     # the example application's flaky suite, reported by the plugin
    python3 develop.py check    # lint, types, docs, wheel: each in an environment that nox makes

Needs Python 3.11 or newer and pip. Each command makes its own environment (`.venv-VERB`) the first time.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
# Most of the suite waits for processes; what a file's tests share they share within one worker.
# Left in order, the files of long tests come first and those of short ones fill the gaps at the end.
PARALLEL = ("--numprocesses=logical", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")


def run(*command: str | Path) -> None:
    """Run *command* in the project; leave with its status if it fails."""
    status = subprocess.run(list(map(str, command)), cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def prepared(path: Path, group: str) -> Path:
    """Return the Python of the environment at *path*, with this project and dependency group *group* in it."""
    python = path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = path / f"installed-{group}"
    wanted = hashlib.sha256(sys.version.encode() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"preparing {path} with Python {sys.version.split()[0]} ...", flush=True)
    create(path, python)
    pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--upgrade", "pip>=25.1")  # the first that knows dependency groups
    run(*pip, "--editable", ROOT, "--group", f"{ROOT / 'pyproject.toml'}:{group}")
    stamp.write_text(wanted)
    return python


def create(path: Path, python: Path) -> None:
    """Make a virtual environment with pip at *path*, where only an older environment may be replaced."""
    if path.exists() and any(path.iterdir()) and not (path / "pyvenv.cfg").exists():
        sys.exit(f"{path} is not a virtual environment and is left alone: name another one with --venv")
    has_venv, has_ensurepip, has_pip = (importlib.util.find_spec(name) for name in ("venv", "ensurepip", "pip"))
    if not has_venv or not (has_ensurepip or has_pip):
        sys.exit("this Python cannot make an environment with pip: install its venv module, on Debian python3-venv")
    make = (sys.executable, "-m", "venv", "--clear")
    if has_ensurepip:
        run(*make, path)
    else:
        # Debian ships ensurepip apart from Python; a pip that is there can fill the environment as well.
        run(*make, "--without-pip", path)
        run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "pip>=25.1")


def warm(python: Path) -> None:
    """Let pytest keep what it compiles, if the environment forbids that: most tests start a pytest of their own.

    What is there is read in any case, what tests write is compiled each time as they expect.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if len(environment) < len(os.environ):
        collect: list[str | Path] = [python, "-m", "pytest", "--collect-only", "-qq"]
        subprocess.run(collect, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False)


def test(python: Path, arguments: list[str]) -> None:
    """Run the suite and the coverage gate; with pytest *arguments*, run only what they select, without the gate."""
    warm(python)
    if arguments:
        run(python, "-m", "pytest", *arguments)
        return
    run(python, "-m", "coverage", "erase")
    run(python, "-m", "coverage", "run", "-m", "pytest", *PARALLEL)
    run(python, "-m", "coverage", "combine", "--quiet")
    run(python, "-m", "coverage", "report")


def demo(python: Path, arguments: list[str]) -> None:
    """Run the flaky suite of the example; succeed if the plugin reported on it, though tests of it fail."""
    command = [python, "-m", "pytest", "examples/chat/flaky", "-v", "--isolation-mode=restore", *arguments]
    is_reported = False
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, text=True) as suite:
        assert suite.stdout is not None
        for line in suite.stdout:
            print(line, end="", flush=True)
            is_reported = is_reported or " isolation ==" in line
    if not is_reported:
        sys.exit("the demo ended without a report of the plugin")


def check(python: Path, arguments: list[str]) -> None:
    """Run the checks that are not tests, or the nox sessions that *arguments* name."""
    run(python, "-m", "nox", *arguments)


# The dependency group that a verb needs has the verb's name.
VERBS = {"test": test, "demo": demo, "check": check}


def main() -> None:
    """Read the command line and do what it says."""
    if sys.version_info < OLDEST:
        sys.exit(f"Python {sys.version.split()[0]} is too old: this project needs 3.11 or newer")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=list(VERBS))
    parser.add_argument("--venv", type=Path, help="environment to use (default: .venv-VERB)")
    options, arguments = parser.parse_known_args()
    venv = options.venv or ROOT / f".venv-{options.verb}"
    VERBS[options.verb](prepared(venv.resolve(), options.verb), arguments)


if __name__ == "__main__":
    main()
