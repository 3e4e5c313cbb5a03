"""What a mock is called, and what the functions of ``unittest.mock`` ask it about itself."""

from inspect import Signature
from typing import Any

from isolation.mocks._attachments import Attachment, adopt, attachment_of
from isolation.mocks._standard import ALL_MAGICS
from isolation.mocks._state import State


class Named(State):
    """The answers to what ``unittest.mock`` reads of a mock."""

    __slots__ = ()

    _mock_delegate = None

    @property  # type: ignore[misc]  # never set
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - never set
        cls = self._spec_class
        return type(self) if cls is None else cls

    @property
    def _isolation_magics(self) -> frozenset[str]:
        return type(self)._isolation_class_magics  # type: ignore[attr-defined, no-any-return]

    @property
    def _isolation_attachment(self) -> Attachment | None:
        attachments = self._isolation_ledger.attachments
        return None if attachments is None else attachments.get(self._isolation_key)

    @property
    def _mock_name(self) -> str | None:
        attachment = self._isolation_attachment
        if attachment is not None:
            return attachment.name
        last = self._isolation_key.last
        return (None if last == "()" else last) or self._isolation_ledger.name or None

    @_mock_name.setter
    def _mock_name(self, name: str | None) -> None:
        attachment_of(self._isolation_ledger, self._isolation_key).name = name

    @property
    def _mock_new_name(self) -> str | None:
        attachment = self._isolation_attachment
        return self._isolation_key.last if attachment is None else attachment.new_name

    @_mock_new_name.setter
    def _mock_new_name(self, name: str | None) -> None:
        attachment_of(self._isolation_ledger, self._isolation_key).new_name = name

    @property
    def _mock_parent(self) -> Any:
        attachment = self._isolation_attachment
        return None if attachment is None else attachment.parent

    @_mock_parent.setter
    def _mock_parent(self, parent: Any) -> None:
        attachment_of(self._isolation_ledger, self._isolation_key).parent = parent

    @property
    def _mock_new_parent(self) -> Any:
        attachment = self._isolation_attachment
        return None if attachment is None else attachment.new_parent

    @_mock_new_parent.setter
    def _mock_new_parent(self, parent: Any) -> None:
        attachment_of(self._isolation_ledger, self._isolation_key).new_parent = parent

    @property
    def _mock_methods(self) -> list[str] | None:
        return list(self._isolation_member.template.names) or None

    @property
    def _spec_class(self) -> type | None:
        return self.__dict__.get("_isolation_class") or self._isolation_member.template.cls

    @property
    def _spec_set(self) -> bool:
        return self._isolation_member.template.is_set

    @property
    def _spec_signature(self) -> Signature | None:
        return self._isolation_member.template.signature

    @property
    def _mock_sealed(self) -> bool:
        return self._isolation_ledger.is_sealed(self._isolation_key)

    @_mock_sealed.setter
    def _mock_sealed(self, _is_sealed: bool) -> None:
        self._isolation_ledger.sealed += (self._isolation_key,)

    def _isolation_adopt(self, name: str, value: Any) -> None:
        """Record the calls of *value*, too, if it is a mock that belongs to nobody."""
        adopt(self, value, None if name == "()" or name in ALL_MAGICS else name, name)

    def _extract_mock_name(self) -> str:
        attachment = self._isolation_attachment
        parent = None if attachment is None else attachment.new_parent
        if parent is None:
            ledger = self._isolation_ledger
            return self._isolation_key.text(ledger.name or getattr(ledger, "label", "mock"))
        name = attachment.new_name or ""  # type: ignore[union-attr]  # there is a parent
        return f"{parent._extract_mock_name()}{'' if name.startswith('()') else '.'}{name}"
