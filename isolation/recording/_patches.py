"""Wrap functions of other modules, and take the wrapping off again in reverse."""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, cast

_INHERITED = object()


class Patches:
    """Hold the functions that were wrapped, so that they can be put back.

    Attributes:
        missing: Names that were not there to be wrapped: a new version of something; what needs them is blind.
    """

    missing: list[str]

    def __init__(self) -> None:
        self.missing = []
        self._done: list[tuple[Any, str, object, object]] = []

    def wrap(self, target: Any, name: str, make: Callable[[Any], Callable[..., object]]) -> None:  # noqa: ANN401 - any class or module
        """Replace *name* of *target* by what *make* makes of it; note it as missing if it does not exist."""
        original = getattr(target, name, None)
        if original is None:
            self.missing.append(f"{target.__name__}.{name}")
            return
        namespace = cast("Mapping[str, object]", vars(target))
        found = namespace.get(name, _INHERITED)
        replacement: Callable[..., object] = update_wrapper(make(original), original)
        setattr(target, name, replacement)
        self._done.append((target, name, replacement, found))

    def undo(self) -> None:
        """Put everything back, newest first; leave what somebody else has replaced since."""
        while self._done:
            target, name, replacement, found = self._done.pop()
            namespace = cast("Mapping[str, object]", vars(target))
            if namespace.get(name) is not replacement:
                continue
            if found is _INHERITED:
                # Setting the inherited method on the class would freeze it there.
                delattr(target, name)
            else:
                setattr(target, name, found)
