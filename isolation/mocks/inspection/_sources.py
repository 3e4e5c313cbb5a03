"""The source of a function as a tree."""

import ast
import linecache
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Final

FunctionTree = ast.FunctionDef | ast.AsyncFunctionDef

_MAX_CLOSING: Final = 20


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
