"""Calls made comparable: arguments by position and by keyword are the same, as the signature says."""

from collections.abc import Iterator
from typing import Any

from isolation.mocks._members import Member
from isolation.mocks._standard import CallTuple, call_triple
from isolation.mocks._state import State, is_isolated


class Matching(State):
    """How the assertions of ``unittest.mock`` compare calls."""

    __slots__ = ()

    def _call_matcher(self, _call: Any) -> Any:
        """Return a key for *_call* to compare with those of other calls; an exception if its arguments do not fit."""
        name: str = _call[0] if type(_call) in (CallTuple, tuple) and len(_call) > 2 else ""  # noqa: PLR2004 - a triple
        target = _found(self, name) if name else self
        if is_isolated(target) and target._isolation_member.check is not None:
            return _comparable(target._isolation_member, name, *_call[-2:])
        return super()._call_matcher(_call)  # type: ignore[misc]


def _found(handle: Any, path: str) -> Any:
    """Return the mock at *path* below *handle*; None if nobody has used it yet."""
    for name in _names(path):
        if not is_isolated(handle):
            return None
        handle = handle.__dict__.get(name)
    return handle


def _names(path: str) -> Iterator[str]:
    for part in path.split("."):
        name, *results = part.split("()")
        if name:
            yield name
        yield from ("()" for _ in results)


def _comparable(member: Member, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    check: Any = member.check
    try:
        check(*((None,) if member.is_bound else ()), *args, **kwargs)
    except TypeError as mismatch:
        return mismatch.with_traceback(None)
    if not kwargs:
        return call_triple(name, args, kwargs)
    code = check.__code__
    first = 1 if member.is_bound else 0
    return call_triple(
        name, *_by_position(code.co_varnames[first : code.co_argcount], code.co_posonlyargcount - first, args, kwargs)
    )


def _by_position(
    names: tuple[str, ...], only_by_position: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with as many by position as ``inspect.Signature.bind`` would."""
    if len(args) < only_by_position:
        return args, kwargs
    rest = dict(kwargs)
    filled = list(args)
    for name in names[len(args) :]:
        if name not in rest:
            break
        filled.append(rest.pop(name))
    return tuple(filled), rest
