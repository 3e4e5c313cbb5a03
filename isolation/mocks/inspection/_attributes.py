"""What instances have that is in no class: what ``__init__`` sets, what the body of a class only annotates, slots."""

import ast
from collections.abc import Iterator
from types import FunctionType
from typing import Final, cast

from isolation.mocks._facts import NOTHING, UNKNOWN, Result, Unknown
from isolation.mocks.inspection._defaults import Context, result_of
from isolation.mocks.inspection._expressions import Body
from isolation.mocks.inspection._forms import form_of
from isolation.mocks.inspection._lookup import bases_of, find, innermost, namespace_of
from isolation.mocks.inspection._sources import FunctionTree, mangled, statements, tree_of

_INITIALIZERS: Final = ("__init__", "__post_init__", "__attrs_post_init__")


def attribute_names(cls: type) -> set[str]:
    """Return the names that instances of *cls* have by annotation in its body, or because ``__init__`` sets them."""
    names: set[str] = set()
    for base in bases_of(cls):
        names.update(_annotations(base))
        for _, tree in _initializers(base):
            names.update(mangled(target.attr, base) for target, _ in _assignments(tree))
    return names


def _annotations(cls: type) -> dict[str, object]:
    """Return what the body of *cls* annotates, but what belongs to the class or to its initialisation only."""
    annotations = namespace_of(cls).get("__annotations__")
    if not isinstance(annotations, dict):
        return {}
    return {name: value for name, value in cast("dict[str, object]", annotations).items() if not _is_outside(value)}


def _is_outside(annotation: object) -> bool:
    text = annotation if isinstance(annotation, str) else type(annotation).__name__
    return text.removeprefix("dataclasses.").startswith("InitVar")


def _initializers(cls: type) -> Iterator[tuple[FunctionType, FunctionTree]]:
    for name in _INITIALIZERS:
        function = innermost(namespace_of(cls).get(name))
        tree = tree_of(function) if isinstance(function, FunctionType) else None
        if tree is not None:
            yield cast("FunctionType", function), tree


def _assignments(tree: FunctionTree) -> Iterator[tuple[ast.Attribute, ast.Assign | ast.AnnAssign]]:
    """Yield every attribute of the first parameter that *tree* assigns."""
    own = next(iter((*tree.args.posonlyargs, *tree.args.args)), None)
    for node in statements(tree):
        if own is not None and isinstance(node, ast.Assign | ast.AnnAssign):
            for target in _targets(node):
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == own.arg:
                    yield target, node


def _targets(node: ast.Assign | ast.AnnAssign) -> Iterator[ast.expr]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def annotation_of(cls: type, name: str) -> object:
    """Return what the body of *cls* annotates *name* with, or None."""
    return _annotations(cls).get(name)


def attribute_result(name: str, context: Context) -> Result | None:
    """Return what reading the attribute *name* of an instance gives; None if nothing says that there is one."""
    for base in bases_of(context.cls):
        annotation = _annotations(base).get(name)
        if annotation is not None:
            return annotated_result(annotation, base, context)
        known = _set_by_initializer(base, name, context)
        if known is not None:
            return known
    return None


def annotated_result(annotation: object, owner: type, context: Context) -> Result:
    """Return what an attribute gives that the body of *owner* annotates with *annotation*."""
    form = form_of(annotation, context.scope_of(owner))
    if isinstance(form.head, type) and find(form.head, "__get__") is not None:
        # A descriptor is what the class has; an instance gives what stands in the brackets.
        return result_of(form.args[-1], context) if form.args else UNKNOWN
    return result_of(form, context)


def _set_by_initializer(base: type, name: str, context: Context) -> Result | None:
    """Return what ``__init__`` of *base* sets *name* to: the first that is known, None last."""
    known: Result | None = None
    for function, tree in _initializers(base):
        body = Body(tree, context, context.scope(function, base))
        for target, node in _assignments(tree):
            if mangled(target.attr, base) == name:
                result = _assigned(body, target, node)
                if not isinstance(result, Unknown) and result is not NOTHING:
                    return result
                known = result if known is None or result is NOTHING else known
    return known


def _assigned(body: Body, target: ast.Attribute, node: ast.Assign | ast.AnnAssign) -> Result:
    if isinstance(node, ast.AnnAssign):
        return body.declared(node)
    value = next((_part(given, target, node.value) for given in node.targets), None)
    return UNKNOWN if value is None else body.evaluate(value)


def _part(given: ast.expr, target: ast.expr, value: ast.expr) -> ast.expr | None:
    """Return the part of *value* that *target* gets, which is *given* or one of what stands there."""
    if given is target:
        return value
    if not isinstance(given, ast.Tuple) or not isinstance(value, ast.Tuple) or len(given.elts) != len(value.elts):
        return None
    return value.elts[given.elts.index(target)] if target in given.elts else None
