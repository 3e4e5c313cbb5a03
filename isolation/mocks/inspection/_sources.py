"""The source of a function as a tree, and the imports that a module makes for type checkers only."""

import ast
import linecache
import re
import textwrap
from collections.abc import Iterator, Mapping
from itertools import takewhile
from types import CodeType, FunctionType
from typing import Final

FunctionTree = ast.FunctionDef | ast.AsyncFunctionDef

_MAX_CLOSING: Final = 20
_CHECKING_BLOCK: Final = re.compile(r"^if\b.*\bTYPE_CHECKING\s*:")


def tree_of(function: FunctionType) -> FunctionTree | None:
    """Return the definition of *function*; None for a lambda, or without source."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    statement = _first_statement(lines, code.co_firstlineno - 1, _last_line(code))
    return statement if isinstance(statement, FunctionTree) and statement.name == code.co_name else None


def _first_statement(lines: list[str], start: int, end: int) -> ast.stmt | None:
    """Return the statement from line *start* to *end*, or a few lines on: brackets are closed where no code is."""
    for last in range(end, min(end + _MAX_CLOSING, len(lines) + 1)):
        body = _parsed(lines[start:last])
        if body:
            return body[0]
    return None


def _last_line(code: CodeType) -> int:
    """Return the last line of *code*, those of the functions inside it included."""
    last = max((end or 0 for _, end, _, _ in code.co_positions()), default=0)
    return max(last, *(_last_line(inner) for inner in code.co_consts if isinstance(inner, CodeType)), last)


def _parsed(lines: list[str]) -> list[ast.stmt]:
    """Return the statements of *lines*; none if they are not whole, as where no positions were recorded."""
    try:
        return ast.parse(textwrap.dedent("".join(lines))).body
    except (SyntaxError, ValueError):
        return []


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every node inside *tree* that runs when it runs: not what is inside nested functions and classes."""
    waiting = list(ast.iter_child_nodes(tree))[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(list(ast.iter_child_nodes(node))[::-1])


def mangled(name: str, owner: type | None) -> str:
    """Return what an attribute is called in the end that the body of *owner* calls *name*."""
    is_private = owner is not None and name.startswith("__") and not name.endswith("__")
    return f"_{owner.__name__.lstrip('_')}{name}" if owner is not None and is_private else name


def imported_for_checking(namespace: Mapping[str, object], name: str) -> tuple[str, str] | None:
    """Return the module, and the name in it, of what the module of *namespace* imports as *name* for checkers only.

    The name in it is empty if it is the module itself that is imported.
    """
    file = namespace.get("__file__")
    package = str(namespace.get("__package__") or "")
    for node in _for_checking(linecache.getlines(file)) if isinstance(file, str) else ():
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            source = _source(node, alias, name, package)
            if source is not None:
                return source
    return None


def _source(node: ast.stmt, alias: ast.alias, name: str, package: str) -> tuple[str, str] | None:
    """Return the module, and the name in it, that *alias* of the import *node* in *package* calls *name*."""
    if isinstance(node, ast.ImportFrom):
        return (_absolute(node, package), alias.name) if (alias.asname or alias.name) == name else None
    called = alias.asname or alias.name.partition(".")[0]
    return (alias.name if alias.asname else called, "") if called == name else None


def _for_checking(lines: list[str]) -> Iterator[ast.stmt]:
    """Yield the statements of a module in *lines* that type checkers only see."""
    for number, line in enumerate(lines):
        if _CHECKING_BLOCK.match(line):
            yield from _parsed(list(takewhile(_is_indented, lines[number + 1 :])))


def _is_indented(line: str) -> bool:
    return not line.strip() or line[0].isspace()


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    """Return the full name of the module that *statement* in *package* imports from."""
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - statement.level + 1]
    return ".".join([*parts, *([statement.module] if statement.module else [])])
