"""Read an annotation into a plain form, without evaluating it: names are looked up, and what is missing stays unknown.

``eval`` would fail as a whole on one name that exists for type checkers only, run code, and let the caches of
:mod:`typing` keep the classes of tests alive. A name that is imported for type checkers only is
looked up where it comes from, if that is loaded; nothing is imported for it.
"""

import ast
import builtins
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final, Literal, TypeVar, Union, cast

import typing_extensions

from isolation.mocks.inspection._lookup import MISSING, bases_of, find, namespace_of, replaced_by
from isolation.mocks.inspection._sources import imported_for_checking
from isolation.mocks.inspection._stand_ins import is_stand_in


class Mark(Enum):
    """A form that is no class."""

    UNKNOWN = auto()
    """Anything, or a name that cannot be found."""
    SELF = auto()
    """The object whose member it is."""


@dataclass(frozen=True, slots=True)
class Form:
    """An annotation: what it is headed by, and what stands in its brackets.

    The head is a class, ``Union``, ``Literal`` (whose arguments are headed by the values), a type variable or a mark.
    """

    head: object
    args: "tuple[Form, ...]" = ()


UNKNOWN_FORM: Final = Form(Mark.UNKNOWN)
NONE_FORM: Final = Form(types.NoneType)
Bindings = Mapping[object, Form]
_MAX_DEPTH: Final = 24
_FIRST_ONLY: Final = frozenset({"Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"})
_EXTENDED_SELF: Final[object] = vars(typing_extensions)["Self"]  # another one in older versions
_SIMPLE: Final[dict[object, Form]] = {
    None: NONE_FORM,
    typing.Any: UNKNOWN_FORM,
    vars(typing)["Self"]: Form(Mark.SELF),
    _EXTENDED_SELF: Form(Mark.SELF),
    typing.LiteralString: Form(str),
    typing.NoReturn: UNKNOWN_FORM,
    typing.Never: UNKNOWN_FORM,
    ...: Form(...),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the names of an annotation are looked up, and what its type variables stand for."""

    namespace: Mapping[str, object]
    owner: type | None = None
    bindings: Bindings = field(default_factory=dict[object, Form])
    parameters: tuple[Any, ...] = ()
    depth: int = 0
    doubts: list[str] = field(default_factory=list[str])
    """The names that seem to stand for something else than what the author of the annotation meant."""

    def deeper(self, bindings: Bindings | None = None) -> "Scope":
        """Return this scope one step further, where type variables may stand for something else."""
        return replace(self, depth=self.depth + 1, bindings=self.bindings if bindings is None else bindings)

    def lookup(self, name: str) -> object:
        """Return what *name* means here, or ``MISSING``."""
        for parameter in self.parameters:
            if parameter.__name__ == name:
                return parameter
        inner = self._in_class(name)
        if inner is not MISSING:
            return inner
        value = self.checked(name, replaced_by(self.namespace.get(name, MISSING)))
        return self._elsewhere(name) if value is MISSING else value

    def _elsewhere(self, name: str) -> object:
        """Return a builtin, or what the module imports as *name* for type checkers only, if that is loaded already."""
        builtin = vars(builtins).get(name, MISSING)
        source = imported_for_checking(self.namespace, name) if builtin is MISSING else None
        if source is None:
            return builtin
        found = _loaded(*source)
        if found is MISSING:
            self.doubts.append(name)  # what is not loaded now may be loaded later in the run
        return found

    def checked(self, name: str, value: object) -> object:
        """Return *value*, found as *name*, and note if a test seems to have put it there."""
        if is_stand_in(name, value, str(self.namespace.get("__name__", ""))):
            self.doubts.append(name)
        return value

    def _in_class(self, name: str) -> object:
        if self.owner is None:
            return MISSING
        if self.owner.__name__ == name:
            return self.owner
        inner = namespace_of(self.owner).get(name)
        return inner if isinstance(inner, type) else MISSING


def _loaded(module: str, name: str) -> object:
    """Return *name* of *module* if that is loaded already; nothing is imported."""
    found = sys.modules.get(module)
    if not name or found is None:
        return MISSING if found is None else found
    value = vars(found).get(name, MISSING)
    return value if value is not MISSING else sys.modules.get(f"{module}.{name}", MISSING)


def form_of(annotation: object, scope: Scope) -> Form:
    """Return the form of *annotation*, which may be a string."""
    if scope.depth > _MAX_DEPTH:
        return UNKNOWN_FORM
    if isinstance(annotation, str):
        return _form_of_text(annotation, scope.deeper())
    if isinstance(annotation, typing.ForwardRef):
        return _form_of_text(annotation.__forward_arg__, scope.deeper())
    if isinstance(annotation, TypeVar):
        return _form_of_variable(annotation, scope)
    return _form_of_object(annotation, scope.deeper())


def _form_of_object(annotation: object, scope: Scope) -> Form:
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _form_of_alias(annotation, origin, scope)
    if isinstance(annotation, type) and annotation is not typing.Any:
        return Form(annotation)
    if isinstance(annotation, typing.NewType):
        return form_of(annotation.__supertype__, scope)
    if type(annotation).__name__ == "TypeAliasType":
        return form_of(cast("Any", annotation).__value__, scope)
    try:
        return _SIMPLE.get(annotation, UNKNOWN_FORM)
    except TypeError:  # not hashable
        return UNKNOWN_FORM


def _form_of_alias(annotation: object, origin: object, scope: Scope) -> Form:
    args = typing.get_args(annotation)
    if origin is types.UnionType:
        origin = Union
    if origin is Literal:
        return Form(Literal, tuple(Form(value) for value in args))
    if type(origin).__name__ == "TypeAliasType":
        parameters = cast("Any", origin).__type_params__
        bound = {**scope.bindings, **dict(zip(parameters, (form_of(arg, scope) for arg in args), strict=False))}
        return form_of(cast("Any", origin).__value__, scope.deeper(bound))
    if getattr(origin, "_name", getattr(origin, "__name__", None)) in _FIRST_ONLY:
        return form_of(args[0], scope)
    forms = tuple(form_of(arg, scope) for arg in args)
    return _union(forms) if origin is Union else Form(origin, forms)


def _union(forms: tuple[Form, ...]) -> Form:
    flat = [inner for form in forms for inner in (form.args if form.head is Union else (form,))]
    return Form(Union, tuple(flat))


def _form_of_variable(variable: TypeVar, scope: Scope) -> Form:
    """Return what *variable* stands for: what it was bound to, its default, its first constraint or its bound."""
    if variable in scope.bindings:
        return scope.bindings[variable]
    default = getattr(variable, "__default__", None)
    if default is not None and default is not typing_extensions.NoDefault:
        return form_of(default, scope.deeper())
    known = variable.__constraints__[0] if variable.__constraints__ else variable.__bound__
    return Form(variable) if known is None else Form(variable, (form_of(known, scope.deeper()),))


def _form_of_text(text: str, scope: Scope) -> Form:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return UNKNOWN_FORM
    return _form_of_node(tree, scope)


def _form_of_node(node: ast.expr, scope: Scope) -> Form:
    if isinstance(node, ast.Constant):
        return form_of(node.value, scope) if isinstance(node.value, str | None) else UNKNOWN_FORM
    if isinstance(node, ast.Name | ast.Attribute):
        return form_of(resolve(node, scope), scope)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union((_form_of_node(node.left, scope), _form_of_node(node.right, scope)))
    if isinstance(node, ast.Subscript):
        return _form_of_subscript(node, scope)
    return UNKNOWN_FORM


def _form_of_subscript(node: ast.Subscript, scope: Scope) -> Form:
    head = resolve(node.value, scope)
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if head is Literal:
        return _form_of_literal([_value(item, scope) for item in nodes])
    if getattr(head, "_name", getattr(head, "__name__", None)) in _FIRST_ONLY:
        return _form_of_node(nodes[0], scope)
    forms = tuple(_form_of_node(item, scope) for item in nodes)
    if head is typing.Optional:
        return _union((*forms, NONE_FORM))
    if head is Union:
        return _union(forms)
    return _applied(head, forms, scope)


def _applied(head: object, forms: tuple[Form, ...], scope: Scope) -> Form:
    """Return the form of the generic *head* with *forms* in its brackets."""
    parameters = getattr(head, "__parameters__", ())
    if typing.get_origin(head) is not None and parameters:
        return form_of(head, scope.deeper({**scope.bindings, **dict(zip(parameters, forms, strict=False))}))
    plain = form_of(head, scope)
    return replace(plain, args=forms) if isinstance(plain.head, type) else plain


def _form_of_literal(values: list[object]) -> Form:
    return UNKNOWN_FORM if any(value is MISSING for value in values) else Form(Literal, tuple(map(Form, values)))


def _value(node: ast.expr, scope: Scope) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return resolve(node, scope)


def resolve(node: ast.expr, scope: Scope) -> object:
    """Return what a dotted name means in *scope*, looked up without running any code, or ``MISSING``."""
    if isinstance(node, ast.Name):
        return scope.lookup(node.id)
    if not isinstance(node, ast.Attribute):
        return MISSING
    return scope.checked(node.attr, attribute(resolve(node.value, scope), node.attr))


def attribute(value: object, name: str) -> object:
    """Return what a module or a class holds as *name*, or ``MISSING``."""
    if isinstance(value, types.ModuleType):
        return replaced_by(vars(value).get(name, MISSING))
    if isinstance(value, type):
        members = cast("dict[str, object]", namespace_of(value).get("_member_map_", {}))
        if name in members:
            return members[name]
        found = find(value, name)
        return MISSING if found is None else found.raw
    return MISSING


def bindings_of(cls: type, args: tuple[Form, ...], scope: Scope) -> Bindings:
    """Return what the type variables of *cls* and its bases stand for, with *args* in the brackets behind *cls*."""
    parameters = _parameters_of(cls)
    bindings: dict[object, Form] = dict(zip(parameters, args, strict=False))
    for base in bases_of(cls):
        for alias in cast("tuple[object, ...]", namespace_of(base).get("__orig_bases__", ())):
            origin = typing.get_origin(alias)
            if isinstance(origin, type):
                inner = replace(scope, namespace=_module_of(base), owner=base, bindings=bindings)
                forms = [form_of(arg, inner.deeper()) for arg in typing.get_args(alias)]
                for parameter, form in zip(_parameters_of(origin), forms, strict=False):
                    if form.head is not parameter:
                        bindings.setdefault(parameter, form)
    return bindings


def _parameters_of(cls: type) -> tuple[object, ...]:
    parameters = namespace_of(cls).get("__parameters__", ())
    return cast("tuple[object, ...]", parameters) if isinstance(parameters, tuple) else ()


def _module_of(cls: type) -> Mapping[str, object]:
    module = sys.modules.get(cast("str", namespace_of(cls).get("__module__", "")))
    return {} if module is None else vars(module)


def scope_of_class(cls: type, bindings: Bindings | None = None, doubts: list[str] | None = None) -> Scope:
    """Return the scope of annotations in the body of *cls*."""
    parameters = namespace_of(cls).get("__type_params__", ())
    return Scope(_module_of(cls), cls, bindings or {}, cast("tuple[Any, ...]", parameters), doubts=_list(doubts))


def scope_of_function(
    function: types.FunctionType,
    owner: type | None,
    bindings: Bindings | None = None,
    doubts: list[str] | None = None,
) -> Scope:
    """Return the scope of the annotations of *function*, defined in the body of *owner*."""
    own = getattr(function, "__type_params__", ())
    outer = () if owner is None else cast("tuple[Any, ...]", namespace_of(owner).get("__type_params__", ()))
    return Scope(function.__globals__, owner, bindings or {}, (*own, *outer), doubts=_list(doubts))


def _list(doubts: list[str] | None) -> list[str]:
    return [] if doubts is None else doubts


LOADED: Final = Scope(sys.modules)
"""The scope in which dotted names start with that of a module that is loaded."""
