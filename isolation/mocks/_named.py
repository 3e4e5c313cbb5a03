"""What a mock is called, and what the functions of ``unittest.mock`` ask it about itself."""

from typing import Any

from isolation.mocks._state import State


class Named(State):
    """The answers to what ``unittest.mock`` reads of a mock."""

    __slots__ = ()

    @property  # type: ignore[misc]  # never set
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - never set
        cls = self._isolation_member.template.cls
        return type(self) if cls is None else cls

    @property
    def _isolation_magics(self) -> frozenset[str]:
        return type(self)._isolation_class_magics  # type: ignore[attr-defined, no-any-return]

    _mock_delegate = None
    _mock_unsafe = False
    _mock_parent = None
    _mock_new_parent = None
    _spec_signature = None

    @property
    def _mock_name(self) -> str | None:
        return self._isolation_key.last or self._isolation_ledger.name or None

    _mock_new_name = _mock_name

    @property
    def _mock_methods(self) -> list[str] | None:
        return list(self._isolation_member.template.names) or None

    @property
    def _spec_class(self) -> type | None:
        return self._isolation_member.template.cls

    @property
    def _spec_set(self) -> bool:
        return self._isolation_member.template.cls is not None

    @property
    def _mock_sealed(self) -> bool:
        return self._isolation_ledger.is_sealed(self._isolation_key)

    @_mock_sealed.setter
    def _mock_sealed(self, _is_sealed: bool) -> None:
        self._isolation_ledger.sealed += (self._isolation_key,)

    def _isolation_adopt(self, name: str, value: Any) -> None:
        """Record the calls of *value*, too, if it is a mock that belongs to nobody."""

    def _extract_mock_name(self) -> str:
        return self._isolation_key.text(self._isolation_ledger.name or "mock")
