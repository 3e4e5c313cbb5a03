"""Patching: names are replaced by mocks of what is there, and everything is put back, even if some of it fails."""

import os
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar, overload

from isolation.mocks._function_mocks import Adopter
from isolation.mocks._parts import part_of
from isolation.mocks._patch_targets import ABSENT, Target, attribute_of, require_there, target_of
from isolation.mocks._stand_ins import stand_in_for
from isolation.mocks._undoing import Step, Undoing

T = TypeVar("T")
M = TypeVar("M", bound="MutableMapping[Any, Any]")
_SET_IT = "set it on the mock that it returns"
_NO_NEED = "a mock has the names and the signatures of what it replaces"
_OTHERS: Final = {
    **dict.fromkeys(("return_value", "side_effect", "name", "wraps"), _SET_IT),
    **dict.fromkeys(("autospec", "spec_set"), _NO_NEED),
    "new_callable": "give what it would make",
}
"""What those write who come from other patches, and what to do instead."""
_set, _delete = setattr, delattr  # also if a test replaces the builtins
_MOCK: Final[Any] = object()
"""Stands for what is given if nothing is: a mock of what is there."""


class IsolatedPatch:
    """Replace names by mocks of what is there, or by what is given, until :meth:`undo`.

    Every patch is undone, the newest first, even if one cannot be; the failures are raised together.
    The fixture `isolated_patch` gives one that is undone after the test; anywhere else use it as a context manager:

    >>> import shutil
    >>> with IsolatedPatch() as patch:
    ...     which = patch("shutil.which", lambda name: f"/bin/{name}")
    ...     shutil.which("git")
    '/bin/git'

    Args:
        context: Whose strictness the mocks are held to at the end; None only isolates them.
    """

    def __init__(self, *, context: Adopter | None = None) -> None:
        self._context = context
        self._undoing = Undoing("isolated_patch")

    def __repr__(self) -> str:
        return f"<IsolatedPatch, {len(self._undoing)} to undo>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        __tracebackhide__ = True
        self.undo()

    @overload
    def __call__(self, target: str, *, spec: type[T], create: bool = False) -> T: ...
    @overload
    def __call__(self, target: str, new: T, *, create: bool = False) -> T: ...
    @overload
    def __call__(self, target: str, *, create: bool = False) -> Any: ...
    def __call__(
        self, target: str, new: object = _MOCK, *, spec: type | None = None, create: bool = False, **others: object
    ) -> Any:
        """Replace what *target* names, and return what stands there now.

        A function becomes a mock that checks its arguments, async if the function is; a class one that checks those
        of the constructor and gives mocks of instances; any other object a mock of its class.

        Args:
            target: A dotted name, such as ``"app.db.pool"`` or ``"app.db:pool"``; its module is imported.
            new: What to put there instead of a mock.
            spec: The class that the mock stands for, if what is there does not say, such as None.
            create: Whether to add what is not there.
            others: What other patches take; refused, with what to do instead.

        Raises:
            PatchTargetError: If *target* is not there; the message has the nearest name. Nothing was changed.
            TypeError: If a mock cannot stand for what is there, such as a number.
        """
        __tracebackhide__ = True
        _refuse_others(others)
        found = target_of(target)
        if not create:
            require_there(found, is_named=True)
        return self._replace(found, new, spec)

    @overload
    def object(self, owner: Any, attribute: str, *, spec: type[T], create: bool = False) -> T: ...
    @overload
    def object(self, owner: Any, attribute: str, new: T, *, create: bool = False) -> T: ...
    @overload
    def object(self, owner: Any, attribute: str, *, create: bool = False) -> Any: ...
    def object(
        self,
        owner: Any,
        attribute: str,
        new: Any = _MOCK,
        *,
        spec: type | None = None,
        create: bool = False,
        **others: Any,
    ) -> Any:
        """Replace *attribute* of *owner*, a module, a class or an instance, and return what stands there now.

        Args:
            owner: What has the attribute.
            attribute: Its name.
            new: What to put there instead of a mock.
            spec: The class that the mock stands for.
            create: Whether to add what is not there.
            others: What other patches take; refused, with what to do instead.

        Raises:
            PatchTargetError: If *owner* has no such attribute; the message has the nearest one.
            TypeError: If a mock cannot stand for what is there.
        """
        __tracebackhide__ = True
        _refuse_others(others)
        found = attribute_of(owner, attribute)
        if not create:
            require_there(found, is_named=False)
        return self._replace(found, new, spec)

    @overload
    def dict(self, target: M, values: Mapping[Any, Any] | None = None, /, *, clear: bool = False, **more: Any) -> M: ...
    @overload
    def dict(
        self, target: str, values: Mapping[Any, Any] | None = None, /, *, clear: bool = False, **more: Any
    ) -> MutableMapping[Any, Any]: ...
    def dict(
        self, target: Any, values: Mapping[Any, Any] | None = None, /, *, clear: bool = False, **more: Any
    ) -> MutableMapping[Any, Any]:
        """Change entries of a mapping, and return it; afterwards it has what it had, in the order that it had.

        Args:
            target: The mapping, or its dotted name.
            values: What it shall have.
            clear: Whether to empty it first.
            more: What else it shall have.

        Raises:
            TypeError: If *target* is no mapping that can be changed.
            PatchTargetError: If *target* is a name that is not there.
        """
        __tracebackhide__ = True
        mapping = _mapping_of(target)
        before = {**mapping}
        name = target if isinstance(target, str) else type(mapping).__qualname__
        self._undoing.add(Step(name, lambda: _refill(mapping, before)))
        if clear:
            mapping.clear()
        mapping.update({**(values or {}), **more})
        return mapping

    def environment(self, **variables: str | None) -> None:
        """Set environment variables; None takes one away.

        Raises:
            TypeError: If a value is no text.
        """
        __tracebackhide__ = True
        _require_texts(variables)
        before = {name: os.environ.get(name) for name in variables}
        self._undoing.add(Step("the environment", lambda: _set_environment(before)))
        _set_environment(variables)

    def undo(self) -> None:
        """Put everything back, the newest first; afterwards this can patch again.

        Raises:
            CleanupError: If something cannot be put back; everything else was.
        """
        __tracebackhide__ = True
        self._undoing.run()

    def _replace(self, target: Target, new: Any, spec: type | None) -> Any:
        __tracebackhide__ = True
        if new is not _MOCK and spec is not None:
            raise TypeError(f"give what shall be at {target.label}, or the class that a mock stands for, not both")
        made = stand_in_for(target, spec) if new is _MOCK else new
        before = target.found
        stored = target.stored  # afterwards: a lazy module has stored what it was asked for
        step = Step(target.label, lambda: _put_back(target, stored, before))
        _set(target.owner, target.name, made)
        self._undoing.add(step)
        if new is _MOCK and self._context is not None:
            _hand_over(made, target, self._context)
        return made


def _require_texts(variables: Mapping[str, object]) -> None:
    __tracebackhide__ = True
    for name, value in variables.items():
        if not isinstance(value, str | None):
            raise TypeError(f"environment variable {name!r} must be a text or None, got {value!r}")


def _refuse_others(others: Mapping[str, Any]) -> None:
    __tracebackhide__ = True
    for name in others:
        known = "it takes new, spec and create"
        raise TypeError(f"isolated_patch() takes no {name}; {_OTHERS.get(name, known)}")


def _hand_over(mock: object, target: Target, context: Adopter) -> None:
    part = part_of(mock)
    assert part is not None, "a stand-in is a mock of ours"
    context.adopt(part.ledger)
    if part.is_open:
        context.open_mocks.append(target.label)


def _put_back(target: Target, stored: object, before: object) -> None:
    """Let *target* be what it was: *stored* if the owner had it itself, else what is inherited."""
    __tracebackhide__ = True
    if stored is not ABSENT:
        _set(target.owner, target.name, stored)
        return
    if target.stored is not ABSENT or before is ABSENT:
        _delete(target.owner, target.name)
    if before is not ABSENT and target.found is not before:
        _set(target.owner, target.name, before)


def _mapping_of(target: Any) -> MutableMapping[Any, Any]:
    __tracebackhide__ = True
    if isinstance(target, str):
        found = target_of(target)
        require_there(found, is_named=True)
        target = getattr(found.owner, found.name)
    if not issubclass(type(target), MutableMapping):
        raise TypeError(f"isolated_patch.dict() takes a mapping that can be changed, got {target!r}")
    return target  # type: ignore[no-any-return]


def _refill(mapping: MutableMapping[Any, Any], before: Mapping[Any, Any]) -> None:
    """Let *mapping* have what it had *before*, touching as little as possible: others may be reading it."""
    for key in [key for key in mapping if key not in before]:
        del mapping[key]
    for key, value in before.items():
        if mapping.get(key, ABSENT) is not value:
            mapping[key] = value
    if list(mapping) != list(before):
        mapping.clear()
        mapping.update(before)


def _set_environment(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
