"""Which types are looked into, and which kinds of records their objects make."""

import functools
import io
import types
from array import array
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import EnumType
from itertools import takewhile
from threading import local
from weakref import ref

from isolation._natures import bases_of, class_namespace, is_kind_of
from isolation.snapshots import _kinds as kinds
from isolation.snapshots._kinds import Kind
from isolation.snapshots._objects import CACHE, has_dict, slot_names


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is made of the objects of one type.

    Attributes:
        container: The kind of their items, if they are containers.
        has_dict: Whether they have a ``__dict__`` that is looked into.
        slots: The names of their slots that are looked into.
        is_class: Whether they are classes, each of which is followed or not.
        is_function: Whether they are functions, or caches of functions, each of which is followed or not.
    """

    container: Kind | None = None
    has_dict: bool = False
    slots: tuple[str, ...] = ()
    is_class: bool = False
    is_function: bool = False


_CONTAINERS: tuple[tuple[type, Kind], ...] = (
    (OrderedDict, kinds.ORDERED_DICT),
    (dict, kinds.DICT),
    (list, kinds.LIST),
    (set, kinds.SET),
    (deque, kinds.DEQUE),
    (bytearray, kinds.BYTEARRAY),
    (array, kinds.ARRAY),
    (tuple, kinds.FIXED),
    (frozenset, kinds.FIXED),
)
_CONTAINER_KINDS = {id(kind): container for kind, container in _CONTAINERS}
_PASSED = (
    types.MappingProxyType,
    types.MethodType,
    functools.partial,
    property,
    staticmethod,
    classmethod,
    functools.cached_property,
)
_FUNCTIONS: tuple[type, ...] = (types.FunctionType, CACHE)
_BUILTIN_PLANS: tuple[tuple[type, Plan], ...] = (
    *((kind, Plan(container=container)) for kind, container in _CONTAINERS),
    *((kind, Plan(container=kinds.DICT)) for kind in (defaultdict, Counter)),
    *((kind, Plan(container=kinds.FIXED)) for kind in _PASSED),
    *((kind, Plan(is_function=True)) for kind in _FUNCTIONS),
    *((kind, Plan(has_dict=True)) for kind in (types.SimpleNamespace, UserDict, UserList, ChainMap)),
    (types.CellType, Plan(container=kinds.CELL)),
    (io.StringIO, Plan(container=kinds.TEXT)),
    (io.BytesIO, Plan(container=kinds.BYTES)),
    (ContextVar, Plan(container=kinds.VARIABLE)),
    (local, Plan(container=kinds.THREAD_LOCAL)),
)
_LEAVES = (type(None), bool, int, float, complex, str, bytes, types.ModuleType, types.BuiltinFunctionType)


class Plans:
    """The plans of all types that were met.

    Args:
        follows: Tells of a class whether it is looked into.
    """

    def __init__(self, follows: Callable[[type], bool]) -> None:
        self._follows = follows
        self._refs: dict[int, ref[type]] = {}
        self._builtin: dict[int, Plan] = {id(kind): plan for kind, plan in _BUILTIN_PLANS}
        self.walked: dict[int, Plan] = dict(self._builtin)
        self.leaves: set[int] = set(map(id, _LEAVES))
        self._followed: dict[int, bool] = {}

    def learn(self, examples: dict[int, object]) -> None:
        """Make the plans for the types of *examples*, which are given by the identities of these types."""
        for kind_id in examples.keys() - self.walked.keys() - self.leaves:
            kind = type(examples[kind_id])
            plan = self._made(kind)
            self._note(kind)
            if plan is None:
                self.leaves.add(kind_id)
            else:
                self.walked[kind_id] = plan

    def forget(self, kind_id: int) -> None:
        """Forget the plan of a type that is gone."""
        self._refs.pop(kind_id, None)
        self.walked.pop(kind_id, None)
        self._followed.pop(kind_id, None)
        self.leaves.discard(kind_id)

    def root(self, kind: type) -> Plan | None:
        """Return the plan for a root of type *kind*, which is looked into whoever has made it."""
        return self._builtin.get(id(kind)) or self._of_instances(kind)

    def slots(self, kind: type) -> tuple[str, ...]:
        """Return the names of the slots of the instances of *kind*."""
        plan = self.walked.get(id(kind))
        return slot_names(kind) if plan is None else plan.slots

    def is_followed(self, kind: type) -> bool:
        """Tell whether the attributes of the class *kind* are looked into."""
        known = self._followed.get(id(kind))
        if known is None:
            known = self._followed[id(kind)] = not _is_enum(kind) and self._follows(kind)
            self._note(kind)
        return known

    def _note(self, kind: type) -> None:
        """Forget *kind* when it dies: its identity may become that of another type."""
        if id(kind) not in self._refs:
            self._refs[id(kind)] = ref(kind, functools.partial(_forget, ref(self), id(kind)))

    def _made(self, kind: type) -> Plan | None:
        if is_kind_of(kind, type):
            return Plan(is_class=True)
        is_passed = is_kind_of(kind, types.ModuleType) or not self.is_followed(kind)
        return None if is_passed else self._of_instances(kind)

    def _of_instances(self, kind: type) -> Plan | None:
        if is_kind_of(kind, type):
            return Plan(is_class=True)
        if _is_local(kind):
            return Plan(container=kinds.THREAD_LOCAL)
        plan = Plan(container=_container(kind), has_dict=has_dict(kind), slots=slot_names(kind))
        return plan if plan.container or plan.has_dict or plan.slots else None


def _forget(plans: "ref[Plans]", kind_id: int, _: object) -> None:
    owner = plans()
    if owner is not None:  # pragma: no branch - the references go with the plans
        owner.forget(kind_id)


def _is_enum(kind: type) -> bool:
    return is_kind_of(type(kind), EnumType)


def _is_local(kind: type) -> bool:
    """Tell whether objects of *kind* are thread-locals that run no code of theirs in a thread that is new to them."""
    parts = bases_of(kind)
    return is_kind_of(kind, local) and not any("__init__" in class_namespace(part) for part in _up_to(local, parts))


def _up_to(last: type, parts: Iterable[type]) -> Iterable[type]:
    return takewhile(lambda part: part is not last, parts)


def _container(kind: type) -> Kind | None:
    parts = bases_of(kind)
    found = next((_CONTAINER_KINDS[id(part)] for part in parts if id(part) in _CONTAINER_KINDS), None)
    is_odd = found is kinds.DICT and any("__iter__" in class_namespace(part) for part in _up_to(dict, parts))
    return kinds.ODD_DICT if is_odd else found
