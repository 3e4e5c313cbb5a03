"""Mocks made as the standard library's constructors make them: for CPython's own tests, and for open mocks."""

from typing import Any

from isolation.mocks._attachments import attach
from isolation.mocks._effects import kept
from isolation.mocks._keys import ROOT
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Form, Member
from isolation.mocks._open import open_member, spec_of, specified_member
from isolation.mocks._standard import DEFAULT, is_async_spec
from isolation.mocks._state import stamp


def async_mock(spec: Any = None, side_effect: Any = None, return_value: Any = DEFAULT, **options: Any) -> Any:
    """Return a mock as ``AsyncMock`` would."""
    return _configured(_made(Form.ASYNC, spec, options), side_effect, return_value, options)


def magic_mock(spec: Any = None, side_effect: Any = None, return_value: Any = DEFAULT, **options: Any) -> Any:
    """Return a mock as ``MagicMock`` would."""
    form = Form.ASYNC_MAGIC if _is_async(spec, options) else Form.MAGIC
    return _configured(_made(form, spec, options), side_effect, return_value, options)


def plain_mock(spec: Any = None, side_effect: Any = None, return_value: Any = DEFAULT, **options: Any) -> Any:
    """Return a mock as ``Mock`` would."""
    form = Form.ASYNC_PLAIN if _is_async(spec, options) else Form.PLAIN
    return _configured(_made(form, spec, options), side_effect, return_value, options)


def non_callable_mock(spec: Any = None, **options: Any) -> Any:
    """Return a mock as ``NonCallableMock`` would."""
    return _configured(_made(Form.PLAIN_OBJECT, spec, options), None, DEFAULT, options)


def non_callable_magic_mock(spec: Any = None, **options: Any) -> Any:
    """Return a mock as ``NonCallableMagicMock`` would."""
    return _configured(_made(Form.MAGIC_OBJECT, spec, options), None, DEFAULT, options)


def _is_async(spec: Any, options: dict[str, Any]) -> bool:
    spec = options.get("spec_set") or spec
    return spec is not None and is_async_spec(spec)


def _made(form: Form, spec: Any, options: dict[str, Any]) -> Any:
    member = _member(form, spec, options)
    return stamp(member, Ledger(options.pop("name", None) or ""), ROOT)


def _member(form: Form, spec: Any, options: dict[str, Any]) -> Member:
    spec_set = options.pop("spec_set", None)
    is_unsafe = options.pop("unsafe", False)
    is_instance = options.pop("_spec_as_instance", False)
    has_self = options.pop("_eat_self", options.get("parent") is not None)
    if spec is None and spec_set is None and not is_unsafe:
        return open_member(form)
    is_set = spec_set is not None
    return specified_member(
        form,
        spec_of(
            spec_set if is_set else spec, is_set=is_set, is_instance=is_instance, has_self=has_self, is_unsafe=is_unsafe
        ),
    )


def _configured(handle: Any, side_effect: Any, return_value: Any, options: dict[str, Any]) -> Any:
    wraps = options.pop("wraps", None)
    parent, new_parent = options.pop("parent", None), options.pop("_new_parent", None)
    new_name = options.pop("_new_name", "")
    options.pop("_spec_state", None)
    if side_effect is not None or return_value is not DEFAULT or wraps is not None:
        setup = handle._isolation_setup
        setup.side_effect, setup.return_value, setup.wraps = kept(side_effect), return_value, wraps
    if parent is not None or new_parent is not None:
        attach(handle, parent, new_parent or parent, handle._mock_name, new_name)
    if options:
        handle.configure_mock(**options)
    return handle
