"""Fixtures for services of one's own."""

from typing import TYPE_CHECKING, Any

import pytest

from isolation._errors import SettingsError

if TYPE_CHECKING:
    from unittest.mock import AsyncMock


def service_mock_fixture(cls: type | str, *, service: str | None = None, plain: bool = False) -> Any:  # noqa: ANN401 - what `pytest.fixture` returns has no public type
    """Make a fixture that gives a mock of *cls*, judged with the test that asks for it.

    In a ``conftest.py``, ``isolated_billing_mock = service_mock_fixture(BillingClient)`` makes the fixture of the
    service ``billing``.  One called as a fixture of this package, ``isolated_kafka_mock``, takes its place there.

    Args:
        cls: The class, or its path ``"shop.billing:BillingClient"``, which is imported when a test asks for it.
        service: The name of the service; by default that of the fixture, without ``isolated_`` and ``_mock``.
        plain: Whether results that nobody has set are mocks, as in the standard library.

    Raises:
        SettingsError: If *cls* is neither a class nor reads like the path of one.
    """
    __tracebackhide__ = True
    if not isinstance(cls, type):
        _check(cls)

    @pytest.fixture
    def service_mock(request: pytest.FixtureRequest) -> "AsyncMock":
        """Mock a service of the project."""
        __tracebackhide__ = True
        name = service or str(request.fixturename).removeprefix("isolated_").removesuffix("_mock")
        made: AsyncMock = request.getfixturevalue("mock_context").service(name, cls, plain=plain)
        return made

    return service_mock


def _check(cls: object) -> None:
    module, colon, attribute = cls.partition(":") if isinstance(cls, str) else ("", "", "")
    if not (colon and module and attribute):
        raise SettingsError(f"cannot mock {cls!r}; give service_mock_fixture a class or 'package.module:attribute'")
