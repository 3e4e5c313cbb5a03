"""How places are reached: their paths, and what is not reached any more."""

import gc
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from isolation._changes import ABSENT
from isolation._natures import is_module, module_of, name_of
from isolation.snapshots import _kinds as kinds
from isolation.snapshots._changes import Step
from isolation.snapshots._heap import Heap
from isolation.snapshots._steps import step, ways
from isolation.snapshots._tables import Table

NEAR = 256
"""How many records are searched for a circle that nothing else holds before this is left to a look at all of them."""
OFTEN = 64
"""A look at all of them is due when one in this many records was left to it, or when they have doubled since."""
_ROOT = 0


class Lineage:
    """Knows which record leads to which.

    Nothing is known until `build` is called: before the first path is wanted, or a record is saved again, or a root
    leaves.  Then it is kept up to date: each record that is saved again tells what it held and what it holds, and
    records to which nothing leads any more leave.

    Args:
        heap: The records.
        roots: What paths begin with.

    Attributes:
        is_known: Whether anything is known; if not, everything that has a record is reached.
    """

    def __init__(self, heap: Heap, roots: dict[str, object]) -> None:
        self._heap = heap
        self._roots = roots
        self._homes: dict[int, tuple[Table, ...]] = {}
        self._parents: dict[int, int] = {}
        self._edges: dict[int, int] = {}
        self._loose: set[int] = set()
        self._postponed = 0
        self._size = 0
        self.is_known = False
        self._paths: dict[int, Sequence[Step]] = {}
        self._ways: dict[tuple[int, Table], dict[int, object]] = {}
        self._names: dict[int, str] = {}

    def build(self) -> None:
        """Find out how everything is reached, unless it is known."""
        if not self.is_known:
            self.rebuild()

    def rebuild(self) -> None:
        """Find out anew how everything is reached; records that are not leave."""
        self.is_known, self._postponed = True, 0
        self._forget_paths()
        self._heap.joined = []
        self._loose.clear()
        self._find_homes()
        self._parents, self._edges = {}, dict.fromkeys(self._homes, 0)
        for frontier in self._rooted():
            reached = frontier
            while reached:
                reached = [child for node in reached for child in self._link(node, self._contents(node))]
        self._forget(self._homes.keys() - self._parents.keys())
        self._size = len(self._homes)

    def root_added(self, thing: object) -> None:
        """Note that *thing* and what it leads to have become records."""
        self._names.clear()
        self._forget_paths()
        if self.is_known:
            self._welcome()
            if id(thing) in self._homes:
                self._parents.setdefault(id(thing), _ROOT)
                self._edges[id(thing)] += 1
            self._link_joined()

    def root_removed(self, thing: object) -> None:
        """Note that *thing* has one root less; records to which nothing leads any more leave."""
        node = id(thing)
        self._names.clear()
        self._forget_paths()
        if node in self._homes:
            if not any(other is thing for other in self._roots.values()):
                del self._parents[node]
            self._unlink({node: 1})
            self._collect()

    def saved(self, records: Iterable[tuple[int, list[object], list[object]]]) -> None:
        """Note what has gone from owners, given by identity, and what has come; forget what nothing leads to."""
        self._forget_paths()
        self._welcome()
        lost: Counter[int] = Counter()
        for node, gone, come in records:
            self._reach(node, self._records(come))
            lost.update(self._records(gone))
        self._link_joined()
        self._unlink(lost)
        self._collect()

    def path(self, node: int) -> Sequence[Step] | None:
        """Return the parts of the path to a record; None if nothing leads to it any more, and then it has left."""
        self.build()
        if node not in self._paths:
            found = self._followed(node)
            if found is None:
                self.rebuild()
                found = self._followed(node)
            if found is None:
                return None
            self._paths[node] = found
        return self._paths[node]

    def _forget_paths(self) -> None:
        self._paths, self._ways = {}, {}

    def _followed(self, node: int) -> Sequence[Step] | None:
        steps: list[Step] = []
        while len(steps) <= len(self._parents):
            parent = self._parents.get(node)
            if parent is None:
                return None
            if parent == _ROOT:
                name = self._name(node)
                return [(name, name), *reversed(steps)]
            part = self._defined(node) or self._step(parent, node)
            if part is None:  # pragma: no cover - the parent holds it no more, and somebody else is found anew
                return None
            steps.append(part)
            if part[0][:1] not in (".", "[", ""):  # it is where the class says that it is defined
                return steps[::-1]
            node = parent
        return None  # pragma: no cover - round in a circle that nothing else holds, until all is found anew

    def _name(self, node: int) -> str:
        if not self._names:
            self._names = {id(thing): name for name, thing in reversed(self._roots.items())}
        return self._names[node]

    def _step(self, parent: int, node: int) -> Step | None:
        for table in self._homes.get(parent, ()):
            saved = table.saved[table.index[parent]]
            if (parent, table) not in self._ways:
                self._ways[parent, table] = ways(table.kind, saved)
            way = self._ways[parent, table].get(node, ABSENT)
            if way is not ABSENT:
                return step(table.kind, saved, way)
        return None

    def _defined(self, node: int) -> Step | None:
        """Return the whole path of a class if it is where it says that it is."""
        classes, modules = self._heap.table(kinds.CLASS), self._heap.table(kinds.MODULE)
        if node not in classes.known:
            return None
        owner = cast("type", classes.owners[classes.index[node]])
        module, path = module_of(owner), name_of(owner)
        home = id(self._roots.get(module))
        name = path.removeprefix(f"{module}.")
        if home not in modules.known or modules.saved[modules.index[home]].get(name) is not owner:
            return None
        return path, path

    def _find_homes(self) -> None:
        self._homes = {}
        for table in self._heap.tables:
            shared = self._homes.keys() & table.known
            both = {node: (*self._homes[node], table) for node in shared}
            self._homes.update(dict.fromkeys(table.known, (table,)))
            self._homes.update(both)

    def _rooted(self) -> Iterable[list[int]]:
        """Yield roots from which to go on: modules, packages after these, as they often export from them, then others.

        What others lead to is named by its module where that reaches it, whoever else has it for a while.
        """
        packages = {name.rpartition(".")[0] for name in self._roots}
        things = sorted(self._roots.items(), key=lambda root: root[0] in packages)
        nodes = {id(thing): is_module(thing) for _, thing in things if id(thing) in self._homes}
        for _, thing in things:
            if id(thing) in self._homes:
                self._edges[id(thing)] += 1
        for is_of_modules in (True, False):
            group = [node for node, kind in nodes.items() if kind is is_of_modules and node not in self._parents]
            self._parents.update(dict.fromkeys(group, _ROOT))
            yield group

    def _contents(self, node: int) -> list[object]:
        return [table.saved[table.index[node]] for table in self._homes[node]]

    def _known(self, *contents: object) -> list[int]:
        return self._records(gc.get_referents(*contents))

    def _records(self, things: Iterable[object]) -> list[int]:
        homes = self._homes
        return [node for node in map(id, things) if node in homes]

    def _link(self, node: int, contents: Iterable[object]) -> list[int]:
        """Count what a record with *contents* leads to, and return what was not reached before."""
        return self._reach(node, self._known(*contents))

    def _reach(self, node: int, children: Iterable[int]) -> list[int]:
        met: list[int] = []
        for child in children:
            self._edges[child] += 1
            if child not in self._parents:
                self._parents[child] = node
                met.append(child)
        return met

    def _welcome(self) -> None:
        for table, owners in self._heap.joined or ():
            for node in owners:
                self._homes[node] = (*self._homes.get(node, ()), table)
                self._edges.setdefault(node, 0)

    def _link_joined(self) -> None:
        for table, owners in self._heap.joined or ():
            for node in owners:
                self._link(node, [table.saved[table.index[node]]])
        self._heap.joined = []

    def _unlink(self, lost: Mapping[int, int]) -> None:
        """Count what is not led to any more; what nothing leads to leaves, with what only it led to."""
        while lost:
            gone: set[int] = set()
            for node, count in lost.items():
                self._edges[node] -= count
                (self._loose if self._edges[node] > 0 else gone).add(node)
            lost = Counter(self._known(*self._forget(gone)))

    def _forget(self, nodes: Iterable[int]) -> list[object]:
        contents: list[object] = []
        by_table: dict[Table, list[int]] = {}
        for node in nodes:
            for table in self._homes.pop(node):
                by_table.setdefault(table, []).append(node)
            self._parents.pop(node, None)
            self._edges.pop(node, None)
            self._loose.discard(node)
        for table, gone in by_table.items():
            contents += self._heap.discard(table, gone)
        return contents

    def _collect(self) -> None:
        """Find records that only lead to each other, starting from those that lost a holder."""
        group = self._reached(self._loose)
        if group is None:
            self._postponed += len(self._loose)
            self._loose.clear()
            if self._postponed * OFTEN > self._size or len(self._homes) > 2 * self._size + OFTEN:
                self.rebuild()
            return
        self._loose.clear()
        inner = Counter(child for node in group for child in group[node])
        held = [node for node in group if self._edges[node] > inner[node]]
        while held:
            held = [child for node in held for child in group.pop(node, ())]
        self._unlink_circle(group)

    def _reached(self, nodes: Iterable[int]) -> dict[int, list[int]] | None:
        """Return what each record leads to, for all that *nodes* lead to; None if these are many."""
        group: dict[int, list[int]] = {}
        pending = list(nodes)
        while pending:
            node = pending.pop()
            if node not in group:
                group[node] = self._known(*self._contents(node))
                pending += group[node]
            if len(group) > NEAR:
                return None
        return group

    def _unlink_circle(self, group: Mapping[int, Sequence[int]]) -> None:
        if group:
            lost = Counter(child for children in group.values() for child in children if child not in group)
            self._forget(list(group))
            self._unlink(lost)
