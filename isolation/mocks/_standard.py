"""The private parts of ``unittest.mock`` that the mocks use, all of them; ``tests/mocks/test_standard.py`` guards each.

The handles are subclasses of the standard classes and reuse their assertions, so what these read of themselves
(``_mock_name``, ``_call_matcher``, ...) is answered by the handles, and listed in that test, too.
"""

from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

_private: Final[Any] = vars(mock)
_new_tuple: Final[Any] = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - of any tuple

DEFAULT: Final[Any] = mock.DEFAULT
CallTuple: Final[Any] = _private["_Call"]
CallList: Final[Any] = _private["_CallList"]
ALL_MAGICS: Final[frozenset[str]] = frozenset(_private["_all_magics"])
"""Every special method that a mock can have."""
SYNC_MAGICS: Final[frozenset[str]] = frozenset(_private["_all_sync_magics"])
ASYNC_MAGICS: Final[frozenset[str]] = frozenset(_private["_async_method_magics"])
"""Those whose result is awaited."""
DEFAULT_MAGICS: Final[frozenset[str]] = frozenset(_private["_magics"]) | ASYNC_MAGICS | {"__aiter__"}
"""Those that a MagicMock has from the start."""
UNSUPPORTED_MAGICS: Final[frozenset[str]] = frozenset(_private["_unsupported_magics"])
MAGIC_RESULTS: Final[dict[str, Any]] = _private["_return_values"]
"""What the special methods of a MagicMock return."""
MAGIC_CALCULATORS: Final[dict[str, Any]] = _private["_calculate_return_value"]
ASSERTION_NAMES: Final[frozenset[str]] = frozenset(_private.get("_ATTRIB_DENY_LIST", ()))
"""Names of assertions without ``assert_``, which open mocks refuse as typing errors."""
TYPING_ERRORS: Final = ("assert", "assret", "asert", "aseert", "assrt")
AsyncMixin: Final[Any] = _private["AsyncMockMixin"]
check_and_set_parent: Final[Any] = _private["_check_and_set_parent"]
"""Let a parent record the calls of a mock, too, if that belongs to nobody yet."""
extract_mock: Final[Any] = _private["_extract_mock"]
"""Return the mock behind a function that ``create_autospec`` made."""
_add_spec: Final[Any] = vars(mock.NonCallableMock)["_mock_add_spec"]
COROUTINE_MARK: Final[Any] = _private["asyncio"].coroutines._is_coroutine


def read_spec(spec: object, *, is_set: bool, is_instance: bool, has_self: bool) -> dict[str, Any]:
    """Return what the standard library reads of *spec*: names, class, signature and coroutine functions."""
    carrier = SimpleNamespace()
    _add_spec(carrier, spec, is_set, is_instance, has_self)
    return vars(carrier)


def is_async_spec(spec: object) -> bool:
    """Tell whether a mock with *spec* is a coroutine function."""
    found: bool = _private["_is_async_obj"](spec)
    return found


def is_mock(value: object) -> bool:
    """Tell whether *value* is a mock, whatever its ``__class__`` says."""
    return issubclass(type(value), mock.NonCallableMock)


def is_exception(value: object) -> bool:
    """Tell whether *value* is an exception or a class of exceptions."""
    return isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))


def call_pair(args: object, kwargs: object) -> Any:
    """Return ``call(*args, **kwargs)`` as it stands in ``call_args_list``."""
    return _filled(_new_tuple(CallTuple, (args, kwargs)))


def call_triple(name: str, args: object, kwargs: object) -> Any:
    """Return ``call.name(*args, **kwargs)`` as it stands in ``mock_calls``."""
    return _filled(_new_tuple(CallTuple, (name, args, kwargs)))


def _filled(made: Any) -> Any:
    # What __init__ would set; CallTuple(...) takes four times as long.
    made._mock_name = None
    made._mock_parent = None
    made._mock_from_kall = True
    return made
