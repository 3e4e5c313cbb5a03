"""Compare results: what several of them agree on, and which of two says more."""

import types
from collections.abc import Sequence
from typing import Final

from isolation.mocks._facts import NOTHING, UNKNOWN, Fresh, Nested, Result, Unknown
from isolation.mocks.inspection._lookup import bases_of, namespace_of

PLAIN: Final = (bool, int, float, str, bytes, list, dict, set, tuple, frozenset)


def agreed(results: Sequence[Result]) -> Result:
    """Return None if that is one of *results*, else what they agree on."""
    if any(result is NOTHING for result in results):
        return NOTHING
    if all(result == results[0] for result in results):
        return results[0]
    values = [result.make() for result in results if isinstance(result, Fresh)]
    kinds = {type(value) for value in values}
    if len(values) < len(results) or len(kinds) > 1 or not kinds.issubset(PLAIN):
        return UNKNOWN
    return results[0] if all(value == values[0] for value in values) else Fresh(kinds.pop())


def is_abstract(result: Result) -> bool:
    """Tell whether *result* is a mock of a class that leaves methods to subclasses."""
    cls = result.cls() if isinstance(result, Nested) else None
    return cls is not None and any(
        isinstance(value, types.FunctionType) and value.__dict__.get("__isabstractmethod__")
        for value in namespace_of(cls).values()
    )


def narrower(declared: Result, found: Result) -> Result:
    """Return *found* if that says more than *declared*: a subclass, or anything where nothing was declared."""
    if isinstance(declared, Unknown):
        return found
    wide = declared.cls() if isinstance(declared, Nested) else None
    narrow = found.cls() if isinstance(found, Nested) else None
    return found if narrow is not None and wide in bases_of(narrow) else declared
