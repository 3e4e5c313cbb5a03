"""What a function without annotation gives, by reading its source: what it returns, and what it never does."""

import ast
import types

from isolation.mocks._facts import NOTHING, UNKNOWN, Nested, Result
from isolation.mocks.inspection._defaults import Context
from isolation.mocks.inspection._expressions import MAX_DEPTH, Body, Pending, is_call_of
from isolation.mocks.inspection._forms import Scope
from isolation.mocks.inspection._results import agreed
from isolation.mocks.inspection._sources import FunctionTree, statements, tree_of


def result_of_body(function: types.FunctionType, context: Context, scope: Scope) -> tuple[bool, Result]:
    """Return by its source whether what *function* returns is still to be awaited, and what it gives in the end."""
    tree = None if context.depth >= MAX_DEPTH else tree_of(function)
    if tree is None or _is_stub(tree):
        return False, UNKNOWN
    body = Body(tree, context, scope)
    returned = [node.value for node in statements(tree) if isinstance(node, ast.Return)]
    if not any(returned):
        return False, UNKNOWN if _only_raises(tree) else NOTHING
    given = [body.give(node) if node else NOTHING for node in returned]
    pending = [each for each in given if isinstance(each, Pending)]
    return len(pending) == len(given), agreed([each.result if isinstance(each, Pending) else each for each in given])


def yielded_by_body(function: types.FunctionType, context: Context, scope: Scope) -> Result:
    """Return what the generator *function* yields by its source; unknown if that does not tell."""
    tree = tree_of(function)
    body = None if tree is None else Body(tree, context, scope)
    yields = [node for node in statements(tree) if isinstance(node, ast.Yield)] if tree else []
    if body is None or not yields:
        return UNKNOWN
    return agreed([body.evaluate(node.value) if node.value else NOTHING for node in yields])


def _is_stub(tree: FunctionTree) -> bool:
    """Tell whether the body is left to others: nothing but a docstring and ``...``, or declared abstract."""
    abstract = any("abstract" in ast.unparse(decorator) for decorator in tree.decorator_list)
    return abstract or (isinstance(last := tree.body[-1], ast.Expr) and _is_ellipsis(last.value))


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _only_raises(tree: FunctionTree) -> bool:
    return isinstance(tree.body[-1], ast.Raise) and not any(isinstance(node, ast.Return) for node in statements(tree))


def only_raises(function: types.FunctionType) -> bool:
    """Tell whether *function* returns nothing but ends with an exception."""
    tree = tree_of(function)
    return tree is not None and _only_raises(tree)


def refuses(function: types.FunctionType) -> bool:
    """Tell whether *function* does nothing but raise a TypeError."""
    tree = tree_of(function)
    last = tree.body[-1] if tree is not None and _only_raises(tree) else None
    return isinstance(last, ast.Raise) and last.exc is not None and ast.unparse(last.exc).startswith("TypeError")


def delegates_of(function: types.FunctionType, context: Context, scope: Scope) -> list[type]:
    """Return the classes of the objects whose attributes *function*, a ``__getattr__``, gives; none if not known."""
    tree = tree_of(function)
    if tree is None or len(function.__code__.co_varnames) < 2:  # noqa: PLR2004 - the object and the name
        return []
    body, name = Body(tree, context, scope), function.__code__.co_varnames[1]
    asked = [node.args[0] for node in statements(tree) if isinstance(node, ast.Call) and _asks_for(node, name)]
    results = [body.evaluate(each) for each in asked]
    found = [result.cls() for result in results if isinstance(result, Nested)]
    return [cls for cls in found if cls is not None] if len(found) == len(asked) else []


def _asks_for(node: ast.Call, name: str) -> bool:
    """Tell whether *node* is ``getattr(something, name)``."""
    return is_call_of(node, "getattr") and len(node.args) > 1 and ast.unparse(node.args[1]) == name
