"""Groups: the targets that have been registered under one name, and in which order they are put back."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

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
    states = [target for target in reversed(once) if not isinstance(target, ContextVar)]
    return Plan(
        sorted(states, key=lambda target: min(getattr(target, "isolation_stage", 2), 2)),
        [target for target in once if isinstance(target, ContextVar)],
    )


def _identity(target: Target) -> object:
    is_primary = getattr(target, "isolation_stage", 2) <= _LAST_PRIMARY
    return type(target) if is_primary else id(target)


class Groups:
    """Know which targets belong to which group of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._targets: dict[str, list[Target]] = {}
        self._plans: dict[str, Plan] = {}
        self._missed: set[str] = set()

    def add(self, group: str, targets: Sequence[Target]) -> Callable[[], None]:
        """Let *targets* belong to *group*, and return what takes them out again."""
        with self._lock:
            self._targets[group] = [*self._targets.get(group, ()), *targets]
            self._plans[group] = planned(self._targets[group])
        remaining = list(targets)

        def unregister() -> None:
            with self._lock:
                for target in remaining:
                    self._remove(group, target)
                remaining.clear()

        return unregister

    def plan(self, group: str) -> Plan:
        """Return what barriers of *group* take."""
        return self._plans.get(group, _NOTHING)

    def similar(self, group: str) -> str | None:
        """Return the group that may be meant by *group*, of which nobody knows anything; once for each name."""
        if group in self._targets or group in self._missed:
            return None
        self._missed.add(group)
        return next(iter(get_close_matches(group, self._targets, 1)), None)

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
