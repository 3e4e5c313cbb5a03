"""The command line: ``python -m isolation find-resettables PACKAGE``."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import walk_packages

from isolation._discovery import KINDS, FoundResettable, find_resettables, import_package
from isolation._errors import SettingsError

_PLACE = "the command line"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what *arguments* say, by default those of the command line, and return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        failures = [line for package in options.packages for line in _import_all(package)]
    except SettingsError as failure:
        parser.exit(2, f"{parser.prog}: error: {failure}\n")
    except ImportError as failure:
        parser.exit(2, f"{parser.prog}: error: cannot import {' '.join(options.packages)}: {failure}\n")
    found = find_resettables(*options.packages, kinds=options.kinds or KINDS)
    sys.stdout.writelines(f"{line}\n" for line in _registrations(found, options.packages, options.group))
    sys.stderr.writelines(f"{line}\n" for line in failures)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m isolation", description="Tools for isolated tests.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    found = "print what tests may have to reset, as lines to paste"
    command = commands.add_parser("find-resettables", help=found, description=f"Import packages, and {found}.")
    command.add_argument("packages", metavar="PACKAGE", nargs="+", help="a package or module that can be imported here")
    command.add_argument("--group", metavar="NAME", help="register for this group instead of 'default'")
    command.add_argument(
        "--kind",
        dest="kinds",
        action="append",
        choices=KINDS,
        metavar="KIND",
        help=f"only this kind (repeatable): {', '.join(KINDS)}",
    )
    return parser


def _import_all(name: str) -> Iterator[str]:
    """Import the package *name* with all its modules; yield what went wrong with some of them."""
    package = import_package(name, _PLACE)
    for module in walk_packages(getattr(package, "__path__", ()), f"{name}.", onerror=lambda _: None):
        if module.name.endswith(".__main__"):
            continue  # it would run
        try:
            import_module(module.name)
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            yield f"not imported: {module.name} ({type(failure).__name__}: {failure})"


def _registrations(found: Sequence[FoundResettable], packages: Sequence[str], group: str | None) -> Iterator[str]:
    if not found:
        yield f"# nothing found in {', '.join(packages)}"
        return
    yield f"# {len(found)} found in {', '.join(packages)}; keep those that tests change"
    yield "# conftest.py"
    yield "from isolation import resettable"
    yield ""
    options = f", group={json.dumps(group)}" if group is not None else ""
    for each in found:
        yield f'resettable("{each.path}"{options})  # {each.kind.replace("_", " ")}, {each.where}'
    if group is None:
        yield ""
        yield "# or pytest.ini"
        yield "isolation_singletons ="
        for each in found:
            yield f"    {each.path}"


if __name__ == "__main__":
    sys.exit(main())
