"""What an expression in the source of a function gives, as far as that can be told without running it."""

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast
from weakref import ref

from isolation.mocks._facts import ITSELF, NOTHING, UNKNOWN, Fresh, Itself, Kind, MemberFacts, Nested, Result, Unknown
from isolation.mocks.inspection._defaults import Context, Promise, constant, nested, result_of
from isolation.mocks.inspection._forms import Scope, attribute, form_of
from isolation.mocks.inspection._lookup import MISSING
from isolation.mocks.inspection._results import PLAIN, agreed, is_abstract, narrower
from isolation.mocks.inspection._sources import FunctionTree, mangled, statements

MAX_DEPTH: Final = 4
_EMPTY: Final[dict[type, type]] = {
    ast.List: list,
    ast.ListComp: list,
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
    ast.JoinedStr: str,
    ast.Compare: bool,
}
_GIVES: Final[dict[object, type]] = {
    **{kind: kind for kind in PLAIN},
    **dict.fromkeys((len, sum, id, hash), int),
    **dict.fromkeys((any, all, isinstance, issubclass, callable), bool),
    **dict.fromkeys((repr, format, ascii, chr, hex), str),
    sorted: list,
}


def is_call_of(node: ast.Call, name: str) -> bool:
    """Tell whether *node* calls the function *name*."""
    return isinstance(node.func, ast.Name) and node.func.id == name


@dataclass(frozen=True, slots=True)
class Object:
    """A module, a class or a function that the source names."""

    value: object


@dataclass(frozen=True, slots=True)
class Method:
    """A member of something that is known, about to be called."""

    receiver: Result
    facts: MemberFacts


@dataclass(frozen=True, slots=True)
class Pending:
    """What a call gives that must be awaited, and gives *result* then."""

    result: Result


class Parent:
    """The object itself, seen from the class above: what ``super()`` gives."""


PARENT: Final = Parent()
Value = Result | Object | Method | Pending | Parent


@dataclass(slots=True)
class Body:
    """The source of one function, whose expressions can be asked for what they give."""

    tree: FunctionTree
    context: Context
    scope: Scope
    _busy: set[str] = field(default_factory=set[str])

    def evaluate(self, node: ast.expr) -> Result:
        """Return what *node* gives."""
        value = self.give(node)
        return UNKNOWN if isinstance(value, Pending) else value

    def give(self, node: ast.expr) -> Result | Pending:
        """Return what *node* gives, which may be something to await."""
        value = self._value(node)
        return UNKNOWN if isinstance(value, Object | Method | Parent) else value

    def _value(self, node: ast.expr) -> Value:
        if type(node) in _EMPTY or isinstance(node, ast.UnaryOp | ast.Tuple):
            return _literal(node) or self._displayed(node)
        if isinstance(node, ast.Constant):
            return constant(node.value)
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.Await):
            return self._awaited(self._value(node.value))
        if isinstance(node, ast.IfExp):
            return self._alternative(node.body, node.orelse)
        if isinstance(node, ast.BoolOp):
            return self._alternative(*node.values)
        return UNKNOWN

    def _displayed(self, node: ast.expr) -> Value:
        """Return what a display or a negation gives that is not made of constants."""
        if isinstance(node, ast.Tuple):
            return self._tuple(node)
        if isinstance(node, ast.UnaryOp):
            return Fresh(bool) if isinstance(node.op, ast.Not) else UNKNOWN
        return Fresh(_EMPTY[type(node)])

    def _alternative(self, *nodes: ast.expr) -> Result:
        """Return what one of *nodes* gives, of which those that may be None have the others to replace them."""
        results = [self.evaluate(node) for node in nodes]
        if any(isinstance(node, ast.Constant) and node.value is None for node in nodes):
            return NOTHING
        known = [result for result in results if not isinstance(result, Unknown) and result is not NOTHING]
        return agreed(known) if known else UNKNOWN

    def _tuple(self, node: ast.Tuple) -> Value:
        results = [self.evaluate(item) for item in node.elts]
        plain = [result for result in results if isinstance(result, Fresh)]
        return Fresh(lambda: tuple(result.make() for result in plain)) if len(plain) == len(results) else UNKNOWN

    def _named(self, name: str) -> Value:
        if name in self._busy:
            return UNKNOWN
        self._busy.add(name)
        try:
            return self._local(name)
        finally:
            self._busy.discard(name)

    def _local(self, name: str) -> Value:
        if name == self._own_name():
            return ITSELF
        parameter = next((arg for arg in _parameters(self.tree) if arg.arg == name), None)
        stored = sum(_is_stored(node, name) for node in statements(self.tree))
        if parameter is not None:
            return self._parameter_or_replacement(parameter, stored)
        if stored:
            return self._assigned_once(name, stored)
        found = self.scope.lookup(name)
        return UNKNOWN if found is MISSING else Object(found)

    def _parameter_or_replacement(self, parameter: ast.arg, stored: int) -> Result:
        """Return what *parameter* is, or what the body puts in its place if it is None."""
        given, default = self._parameter(parameter), _default_of(self.tree, parameter)
        is_none = given is NOTHING or (isinstance(default, ast.Constant) and default.value is None)
        replaced = self._assigned_once(parameter.arg, stored) if stored and is_none else UNKNOWN
        return given if isinstance(replaced, Unknown) else replaced

    def _assigned_once(self, name: str, times: int) -> Result:
        """Return what *name* is, assigned *times* times, if all of these are known and agree."""
        bound = list(self._assigned(name))
        return agreed(bound) if len(bound) == times else UNKNOWN

    def _own_name(self) -> str | None:
        first = next(iter((*self.tree.args.posonlyargs, *self.tree.args.args)), None)
        return None if first is None or self.scope.owner is None else first.arg

    def _parameter(self, parameter: ast.arg) -> Result:
        given = _default_of(self.tree, parameter)
        if isinstance(given, ast.Constant) and given.value is not None:
            return constant(given.value)
        return UNKNOWN if parameter.annotation is None else self.annotated(parameter.annotation)

    def annotated(self, annotation: ast.expr) -> Result:
        """Return what *annotation*, found in the source, stands for."""
        return result_of(form_of(ast.unparse(annotation), self.scope), self.context)

    def declared(self, node: ast.AnnAssign) -> Result:
        """Return what is assigned with an annotation: what that says, unless the value is of a class that says more."""
        result = self.annotated(node.annotation)
        if node.value is None or not (isinstance(result, Unknown) or is_abstract(result)):
            return result
        return narrower(result, self.evaluate(node.value))

    def _assigned(self, name: str) -> Iterator[Result]:
        for node in statements(self.tree):
            if isinstance(node, ast.Assign) and any(_is_named(target, name) for target in node.targets):
                yield self.evaluate(node.value)
            elif isinstance(node, ast.AnnAssign) and _is_named(node.target, name):
                yield self.declared(node)
            elif isinstance(node, ast.withitem) and node.optional_vars and _is_named(node.optional_vars, name):
                yield self._entered(self._value(node.context_expr))

    def _entered(self, value: Value) -> Result:
        for method in ("__aenter__", "__enter__"):
            entered = self._called_member(value, method)
            if not isinstance(entered, Unknown):
                return entered
        return UNKNOWN

    def _awaited(self, value: Value) -> Result:
        if isinstance(value, Nested):
            return self._called_member(value, "__await__")
        if isinstance(value, Promise):
            return value.value
        return value.result if isinstance(value, Pending) else UNKNOWN

    def _called_member(self, value: Value, name: str) -> Result:
        member = self._member(value, name)
        given = UNKNOWN if member is None else self._given(Method(cast("Result", value), member))
        return given.result if isinstance(given, Pending) else given

    def _attribute(self, node: ast.Attribute) -> Value:
        value = self._value(node.value)
        if isinstance(value, Object):
            return self._of_object(value.value, node.attr)
        member = self._member(value, mangled(node.attr, self.scope.owner))
        value = ITSELF if isinstance(value, Parent) else value
        if member is None:
            return UNKNOWN
        if member.kind is not Kind.VALUE:
            return Method(cast("Result", value), member)
        # None in an attribute is a place kept for later, not what a method would give.
        return UNKNOWN if member.result is NOTHING else member.result

    def _of_object(self, value: object, name: str) -> Value:
        """Return what the attribute *name* of a module or a class is."""
        found = self.scope.checked(name, attribute(value, name))
        if isinstance(value, type) and isinstance(found, classmethod | staticmethod):
            member = self._member(Nested(ref(value)), name)
            return UNKNOWN if member is None else Method(Nested(ref(value)), member)
        return UNKNOWN if found is MISSING else Object(found)

    def _member(self, value: Value, name: str) -> MemberFacts | None:
        """Return what is known of the member *name* of *value*."""
        if self.context.depth >= MAX_DEPTH:
            return None
        if isinstance(value, Itself):
            return self.context.describe(self.context.deeper(), name)
        if isinstance(value, Parent):
            return self.context.describe(self.context.deeper(self.scope.owner), name)
        cls = value.cls() if isinstance(value, Nested) else None
        if cls is None:
            return None
        given = dict(cast("Nested", value).members).get(name)
        return given or self.context.describe(self.context.inside(cls), name)

    def _called(self, node: ast.Call) -> Value:
        if is_call_of(node, "super"):
            return PARENT
        if isinstance(node.func, ast.Attribute) and node.func.attr == "__await__":
            return self._value(node.func.value)
        function = self._value(node.func)
        if isinstance(function, Method):
            return self._given(function)
        return self._made(function.value) if isinstance(function, Object) else UNKNOWN

    def _made(self, function: object) -> Value:
        """Return what a call of a class or a builtin function gives."""
        if isinstance(function, type | types.BuiltinFunctionType) and function in _GIVES:
            return Fresh(_GIVES[function])
        return nested(function, (), self.context) if isinstance(function, type) else UNKNOWN

    def _given(self, method: Method) -> Result | Pending:
        result = method.receiver if isinstance(method.facts.result, Itself) else method.facts.result
        return Pending(result) if method.facts.kind is Kind.ASYNC else result


def _literal(node: ast.expr) -> Fresh | None:
    """Return the value of *node*, made anew each time, if that is made of constants."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    return Fresh(lambda: ast.literal_eval(node))


def _parameters(tree: FunctionTree) -> list[ast.arg]:
    return [*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs]


def _default_of(tree: FunctionTree, parameter: ast.arg) -> ast.expr | None:
    """Return the default value of *parameter* of *tree*, as it is written."""
    positional = [*tree.args.posonlyargs, *tree.args.args]
    given = dict(zip([arg.arg for arg in positional[::-1]], tree.args.defaults[::-1], strict=False))
    given |= {arg.arg: value for arg, value in zip(tree.args.kwonlyargs, tree.args.kw_defaults, strict=True) if value}
    return given.get(parameter.arg)


def _is_named(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _is_stored(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
