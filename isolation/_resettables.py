"""Resettables: singletons, registries and caches that are put back in place, whoever has changed them."""

import sys
import warnings
from collections.abc import Callable, Hashable, Sequence
from contextvars import ContextVar
from types import FunctionType
from typing import Any, Literal, cast, get_args

from isolation._errors import CleanupError, IsolationError, IsolationWarning
from isolation._groups import GROUPS, check_group
from isolation._natures import is_class, is_module, module_namespace, module_of
from isolation._settings import one_of, parse_holder
from isolation._singletons import Binding, Follow, Singleton, has_contents, is_cache
from isolation._targets import called, found, place_of, value_of
from isolation.snapshots import Root

Depth = Literal["containers", "shallow"]
DEFAULT = "default"
_DEPTHS: Sequence[str] = get_args(Depth)


class Resettable:
    """State of the process that can be taken and put back in place; `resettable` makes it, barriers use it.

    Attributes:
        name: What messages and paths call it.
        group: The group that it belongs to.
    """

    name: str
    group: str

    def __init__(
        self,
        target: object,
        attrs: Sequence[str] | None,
        group: str,
        *,
        is_shallow: bool,
        follow: Follow | None,
        reset: Callable[[], object] | None,
        after_restore: Callable[[], object] | None,
    ) -> None:
        self.name = target.replace(":", ".") if isinstance(target, str) else _name_of(target)
        self.group = group
        self._target = target
        self._attrs = attrs
        self._is_shallow = is_shallow
        self._follow = follow
        self._reset = reset
        self._after_restore = after_restore
        self._baseline: Singleton | None = None
        self._unsettled: list[Singleton] = []
        self._unregister: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"<Resettable {self.name!r} of group {self.group!r}>"

    def forget(self) -> None:
        """Take it out of its group; calling it twice does no harm."""
        if self._unregister is not None:
            self._unregister()

    def snapshot(self) -> object:
        """Return what `restore` needs; None while the module of the target is not imported."""
        return self._look()

    def changed(self, state: object, /) -> Sequence[str]:
        """Return the paths of what differs from *state*, such as ``app.core.manager._queues['u1']``."""
        return cast("Singleton", state).changed() if state is not None else []

    def restore(self, state: object, /) -> None:
        """Put *state* back in place, empty the caches that were filled, and call what is to be called after that.

        Raises:
            IsolationError: If something cannot be put back; the message says why, and the rest was.
        """
        try:
            self.isolation_put_back(state)
        finally:
            self.settle()

    def isolation_put_back(self, state: object, /) -> None:
        """Put back what is not derived from anything else."""
        if state is None:
            return
        singleton = cast("Singleton", state)
        self._unsettled.append(singleton)
        if self._reset is not None:
            self._reset()
            return
        refusals = singleton.put_back()
        if refusals:
            raise IsolationError(f"{self.name} could not be put back: {'; '.join(refusals)}")

    def settle(self) -> None:
        """Empty the caches, and do what has to be done afterwards."""
        while self._unsettled:
            self._unsettled.pop().clear_caches()
        if self._after_restore is not None:
            self._after_restore()

    @property
    def isolation_places(self) -> Sequence[Hashable]:
        """Return what barriers claim for it: what has the attributes, and what is in there."""
        bindings, roots = self._parts()
        things = [each.owner for each in bindings] + [root.thing for root in roots]
        things += [value for value in (value_of(each.owner, each.name) for each in bindings) if has_contents(value)]
        return [place_of(thing) for thing in things] or [("name", self._target)]

    @property
    def isolation_variable(self) -> "ContextVar[object] | None":
        """Return the context variable that it is; barriers reset that with a token."""
        is_variable = type(self._target) is ContextVar
        return cast("ContextVar[object]", self._target) if is_variable else None

    def meet(self, *, again: bool = False) -> None:
        """Take the baseline that `reset_all` goes back to, as soon as the target is there, unless there is one."""
        if again or self._baseline is None or self._is_replaced(self._baseline):
            self._baseline = self._look()

    def go_back(self) -> Sequence[str]:
        """Go back to the baseline, but for what is derived, and return what had changed."""
        self.meet()
        changed = self.changed(self._baseline)
        self.isolation_put_back(self._baseline)
        return changed

    def has(self, owner: object, name: str | None) -> bool:
        """Tell whether attribute *name* of *owner*, or the container *owner*, is a part of it."""
        return self._baseline is not None and self._baseline.has(owner, name)

    @property
    def made_of(self) -> tuple[object, Sequence[object]]:
        """Return its target and its options."""
        return self._target, (self._attrs, self._is_shallow, self._follow, self._reset, self._after_restore)

    def is_like(self, other: "Resettable") -> bool:
        """Tell whether *other* was made of the same things."""
        (mine, options), (others, other_options) = self.made_of, other.made_of
        is_same = mine == others if isinstance(mine, str) and isinstance(others, str) else mine is others
        return is_same and options == other_options

    def register(self) -> None:
        """Let it belong to its group."""
        self.meet()
        self._unregister = GROUPS.add(self.group, [self])

    def _look(self) -> Singleton | None:
        bindings, roots = self._parts()
        if not bindings and not roots:
            return None
        return Singleton(bindings, roots, follow=self._follow, is_shallow=self._is_shallow)

    def _parts(self) -> tuple[Sequence[Binding], Sequence[Root]]:
        """Return the attributes and the things that belong to it; none while its module is not imported."""
        target = self._target
        if isinstance(target, str) and self._attrs is None:
            module, _, path = target.partition(":")
            before, dot, name = path.rpartition(".")
            owner = found(f"{module}:{before}" if dot else module)
            return ([Binding(owner, name, self.name)] if owner is not None else []), []
        if self._attrs is None:
            return [], [Root(self.name, target)]
        owner = found(target)
        if owner is None:
            return [], []
        return [Binding(owner, name, f"{self.name}.{name}") for name in self._attrs], []

    def _is_replaced(self, baseline: Singleton) -> bool:
        # A module that was removed and imported again is another one, and nobody uses the old one any more.
        bindings = self._parts()[0] if isinstance(self._target, str) else ()
        return bool(bindings) and not baseline.is_bound_in(bindings[0].owner)


def resettable(
    target: object | str,
    /,
    *,
    attrs: Sequence[str] | None = None,
    group: str = DEFAULT,
    depth: Depth = "containers",
    follow: Follow | None = None,
    reset: Callable[[], object] | None = None,
    after_restore: Callable[[], object] | None = None,
) -> Resettable:
    """Let barriers of *group*, and :func:`reset_all`, put *target* back in place.

    What counts is to what its attributes are bound, and what is in its containers and in theirs.  Objects that are met
    on the way stay as they are, unless they are of the target's own class.  Everything keeps its identity.

    Register in ``conftest.py``: the product need not know of it.  What is registered twice in the same way is one.

    Args:
        target: A class, an object, a container, a module, a function with a cache, a context variable or a
            `threading.local`; or ``"package.module:attribute"``, which imports nothing, and means what the attribute is
            bound to as well as what is in there.
        attrs: Only these attributes of *target*, whether it has them yet or not.
        group: The name of its group; in a managed fixture with an ``isolation_group`` by default that one.
        depth: ``"shallow"`` leaves what is inside of containers alone, but for the target's own attributes or items.
        follow: Tells of an object that is met on the way whether its attributes belong to it, too.
        reset: Called instead of putting anything back, for what only its owner can reset.
        after_restore: Called last, when everything that is restored with it is back, for example to empty a cache.

    Returns:
        What was registered; its ``forget()`` takes it out again.

    Raises:
        SettingsError: If the name of a target cannot be read, or *depth* is neither of the two.
        TypeError: If *target* has no state, or another argument is of a kind that means nothing.
    """
    __tracebackhide__ = True
    _check(target, attrs, group, follow, reset, after_restore)
    one_of(depth, _DEPTHS, "depth", "resettable()")
    joining = GROUPS.joining
    made = Resettable(
        target,
        None if attrs is None else tuple(attrs),
        joining.group if joining is not None and group == DEFAULT else group,
        is_shallow=depth == "shallow",
        follow=follow,
        reset=reset,
        after_restore=after_restore,
    )
    known = next((each for each in registered(made.group) if each.is_like(made)), None)
    if known is None:
        made.register()
    return known or made


def registered(group: str | None = None) -> Sequence[Resettable]:
    """Return the resettables of *group*, or all, in the order of registration."""
    return [target for target in GROUPS.members(group) if isinstance(target, Resettable)]


def reset_all(group: str | None = None) -> Sequence[str]:
    """Put all resettables of *group* back to what they were when the tests had been collected.

    What was imported later goes back to what it was when it was first seen.  Call it in an autouse fixture, and every
    test begins with clean singletons, whatever the mode of the run.

    Args:
        group: The name of a group; all groups by default.

    Returns:
        The paths of what had changed.

    Raises:
        CleanupError: If some could not be put back; each was tried.
        TypeError: If *group* is no string.

    Warns:
        IsolationWarning: If nothing was ever registered for *group*, and another group has nearly its name.
    """
    __tracebackhide__ = True
    if group is not None:
        check_group(group)
        meant = GROUPS.similar(group)
        if meant is not None:
            said = f"nothing is registered for group {group!r}; did you mean {meant!r}?"
            warnings.warn(said, IsolationWarning, stacklevel=2)
    changed: list[str] = []
    failures: list[Exception] = []
    known = list(reversed(registered(group)))
    for step in (Resettable.go_back, Resettable.settle):
        for each in known:
            try:
                changed += step(each) or ()
            except Exception as failure:  # noqa: BLE001 - each is tried, then what failed is raised
                failure.add_note(f"while resetting {each.name!r} of group {each.group!r}")
                failures.append(failure)
    if failures:
        raise CleanupError(f"{len(failures)} of {len(known)} resettables could not be reset", failures)
    return changed


def _check(target: object, attrs: object, group: object, *calls: object) -> None:
    __tracebackhide__ = True
    if isinstance(target, str):
        parse_holder(target, "resettable()")
    elif not has_contents(target):
        raise TypeError(f"{target!r} has no state; name what is bound to it, as 'package.module:attribute'")
    if attrs is not None and (isinstance(attrs, str) or not all(isinstance(name, str) for name in cast("Any", attrs))):
        raise TypeError(f"attrs must be a sequence of names, got {attrs!r}")
    check_group(group)
    for call in calls:
        if call is not None and not callable(call):
            raise TypeError(f"follow, reset and after_restore must be functions, got {call!r}")


def _name_of(thing: object) -> str:
    """Return what users call *thing*: its own name, or that of the global of its class's module that it is bound to."""
    if type(thing) is ContextVar:
        return thing.name
    if is_class(thing) or is_module(thing):
        return called(thing)
    if is_cache(thing) or type(thing) is FunctionType:
        return f"{getattr(thing, '__module__', '?')}.{called(thing)}"
    home = module_of(type(thing))
    module = sys.modules.get(home)
    names = module_namespace(module) if module is not None else {}
    bound = next((name for name, value in names.items() if value is thing), None)
    return type(thing).__qualname__ if bound is None else f"{home}.{bound}"
