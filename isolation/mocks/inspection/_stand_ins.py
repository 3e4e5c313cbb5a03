"""Tell what a test seems to have put in the place of something else: what is found out of it must not be kept."""

import types

from isolation.mocks.inspection._lookup import Found, bases_of, function_of, namespace_of


def is_mock(value: object) -> bool:
    """Tell whether *value* is a mock of :mod:`unittest.mock`, which need not be imported for it."""
    return any(base.__name__ == "NonCallableMock" for base in bases_of(type(value)))


def is_stand_in(name: str, value: object, module: str, *, is_wrapped: bool = False) -> bool:
    """Tell whether *value* seems to stand where *name* meant something else in *module*: a mock, or of other origin."""
    if is_mock(value):
        return True
    if not isinstance(value, type | types.FunctionType) or value.__name__ == name:
        return False
    is_local = "<" in value.__qualname__ and not is_wrapped
    return is_local or str(value.__module__).partition(".")[0] != module.partition(".")[0]


def is_replaced(found: Found, name: str) -> bool:
    """Tell whether what stands in a class as *name* seems to have been put there by a test."""
    module = str(namespace_of(found.owner).get("__module__", ""))
    return is_stand_in(name, function_of(found.raw) or found.raw, module, is_wrapped=True)
