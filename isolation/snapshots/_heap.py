"""All records of a snapshot, and the walk that makes them."""

import builtins
import gc
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from operator import is_
from threading import local
from types import FunctionType, ModuleType
from typing import Any, TypeAlias, cast

from isolation._natures import is_module, module_namespace
from isolation.snapshots import _kinds as kinds
from isolation.snapshots._contents import unlike
from isolation.snapshots._kinds import Kind
from isolation.snapshots._objects import CACHE, class_dict, dicts_of, has_dict, local_dict, read_slots
from isolation.snapshots._plans import Plan, Plans
from isolation.snapshots._tables import MeasuredTable, Table

_DICT_OF_CACHE: Callable[[object], dict[str, object]] = CACHE.__dict__["__dict__"].__get__

Things: TypeAlias = dict[int, object]
"""Objects by their identities, each once."""


@contextmanager
def without_collections() -> Generator[None]:
    """Keep the garbage collector from scanning again and again what is just being made."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _present_dict(thing: object) -> dict[str, object]:
    """Return the ``__dict__`` of *thing*, whatever class it has by now."""
    return dicts_of([thing])[0] if has_dict(type(thing)) else {}


_FINDERS: dict[Kind, Callable[[Any], Any]] = {
    kinds.INSTANCE: _present_dict,
    kinds.FUNCTION_DICT: _present_dict,
    kinds.THREAD_LOCAL: local_dict,
}


class Heap:
    """The records of everything that was reached.

    Args:
        plans: Which types are looked into.

    Attributes:
        tables: The records by kind.
        watched: Those that can change.
        joined: The tables and the owners' identities of new records, in the order of the walk; None as long as nobody
            wants to know.
    """

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._dicts = {id(builtins.__dict__), id(sys.modules)}  # state of something else, or nobody's business
        self._by_kind = {
            kind: MeasuredTable(kind) if kind.is_measured else Table(kind, _FINDERS.get(kind), self._dicts)
            for kind in kinds.KINDS
        }
        self._by_kind[kinds.SLOTS].copy = partial(_slots_of, plans)
        self.tables: Sequence[Table] = list(self._by_kind.values())
        self.watched = [table for table in self.tables if not table.kind.is_fixed]
        self.joined: list[tuple[Table, list[int]]] | None = None
        self._globals: set[int] = set()

    def add_roots(self, things: Sequence[object]) -> None:
        """Walk from *things*, which are looked into whoever has made them."""
        with without_collections():
            modules = [thing for thing in things if is_module(thing)]
            others = [thing for thing in things if not is_module(thing)]
            frontier = self._add_modules(cast("list[ModuleType]", modules))
            for thing in others:
                frontier += self._add_root(thing)
            self._walk(gc.get_referents(*frontier))

    def add(self, things: Sequence[object]) -> None:
        """Walk from *things*, as far as they are followed."""
        with without_collections():
            self._walk(things)

    def table(self, kind: Kind) -> Table:
        """Return the records of *kind*."""
        return self._by_kind[kind]

    def save(self, table: Table, positions: Collection[int]) -> list[tuple[int, list[object], list[object]]]:
        """Save the present contents of records; return of each the owner's identity, what has gone and what has come.

        What stays at its place may be left out.
        """
        before = [table.saved[position] for position in positions]
        table.save(positions)
        found: list[tuple[int, list[object], list[object]]] = []
        for position, contents in zip(positions, before, strict=True):
            gone, come = unlike(gc.get_referents(contents), gc.get_referents(table.saved[position]))
            found.append((id(table.owners[position]), gone, come))
        self.add([thing for _, _, come in found for thing in come])
        return found

    def discard(self, table: Table, owner_ids: Sequence[int]) -> list[object]:
        """Forget records and return what was saved of them."""
        bodies = [id(table.bodies[table.index[owner_id]]) for owner_id in owner_ids]
        self._dicts.difference_update(bodies)
        self._globals.difference_update(bodies)
        return table.discard(owner_ids)

    def _walk(self, frontier: Sequence[object]) -> None:
        while frontier:
            saved: list[object] = []
            for plan, things in self._groups(frontier):
                saved += self._place(plan, things)
            frontier = gc.get_referents(*saved)

    def _groups(self, frontier: Sequence[object]) -> Iterable[tuple[Plan, Things]]:
        """Return the objects of *frontier* that may be looked into, each once, by type."""
        leaves, walked = self._plans.leaves, self._plans.walked
        kind = type(frontier[0])
        if all(map(is_, map(type, frontier), repeat(kind))):
            if id(kind) in leaves:
                return []
            groups = {id(kind): dict(zip(map(id, frontier), frontier, strict=True))}
            self._plans.learn({id(kind): frontier[0]})
        else:
            things = {id(thing): thing for thing in frontier if id(type(thing)) not in leaves}
            examples = {id(type(thing)): thing for thing in things.values()}
            self._plans.learn(examples)
            groups = _grouped(things, examples)
        return [(walked[kind_id], group) for kind_id, group in groups.items() if kind_id in walked]

    def _place(self, plan: Plan, things: Things) -> list[object]:
        """Make records of *things* as far as they are new, and return their contents."""
        if plan.is_class:
            followed = self._plans.is_followed
            return self._add_classes({key: kind for key, kind in things.items() if followed(cast("type", kind))})
        if plan.is_function:
            return self._add_functions([thing for thing in things.values() if self._is_own(thing)])
        return self._add_objects(plan, things)

    def _add_objects(self, plan: Plan, things: Things) -> list[object]:
        saved: list[object] = []
        if plan.container is not None:
            saved += self._add_containers(plan.container, things)
        if plan.has_dict:
            fresh = self._fresh(kinds.INSTANCE, self._fresh(kinds.FIXED, things))
            saved += self._add_with_dicts(kinds.INSTANCE, fresh, dicts_of(fresh.values()))
        if plan.slots:
            saved += self._add(kinds.SLOTS, self._fresh(kinds.SLOTS, things))
        return saved

    def _add_root(self, thing: object) -> list[object]:
        plan = self._plans.root(type(thing))
        if plan is None:
            return []
        if plan.is_class:
            return self._add_classes({id(thing): thing})
        return self._add_functions([thing]) if plan.is_function else self._add_objects(plan, {id(thing): thing})

    def _fresh(self, kind: Kind, things: Things) -> Things:
        """Return those of *things* that have no record of *kind*."""
        known = self._by_kind[kind].known
        if things.keys().isdisjoint(known):
            return things
        return {key: thing for key, thing in things.items() if key not in known}

    def _add(self, kind: Kind, owners: Things, bodies: Collection[object] | None = None) -> list[object]:
        """Make records of *owners*, none of which has one."""
        if not owners:
            return []
        table = self._by_kind[kind]
        if self.joined is not None:
            self.joined.append((table, list(owners)))
        return table.add(owners, owners.values() if bodies is None else bodies)

    def _add_modules(self, modules: Iterable[ModuleType]) -> list[object]:
        fresh = self._fresh(kinds.MODULE, {id(module): module for module in modules})
        bodies = list(map(module_namespace, cast("Iterable[ModuleType]", fresh.values())))
        self._globals.update(map(id, bodies))
        self._dicts.update(map(id, bodies))
        return self._add(kinds.MODULE, fresh, bodies)

    def _add_classes(self, classes: Things) -> list[object]:
        fresh = self._fresh(kinds.CLASS, classes)
        bodies = [class_dict(cast("type", each)) for each in fresh.values()]
        self._dicts.update(map(id, bodies))
        parents = {key: each for key, each in fresh.items() if type.__subclasses__(cast("type", each))}
        self._add(kinds.SUBCLASSES, parents)
        return self._add(kinds.CLASS, fresh, bodies)

    def _add_containers(self, kind: Kind, things: Things) -> list[object]:
        fresh = self._fresh(kind, things)
        if kind is kinds.DICT and not fresh.keys().isdisjoint(self._dicts):
            fresh = {key: thing for key, thing in fresh.items() if key not in self._dicts}
        if kind is not kinds.THREAD_LOCAL:
            return self._add(kind, fresh)
        return self._add_with_dicts(kind, fresh, list(map(local_dict, cast("Iterable[local]", fresh.values()))))

    def _add_with_dicts(self, kind: Kind, owners: Things, dicts: list[Any]) -> list[object]:
        """Make records of *owners*; those that share their dict with something else only lead to it."""
        ids, plain = set(map(id, dicts)), self._by_kind[kinds.DICT].known
        if len(ids) == len(dicts) and ids.isdisjoint(self._dicts) and ids.isdisjoint(plain):
            self._dicts |= ids
            return self._add(kind, owners, dicts)
        saved: list[object] = []
        for (key, owner), body in zip(owners.items(), dicts, strict=True):
            if id(body) in self._dicts or id(body) in plain:
                saved += self._add(kinds.FIXED, {key: owner})
            else:
                self._dicts.add(id(body))
                saved += self._add(kind, {key: owner}, [body])
        return saved

    def _add_functions(self, things: list[object]) -> list[object]:
        caches = {id(thing): thing for thing in things if type(thing) is not FunctionType}
        self._add(kinds.LRU_CACHE, self._fresh(kinds.LRU_CACHE, caches))
        plain = [thing for thing in [*things, *map(_wrapped, caches.values())] if type(thing) is FunctionType]
        stateful: Things = {id(function): function for function in plain if self._has_defaults(function)}
        saved = self._add(kinds.FUNCTION, self._fresh(kinds.FUNCTION, stateful))
        closures: Things = {id(each): each for each in plain if each.__closure__ and id(each) not in stateful}
        saved += self._add(kinds.CLOSURE, self._fresh(kinds.CLOSURE, closures))
        known = self._by_kind[kinds.FUNCTION_DICT].known
        named = {id(each): each for each in plain if id(each) not in known and _has_attributes(each)}
        bodies = [function.__dict__ for function in named.values()]
        return saved + self._add_with_dicts(kinds.FUNCTION_DICT, cast("Things", named), bodies)

    def _is_own(self, thing: object) -> bool:
        """Tell whether *thing* is a function of a module that is looked into."""
        function = thing if type(thing) is FunctionType else _wrapped(thing)
        return type(function) is FunctionType and id(function.__globals__) in self._globals

    def _has_defaults(self, function: FunctionType) -> bool:
        """Tell whether there is anything in the defaults of *function* that can change."""
        defaults = (function.__defaults__ or ()), (function.__kwdefaults__ or {}).values()
        return not self._plans.leaves.issuperset(map(id, map(type, chain(*defaults))))


def _slots_of(plans: Plans, thing: object) -> dict[str, object]:
    return read_slots(plans.slots(type(thing)), thing)


def _grouped(things: Things, examples: Things) -> dict[int, Things]:
    """Return *things* by the identities of their types, which *examples* are given by."""
    if len(examples) == 1:
        return dict.fromkeys(examples, things)
    groups: dict[int, Things] = {kind_id: {} for kind_id in examples}
    for key, thing in things.items():
        groups[id(type(thing))][key] = thing
    return groups


def _wrapped(thing: object) -> object:
    return _DICT_OF_CACHE(thing).get("__wrapped__")


def _has_attributes(function: FunctionType) -> bool:
    """Tell whether *function* has attributes; asking for its dict would make one."""
    expected = 2 if function.__kwdefaults__ is None else 3  # its globals, the builtins, and defaults by keyword
    return list(map(type, gc.get_referents(function))).count(dict) > expected and bool(function.__dict__)
