"""Results and effects of a mock, as a test sets and reads them."""

from typing import Any

from isolation.mocks._defaults import RESULT, default_of, result_mock
from isolation.mocks._effects import kept
from isolation.mocks._magics import async_iterable
from isolation.mocks._named import Named
from isolation.mocks._standard import DEFAULT, is_mock
from isolation.mocks._stubs import Setup, Stub


class Configured(Named):
    """What a mock gives."""

    __slots__ = ()

    @property
    def _isolation_setup(self) -> Setup:
        return self._isolation_ledger.setup(self._isolation_key)

    @property
    def return_value(self) -> Any:
        """What a call gives; reading the default makes it the result of every call."""
        setup = self._isolation_ledger.setups.get(self._isolation_key)
        if setup is not None and setup.return_value is not DEFAULT:
            return setup.return_value
        if setup is not None and setup.wraps is not None:
            return DEFAULT
        if self._isolation_member.convert is async_iterable:
            # The default is spent when it was iterated once; this can be told what to give: __aiter__.return_value.
            self._isolation_setup.return_value = value = result_mock(self)
            return value
        value = default_of(self, ())
        if self.__dict__.get(RESULT) is not value and not is_mock(value):
            self._isolation_setup.return_value = value
        return value

    @return_value.setter
    def return_value(self, value: Any) -> None:
        setup = self._isolation_setup
        setup.return_value = value
        setup.value_stub = self._isolation_stub("return_value", setup.value_stub, is_set=value is not DEFAULT)
        self._isolation_adopt(RESULT, value)

    @property
    def side_effect(self) -> Any:
        """An exception, a function or an iterator that comes before the result."""
        setup = self._isolation_ledger.setups.get(self._isolation_key)
        return None if setup is None else setup.side_effect

    @side_effect.setter
    def side_effect(self, value: Any) -> None:
        setup = self._isolation_setup
        setup.side_effect = kept(value)
        setup.effect_stub = self._isolation_stub("side_effect", setup.effect_stub, is_set=value is not None)

    def _isolation_stub(self, what: str, replaced: Stub | None, *, is_set: bool) -> Stub | None:
        if replaced is not None:
            replaced.is_excused = True
        return self._isolation_ledger.add_stub(self._isolation_key, what) if is_set else None
