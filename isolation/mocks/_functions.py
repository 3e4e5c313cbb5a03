"""What functions have and mocks of them have, too: a name, a signature, and the code of a coroutine function."""

import inspect
from collections.abc import Callable
from typing import Final
from unittest.mock import AsyncMock

from isolation.mocks._members import Form, Member
from isolation.mocks._standard import AsyncMixin


async def _coroutine_function(*_args: object, **_kwargs: object) -> None: ...


def is_coroutine_function(member: Member) -> bool:
    """Tell whether mocks of *member* are coroutine functions."""
    is_async = member.form is not Form.CALLED_ASYNC and issubclass(member.form.value, AsyncMixin)
    return is_async and member.is_callable


def _name(member: Member) -> str | None:
    return member.name or (AsyncMock.__name__ if is_coroutine_function(member) else None)


def _qualified_name(member: Member) -> str | None:
    return member.name if member.check is None else member.check.__qualname__


def _signature(member: Member) -> object:
    found = None if member.signature is None else member.signature()
    if found is None and member.check is not None and member.guard is not None:
        return inspect.signature(member.guard)  # without annotations and defaults, which a check has not
    return found


def _code(member: Member) -> object:
    """Return what makes ``inspect`` take a mock for a coroutine function, which is one only if it can be called."""
    return _coroutine_function.__code__ if is_coroutine_function(member) else None


ATTRIBUTES: Final[dict[str, Callable[[Member], object]]] = {
    "__name__": _name,
    "__qualname__": _qualified_name,
    "__signature__": _signature,
    "__code__": _code,
}
"""Attributes of functions, unless somebody sets others."""
