"""Exceptions that a test prepares, and that are raised again and again: each time a new one, without a past."""

from collections.abc import Sequence
from contextlib import suppress
from types import BuiltinFunctionType, MemberDescriptorType
from typing import Any

from isolation._natures import bases_of, class_namespace

Raisable = BaseException | type[BaseException]
"""What can stand behind ``raise``: an exception, or its class."""
_NOT_CARRIED = ("__suppress_context__",)


def check_raisable(error: object, name: str) -> None:
    """Make sure that *error*, the argument *name*, can be raised.

    Raises:
        TypeError: If it is no exception, or a class of exceptions that need arguments.
    """
    __tracebackhide__ = True
    if isinstance(error, BaseException):
        return
    if not isinstance(error, type) or not issubclass(error, BaseException):
        raise TypeError(f"{name} must be an exception or a class of exceptions, got {error!r}")
    try:
        error()
    except TypeError as failure:
        advice = f"give an instance instead of the class: {error.__qualname__}(...)"
        raise TypeError(f"{error.__qualname__} cannot be made without arguments ({failure}); {advice}") from None


def fresh(error: Raisable) -> BaseException:
    """Return a new exception that is equal to *error*, without traceback and context.

    An exception that is raised twice has the traceback of both, and holds every frame of them.  The copy is made
    without ``__init__``, which may want other arguments than those that the exception kept.
    """
    if isinstance(error, type):
        return error()
    new: BaseException = _maker(type(error))(type(error), *error.args)
    new.args = error.args
    vars(new).update(vars(error))
    for name in _slots(type(error)):
        value = getattr(error, name, None)
        if value is not getattr(new, name, None):  # what is unset reads as None, and would be None if it were set
            with suppress(AttributeError):  # read-only: it was made from the arguments
                setattr(new, name, value)
    if "__notes__" in vars(new):
        vars(new)["__notes__"] = list(error.__notes__)
    new.__cause__, new.__suppress_context__ = error.__cause__, error.__suppress_context__
    return new


def _maker(cls: type[BaseException]) -> Any:
    """Return the nearest ``__new__`` of *cls* that runs no code of the user."""
    makers = (class_namespace(base).get("__new__") for base in bases_of(cls))
    return next(maker for maker in makers if type(maker) is BuiltinFunctionType)


def _slots(cls: type) -> Sequence[str]:
    """Return the attributes of instances of *cls* that stand in no dictionary, such as ``errno``."""
    found = (class_namespace(base).items() for base in bases_of(cls))
    members = (name for names in found for name, value in names if type(value) is MemberDescriptorType)
    return [name for name in members if name not in _NOT_CARRIED]
