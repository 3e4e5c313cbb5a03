"""Who may keep what a test opened: a walk from the objects of wider fixtures and from declared holders.

An object that lives longer than a test may start things inside that test: a pooled socket, a keepalive task, a worker
of a process pool.  Causality says they are the test's; so, once something is suspected, look whether such an object
holds it.
"""

import asyncio
import gc
from asyncio import AbstractEventLoop, Runner
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context
from types import (
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    ModuleType,
)
from typing import cast

from isolation import _natures
from isolation._owners import Owner

DEPTH = 20
OBJECTS = 20_000
Root = tuple[Owner, object]

_POLICY: type = getattr(asyncio, "AbstractEventLoopPolicy", AbstractEventLoop)  # deprecated since 3.14
_OPAQUE: tuple[type, ...] = (
    ModuleType, type, FrameType, CodeType, Context, AbstractEventLoop, _POLICY, Runner, GetSetDescriptorType,
    MemberDescriptorType, MappingProxyType,
)  # fmt: skip
_LEAVES = frozenset({str, bytes, int, float, bool, complex, type(None), range, bytearray})
# Whoever holds one of these reaches every task; nurseries and task groups, which hold their own, are not among them.
_RUNNERS = frozenset(
    {
        ("anyio._backends._asyncio", "TestRunner"),
        ("anyio._backends._trio", "TestRunner"),
        ("trio._core._run", "CancelStatus"),  # these form one tree for a whole run
        ("trio._core._run", "Runner"),
        ("trio.lowlevel", "Task"),
    }
)
_OPAQUE_PACKAGES = ("_pytest", "pytest_asyncio", "xdist", "pluggy")
# Our own machinery knows all namespaces and all things; what a ResourceManager holds is its user's.
_OPAQUE_MODULES = (
    "isolation.recording",
    "isolation.probes",
    "isolation._guard",
    "isolation._wide",
    "isolation._owners",
)


def adopters(things: Sequence[object], roots: Iterable[Root]) -> Mapping[int, Owner]:
    """Return which of *things*, by `id`, are reached from which of *roots*; the first root that reaches one has it.

    Args:
        things: What is suspected.
        roots: Owners with the objects that they made and still hold.
    """
    wanted = {id(thing) for thing in things if thing is not None}
    found: dict[int, Owner] = {}
    seen: set[int] = set()
    for owner, root in roots:
        _walk(root, wanted - found.keys(), seen, lambda key, owner=owner: found.setdefault(key, owner))  # type: ignore[misc]
        if len(found) == len(wanted):
            break
    return found


def _walk(root: object, wanted: set[int], seen: set[int], report: Callable[[int], object]) -> None:
    level = [root]
    budget = len(seen) + OBJECTS
    for _ in range(DEPTH):
        following: list[object] = []
        for obj in level:
            key = id(obj)
            if key in seen or len(seen) > budget:
                continue
            seen.add(key)
            if key in wanted:
                report(key)
            following.extend(referents(obj))
        if not following:
            return
        level = following


def referents(obj: object) -> Sequence[object]:
    """Return what *obj* holds, as far as that is its own and no way into the machinery of the run."""
    kind = type(obj)
    if _natures.plain_type(obj) in _LEAVES or _is_opaque(kind):
        return ()
    if kind is FunctionType:
        # A function's globals are its module: only what it closes over is its own.
        closure = cast("FunctionType", obj).__closure__ or ()
        return [cell.cell_contents for cell in closure if _is_filled(cell)]
    return gc.get_referents(obj)


def _is_opaque(kind: type) -> bool:
    # Never `isinstance`, which asks the object, nor an attribute of the class, which asks its metaclass.
    module = _natures.module_of(kind)
    if module.partition(".")[0] in _OPAQUE_PACKAGES or module.startswith(_OPAQUE_MODULES):
        return True
    if (module, _natures.name_of(kind).rpartition(".")[2]) in _RUNNERS:
        return True
    return any(_natures.is_one_of(base, _OPAQUE) for base in _natures.bases_of(kind))


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # pyright: ignore[reportUnusedExpression] - an empty cell raises
    except ValueError:
        return False
    return True
