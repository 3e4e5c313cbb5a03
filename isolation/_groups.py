"""Groups: the targets that have been registered under one name, and in which order they are put back."""

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from isolation._natures import bases_of, class_namespace
from isolation._targets import Isolatable, Target, called, is_target

_LAST_PRIMARY = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a barrier takes.

    Attributes:
        targets: State of the process, in the order in which it is restored: environment, working directory, then the
            others, the last that was registered first.
        variables: Context variables.
    """

    targets: Sequence[Isolatable[Any]] = ()
    variables: Sequence[ContextVar[Any]] = ()

    def joined(self, listed: Sequence[Target]) -> "Plan":
        """Return this plan and what was *listed* beside it."""
        return planned([*self.variables, *reversed(self.targets), *listed]) if listed else self


def planned(targets: Iterable[Target]) -> Plan:
    """Return the plan for *targets*, each of them once."""
    once = list({_identity(target): target for target in targets}.values())
    states = [target for target in reversed(once) if _variable(target) is None]
    variables = dict.fromkeys(map(_variable, once))
    return Plan(
        sorted(cast("Sequence[Isolatable[Any]]", states), key=lambda target: getattr(target, "isolation_stage", 2)),
        [variable for variable in variables if variable is not None],
    )


def _variable(target: Target) -> ContextVar[Any] | None:
    return target if isinstance(target, ContextVar) else getattr(target, "isolation_variable", None)


def _identity(target: Target) -> object:
    is_primary = getattr(target, "isolation_stage", 2) <= _LAST_PRIMARY
    return type(target) if is_primary else id(target)


class Joining:
    """A fixture of a group while it is set up.

    Attributes:
        group: The name of the group.
        unregister: What takes out again what was registered meanwhile.
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self.unregister: list[Callable[[], None]] = []

    def leave(self) -> None:
        """Take everything out again, the newest first."""
        while self.unregister:
            self.unregister.pop()()


class Groups:
    """Know which targets belong to which group of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._targets: dict[str, list[Target]] = {}
        self._plans: dict[str, Plan] = {}
        self._missed: set[str] = set()
        self._numbers = count(1)
        self._added: dict[int, tuple[Sequence[Target], Callable[[], None]]] = {}
        self._joining: ContextVar[Joining | None] = ContextVar("isolation_joining", default=None)

    def add(self, group: str, targets: Sequence[Target]) -> Callable[[], None]:
        """Let *targets* belong to *group*, and return what takes them out again."""
        with self._lock:
            self._targets[group] = [*self._targets.get(group, ()), *targets]
            self._plans[group] = planned(self._targets[group])
        number = next(self._numbers)
        remaining = list(targets)

        def unregister() -> None:
            with self._lock:
                self._added.pop(number, None)
                for target in remaining:
                    self._remove(group, target)
                remaining.clear()

        self._added[number] = targets, unregister
        if self.joining is not None:
            self.joining.unregister.append(unregister)
        return unregister

    @property
    def joining(self) -> "Joining | None":
        """Return the fixture that the caller sets up, if it has a group."""
        return self._joining.get()

    @contextmanager
    def join(self, joining: "Joining") -> Generator[None]:
        """Let what is registered meanwhile be forgotten with *joining*."""
        token = self._joining.set(joining)
        try:
            yield
        finally:
            self._joining.reset(token)

    def mark(self) -> int:
        """Return what `forget_since` takes."""
        return next(self._numbers)

    def forget_since(self, mark: int) -> None:
        """Forget all that was registered since *mark* was taken."""
        for number, (_, unregister) in list(self._added.items()):
            if number > mark:
                unregister()

    def added_since(self, mark: int) -> Sequence[Target]:
        """Return what was registered since *mark* was taken, and is still there."""
        return [target for number, (targets, _) in self._added.items() if number > mark for target in targets]

    def members(self, group: str | None) -> Sequence[Target]:
        """Return what belongs to *group*, or to any, in the order of registration within each."""
        groups = [group] if group is not None else list(self._targets)
        return [target for each in groups for target in self._targets.get(each, ())]

    def plan(self, group: str) -> Plan:
        """Return what barriers of *group* take."""
        return self._plans.get(group, _NOTHING)

    def similar(self, group: str) -> str | None:
        """Return the group that may be meant by *group*, of which nobody knows anything; once for each name."""
        if group in self._targets or group in self._missed:
            return None
        self._missed.add(group)
        from difflib import get_close_matches  # noqa: PLC0415 - needed only to help somebody who is wrong

        known = [name for name, targets in self._targets.items() if targets]
        return next(iter(get_close_matches(group, known, 1, cutoff=0.7)), None)

    def _remove(self, group: str, target: Target) -> None:
        left = self._targets[group]
        position = next(number for number in reversed(range(len(left))) if left[number] is target)
        self._targets[group] = left[:position] + left[position + 1 :]
        self._plans[group] = planned(self._targets[group])


_NOTHING = Plan()
GROUPS = Groups()
"""The groups of this process, as what they describe is this process."""


def isolate(group: str, target: Target, /, *more: Target) -> Callable[[], None]:
    """Let *target* belong to *group*: barriers of the group remember it when they begin and restore it at their end.

    Args:
        group: A name; barriers, fixtures and resettables of one name belong together.
        target: State of the process, such as :func:`environment`, or a context variable.
        more: More of them.

    Returns:
        A function that takes them out of the group again; calling it twice does no harm.

    Raises:
        TypeError: If something can neither be taken nor restored.

    >>> from isolation import environment, working_directory
    >>> forget = isolate("orders", environment(), working_directory())
    >>> forget()
    """
    __tracebackhide__ = True
    check_group(group)
    return GROUPS.add(group, checked((target, *more)))


def join(value: object) -> None:
    """Let the *value* of the fixture that is set up belong to its group, if it is a target."""
    joining = GROUPS.joining
    methods = {name for base in bases_of(type(value)) for name in class_namespace(base)}
    if joining is not None and methods >= {"snapshot", "restore"} and is_target(value):
        GROUPS.add(joining.group, [cast("Target", value)])


def checked(targets: Sequence[object]) -> Sequence[Target]:
    """Return *targets* if each of them is one.

    Raises:
        TypeError: If one is not.
    """
    __tracebackhide__ = True
    for target in targets:
        if not is_target(target):
            said = f"{called(target)}, which has to be called" if callable(target) else repr(target)
            raise TypeError(f"a target is a context variable or has a name, snapshot() and restore(), got {said}")
    return cast("Sequence[Target]", targets)


def check_group(group: object) -> None:
    """Make sure that *group* is the name of one.

    Raises:
        TypeError: If it is not.
    """
    __tracebackhide__ = True
    if not isinstance(group, str):
        raise TypeError(f"a group is named by a string, got {group!r}")
