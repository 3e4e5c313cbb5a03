"""What the small tests in ``suites`` promise to leak, read from the comments behind their lines.

A leaking line ends in ``# leak: <kind> <words>``, with ``; also: <kinds>`` for what may be found besides.

==================  =================================================================================
word                meaning
==================  =================================================================================
``owner=fixture:x`` the wider fixture *x* owns it, not the test
``fixture=x``       made by the function-scoped fixture *x*: the test owns it
``test=x``          the test (or ``Class::test``) that owns it, where the line stands outside of it
``severity=x``      how bad it is
``no-origin``       nobody can see where it was made
``origin=trace``    where it was made is seen under ``--isolation-trace`` only
==================  =================================================================================

A file that begins with ``# requires-python: <version>`` promises nothing to an older interpreter.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUITES = Path(__file__).parent / "suites"
_COMMENT = re.compile(r"# leak: (?P<kind>\w+)(?P<words>[^;]*)(?:; also:(?P<also>.*))?")
_REQUIREMENT = re.compile(r"# requires-python: 3\.(\d+)")

Record = Mapping[str, Any]
"""One finding as the ``.jsonl`` report has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One leaking line.

    Attributes:
        file: Path of the line's file, relative to its suite.
        line: Its number.
        kind: What it leaks.
        test: Node id of the test that owns it, with or without parameters; empty if a fixture does.
        owner: Name of the wider fixture that owns it; empty if the test does.
        fixture: Name of the function-scoped fixture that made it; empty if the test did.
        severity: How bad it is; empty if any severity will do.
        origin: When its line is known: ``"always"``, with ``"trace"`` or ``"never"``.
        also: Other kinds that may be found at the same owner because of it.
    """

    file: str
    line: int
    kind: str
    test: str
    owner: str
    fixture: str
    severity: str
    origin: str
    also: frozenset[str]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind} of {self.test or self.owner}"

    def is_met_by(self, finding: Record, *, traced: bool = False) -> bool:
        """Tell whether *finding* is this leak: its kind, its owner, and its line."""
        return finding["kind"] == self.kind and self.is_owner_of(finding) and self.is_origin_of(finding, traced=traced)

    def is_allowed(self, finding: Record) -> bool:
        """Tell whether *finding* is a consequence of this leak."""
        return finding["kind"] in self.also and self.is_owner_of(finding)

    def is_owner_of(self, finding: Record) -> bool:
        """Tell whether *finding* belongs to the test or fixture that owns this leak."""
        owner = finding["owner"] or {"kind": None}
        if self.owner:
            return (owner["kind"], owner["name"]) == ("fixture", self.owner)
        return (
            owner["kind"] == "test" and is_same_test(self.test, owner["nodeid"]) and finding["test"] == owner["nodeid"]
        )

    def is_origin_of(self, finding: Record, *, traced: bool) -> bool:
        """Tell whether *finding* names this line, or no line at all where none can be known."""
        origin = finding["origin"] or []
        if not origin and (self.origin == "never" or (self.origin == "trace" and not traced)):
            return True
        return (self.file, self.line) in {(place["file"], place["line"]) for place in origin}


def is_same_test(expected: str, nodeid: str) -> bool:
    """Tell whether *nodeid* is the test *expected*, with any parameters if that has none."""
    return nodeid == expected or nodeid.partition("[")[0] == expected


def expectations(suite: str) -> Sequence[Expectation]:
    """Return what the tests of *suite* leak."""
    return [expectation for file in _files(suite) for expectation in _expectations_of(file, SUITES / suite)]


def nodeids(suite: str) -> Sequence[str]:
    """Return the tests of *suite*, without parameters."""
    root = SUITES / suite
    return [
        f"{file.relative_to(root).as_posix()}::{name}"
        for file in _files(suite)
        for name, _ in _tests(ast.parse(file.read_text(encoding="utf-8")).body)
    ]


def _files(suite: str) -> Iterator[Path]:
    for file in sorted((SUITES / suite).rglob("*.py")):
        requirement = _REQUIREMENT.match(file.read_text(encoding="utf-8"))
        if requirement is None or sys.version_info >= (3, int(requirement[1])):
            yield file


def _expectations_of(file: Path, root: Path) -> Iterator[Expectation]:
    source = file.read_text(encoding="utf-8")
    name = file.relative_to(root).as_posix()
    spans = [(node.lineno, node.end_lineno or 0, test) for test, node in _tests(ast.parse(source).body)]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        match = _COMMENT.fullmatch(token.string) if token.type == tokenize.COMMENT else None
        if match is not None:
            line = token.start[0]
            if token.line.lstrip().startswith(")"):
                raise ValueError(f"{name}:{line}: the comment has to stand where the call begins")
            test = next((test for start, end, test in spans if start <= line <= end), "")
            yield _expectation(name, line, test, match)


def _expectation(file: str, line: int, enclosing: str, match: re.Match[str]) -> Expectation:
    words = dict(word.partition("=")[::2] for word in match["words"].split())
    test = words.pop("test", enclosing)
    expectation = Expectation(
        file=file,
        line=line,
        kind=match["kind"],
        owner=(owner := words.pop("owner", "").removeprefix("fixture:")),
        test="" if owner else f"{file}::{test}",
        fixture=words.pop("fixture", ""),
        severity=words.pop("severity", ""),
        origin="never" if "no-origin" in words else words.pop("origin", "always"),
        also=frozenset((match["also"] or "").split()),
    )
    if set(words) - {"no-origin"} or not (test or owner):
        raise ValueError(f"{file}:{line}: cannot understand {match[0]!r}")
    return expectation


def _tests(nodes: Sequence[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.stmt]]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield f"{prefix}{node.name}", node
