"""All records of a snapshot, and the walk that makes them."""

import builtins
import gc
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any, cast

from isolation._natures import is_module, module_namespace
from isolation.snapshots import _kinds as kinds
from isolation.snapshots._kinds import Kind
from isolation.snapshots._objects import CACHE, class_dict, dicts_of, has_dict, local_dict, read_slots
from isolation.snapshots._plans import Plan, Plans
from isolation.snapshots._tables import MeasuredTable, Table

_DICT_OF_CACHE: Callable[[object], dict[str, object]] = CACHE.__dict__["__dict__"].__get__


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
        joined: The tables and owners of new records, in the order of the walk; None as long as nobody wants to know.
    """

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._dicts = {id(builtins.__dict__), id(sys.modules)}  # state of something else, or nobody's business
        self._by_kind = {
            kind: MeasuredTable(kind) if kind.is_measured else Table(kind, _FINDERS.get(kind), self._dicts)
            for kind in kinds.KINDS
        }
        self._by_kind[kinds.SLOTS].copy = self._slots_of
        self.tables: Sequence[Table] = list(self._by_kind.values())
        self.watched = [table for table in self.tables if not table.kind.is_fixed]
        self.joined: list[tuple[Table, Sequence[object]]] | None = None
        self._globals: set[int] = set()

    def _slots_of(self, thing: object) -> dict[str, object]:
        return read_slots(self._plans.slots(type(thing)), thing)

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

    def save(self, table: Table, positions: Collection[int]) -> list[tuple[int, object, object]]:
        """Save the present contents of records; return of each the owner's identity and what it held and holds."""
        before = [table.saved[position] for position in positions]
        table.save(positions)
        owners = [id(table.owners[position]) for position in positions]
        after = [table.saved[position] for position in positions]
        self.add(gc.get_referents(*after))
        return list(zip(owners, before, after, strict=True))

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

    def _groups(self, frontier: Sequence[object]) -> Iterable[tuple[Plan, list[object]]]:
        """Return the objects of *frontier* that may be looked into, each once, by type."""
        leaves, walked = self._plans.leaves, self._plans.walked
        things = {id(thing): thing for thing in frontier if id(type(thing)) not in leaves}
        examples = {id(type(thing)): thing for thing in things.values()}
        self._plans.learn(examples)
        groups: dict[int, list[object]] = {kind_id: [] for kind_id in examples}
        if len(examples) == 1:
            groups = {kind_id: list(things.values()) for kind_id in examples}
        else:
            for thing in things.values():
                groups[id(type(thing))].append(thing)
        return [(walked[kind_id], group) for kind_id, group in groups.items() if kind_id in walked]

    def _place(self, plan: Plan, things: list[object]) -> list[object]:
        """Make records of *things* as far as they are new, and return their contents."""
        if plan.is_class:
            followed = self._plans.is_followed
            return self._add_classes([cast("type", thing) for thing in things if followed(cast("type", thing))])
        if plan.is_function:
            return self._add_functions([thing for thing in things if self._is_own(thing)])
        return self._add_objects(plan, things)

    def _add_objects(self, plan: Plan, things: list[object]) -> list[object]:
        saved: list[object] = []
        if plan.container is not None:
            saved += self._add_containers(plan.container, things)
        if plan.has_dict:
            saved += self._add_instances(things)
        if plan.slots:
            saved += self._add(kinds.SLOTS, things)
        return saved

    def _add_root(self, thing: object) -> list[object]:
        plan = self._plans.root(type(thing))
        if plan is None:
            return []
        if plan.is_class:
            return self._add_classes([cast("type", thing)])
        return self._add_functions([thing]) if plan.is_function else self._add_objects(plan, [thing])

    def _add(self, kind: Kind, owners: Sequence[object], bodies: Sequence[object] | None = None) -> list[object]:
        """Make records of those of *owners* that have none; *bodies* are only given for new ones."""
        table = self._by_kind[kind]
        if not owners:
            return []
        if table.index.keys().isdisjoint(map(id, owners)):
            fresh = owners
        else:
            fresh = [owner for owner in owners if id(owner) not in table.index]
        if self.joined is not None:
            self.joined.append((table, fresh))
        return table.add(fresh, fresh if bodies is None else bodies)

    def _add_modules(self, modules: list[ModuleType]) -> list[object]:
        index = self._by_kind[kinds.MODULE].index
        fresh = [module for module in modules if id(module) not in index]
        bodies = list(map(module_namespace, fresh))
        self._globals.update(map(id, bodies))
        self._dicts.update(map(id, bodies))
        return self._add(kinds.MODULE, fresh, bodies)

    def _add_classes(self, classes: list[type]) -> list[object]:
        index = self._by_kind[kinds.CLASS].index
        fresh = [each for each in classes if id(each) not in index]
        bodies = list(map(class_dict, fresh))
        self._dicts.update(map(id, bodies))
        self._add(kinds.SUBCLASSES, [each for each in fresh if type.__subclasses__(each)])
        return self._add(kinds.CLASS, fresh, bodies)

    def _add_containers(self, kind: Kind, things: list[object]) -> list[object]:
        if kind is kinds.DICT:
            is_apart = self._dicts.isdisjoint(map(id, things))
            return self._add(kind, things if is_apart else [thing for thing in things if id(thing) not in self._dicts])
        if kind is not kinds.THREAD_LOCAL:
            return self._add(kind, things)
        index = self._by_kind[kind].index
        fresh = [thing for thing in things if id(thing) not in index]
        return self._add_with_dicts(kind, fresh, list(map(local_dict, cast("Any", fresh))))

    def _add_instances(self, things: list[object]) -> list[object]:
        index, fixed = self._by_kind[kinds.INSTANCE].index, self._by_kind[kinds.FIXED].index
        fresh = [thing for thing in things if id(thing) not in index and id(thing) not in fixed]
        return self._add_with_dicts(kinds.INSTANCE, fresh, dicts_of(fresh))

    def _add_with_dicts(self, kind: Kind, owners: Sequence[object], dicts: list[Any]) -> list[object]:
        """Make records of *owners*; those that share their dict with something else only lead to it."""
        ids, known = list(map(id, dicts)), self._by_kind[kinds.DICT].index
        taken = self._dicts.union(known) if not known.keys().isdisjoint(ids) else self._dicts
        if len(set(ids)) == len(ids) and taken.isdisjoint(ids):
            self._dicts.update(ids)
            return self._add(kind, owners, dicts)
        saved: list[object] = []
        for owner, body in zip(owners, dicts, strict=True):
            if id(body) in self._dicts or id(body) in known:
                saved += self._add(kinds.FIXED, [owner])
            else:
                self._dicts.add(id(body))
                saved += self._add(kind, [owner], [body])
        return saved

    def _add_functions(self, things: list[object]) -> list[object]:
        caches = [thing for thing in things if type(thing) is not FunctionType]
        self._add(kinds.LRU_CACHE, caches)
        plain = [thing for thing in things if type(thing) is FunctionType]
        plain += [wrapped for wrapped in map(_wrapped, caches) if type(wrapped) is FunctionType]
        saved = self._add(kinds.FUNCTION, [function for function in plain if self._has_state(function)])
        index = self._by_kind[kinds.FUNCTION_DICT].index
        fresh = [thing for thing in plain if id(thing) not in index and _has_attributes(thing)]
        return saved + self._add_with_dicts(kinds.FUNCTION_DICT, fresh, [function.__dict__ for function in fresh])

    def _is_own(self, thing: object) -> bool:
        """Tell whether *thing* is a function of a module that is looked into."""
        function = thing if type(thing) is FunctionType else _wrapped(thing)
        return type(function) is FunctionType and id(function.__globals__) in self._globals

    def _has_state(self, function: FunctionType) -> bool:
        if function.__closure__ or function.__kwdefaults__:
            return True
        defaults = function.__defaults__
        return defaults is not None and not self._plans.leaves.issuperset(map(id, map(type, defaults)))


def _wrapped(thing: object) -> object:
    return _DICT_OF_CACHE(thing).get("__wrapped__")


def _has_attributes(function: FunctionType) -> bool:
    """Tell whether *function* has attributes; asking for its dict would make one."""
    others = id(function.__globals__), id(function.__kwdefaults__), id(cast("Any", function).__builtins__)
    return any(type(thing) is dict and id(thing) not in others for thing in gc.get_referents(function)) and bool(
        function.__dict__
    )
